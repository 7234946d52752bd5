"""From items to a nest: where the number stands that an operand of an iteration names by its id.

An id is followed exactly: it is that of an event of the same iteration, of an earlier one, of one
before a loop or after it. An id that is none of these is refused, never guessed.
"""

from __future__ import annotations

from array import array as packed
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from math import gcd, prod
from operator import mul
from typing import Any

from ..loops.items import (
    Constant,
    ConstantTable,
    InputAt,
    InputTable,
    Item,
    Loop,
    NodeAt,
    Operation,
    Reference,
    Run,
    events_in,
)
from .nest import GATHERED, GUARD, Address, Array, Block, Effect, Nest, Refused

MOST_BACK = 16
"""A number that is carried on for more iterations than these is refused."""
MOST_BESIDE = 4096
"""So many numbers at most are written one by one into an array, or are operands of one operator."""


class Frame:
    """Items that are being placed, or are: of one iteration of a loop, or of the outermost."""

    def __init__(
        self, block: Block, first: int, span: int, parent: Frame | None, is_masked: bool = False
    ) -> None:
        self.block, self.first, self.span, self.parent = block, first, span, parent
        self.is_masked = is_masked
        """Whether lanes are done with it before its last iteration."""
        self.path: tuple[Frame, ...] = (*parent.path, self) if parent else ()
        self.starts: list[int] = []
        self.entries: list[int | Frame] = []
        """Of each item that is placed the id of its first event, and the node or the loop."""
        self.next = first
        """The id of the event that comes next."""
        self.is_open = True
        self.carried: dict[tuple[int, int], int] = {}
        """The nodes that hold the event at an offset, of so many iterations ago."""
        self.strips: dict[tuple[int, int, int, int], Address] = {}
        self.at_end: list[Callable[[], None]] = []
        """What is to be done when all of an iteration is known."""

    def spans(self) -> list[int]:
        return [frame.span for frame in self.path]

    def entry(self, id: int) -> int | Frame:
        if not self.first <= id < self.next:
            raise Refused("a number is read before it is computed")
        return self.entries[bisect_right(self.starts, id) - 1]


