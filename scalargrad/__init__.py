"""scalargrad: reverse-mode automatic differentiation of plain scalar Python."""

from .backward import gradients as gradients
from .engine import *
from .engine import engine as engine
from .modes import AnomalyError as AnomalyError
from .modes import detect_anomaly as detect_anomaly
from .modes import no_grad as no_grad
from .rows import Operator as Operator
from .rows import operator as operator
