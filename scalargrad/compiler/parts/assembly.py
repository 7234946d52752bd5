"""Where in a sparse matrix numbers are added, and the numbers that stand there from the start."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

from ...transforms.sparse import Places


class Wanted(NamedTuple):
    """What is to be added: row, column and weight of each number, and which of those computed it
    is; None if each in order is added once."""

    rows: Any
    columns: Any
    weights: Any
    source: Any = None


class Added:
    """The same by slot, the number of an entry: a slice where these are equally far from each
    other. A weight that all have in common is one number."""

    def __init__(self, slots: Any, weights: Any, source: Any) -> None:
        self.slots, self.weights, self.source = slots, weights, source

    def to(self, entries: Any, numbers: Any) -> None:
        """Add numbers to entries."""
        if self.source is not None and hasattr(numbers, "shape"):
            numbers = numbers[self.source]
        if self.weights is not None:
            numbers = self.weights * numbers
        if type(self.slots) is slice:
            entries[self.slots] += numbers
        else:
            import numpy

            numpy.add.at(entries, self.slots, numbers)

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

    def slot(self, k: int) -> int:
        own = self.slots
        return own.start + k * own.step if type(own) is slice else int(own[k])

    def weight(self, k: int) -> float:
        if self.weights is None or type(self.weights) is float:
            return 1.0 if self.weights is None else self.weights
        return float(self.weights[k])


def placed(shape: tuple[int, int], wanted: list[Wanted]) -> tuple[Places, list[Added]]:
    """The places of all that is to be added, and how it is."""
    import numpy

    rows, columns = (
        numpy.concatenate(
            [numpy.asarray(x[k], numpy.int64) for x in wanted] or [numpy.empty(0, int)]
        )
        for k in (0, 1)
    )
    known, slots = numpy.unique(rows * shape[1] + columns, return_inverse=True)
    kept = numpy.int32 if max(len(known), *shape) < 2**31 else numpy.int64
    begins = numpy.searchsorted(known, numpy.arange(shape[0] + 1) * shape[1])
    own = known % max(shape[1], 1)
    places = Places(shape, begins.astype(kept), own.astype(kept))
    ends = numpy.cumsum([len(x.rows) for x in wanted])
    parts = numpy.split(slots, ends[:-1]) if wanted else []
    return places, [
        Added(in_steps(part), alike(x.weights), x.source) for x, part in zip(wanted, parts)
    ]


def in_steps(slots: Any) -> Any:
    """The slots as a slice, if they are equally far from each other, and go up."""
    if not len(slots):
        return slice(0, 0)
    first, step = int(slots[0]), int(slots[1] - slots[0]) if len(slots) > 1 else 1
    is_even = step > 0 and (slots == first + step * _range(len(slots))).all()
    return slice(first, first + step * len(slots), step) if is_even else slots


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
