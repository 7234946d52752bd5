"""Gradient clipping: between backward() and step()."""

from __future__ import annotations

from array import array
from math import hypot, isfinite
from typing import Any

from ..engine import update
from ..modes import AnomalyError
from ..options import POSITIVE, within
from ..scalars import real
from ..updates import Job, clip_grad, scale_grad
from .groups import parameters_of
from .optimizer import Optimizer


def clipped(source: Any) -> tuple[Any, ...]:
    """The parameters of an optimizer, which has checked them, or of a model, or of a list."""
    return source.parameters if isinstance(source, Optimizer) else parameters_of(source)


def clip_grad_norm(parameters: Any, max_norm: float) -> float:
    """Scale the gradients of an optimizer's, a model's or a list's parameters so that their norm,
    the root of the sum of their squares, is at most `max_norm` > 0. Returns the norm before.
    Raises AnomalyError, and changes nothing, if that is not finite."""
    most = within("max_norm", real(max_norm), POSITIVE)
    found = clipped(parameters)
    norm = hypot(*[p.grad for p in found])
    if not isfinite(norm):
        raise AnomalyError(f"the norm of the gradients is {norm!r}: they cannot be scaled")
    if norm > most:
        update((Job(scale_grad, found, array("d", [0.0]), (norm, most)),))
    return norm


def clip_grad_value(parameters: Any, max_value: float) -> None:
    """Bring every gradient of an optimizer's, a model's or a list's parameters into
    [−`max_value`, `max_value`]; NaN stays NaN."""
    most = within("max_value", real(max_value), POSITIVE)
    update((Job(clip_grad, clipped(parameters), array("d", [0.0]), (most,)),))
