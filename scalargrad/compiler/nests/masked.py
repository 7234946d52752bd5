"""Nests whose one loop ends when each lane likes: iterations that a lane has no part in are masked.

The loop has as many trips as any lane is known to have. A number that an iteration gets from the
one before stays as it is in a lane that is done; after the loop it is that of the lane's own last
iteration. Two programs are made of the same items: one that counts the iterations of each lane by
the guards in the loop, and one that is told the counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from ... import ops
from ..loops.items import Item, Loop, Operation
from .frames import Frame
from .nest import GUARD, Block, Effect, Nest, Refused
from .placing import Placing
from .program import Asked, Derived, Output


class Masked(Placing):
    """The placing of items one of which is the loop to be masked. The node `count` is how many
    iterations each lane has; None where they are to be counted. Of one more iteration so many
    events come `over` the loop: these stand after it too, and are its last iteration there."""

    def __init__(
        self, nest: Nest, items: Sequence[Item], loop: Loop, count: int | None, over: int = 0
    ) -> None:
        self.masked, self.count, self.over = loop, count, over
        self.trips = loop.trips - (over > 0)
        """How many iterations are finished."""
        self.frame: Frame | None = None
        self.sides: dict[int, tuple[int, int]] = {}
        """Of each guard in the loop, by its offset, what it compares."""
        self.holds: list[Any] = []
        """Of each guard in the loop 1.0 where it holds, 0.0 where it does not."""
        self.is_kept: set[int] = set()
        self.lasting: dict[int, int] = {}
        super().__init__(nest, items)

    # ------ items
    def loop(self, parent: Frame, item: Loop) -> Frame:
        if item is not self.masked:
            return super().loop(parent, item)
        block = self.nest.loop(parent.block, item.trips)
        self.frame = frame = Frame(block, parent.next, item.span, parent, is_masked=True)
        if self.count is not None:
            self.count_down(block, self.count)
        self.take_items(frame, item.body)
        if self.count is None:
            self.count_up(block)
        else:
            self.keep(frame)
        self.nest.closed(block)
        # an iteration that is not finished stands after the loop
        parent.next -= (self.over > 0) * item.span
        return frame

    def operation(self, frame: Frame, item: Operation) -> int:
        if frame is self.frame:
            return self.in_loop(frame, item)
        if self.frame is not None and frame is self.root:
            offset = frame.next - self.frame.first - self.trips * self.frame.span
            if offset < self.over:
                return self.unfinished(item, offset)
        if isinstance(item.operator, str) and frame is not self.root:
            raise Refused("a loop beside the masked one may end in different ways")
        return super().operation(frame, item)

    def in_loop(self, frame: Frame, item: Operation) -> int:
        if not isinstance(item.operator, str):
            return super().operation(frame, item)
        x, y = (i for r in item.references for i in self.operands(frame, r))
        self.sides[frame.next - frame.first] = x, y
        if self.count is None:
            found = HOLDS[item.operator](ops.compare(self.nest.tracers[x], self.nest.tracers[y]))
            self.holds.append(found if item.outcome else ops.sub(1.0, found))
        return -1

    def unfinished(self, item: Operation, offset: int) -> int:
        """An event of the iteration that a lane does not finish: as it was in the loop."""
        frame, nest = self.frame, self.nest
        assert frame is not None
        if not isinstance(item.operator, str):
            return self.at_last(self.event(frame, frame.first + offset))
        x, y = map(self.at_last, self.sides[offset])
        nest.guards_seen += 1
        guard = Effect(GUARD, nest.root, x, y=y, compare=item.operator)
        guard.outcome, guard.number = bool(item.outcome), nest.guards_seen - 1
        nest.noted(guard)
        return -1

    # ------ which iterations a lane has a part in
    def count_down(self, block: Block, count: int) -> None:
        """Tell of each iteration whether the lane finishes it, and whether it begins it."""
        nest = self.nest
        i = nest.carried(block, count)
        left = nest.tracers[i]
        nest.next[i] = nest.index(ops.sub(left, 1.0))
        self.is_finished = ops.step(left)
        self.is_begun = ops.step(ops.add(left, 1.0))

    def count_up(self, block: Block) -> None:
        """Count the iterations until a guard does not hold: NaN where that cannot be told."""
        nest = self.nest
        before = nest.carried(block, nest.constant(1.0))
        total = nest.carried(block, nest.constant(0.0))
        # whether these are floats or Values makes no difference
        nest.held.update((before, total))
        active = ops.where(nest.tracers[before], reduce(ops.mul, self.holds), 0.0)
        nest.next[before] = nest.index(active)
        nest.next[total] = nest.index(ops.add(nest.tracers[total], active))
        self.total = nest.last(nest.next[total], block)

    def keep(self, frame: Frame) -> None:
        """Have the carried numbers of the loop stay as they are in lanes that are done."""
        nest = self.nest
        while frame.at_end:
            frame.at_end.pop(0)()
        for made in frame.carried.values():
            if made not in self.is_kept:
                self.is_kept.add(made)
                x, y = nest.tracers[nest.next[made]], nest.tracers[made]
                nest.next[made] = nest.index(ops.where(self.is_finished, x, y))

    def at_last(self, i: int) -> int:
        """The node after the loop, as it was in the last iteration that a lane began."""
        nest, frame = self.nest, self.frame
        assert frame is not None
        if not nest.home[i].is_in(frame.block):
            return i
        if i not in self.lasting:
            made = nest.carried(frame.block, nest.constant(0.0))
            nest.held.add(made)
            found = ops.where(self.is_begun, nest.tracers[i], nest.tracers[made])
            self.lasting[i] = nest.next[made] = nest.index(found)
        return nest.last(self.lasting[i], frame.block)

    # ------ after the loop
    def event(self, frame: Frame, id: int) -> int:
        loop = frame.made_of(id)
        if loop is not self.frame or loop.is_open:
            found = super().event(frame, id)
            if found < 0:
                raise Refused("a guard is no number")
            return found
        turn, offset = divmod(id - loop.first, loop.span)
        made = self.carried(loop, offset, self.trips - turn)
        self.keep(loop)
        return self.nest.last(self.nest.next[made], loop.block)


HOLDS: dict[str, Callable[[Any], Any]] = {
    "<": lambda found: ops.step(ops.neg(found)),
    "<=": lambda found: ops.sub(1.0, ops.step(found)),
    "!=": ops.square,
}
"""1.0 where a comparison is true, by what `compare` gives of its sides."""


class MaskedProgram(Derived):
    """The request to a function whose loop has as many trips in each lane as an input says."""

    def __init__(self, asked: Asked, loop: Loop, count: int, over: int) -> None:
        self.loop, self.count, self.over = loop, count, over
        super().__init__(asked)

    def placed(self) -> Placing:
        count = self.nest.inputs[self.count]
        found = Masked(self.nest, self.asked.items, self.loop, count, self.over)
        self.has_guards = any(effect.kind == GUARD for effect in self.nest.effects())
        return found

    @property
    def is_short(self) -> bool:
        """Whether lanes that leave another path in the loop have next to nothing left to do: what
        is wanted needs no more of the loop than what the guards after it compare."""
        low, _ = self.quick_lowered
        loops = sum(isinstance(item, Loop) for item in self.asked.items)
        guards = [effect for effect in low.effects() if effect.kind == GUARD]
        compared = {i for guard in guards for i in (guard.x, guard.y)}
        return len(low.blocks) - 1 <= loops and low.loop_of.keys() <= compared


class Counting(Derived):
    """How many iterations the loop of a function has in each lane: those in which its guards hold.
    The loop is the last of the items."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked._replace(results=(), linked=(), wanted=(), order=None))
        assert isinstance(self.placing, Masked)
        self.outputs = [Output(self.placing.total)]

    def placed(self) -> Placing:
        loop = self.asked.items[-1]
        assert isinstance(loop, Loop)
        self.placing = Masked(self.nest, self.asked.items, loop, None)
        return self.placing
