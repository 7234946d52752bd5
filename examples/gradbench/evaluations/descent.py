"""Downhill by gradients, with a step that grows while it succeeds; gradients in either mode.

Source: Siskind, Pearlmutter, Using Programming Language Theory to Make Automatic Differentiation
Sound and Efficient, 2008, whose rules these are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import scalargrad as sg

Function = Callable[[Sequence[Any]], Any]
Grad = Callable[[Function, Sequence[Any]], list[Any]]

SMALL, FIRST, OFTEN = 1e-5, 1e-5, 10


def reverse(f: Function, x: Sequence[Any]) -> list[Any]:
    return list(sg.grad(f)(list(x)))


def forward(f: Function, x: Sequence[Any]) -> list[Any]:
    """By a forward sweep along each axis."""
    axes = [[float(i == j) for j in range(len(x))] for i in range(len(x))]
    return [sg.jvp(f, (list(x),), (axis,))[1] for axis in axes]


MODES: dict[str, Grad] = {"f": forward, "r": reverse}
PAIRS = [a + b for a in MODES for b in MODES]


def length(x: Sequence[Any]) -> Any:
    return sg.sqrt(sg.sum([a * a for a in x]))


def argmin(grad: Grad, f: Function, x: Sequence[Any]) -> Sequence[Any]:
    value, slope, step, successes = f(x), grad(f, x), FIRST, 0
    while length(slope) > SMALL:
        if successes == OFTEN:
            step, successes = 2.0 * step, 0
            continue
        change = [step * s for s in slope]
        if length(change) <= SMALL:
            break
        further = [a - c for a, c in zip(x, change)]
        found = f(further)
        if found < value:
            x, value, slope, successes = further, found, grad(f, further), successes + 1
        else:
            step, successes = 0.5 * step, 0
    return x


def argmax(grad: Grad, f: Function, x: Sequence[Any]) -> Sequence[Any]:
    return argmin(grad, lambda at: -f(at), x)
