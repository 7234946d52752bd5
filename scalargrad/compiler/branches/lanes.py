"""The lanes of one call, and the random numbers in them: what paths run on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from itertools import groupby
from typing import Any

from ...scalars import is_value
from ..inputs.arguments import Arguments, Column
from ..inputs.sources import OfLanes, of_lanes
from ..passes.task import Lane
from ..surroundings.search import Surroundings
from ..trace.guards import Decided
from ..trace.sources import Draw, Told

MANY = 2_000
"""From so many random numbers on NumPy's generator gives them sooner, though its state has to be
that of Python's own, before and afterwards."""


class Draws:
    """The random numbers of one call, those that Python's `random` gives next: first as many for
    each lane as the first path draws, lane after lane, as eager mode draws them. If another path
    draws more, these come after them, for all lanes. The k-th is the same on every path."""

    def __init__(self, lanes: int | None) -> None:
        self.lanes = lanes or 1
        self.drawn: Any = None
        """A row for each lane; None as long as nothing was drawn."""
        self.before: Any = None

    @contextmanager
    def kept(self) -> Iterator[Draws]:
        """Within it numbers are drawn for a call; if it fails, another call will draw them."""
        try:
            yield self
        except BaseException:
            self.undo()
            raise

    def undo(self) -> None:
        if self.before is not None:
            random.setstate(self.before)

    def begin(self, each: int) -> None:
        """Draw so many numbers for each lane."""
        if each:
            self.before = random.getstate()
            self.drawn = next_numbers(self.lanes * each).reshape(self.lanes, each)

    def below(self, chances: Chances) -> Any:
        """An array with a column for each chance: 1.0 where the lane's number is below it."""
        import numpy

        if self.drawn is None:
            self.begin(1)
        while self.drawn.shape[1] <= chances.last:
            self.drawn = numpy.column_stack((self.drawn, next_numbers(self.lanes)))
        return (self.drawn[:, chances.columns] < chances.shares) * 1.0

    def in_lane(self, lane: int) -> Callable[[int], float]:
        """The numbers of a lane while the function is traced in it. Those that were not drawn yet
        are foreseen, for a function that is traced must not draw."""
        found = [] if self.drawn is None else self.drawn[lane].tolist()
        at_once = self.lanes if found or lane else 1
        copied = cache(copy_of_chance)

        def number(k: int) -> float:
            while len(found) <= k:
                found.append([copied().random() for _ in range(at_once)][lane])
            return float(found[k])

        return number


class Chances:
    """Draws by their columns among all numbers of a lane, and how likely each is."""

    def __init__(self, draws: Sequence[Draw]) -> None:
        import numpy

        columns = [draw.k for draw in draws]
        self.last = max(columns)
        in_order = columns == [*range(columns[0], self.last + 1)]
        self.columns = slice(columns[0], self.last + 1) if in_order else numpy.array(columns)
        self.shares = numpy.array([draw.p for draw in draws])


def copy_of_chance() -> random.Random:
    """A generator that draws what Python's `random` would draw next."""
    generator = random.Random(0)
    generator.setstate(random.getstate())
    return generator


def next_numbers(count: int) -> Any:
    """Draw so many numbers of Python's `random`, into an array."""
    import numpy

    if count < MANY:
        draw = random.random
        return numpy.array([draw() for _ in range(count)])
    version, (*key, position), kept = random.getstate()
    twin: Any = numpy.random.RandomState(0)
    twin.set_state(("MT19937", key, position))
    found = twin.random_sample(count)
    _, key, position, *_ = twin.get_state(legacy=True)
    random.setstate((version, (*key.tolist(), int(position)), kept))
    return found


class Lanes:
    """The lanes of one call, with their numbers and draws: every path runs on some of them."""

    def __init__(
        self,
        arguments: Arguments,
        around: Surroundings | None = None,
        draws: Draws | None = None,
    ) -> None:
        self.arguments = arguments
        self.around = around
        """The surroundings of the function; None if no path is to be traced."""
        self.arrays = arguments.arrays
        self.count = arguments.lanes
        """How many lanes there are; None if the call has none."""
        self.draws = draws or Draws(self.count)
        self.given = of_lanes(self.count, arguments.numbers)
        """Floats, Values, and Columns of the arrays."""
        self.told: Sequence[float] = ()
        """The numbers that a call without lanes is told by how often it goes round a loop."""
        self.shown: set[int] = set()
        """The lanes that were traced for a family to know."""
        self.known: tuple[Sequence[Any], list[float]] = (), []
        """The sources of the last path's uniform inputs, and these inputs."""

    @cached_property
    def tellers(self) -> list[Teller]:
        """Functions that tell the numbers of a lane, one for each."""
        return list(tellers_of(self.given.numbers))

    def uniform(self, sources: Sequence[Any]) -> list[float]:
        """The uniform inputs of a path, from their sources; most paths have the same."""
        # Values with equal numbers are not one and the same: 0.0 equals −0.0
        if list(map(id, sources)) != list(map(id, self.known[0])):
            self.known = sources, [self.number(source) for source in sources]
        return self.known[1].copy()

    def number(self, source: Any) -> float:
        """A uniform input."""
        kind = type(source)
        if kind is int and type(x := self.given.numbers[source]) is float:
            # most are such
            return x
        if kind is Draw:
            return float(self.draws.below(Chances([source]))[0, 0])
        if kind is Told:
            source = self.told[source.which]
        elif kind is int or kind is OfLanes:
            source = self.given.of(source)
        return source if type(source) is float else source.data

    def lane(self, k: int, decided: Decided) -> Lane:
        """One lane, to trace the function in; `decided` is known of its comparisons."""
        own = [x for teller in self.tellers for x in teller(k)]
        draw, probe = self.draws.in_lane(k), self.arguments.probe
        numbers = self.given.numbers
        return Lane(self.given._replace(numbers=own), draw, decided, probe, numbers)


Teller = Callable[[int], Sequence[Any]]
"""Some numbers of a lane, by its index."""


def tellers_of(numbers: Sequence[Any]) -> Iterator[Teller]:
    """Yield what tells the numbers of a lane, in order: those that are the same in all lanes
    together, and those side by side in an array of floats."""
    for kind, alike in groupby(numbers, type):
        own = list(alike)
        if kind is not Column:
            yield same_in_all(list(map(number_of, own)))
            continue
        begin = 0
        for end in range(1, len(own) + 1):
            if end == len(own) or not are_beside(own[end - 1], own[end]):
                yield teller_of(own[begin:end])
                begin = end


def are_beside(x: Column, y: Column) -> bool:
    beside = x.array is y.array and x.address[1] + 1 == y.address[1]
    return beside and x.array.dtype == float


def same_in_all(numbers: Sequence[float]) -> Teller:
    return lambda k: numbers


def teller_of(numbers: Sequence[Column]) -> Teller:
    first = numbers[0]
    if len(numbers) == 1:
        return lambda k: [first[k]]
    array, begin = first.array, first.address[1]
    end = begin + len(numbers)
    return lambda k: array[k, begin:end].tolist()


def number_of(x: Any) -> float:
    return x if type(x) is float else x.data if is_value(x) else float(x)
