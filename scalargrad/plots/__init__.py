"""Seeing a network: one function for each picture, drawn by matplotlib into the Axes returned.

Each takes `ax=None`: Axes to draw into, or none for a figure of its own. Colours are told apart
by the colour-blind too, and what colour tells is told by shape or position as well.
"""

from ..face import shown
from .boundary import decision_boundary as decision_boundary
from .curves import loss_curves as loss_curves
from .histograms import activation_histograms as activation_histograms
from .histograms import gradient_histograms as gradient_histograms
from .images import confusion as confusion
from .images import templates as templates
from .paths import optimizer_paths as optimizer_paths

__dir__ = shown(__name__)
del shown
