"""The inputs of a program: their order, and where each comes from.

A *source* is one of these: a member of OfLanes; a position among the numbers of a call; the Value
that the function closes over; a Draw; a Side of a guard that does not hold in the lanes that come
from another path (`trace/sources.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, NamedTuple

COUNT, SHARE, FIRST = 0, 1, 2
"""Which inputs of a program tell of its lanes, in the order of `Inputs`; then the first that the
arguments give."""


class OfLanes(Enum):
    """The source of an input that tells of the lanes of a call."""

    COUNT = "how many lanes run"
    SHARE = "1 over all lanes of the call"


class Inputs(NamedTuple):
    """Something for each input that a call gives to a program: its float, Tracer, or name. Those
    of the `numbers` stand under their positions among the numbers of the call."""

    count: Any
    share: Any
    numbers: Sequence[Any]

    def in_order(self) -> Iterator[Any]:
        """Yield them as a program takes them."""
        yield self.count
        yield self.share
        yield from self.numbers

    def of(self, source: OfLanes | int) -> Any:
        """The one that comes from this source."""
        if type(source) is int:
            return self.numbers[source]
        return self.count if source is OfLanes.COUNT else self.share


def sources(numbers: int) -> list[OfLanes | int]:
    """The sources of the inputs that a call with so many numbers gives, in order."""
    return [OfLanes.COUNT, OfLanes.SHARE, *range(numbers)]


def of_lanes(lanes: int | None, numbers: Sequence[Any]) -> Inputs:
    """The inputs of a call with these numbers, and so many lanes; None if it has none."""
    count = 1 if lanes is None else lanes
    return Inputs(float(count), 1.0 / count, numbers)


def is_given(source: Any) -> bool:
    """Tell whether a call gives the input of this source, and neither the function nor chance."""
    return isinstance(source, (int, OfLanes))
