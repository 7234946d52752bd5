"""scalargrad: reverse-mode automatic differentiation of plain scalar Python."""

__version__ = "0.1.0"

from math import e as e
from math import inf as inf
from math import pi as pi
from typing import TYPE_CHECKING

from .backward import gradients as gradients
from .checks.check import GradientError as GradientError
from .checks.check import check_gradient as check_gradient
from .compiler import compile as compile
from .drawing import draw as draw
from .drawing import explain as explain
from .drawing import flat as flat
from .engine import *
from .engine import engine as engine
from .face import PARTS, part, shown
from .implicit.functions import argmin as argmin
from .implicit.functions import fixed_point as fixed_point
from .implicit.functions import root as root
from .modes import AnomalyError as AnomalyError
from .modes import detect_anomaly as detect_anomaly
from .modes import no_grad as no_grad
from .picking import pick as pick
from .randomness import seed as seed
from .rows import Operator as Operator
from .rows import operator as operator
from .sparse.derivatives import sparse_hessian as sparse_hessian
from .sparse.derivatives import sparse_jacobian as sparse_jacobian
from .sparse.derivatives import sparsity as sparsity
from .sparse.problem import problem as problem
from .transforms.checkpoint import checkpoint as checkpoint
from .transforms.functional import grad as grad
from .transforms.functional import hessian as hessian
from .transforms.functional import hvp as hvp
from .transforms.functional import jacobian as jacobian
from .transforms.functional import jvp as jvp
from .transforms.functional import stop_gradient as stop_gradient
from .transforms.functional import value_and_grad as value_and_grad
from .transforms.functional import vjp as vjp
from .transforms.scan import scan as scan

if TYPE_CHECKING:
    from . import losses as losses
    from . import nn as nn
    from . import optim as optim
    from . import plots as plots
    from . import train as train
else:
    losses, nn, optim, plots, train = map(part, PARTS)
__dir__ = shown(__name__, *PARTS)
del PARTS, TYPE_CHECKING, part, shown
