"""Networks of scalar neurons: a drop-in for `micrograd.nn`, one node of graph per weighted sum."""

from typing import TYPE_CHECKING

from ..face import shown
from ..randomness import seed as seed
from .activations import *  # noqa: F403 - the classes come from the operator table
from .activations import softmax as softmax
from .attention import Block as Block
from .attention import SelfAttention as SelfAttention
from .containers import Dropout as Dropout
from .containers import Residual as Residual
from .containers import Sequential as Sequential
from .linear import Embedding as Embedding
from .linear import Linear as Linear
from .linear import Maxout as Maxout
from .micrograd import MLP as MLP
from .micrograd import Layer as Layer
from .micrograd import Neuron as Neuron
from .module import Module as Module
from .normalization import BatchNorm as BatchNorm
from .normalization import LayerNorm as LayerNorm
from .normalization import RMSNorm as RMSNorm
from .parts import Buffer as Buffer
from .perceptron import Perceptron as Perceptron
from .saving import load as load
from .saving import save as save
from .wiring import Sparse as Sparse
from .wiring import Wired as Wired
from .wiring import masked as masked
from .wiring import random_choice as random_choice
from .wiring import random_wiring as random_wiring

if TYPE_CHECKING:
    from .activations import TableActivation

    def __getattr__(name: str) -> type[TableActivation]: ...


__dir__ = shown(__name__, "initializers")
del TYPE_CHECKING, shown
