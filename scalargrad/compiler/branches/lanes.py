"""The lanes of one call, and the random numbers in them: what paths run on."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...scalars import is_value
from ..inputs.arguments import Arguments, Column
from ..inputs.sources import OfLanes, of_lanes
from ..passes.task import Lane
from ..surroundings.walk import Surroundings
from ..trace.sources import Draw


class Draws:
    """The random numbers of one call: the k-th is the same on every path, one for each lane."""

    def __init__(self, lanes: int | None) -> None:
        self.lanes = lanes
        self.drawn: list[Any] = []
        self.generator: Any = None

    def number(self, k: int) -> Any:
        """Numbers in [0, 1) that follow from the state of Python's `random`."""
        if self.generator is None:
            import numpy

            # without a change of that state: a function that is traced must not draw from it
            self.generator = numpy.random.default_rng(random.getstate()[1])
        while len(self.drawn) <= k:
            self.drawn.append(self.generator.random(self.lanes))
        return self.drawn[k]

    def finish(self) -> None:
        """Have the next call draw other numbers."""
        if self.drawn:
            random.random()

    def below(self, k: int, p: float) -> Any:
        return (self.number(k) < p) * 1.0

    def in_lane(self, lane: int) -> Callable[[int], float]:
        if self.lanes is None:
            return lambda k: float(self.number(k))
        return lambda k: float(self.number(k)[lane])


class Lanes:
    """The lanes of one call, with their numbers and draws: every path runs on some of them."""

    def __init__(self, arguments: Arguments, around: Surroundings | None = None) -> None:
        self.arguments = arguments
        self.around = around
        """The surroundings of the function; None if no path is to be traced."""
        self.arrays = arguments.arrays
        self.count = arguments.lanes
        """How many lanes there are; None if the call has none."""
        self.draws = Draws(self.count)
        self.given = of_lanes(self.count, arguments.numbers)
        """Floats, Values, and Columns of the arrays."""
        self.known: tuple[Sequence[Any], list[float]] = (), []
        """The sources of the last path's uniform inputs, and these inputs."""

    def uniform(self, sources: Sequence[Any]) -> list[float]:
        """The uniform inputs of a path, from their sources; most paths have the same."""
        # Values with equal numbers are not one and the same: 0.0 equals −0.0
        if list(map(id, sources)) != list(map(id, self.known[0])):
            self.known = sources, [self.number(source) for source in sources]
        return self.known[1].copy()

    def number(self, source: Any) -> float:
        """A uniform input."""
        kind = type(source)
        if kind is Draw:
            return float(self.draws.below(source.k, source.p))
        if kind is int or kind is OfLanes:
            source = self.given.of(source)
        return source if type(source) is float else source.data

    def lane(self, k: int, decided: Mapping[tuple[str, int, int], bool]) -> Lane:
        """One lane, to trace the function in; `decided` is known of its comparisons."""
        own = [x[k] if type(x) is Column else number_of(x) for x in self.given.numbers]
        draw, probe = self.draws.in_lane(k), self.arguments.probe
        return Lane(self.given._replace(numbers=own), draw, decided, probe)


def number_of(x: Any) -> float:
    return x.data if is_value(x) else float(x)
