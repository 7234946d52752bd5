"""The programs of one function: one for each way through its branches, each traced when a lane
first takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..trees import is_value
from .machine import runner
from .program import Program
from .tracing import COUNT, Traced

Numbers = Sequence[Any]
"""Those of a call: floats, Values, and arrays with an element for each lane."""


class Path:
    """A program, and what to do instead where its guard k is the first that does not hold."""

    def __init__(self, traced: Traced) -> None:
        self.program = Program(traced.trace, traced.outputs)
        self.traced = traced._replace(trace=None)  # type: ignore[arg-type]
        self.runner = runner(self.program)
        self.instead: dict[int, Path] = {}

    def run(self, numbers: Numbers, group: Any, lanes: int | None) -> tuple[list[Any], Any]:
        """Run a group of the lanes; return what Runner.run does."""
        count = lanes if group is None else len(group)
        chosen = numbers if group is None else [x[group] if is_lane(x) else x for x in numbers]
        inputs = [chosen[s] if isinstance(s, int) else s for s in self.traced.sources]
        inputs[COUNT] = float(count or 1)
        return self.runner.run([x.data if is_value(x) else x for x in inputs], count)


class Paths:
    """All paths that were found so far, as a tree whose root is the first."""

    def __init__(self, trace: Callable[[Sequence[float]], Traced], most: int) -> None:
        self.trace = trace
        self.most = most
        self.count = 0
        self.first: Path | None = None

    def new(self, numbers: Numbers, lane: int) -> Path:
        """Trace the path that this lane takes. Raises RuntimeError if they are too many."""
        if self.count >= self.most:
            raise RuntimeError(
                f"the function took more than max_paths = {self.most} ways through its branches: "
                "choose with scalargrad.where instead of if, or raise max_paths"
            )
        path = Path(self.trace([in_lane(x, lane) for x in numbers]))
        self.count += 1
        return path

    def run(self, numbers: Numbers, lanes: int | None) -> Iterator[tuple[Path, Any, list[Any]]]:
        """Yield (path, its lanes, the outputs in them) until every lane is done.

        The lanes are an array of their indices, or None if these are all.
        """
        if self.first is None:
            self.first = self.new(numbers, 0)
        pending: list[tuple[Path, Any]] = [(self.first, None)]
        while pending:
            path, group = pending.pop()
            outputs, broken = path.run(numbers, group, lanes)
            if broken is None:
                yield path, group, outputs
            elif isinstance(broken, int):
                pending.append((self.instead(path, broken, numbers, 0), group))
            else:
                pending += self.regrouped(path, numbers, group, broken)

    def regrouped(self, path: Path, numbers: Numbers, group: Any, broken: Any) -> Any:
        """The lanes of a group by the path that each takes, given its first broken guard."""
        import numpy

        everything = numpy.arange(len(broken)) if group is None else group
        found = []
        for guard in map(int, numpy.unique(broken)):
            lanes = everything[broken == guard]
            there = path if guard < 0 else self.instead(path, guard, numbers, lanes[0])
            found.append((there, lanes))
        return found

    def instead(self, path: Path, guard: int, numbers: Numbers, lane: int) -> Path:
        if guard not in path.instead:
            path.instead[guard] = self.new(numbers, lane)
        return path.instead[guard]


def is_lane(x: Any) -> bool:
    return hasattr(x, "shape") and bool(x.shape)


def in_lane(x: Any, lane: int) -> float:
    if is_lane(x):
        return float(x[lane])
    return x.data if is_value(x) else float(x)
