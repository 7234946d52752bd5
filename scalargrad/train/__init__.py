"""Training: `fit` runs the loop, a History keeps what happened, callbacks may end it early."""

from ..face import shown
from ..scores import accuracy as accuracy
from ..scores import confusion_matrix as confusion_matrix
from ..scores import correct as correct
from ..scores import evaluate as evaluate
from .callbacks import EarlyStopping as EarlyStopping
from .callbacks import Run as Run
from .history import History as History
from .loop import fit as fit
from .predicting import predict as predict

__dir__ = shown(__name__)
del shown
