"""The source of chance: Python's `random`, seeded once for a run to be the same bit for bit.

Modules draw their first weights here, and `bernoulli` is the one function that draws anything
while a network runs. In a compiled function it draws anew at every call, for each lane.
"""

from __future__ import annotations

import operator
import random
from typing import Any

from . import modes
from .messages import described


def seed(n: int) -> None:
    """Seed all random numbers of the library with the whole number `n`. They come from Python's
    `random`, which is seeded too."""
    try:
        random.seed(operator.index(n))
    except TypeError:
        raise TypeError(f"a seed is a whole number, got {described(n)}") from None


def bernoulli(p: float) -> Any:
    """Return 1.0 with probability `p`, otherwise 0.0."""
    if modes.active and modes.state.trace is not None:
        return modes.state.trace.bernoulli(p)
    return 1.0 if random.random() < p else 0.0


def uniform(low: float, high: float) -> float:
    return random.uniform(low, high)


def normal(deviation: float) -> float:
    """Return a number drawn from the normal distribution of mean 0."""
    return random.gauss(0.0, deviation)


def choice(count: int, chosen: int) -> list[int]:
    """Return `chosen` different numbers out of 0 … count − 1, in rising order."""
    return sorted(random.sample(range(count), chosen))
