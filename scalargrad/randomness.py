"""The source of chance: Python's `random`, seeded once for a run to be the same bit for bit.

Modules draw their first weights here, and `bernoulli` is the one function that draws anything
while a network runs. In a compiled function it draws anew at every call, for each lane.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

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
    if modes.active:
        source = _source.get()
        if source is not None:
            return source.bernoulli(p)
        if modes.state.trace is not None:
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


# ------ numbers that are drawn elsewhere
class Source(Protocol):
    """Whatever takes the place of chance, in a compiled function or within `no_grad`."""

    def bernoulli(self, p: float) -> Any: ...
    def each(self, samples: Iterable[Any]) -> Iterator[Any]:
        """The samples, while a part of a network runs on one after the other."""


_source: ContextVar[Source | None] = ContextVar("source", default=None)


@contextmanager
def drawn_from(source: Source) -> Iterator[None]:
    """Within it `bernoulli` asks `source`."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


def each(samples: Iterable[Any]) -> Iterable[Any]:
    """The samples of a batch, on which a part of a network runs one by one."""
    source = _source.get()
    return samples if source is None else source.each(samples)
