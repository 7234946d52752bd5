"""The programs of one function: one for each way through its branches, each traced when a lane
first takes it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..trees import is_value
from .arguments import Arguments
from .machine import runner
from .program import Program
from .trace import Draw
from .tracing import COUNT, Traced

Numbers = Sequence[Any]
"""Those of a call: floats, Values, and arrays with an element for each lane."""


class Path:
    """A program, and what to do instead where its guard k is the first that does not hold."""

    def __init__(self, traced: Traced, threads: int) -> None:
        self.program = Program(traced.trace, traced.outputs)
        self.traced = traced._replace(trace=None)
        self.runner = runner(self.program, threads)
        self.instead: dict[int, Path] = {}

    def run(self, numbers: Numbers, draws: Draws, group: Any) -> tuple[list[Any], Any]:
        """Run a group of the lanes; return what Runner.run does."""
        count = draws.lanes if group is None else len(group)
        inputs: list[Any] = [None] * len(self.traced.sources)
        for k in self.runner.needed:
            inputs[k] = self.source(self.traced.sources[k], numbers, draws)
        inputs[COUNT] = float(count or 1)
        result: tuple[list[Any], Any] = self.runner.run(inputs, count, group)
        return result

    def source(self, source: Any, numbers: Numbers, draws: Draws) -> Any:
        if isinstance(source, Draw):
            return draws.below(source.k, source.p)
        x = numbers[source] if isinstance(source, int) else source
        return x.data if is_value(x) else x


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
        return lambda k: in_lane(self.number(k), lane)


class Paths:
    """All paths that were found so far, as a tree whose root is the first."""

    def __init__(self, trace: Callable[..., Traced], most: int, threads: int) -> None:
        self.threads = threads
        self.trace = trace
        self.most = most
        self.count = 0
        self.first: Path | None = None

    def new(self, numbers: Numbers, draws: Draws, lane: int) -> Path:
        """Trace the path that this lane takes. Raises RuntimeError if they are too many."""
        if self.count >= self.most:
            raise RuntimeError(
                f"the function took more than max_paths = {self.most} ways through its branches: "
                "choose with scalargrad.where instead of if, or raise max_paths"
            )
        traced = self.trace([in_lane(x, lane) for x in numbers], draws.in_lane(lane))
        path = Path(traced, self.threads)
        self.count += 1
        return path

    def anew(self, call: Arguments) -> Traced:
        """Trace what the first lane of a call does, to look at: it becomes no path."""
        numbers = [float(call.lanes or 1), 1.0 / (call.lanes or 1), *call.numbers]
        return self.trace([in_lane(x, 0) for x in numbers], Draws(call.lanes).in_lane(0))

    def run(self, numbers: Numbers, lanes: int | None) -> Iterator[tuple[Path, Any, list[Any]]]:
        """Yield (path, its lanes, the outputs in them) until every lane is done.

        The lanes are an array of their indices, or None if these are all.
        """
        draws = Draws(lanes)
        if self.first is None:
            self.first = self.new(numbers, draws, 0)
        pending: list[tuple[Path, Any]] = [(self.first, None)]
        while pending:
            path, group = pending.pop()
            outputs, broken = path.run(numbers, draws, group)
            if broken is None:
                yield path, group, outputs
            elif isinstance(broken, int):
                lane = 0 if group is None else group[0]
                pending.append((self.instead(path, broken, numbers, draws, lane), group))
            else:
                pending += self.regrouped(path, numbers, draws, group, broken)
        draws.finish()

    def regrouped(
        self, path: Path, numbers: Numbers, draws: Draws, group: Any, broken: Any
    ) -> list[tuple[Path, Any]]:
        """The lanes of a group by the path that each takes, given its first broken guard."""
        import numpy

        everything = numpy.arange(len(broken)) if group is None else group
        found = []
        for guard in map(int, numpy.unique(broken)):
            lanes = everything[broken == guard]
            holds = guard < 0
            there = path if holds else self.instead(path, guard, numbers, draws, lanes[0])
            found.append((there, lanes))
        return found

    def instead(self, path: Path, guard: int, numbers: Numbers, draws: Draws, lane: int) -> Path:
        if guard not in path.instead:
            path.instead[guard] = self.new(numbers, draws, lane)
        return path.instead[guard]


def is_lane(x: Any) -> bool:
    return hasattr(x, "shape") and bool(x.shape)


def in_lane(x: Any, lane: int) -> float:
    if is_lane(x):
        return float(x[lane])
    return x.data if is_value(x) else float(x)
