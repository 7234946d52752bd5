"""Results of loops that are read one after the other: each loop writes its own into an array."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import prod
from operator import mul
from typing import Protocol

from .frames import Frame
from .nest import Address, Array, Block, Nest, Refused

MOST_BESIDE = 4096
"""So many numbers at most are written one by one into an array, or are operands of one operator."""


class Placed(Protocol):
    """Items that have their places in a nest; `placing.py` finds these."""

    nest: Nest

    def event(self, frame: Frame, id: int) -> int:
        """The node of an event of the frame's iteration, in the ids of the first."""

    def node(self, frame: Frame, base: int, strides: Sequence[int]) -> int:
        """The node that is event base + Σ strides·iterations."""


class Strip:
    """An array of `count` events, the first of which is `low` and each next one `step` further. The
    array has these of every iteration of the frame.

    Where `back` is 0, events of this iteration are read, and all of them are placed. Else those of
    so many iterations before are read: they are placed only when the body has ended.
    """

    def __init__(
        self, placed: Placed, frame: Frame, low: int, step: int, count: int, back: int
    ) -> None:
        self.placed, self.frame = placed, frame
        self.low, self.step, self.back = low, step, back
        self.begin, self.end = 0, count
        self.writes: list[tuple[Block, int, tuple[int, ...], int]] = []
        """Of each write: the block, the element, strides beyond its own, and the node."""
        self.array = Array(0)
        if not back:
            self.find_writes()
        self.lay_out(frame.block, back)
        frame.strips[low, step, count, back] = Address(
            self.array, self.zero - back * self.width, self.strides
        )
        if back:
            self.begin_before(count)
            frame.at_end.append(self.find_late_writes)
        else:
            self.write()

    @property
    def width(self) -> int:
        """How many elements there are for an iteration."""
        return self.end - self.begin

    def lay_out(self, block: Block, back: int) -> None:
        trips = block.trips_around()
        if trips:
            # iterations before the first have elements too
            trips[-1] += back
        lengths = [*trips[1:], self.width] if trips else []
        self.strides = tuple(accumulate(reversed(lengths), mul))[::-1]
        self.array.size = prod(trips) * self.width
        self.zero = back * self.width - self.begin
        """The place of event `low` in the first iteration."""

    # ------ what computes the elements
    def find_writes(self) -> None:
        e = 0
        while e < self.end:
            id = self.low + e * self.step
            made = self.frame.made_of(id)
            e = self.of_loop(made, e) if isinstance(made, Frame) else self.of_event(id, e)

    def of_event(self, id: int, e: int) -> int:
        if len(self.writes) > MOST_BESIDE:
            raise Refused("too many single numbers are read by a walk")
        node = self.placed.event(self.frame, id)
        self.writes.append((self.frame.block, e, (), node))
        return e + 1

    def of_loop(self, inner: Frame, e: int) -> int:
        """Elements of a loop: those of each iteration, or of its last alone."""
        if inner.is_open:
            raise Refused("an iteration reads what another iteration of the same loop computes")
        if inner.is_masked:
            raise Refused("results of a loop are read that has not as many in each lane")
        if inner.span % self.step or self.is_of_last(inner, e):
            return self.of_last(inner, e)
        each = inner.span // self.step
        first = -(-(inner.first - self.low) // self.step)
        if each > MOST_BESIDE:
            raise Refused("too many single numbers are read by a walk")
        for k in range(first, first + each):
            node = self.placed.event(inner, self.low + k * self.step)
            self.writes.append((inner.block, k, (each,), node))
        end = first + each * inner.block.trips
        self.begin, self.end = min(self.begin, first), max(self.end, end)
        return end

    def is_of_last(self, inner: Frame, e: int) -> bool:
        """Tell whether all elements of a loop are of its last iteration."""
        return self.low + e * self.step >= inner.first + inner.span * (inner.block.trips - 1)

    def of_last(self, inner: Frame, e: int) -> int:
        last = inner.first + inner.span * (inner.block.trips - 1)
        if self.low + e * self.step < last:
            raise Refused("a walk goes over the results of several loops at once")
        while e < self.end and self.low + e * self.step < last + inner.span:
            e = self.of_event(self.low + e * self.step, e)
        return e

    def find_late_writes(self) -> None:
        begin, end = self.begin, self.end
        self.find_writes()
        if (begin, end) != (self.begin, self.end):
            raise Refused("a walk over earlier results begins or ends within a loop")
        self.write()

    def write(self) -> None:
        for block, e, further, node in self.writes:
            address = Address(self.array, self.zero + e, (*self.strides, *further))
            self.placed.nest.write(block, address, node)

    def begin_before(self, count: int) -> None:
        """Write the elements of the iterations before the first."""
        frame, parent = self.frame, self.frame.parent
        assert parent is not None
        if count * self.back > MOST_BESIDE:
            raise Refused("too many single numbers are read by a walk")
        for age in range(1, self.back + 1):
            for e in range(count):
                id = self.low + e * self.step - age * frame.span
                node = self.placed.node(parent, id, parent.spans())
                address = Address(self.array, self.zero + e - age * self.width, self.strides[:-1])
                self.placed.nest.write(parent.block, address, node)
