"""How exactly a function of one number computes beside a point, and where it begins to change.

No scale is taken for granted: the first step to measure a slope with is the smallest at which f
changes well above its roundoff.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isfinite, nan

Line = Callable[[float], float]
Noise = Callable[[float], float]
"""A bound on the roundoff in f at a place, as far as it is known."""

EPS = 2.0**-52
TINY = 2.0**-1072
"""Roundoff below the normal floats."""
RATIO = 4.0
RUNGS = 30
"""The most steps of a ladder: from 1 to 10¹⁷."""
BELOW = 4
"""Rungs below the first step at which f changes visibly: they show that a jump is a jump."""
CLEARLY = 100.0
"""How many times the roundoff counts as well above it."""
LOWEST = -990
"""The least step from 0, as a power of 2: a quotient of a smaller one may well underflow."""


def total(f: Line) -> Line:
    """`f`, NaN where it raises for a number outside its domain."""

    def forward(x: float) -> float:
        try:
            return f(x)
        except (ArithmeticError, ValueError):
            return nan

    return forward


def roundoff(f: Line, x: float, step: float) -> float:
    """Estimate the roundoff in `f` beside x from fourth differences over tiny steps, in which
    all that is smooth cancels. Source: Moré & Wild, Estimating Computational Noise (2011)."""
    values = [f(x + i * step) for i in range(1, 7)]
    differences = values
    for _ in range(4):
        differences = [b - a for a, b in pairwise(differences)]
    found = math.sqrt(math.fsum(d * d for d in differences) / len(differences) / 70.0)
    return 2.0 * found if isfinite(found) else 0.0


def farthest(x: float) -> float:
    """Return the largest step that is near x: farther away f may be quite another function."""
    return 0.5 * max(abs(x), 1.0)


def lowest(x: float) -> float:
    return 2.0 * math.ulp(x) if x else 2.0**LOWEST


def first_step(f: Line, x: float, noise: float, signs: Sequence[float] = (1.0, -1.0)) -> float:
    """Return the smallest step near x, a power of 2, at which f differs from f(x) well above
    `noise`. If f differs at none, return a step from which a whole ladder leads to the largest.
    With a single sign in `signs`, f is looked at on that side alone, its value beside x too."""
    values = [f(x) if len(signs) > 1 else f(x + sign * lowest(x)) for sign in signs]

    def visible(exponent: int) -> bool:
        step = 2.0**exponent
        changes = [abs(f(x + sign * step) - value) for sign, value in zip(signs, values)]
        finite = [change for change in changes if isfinite(change)]
        return not finite or max(finite) > CLEARLY * (noise + EPS * abs(values[0]))

    low = math.frexp(16.0 * math.ulp(x))[1] if x else LOWEST
    near = math.frexp(farthest(x))[1] - 1
    if visible(near):
        return 2.0 ** bisected(visible, low, near)
    return 2.0**near * RATIO ** (BELOW + 1 - RUNGS)


def bisected(holds: Callable[[int], bool], low: int, high: int) -> int:
    """Return the least number from `low` up for which `holds` is true; for `high` it is."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return high
