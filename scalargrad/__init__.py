"""scalargrad: reverse-mode automatic differentiation of plain scalar Python."""

__version__ = "0.1.0"

from .backward import gradients as gradients
from .checkpoint import checkpoint as checkpoint
from .checks import GradientError as GradientError
from .checks import check_gradient as check_gradient
from .compiler import compile as compile
from .drawing import draw as draw
from .drawing import explain as explain
from .drawing import flat as flat
from .engine import *
from .engine import engine as engine
from .functional import grad as grad
from .functional import hessian as hessian
from .functional import hvp as hvp
from .functional import jacobian as jacobian
from .functional import jvp as jvp
from .functional import stop_gradient as stop_gradient
from .functional import value_and_grad as value_and_grad
from .functional import vjp as vjp
from .modes import AnomalyError as AnomalyError
from .modes import detect_anomaly as detect_anomaly
from .modes import no_grad as no_grad
from .randomness import seed as seed
from .rows import Operator as Operator
from .rows import operator as operator
