"""The random numbers of a batch, drawn before programs run, in the order in which graphs draw them.

The parts of a network run on a batch one after the other, each of them on one sample after the
other; a program runs on all of them at once. So the numbers are drawn beforehand, and each lane is
given its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ..columns import Unfit
from ..compiler.branches.lanes import next_numbers
from ..engine import Value, relu, where


class Group(NamedTuple):
    """So many numbers in a row, for each sample or for all of them together."""

    by_sample: bool
    size: int


class Counted:
    """Groups of numbers, as they are asked for."""

    def __init__(self, outcome: float = 1.0) -> None:
        self.outcome = outcome
        self.groups: list[Group] = []
        self.count = 0

    def bernoulli(self, p: float) -> Any:
        self.count += 1
        return self.outcome

    def each(self, samples: Iterable[Any]) -> Iterator[Any]:
        self.close(False)
        counts = set()
        for sample in samples:
            yield sample
            counts.add(self.count)
            self.count = 0
        if len(counts) > 1:
            raise Unfit("samples draw different counts of random numbers")
        self.count = counts.pop() if counts else 0
        self.close(True)

    def close(self, by_sample: bool) -> None:
        """End the group that was being counted."""
        if self.count:
            self.groups.append(Group(by_sample, self.count))
        self.count = 0


class Given(Counted):
    """The same numbers from a row of those that were drawn."""

    def __init__(self, row: Sequence[Any]) -> None:
        super().__init__()
        self.rest = iter(row)

    def bernoulli(self, p: float) -> Any:
        self.count += 1
        drawn = next(self.rest, None)
        if drawn is None:
            raise Unfit(OTHERS)
        # a Value, as what a program draws itself: nobody branches by it
        return Value(where(relu(p - drawn), 1.0, 0.0))


OTHERS = "random numbers are drawn otherwise than when the training began"


def drawn(groups: Sequence[Group], samples: int) -> Any:
    """Draw the numbers of a batch: an array with a row for each sample."""
    import numpy

    parts = [numpy.zeros((samples, 1))]
    for group in groups:
        rows = samples if group.by_sample else 1
        numbers = next_numbers(rows * group.size).reshape(rows, group.size)
        parts.append(numpy.broadcast_to(numbers, (samples, group.size)))
    return numpy.concatenate(parts, axis=1)
