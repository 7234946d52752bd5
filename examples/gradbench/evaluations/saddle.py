"""The saddle of (x₁² + y₁²) − (x₂² + y₂²): a search for a minimum of what a search for a maximum
finds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import scalargrad as sg

from . import Run
from .descent import MODES, PAIRS, Grad, argmax, argmin


def height(low: Sequence[Any], high: Sequence[Any]) -> Any:
    (x1, y1), (x2, y2) = low, high
    return (x1 * x1 + y1 * y1) - (x2 * x2 + y2 * y2)


def highest(grad: Grad, start: Sequence[float], low: Sequence[Any]) -> Any:
    return height(low, argmax(grad, lambda high: height(low, high), start))


def saddle(outer: str, inner: str, start: Sequence[float]) -> list[float]:
    low = argmin(MODES[outer], sg.compile(partial(highest, MODES[inner], start)), start)
    high = argmax(MODES[outer], lambda high: height(low, high), start)
    return [float(x) for x in (*low, *high)]


def evaluation(modes: str) -> Any:
    return lambda given: Run(lambda: saddle(*modes, given["start"]))


FUNCTIONS = {modes: evaluation(modes) for modes in PAIRS}
