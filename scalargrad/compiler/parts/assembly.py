"""Where in a sparse matrix numbers are added, and the numbers that stand there from the start."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

from ...transforms.sparse import Cells


class Wanted(NamedTuple):
    """Numbers to be added: row, column and weight of each number, and which of those computed it
    is; None if each in order is added once."""

    rows: Any
    columns: Any
    weights: Any
    source: Any = None


class Added:
    """The same, by the numbers `at` which the entries stand: a slice where these are equally far
    from each other. A weight that all have in common is one number."""

    def __init__(self, at: Any, weights: Any, source: Any) -> None:
        self.at, self.weights, self.source = at, weights, source

    def to(self, entries: Any, numbers: Any) -> None:
        """Add numbers to entries."""
        if self.source is not None and hasattr(numbers, "shape"):
            numbers = numbers[self.source]
        if self.weights is not None:
            numbers = self.weights * numbers
        if type(self.at) is slice:
            entries[self.at] += numbers
        else:
            import numpy

            numpy.add.at(entries, self.at, numbers)

    @cached_property
    def by_lane(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for k, lane in enumerate(self.source.tolist()):
            found.setdefault(lane, []).append(k)
        return found

    # ------ one number after the other
    def of_lane(self, lane: int) -> list[int]:
        """Which of them the number of a lane is."""
        return [lane] if self.source is None else self.by_lane.get(lane, [])

    def entry(self, k: int) -> int:
        own = self.at
        return own.start + k * own.step if type(own) is slice else int(own[k])

    def weight(self, k: int) -> float:
        if self.weights is None or type(self.weights) is float:
            return 1.0 if self.weights is None else self.weights
        return float(self.weights[k])


def placed(shape: tuple[int, int], wanted: list[Wanted]) -> tuple[Cells, list[Added]]:
    """The cells of all that is to be added, and how it is."""
    import numpy

    rows, columns = (
        numpy.concatenate(
            [numpy.asarray(x[k], numpy.int64) for x in wanted] or [numpy.empty(0, int)]
        )
        for k in (0, 1)
    )
    known, entries = numpy.unique(rows * shape[1] + columns, return_inverse=True)
    kept = numpy.int32 if max(len(known), *shape) < 2**31 else numpy.int64
    begins = numpy.searchsorted(known, numpy.arange(shape[0] + 1) * shape[1])
    own = known % max(shape[1], 1)
    cells = Cells(shape, begins.astype(kept), own.astype(kept))
    ends = numpy.cumsum([len(x.rows) for x in wanted])
    parts = numpy.split(entries, ends[:-1]) if wanted else []
    return cells, [
        Added(in_steps(part), alike(x.weights), x.source) for x, part in zip(wanted, parts)
    ]


def in_steps(at: Any) -> Any:
    """The same numbers as a slice, if they are equally far from each other, and go up."""
    if not len(at):
        return slice(0, 0)
    first, step = int(at[0]), int(at[1] - at[0]) if len(at) > 1 else 1
    is_even = step > 0 and (at == first + step * _range(len(at))).all()
    return slice(first, first + step * len(at), step) if is_even else at


def _range(count: int) -> Any:
    import numpy

    return numpy.arange(count)


def alike(weights: Any) -> Any:
    """The weights; one number if they are the same, None if they are 1."""
    if weights is None or not len(weights):
        return None
    first = float(weights[0])
    if not (weights == first).all():
        return weights
    return None if first == 1.0 else first
