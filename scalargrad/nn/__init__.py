"""Networks of scalar neurons: a drop-in for `micrograd.nn`, one node of graph per weighted sum."""

from .layers import MLP as MLP
from .layers import Layer as Layer
from .layers import Neuron as Neuron
from .module import Module as Module
from .saving import load as load
from .saving import save as save
