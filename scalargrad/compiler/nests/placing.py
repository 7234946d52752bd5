"""From items to a nest: where the number stands that an operand of an iteration names by its id.

An id is followed exactly: it is that of an event of the same iteration, of an earlier one, of one
before a loop or after it. An id that is none of these is refused, never guessed.
"""

from __future__ import annotations

from array import array as packed
from collections.abc import Iterator, Sequence
from math import gcd
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
from .frames import Frame
from .nest import GATHERED, GUARD, Address, Array, Effect, Nest, Refused
from .strips import MOST_BESIDE, Strip

MOST_BACK = 16
"""A number that is carried on for more iterations than these is refused."""


class Placing:
    """The placing of items in a nest, whose `inputs` are there already."""

    def __init__(self, nest: Nest, items: Sequence[Item]) -> None:
        self.nest = nest
        self.root = Frame(nest.root, 0, max(1, events_in(items)), None)
        self.gathered: dict[int, Array] = {}
        self.take_items(self.root, items)

    # ------ items
    def take_items(self, frame: Frame, items: Sequence[Item]) -> None:
        for item in items:
            frame.starts.append(frame.next)
            if isinstance(item, Loop):
                frame.made.append(self.loop(frame, item))
                frame.next += item.trips * item.span
            else:
                frame.made.append(self.operation(frame, item))
                frame.next += 1
        while frame.at_end:
            frame.at_end.pop(0)()
        frame.is_open = False

    def loop(self, parent: Frame, item: Loop) -> Frame:
        block = self.nest.loop(parent.block, item.trips)
        frame = Frame(block, parent.next, item.span, parent)
        self.take_items(frame, item.body)
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
        address = Address(Array(len(numbers), numbers), 0, frame.block.turns())
        return self.nest.read(address, frame.block)

    def gather(self, frame: Frame, indexes: Sequence[int]) -> int:
        if not frame.path:
            return self.nest.inputs[indexes[0]]
        address = Address(Array(len(indexes), packed("q", indexes)), 0, frame.block.turns())
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
        if back < -MOST_BACK and base + around.span * around.block.trips <= around.first:
            # all of them were computed before the loop
            return self.walk(frame.path[:depth], base, strides[:depth])
        if back:
            return self.carried(around, offset, -back)
        return self.event(around, around.first + offset)

    def event(self, frame: Frame, id: int) -> int:
        """The node of an event of the frame's iteration, in the ids of the first."""
        made = frame.made_of(id)
        if not isinstance(made, Frame):
            return made
        if made.is_open:
            raise Refused("an iteration reads what another iteration of the same loop computes")
        turn, offset = divmod(id - made.first, made.span)
        if turn == made.block.trips - 1:
            return self.nest.last(self.event(made, made.first + offset), made.block)
        address = self.strip(frame, made.first + offset, made.span, made.block.trips, 0)
        return self.nest.read(address.moved(turn), frame.block)

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
        while common + 1 < len(path) and strides[common] == path[common].span:
            common += 1
        around = path[common - 1] if common else self.root
        inner, trips = strides[common:], [frame.block.trips for frame in path[common:]]
        back, offset = divmod(base - around.first, around.span) if common else (0, base)
        if back > 0:
            raise Refused("a number is read before it is computed")
        ends = [s * (n - 1) for s, n in zip(inner, trips)]
        low = around.first + offset + sum(x for x in ends if x < 0)
        # every iteration of a loop gives elements, though not each may be read
        made = None if back else around.made_of(low)
        step = gcd(*inner, made.span) if isinstance(made, Frame) else gcd(*inner)
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
