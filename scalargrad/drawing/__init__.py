"""Pictures of graphs, and the backward pass explained step by step."""

from .draw import draw as draw
from .explain import explain as explain
from .explain import flat as flat
