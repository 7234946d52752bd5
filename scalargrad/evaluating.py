"""Models in training mode, in evaluation mode, and without a graph."""

from __future__ import annotations

from itertools import repeat
from typing import Any

from .blocks import UserBlock
from .modes import no_grad
from .temporary import Temporary


def in_mode(model: Any, training: bool, also: UserBlock | None = None) -> Temporary:
    """Within it every part of `model` is in training mode, or in evaluation mode; afterwards
    each is in the mode it was in. A model that has no modes is left alone."""
    parts = [part for _, part in model.named_modules()] if hasattr(model, "named_modules") else []
    return Temporary((parts, "training", repeat(training)), also=also)


def evaluating(model: Any) -> Temporary:
    """Within it `model` is in evaluation mode, and no graph is recorded."""
    return in_mode(model, training=False, also=no_grad())
