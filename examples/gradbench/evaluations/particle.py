"""Where must a charge stand for a particle to fly through the origin? Gradients within gradients:
the field is the gradient of a potential, and the place is sought downhill."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import scalargrad as sg

from . import Run
from .descent import MODES, PAIRS, Grad, argmin

DELTA = 0.1


def potential(charges: Sequence[Sequence[Any]], x: Sequence[Any]) -> Any:
    offs = [[a - b for a, b in zip(x, charge)] for charge in charges]
    return sg.sum([1.0 / sg.sqrt(u * u + v * v) for u, v in offs])


def miss(grad: Grad, w: Sequence[Any]) -> Any:
    """The square of where the particle crosses the axis, by Euler's method."""
    field = partial(potential, [[10.0, 10.0 - w[0]], [10.0, 0.0]])
    x, velocity = [0.0, 8.0], [0.75, 0.0]
    while True:
        push = grad(field, x)
        further = [a + DELTA * v for a, v in zip(x, velocity)]
        if further[1] <= 0.0:
            break
        x, velocity = further, [v - DELTA * p for v, p in zip(velocity, push)]
    crossing = x[0] - x[1] / velocity[1] * velocity[0]
    return crossing * crossing


MISSES = {mode: sg.compile(partial(miss, grad)) for mode, grad in MODES.items()}


def found(outer: str, inner: str, w: float) -> float:
    return float(argmin(MODES[outer], MISSES[inner], [w])[0])


def evaluation(modes: str) -> Any:
    return lambda given: Run(lambda: found(*modes, given["w"]))


FUNCTIONS = {modes: evaluation(modes) for modes in PAIRS}