class Placing:
    """The placing of items in a nest, whose `inputs` are there already."""

    def __init__(self, nest: Nest, items: Sequence[Item]) -> None:
        self.nest = nest
        self.root = Frame(nest.root, 0, max(1, events_in(items)), None)
        self.gathered: dict[int, Array] = {}
        self.place(self.root, items)

    # ------ items
    def place(self, frame: Frame, items: Sequence[Item]) -> None:
        for item in items:
            frame.starts.append(frame.next)
            if isinstance(item, Loop):
                frame.entries.append(self.loop(frame, item))
                frame.next += item.trips * item.span
            else:
                frame.entries.append(self.operation(frame, item))
                frame.next += 1
        while frame.at_end:
            frame.at_end.pop(0)()
        frame.is_open = False

    def loop(self, parent: Frame, item: Loop) -> Frame:
        block = self.nest.loop(parent.block, item.trips)
        frame = Frame(block, parent.next, item.span, parent)
        self.place(frame, item.body)
        self.nest.closed(block)
        return frame

    def operation(self, frame: Frame, item: Operation) -> int:
        operands = [x for r in item.references for x in self.operands(frame, r)]
        if isinstance(item.operator, str):
            x, y = operands
            self.nest.guards_seen += 1
            guard = Effect(GUARD, frame.block, x, y=y, compare=item.operator)
            guard.outcome, guard.number = bool(item.outcome), self.nest.guards_seen - 1
            self.nest.noted(guard)
            return -1
        tracers = [self.nest.tracers[i] for i in operands]
        return self.nest.index(self.nest.compute(item.operator, tracers))

    # ------ operands
    def operands(self, frame: Frame, reference: Reference) -> Iterator[int]:
        if not isinstance(reference, Run):
            yield self.operand(frame, reference)
            return
        if reference.count > MOST_BESIDE:
            raise Refused("an operator has too many operands")
        for k in range(reference.count):
            yield self.operand(frame, one_of(reference, k))

    def operand(self, frame: Frame, reference: Any) -> int:
        match reference:
            case NodeAt(base, strides):
                return self.node(frame, base, strides)
            case InputAt(base, strides):
                return self.input(frame, base, strides)
            case Constant(number):
                return self.nest.constant(number)
            case ConstantTable(numbers):
                return self.table(frame, numbers)
            case InputTable(indexes):
                return self.gather(frame, indexes)
        raise Refused("a kind of operand is not known")

    def input(self, frame: Frame, base: int, strides: Sequence[int]) -> int:
        if not any(strides):
            return self.nest.inputs[base]
        address = Address(self.nest.input_array, base, tuple(strides))
        return self.nest.read(address, frame.block)

    def table(self, frame: Frame, numbers: Sequence[float]) -> int:
        if not frame.path:
            return self.nest.constant(numbers[0])
        address = Address(Array(len(numbers), numbers), 0, turns(frame.block))
        return self.nest.read(address, frame.block)

    def gather(self, frame: Frame, indexes: Sequence[int]) -> int:
        if not frame.path:
            return self.nest.inputs[indexes[0]]
        address = Address(Array(len(indexes), packed("q", indexes)), 0, turns(frame.block))
        return self.nest.read(address, frame.block, GATHERED)

    # ------ nodes by their ids
    def node(self, frame: Frame, base: int, strides: Sequence[int]) -> int:
        """The node that is event base + Σ strides·iterations, for an item of this frame that is
        placed next."""
        depth = len(strides)
        while depth and strides[depth - 1] == 0:
            depth -= 1
        if not depth:
            return self.event(self.root, base)
        around = frame.path[depth - 1]
        if list(strides[:depth]) != around.spans():
            return self.walk(frame.path[:depth], base, strides[:depth])
        back, offset = divmod(base - around.first, around.span)
        if back > 0:
            raise Refused("a number is read before it is computed")
        if back:
            return self.carried(around, offset, -back)
        return self.event(around, around.first + offset)

    def event(self, frame: Frame, id: int) -> int:
        """The node of an event of the frame's iteration, in the ids of the first."""
        entry = frame.entry(id)
        if not isinstance(entry, Frame):
            return entry
        if entry.is_open:
            raise Refused("an iteration reads what another iteration of the same loop computes")
        turn, offset = divmod(id - entry.first, entry.span)
        if turn == entry.block.trips - 1:
            return self.nest.last(self.event(entry, entry.first + offset), entry.block)
        address = self.strip(frame, entry.first + offset, entry.span, entry.block.trips, 0)
        return self.nest.read(moved(address, turn), frame.block)

    # ------ from one iteration to the next
    def carried(self, frame: Frame, offset: int, back: int) -> int:
        """The node of the event at an offset, so many iterations ago."""
        if back > MOST_BACK:
            raise Refused("a number is kept for too many iterations")
        for age in range(1, back + 1):
            if (offset, age) not in frame.carried:
                self.carry(frame, offset, age)
        return frame.carried[offset, back]

    def carry(self, frame: Frame, offset: int, age: int) -> None:
        nest, parent = self.nest, frame.parent
        assert parent is not None
        begin = self.node(parent, frame.first + offset - age * frame.span, parent.spans())
        made = frame.carried[offset, age] = nest.carried(frame.block, begin)

        def connect() -> None:
            younger = frame.carried.get((offset, age - 1))
            found = self.event(frame, frame.first + offset) if younger is None else younger
            nest.next[made] = found

        frame.at_end.append(connect)

    # ------ results of earlier loops, one after the other
    def walk(self, path: Sequence[Frame], base: int, strides: Sequence[int]) -> int:
        """The node that is an element of an array of results, another in each iteration."""
        common = 0
        while strides[common] == path[common].span:
            common += 1
        around = path[common - 1] if common else self.root
        inner, trips = strides[common:], [frame.block.trips for frame in path[common:]]
        back, offset = divmod(base - around.first, around.span) if common else (0, base)
        if back > 0:
            raise Refused("a number is read before it is computed")
        ends = [s * (n - 1) for s, n in zip(inner, trips)]
        low = around.first + offset + sum(x for x in ends if x < 0)
        # every iteration of a loop gives elements, though not each may be read
        entry = None if back else around.entry(low)
        step = gcd(*inner, entry.span) if isinstance(entry, Frame) else gcd(*inner)
        high = around.first + offset + sum(x for x in ends if x > 0)
        if low < around.first or high >= around.first + around.span:
            raise Refused("a walk over results leaves the iteration that it begins in")
        address = self.strip(around, low, step, (high - low) // step + 1, -back)
        at = (around.first + offset - low) // step
        found = Address(
            address.array,
            address.offset + at,
            (*address.strides, *(s // step for s in inner)),
        )
        return self.nest.read(found, path[-1].block)

    def strip(self, frame: Frame, low: int, step: int, count: int, back: int) -> Address:
        """The address of event `low`, `back` iterations ago, in an array of it and of the events
        each `step` further, `count` of them, for each iteration of the frame and those around."""
        key = low, step, count, back
        if key not in frame.strips:
            Strip(self, frame, low, step, count, back)
        return frame.strips[key]


class Strip:
    """An array of events that are as far from each other, in each iteration of a frame.

    It may be asked for when those events are placed, or for those of earlier iterations before.
    """

    def __init__(
        self, placing: Placing, frame: Frame, low: int, step: int, count: int, back: int
    ) -> None:
        self.placing, self.frame = placing, frame
        self.low, self.step, self.back = low, step, back
        self.begin, self.end = 0, count
        self.pieces: list[tuple[Block, int, tuple[int, ...], int]] = []
        """Of each write: the block, the element, strides beyond those of rows, and the node."""
        self.array = Array(0)
        if not back:
            self.find_pieces()
        self.lay_out(frame.block, back)
        frame.strips[low, step, count, back] = Address(
            self.array, self.zero - back * self.row, self.rows
        )
        if back:
            self.begin_rows(count)
            frame.at_end.append(self.find_late_pieces)
        else:
            self.write()

    @property
    def row(self) -> int:
        """How many elements there are for an iteration."""
        return self.end - self.begin

    def lay_out(self, block: Block, back: int) -> None:
        trips = block.trips_around()
        if trips:
            # iterations before the first have rows too
            trips[-1] += back
        lengths = [*trips[1:], self.row] if trips else []
        self.rows = tuple(accumulate(reversed(lengths), mul))[::-1]
        self.array.size = prod(trips) * self.row
        self.zero = back * self.row - self.begin
        """The place of event `low` in the first iteration."""

    # ------ what computes the elements
    def find_pieces(self) -> None:
        e = 0
        while e < self.end:
            id = self.low + e * self.step
            entry = self.frame.entry(id)
            e = self.of_loop(entry, e) if isinstance(entry, Frame) else self.of_event(id, e)

    def of_event(self, id: int, e: int) -> int:
        if len(self.pieces) > MOST_BESIDE:
            raise Refused("too many single numbers are read by a walk")
        node = self.placing.event(self.frame, id)
        self.pieces.append((self.frame.block, e, (), node))
        return e + 1

    def of_loop(self, inner: Frame, e: int) -> int:
        """Elements of a loop: those of each iteration, or of its last alone."""
        if inner.is_open:
            raise Refused("an iteration reads what another iteration of the same loop computes")
        if inner.is_masked:
            raise Refused("results of a loop are read that has not as many in each lane")
        if inner.span % self.step:
            return self.of_last(inner, e)
        each = inner.span // self.step
        first = -(-(inner.first - self.low) // self.step)
        if each > MOST_BESIDE:
            raise Refused("too many single numbers are read by a walk")
        for k in range(first, first + each):
            node = self.placing.event(inner, self.low + k * self.step)
            self.pieces.append((inner.block, k, (each,), node))
        end = first + each * inner.block.trips
        self.begin, self.end = min(self.begin, first), max(self.end, end)
        return end

    def of_last(self, inner: Frame, e: int) -> int:
        last = inner.first + inner.span * (inner.block.trips - 1)
        if self.low + e * self.step < last:
            raise Refused("a walk goes over the results of several loops at once")
        while e < self.end and self.low + e * self.step < last + inner.span:
            e = self.of_event(self.low + e * self.step, e)
        return e

    def find_late_pieces(self) -> None:
        begin, end = self.begin, self.end
        self.find_pieces()
        if (begin, end) != (self.begin, self.end):
            raise Refused("a walk over earlier results begins or ends within a loop")
        self.write()

    def write(self) -> None:
        for block, e, further, node in self.pieces:
            address = Address(self.array, self.zero + e, (*self.rows, *further))
            self.placing.nest.write(block, address, node)

    def begin_rows(self, count: int) -> None:
        """Write the rows of the iterations before the first."""
        frame, parent = self.frame, self.frame.parent
        assert parent is not None
        if count * self.back > MOST_BESIDE:
            raise Refused("too many single numbers are read by a walk")
        for age in range(1, self.back + 1):
            for e in range(count):
                id = self.low + e * self.step - age * frame.span
                node = self.placing.node(parent, id, parent.spans())
                address = Address(self.array, self.zero + e - age * self.row, self.rows[:-1])
                self.placing.nest.write(parent.block, address, node)


def moved(address: Address, by: int) -> Address:
    return address._replace(offset=address.offset + by)


def turns(block: Block) -> tuple[int, ...]:
    """The strides of a table that has an entry for each time the block runs."""
    trips = block.trips_around()
    return tuple(prod(trips[k + 1 :]) for k in range(len(trips)))


def one_of(run: Run, k: int) -> Any:
    """Operand k of a run."""
    match run.first:
        case ConstantTable(numbers):
            return ConstantTable(numbers[k :: run.count])
        case InputTable(indexes):
            return InputTable([i + k * run.step for i in indexes])
        case NodeAt(base, strides) | InputAt(base, strides):
            return type(run.first)(base + k * run.step, strides)
    raise Refused("a kind of operand is not known")
