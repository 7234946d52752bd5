"""How weights begin. An initializer draws one weight of a layer with `nin` inputs and `nout`
outputs: call it once for each.

Sources: Glorot & Bengio (2010), who keep the variance of signals the same both ways; He et al.
(2015), who double it, for a ReLU stops half of them.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

from .. import randomness
from ..engine import Value
from ..face import shown
from ..options import function, making

__all__ = [
    "Initializer",
    "constant",
    "he_normal",
    "he_uniform",
    "normal",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
__dir__ = shown(__name__)

Initializer = Callable[[int, int], float]


@making
def constant(value: float) -> Initializer:
    """Return the initializer that gives every weight this value."""
    return lambda nin, nout: value


@making
def uniform(limit: float = 1.0) -> Initializer:
    """Return the initializer that draws from [−limit, limit]."""
    return lambda nin, nout: randomness.uniform(-limit, limit)


@making
def normal(deviation: float = 1.0) -> Initializer:
    """Return the initializer that draws from the normal distribution of mean 0."""
    return lambda nin, nout: randomness.normal(deviation)


def zeros(nin: int, nout: int) -> float:
    return 0.0


def xavier_uniform(nin: int, nout: int) -> float:
    return randomness.uniform(-sqrt(6.0 / (nin + nout)), sqrt(6.0 / (nin + nout)))


def xavier_normal(nin: int, nout: int) -> float:
    return randomness.normal(sqrt(2.0 / (nin + nout)))


def he_uniform(nin: int, nout: int) -> float:
    return randomness.uniform(-sqrt(6.0 / nin), sqrt(6.0 / nin))


def he_normal(nin: int, nout: int) -> float:
    return randomness.normal(sqrt(2.0 / nin))


def vector(numbers: list[float]) -> list[Any]:
    """Return a parameter for each number."""
    return [Value(x) for x in numbers]


def checked(initializer: Any) -> Initializer:
    """Return an initializer. Raises TypeError for anything else."""
    text = "a function of nin and nout, such as nn.initializers.xavier_uniform"
    return function("initializer", initializer, text)  # type: ignore[no-any-return]


def matrix(nin: int, nout: int, initializer: Initializer) -> list[list[Any]]:
    """Return `nout` rows of `nin` parameters."""
    checked(initializer)
    return [vector([initializer(nin, nout) for _ in range(nin)]) for _ in range(nout)]
