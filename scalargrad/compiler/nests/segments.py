"""Loops in segments, of which all but the last are computed anew on the way back: what
`checkpoints.py` has planned.

A node of such a loop is computed at several places: in the first segments, in the last, and again
for each loop on the way back. A node of a loop on the way back is computed for the last segment,
and then for the first ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ...rows import Operator
from ..trace.vocabulary import CONSTANT
from .checkpoints import Plan
from .nest import CARRIED, LAST, Address, Array, Block, Effect, Nest


@dataclass(eq=False)
class Place:
    """Where nodes of a block are computed: all of them, or those `needed`."""

    block: Block
    first: int = 0
    """The iteration of the old loop that its first one is."""
    strides: tuple[int, ...] | None = None
    """How many iterations of the old loop each step of the loops around is; None where the loops
    around are the old ones."""
    at: dict[int, int] = field(default_factory=dict)
    """Of each old node what it has become."""
    begins: dict[int, int] = field(default_factory=dict)
    """Of each carried node that of the loop around, if there is one."""
    kept: dict[Array, Address] = field(default_factory=dict)
    """Of arrays that are no more where their numbers are instead."""
    needed: set[int] | None = None
    left_out: Sequence[Array] = ()
    """The arrays that nothing is kept in."""

    @property
    def outer(self) -> Block | None:
        """The loop over segments."""
        parent = self.block.parent
        return parent if self.strides is not None and parent and parent.depth else None

    def has(self, i: int) -> bool:
        return self.needed is None or i in self.needed

    def does(self, effect: Effect) -> bool:
        array = effect.address.array if effect.address else None
        return array in self.kept if self.needed is not None else array not in self.left_out


class Segmenting:
    """The copy of a nest in which some loops are in segments."""

    def __init__(self, old: Nest, wanted: Sequence[int], plans: Sequence[Plan]) -> None:
        self.old, self.new = old, Nest()
        self.live = old.live(wanted)
        self.places: dict[Block, list[Place]] = {old.root: [Place(self.new.root)]}
        self.ends: dict[Block, tuple[Place, Place]] = {}
        """Of each loop in segments where its first iterations are, and its last."""
        self.arrays = {old.input_array: self.new.input_array}
        self.begins: dict[int, Array] = {}
        """Of carried nodes what they are at the beginning of each segment."""
        for plan in plans:
            self.divide(plan)
        for block in old.blocks[1:]:
            if block not in self.places:
                assert block.parent is not None
                (around,) = self.places[block.parent]
                self.places[block] = [Place(self.new.loop(around.block, block.trips))]
        self.copy()
        for block in self.ends:
            self.connect(block)
        for block, (place, *_) in self.places.items():
            if block not in self.ends:
                self.hand_on(block, place)
        self.wanted = [self.places[old.root][0].at[i] for i in wanted]

    def divide(self, plan: Plan) -> None:
        """Make the loops of a plan."""
        new, root = self.new, self.new.root
        trips, segments, rest = plan.trips, plan.segments, plan.rest
        arrays = [array for of in plan.backward.values() for array in of]
        outer = new.loop(root, segments)
        first = Place(new.loop(outer, trips), 0, (trips, 1), left_out=arrays)
        last = Place(new.loop(root, rest), segments * trips, (1,))
        self.keep_in(last, arrays, rest, (1,))
        self.places[plan.forward], self.ends[plan.forward] = [first, last], (first, last)
        for back, read in plan.backward.items():
            late = Place(new.loop(root, rest), 0, (1,), kept=backward(last.kept, rest))
            outer, needed = new.loop(root, segments), plan.needed[back]
            inner, begin = new.loop(outer, trips), (segments - 1) * trips
            again = Place(inner, begin, (-trips, 1), needed=needed)
            self.keep_in(again, read, trips, (0, 1))
            kept = backward(again.kept, trips)
            early = Place(new.loop(outer, trips), rest, (trips, 1), kept=kept)
            self.places[plan.forward].append(again)
            self.places[back], self.ends[back] = [late, early], (late, early)

    def keep_in(
        self, place: Place, arrays: Iterable[Array], size: int, strides: tuple[int, ...]
    ) -> None:
        for array in arrays:
            if array not in place.kept:
                place.kept[array] = Address(Array(size, kept_by=place.block), 0, strides)

    # ------ nodes and effects, in their order
    def copy(self) -> None:
        old, inputs = self.old, len(self.old.inputs)
        self.new.begin(old.plain[:inputs])
        self.places[old.root][0].at.update(enumerate(range(inputs)))
        effects = deque(sorted(old.effects(), key=lambda effect: effect.at))
        for i in range(inputs, len(old) + 1):
            while effects and effects[0].at <= i:
                self.effect(effects.popleft())
            if i in self.live:
                for place in self.places[old.home[i]]:
                    if place.has(i):
                        place.at[i] = self.copied(i, place)

    def node(self, i: int, place: Place) -> int:
        """What a node is for those at a place."""
        return place.at[i] if i in place.at else self.places[self.old.home[i]][0].at[i]

    def copied(self, i: int, place: Place) -> int:
        old, new, row = self.old, self.new, self.old.rows[i]
        if row is CONSTANT:
            return new.constant(old.numbers[i])
        if isinstance(row, Operator):
            operands = [new.tracers[self.node(j, place)] for j in old.operands[i]]
            return new.index(new.compute(row, operands))
        if row is CARRIED:
            return self.carried(i, place)
        if row is LAST:
            return self.last(old.operands[i][0])
        return new.read(self.address(old.addresses[i], place), place.block, str(row))

    def carried(self, i: int, place: Place) -> int:
        new, outer = self.new, place.outer
        begin = self.node(self.old.operands[i][0], self.places[self.old.root][0])
        if outer is None:
            begin = self.node(self.old.operands[i][0], place)
        elif place.needed is None:
            begin = place.begins[i] = new.carried(outer, begin)
        else:
            array = self.begin_of(i)
            begin = new.read(Address(array, array.size - 1, (-1,)), outer)
        return new.carried(place.block, begin)

    def begin_of(self, i: int) -> Array:
        """An array of what a carried node is at the beginning of each segment."""
        if i not in self.begins:
            first, _ = self.ends[self.old.home[i]]
            assert first.outer is not None
            self.begins[i] = Array(first.outer.trips, kept_by=first.outer)
            self.new.write(first.outer, Address(self.begins[i], 0, (1,)), first.begins[i])
        return self.begins[i]

    def last(self, i: int) -> int:
        """A node after its loop."""
        home = self.old.home[i]
        place = self.places[home][0] if home not in self.ends else self.ends[home][1]
        return self.after(place.at[i], place)

    def after(self, i: int, place: Place) -> int:
        """A new node after the loop of its place, and after that over segments."""
        found = self.new.last(i, place.block)
        return self.new.last(found, place.outer) if place.outer else found

    def effect(self, effect: Effect) -> None:
        for place in self.places[effect.block]:
            if place.does(effect):
                x, y = (self.node(i, place) if i >= 0 else i for i in (effect.x, effect.y))
                address = effect.address and self.address(effect.address, place)
                table = effect.table and self.address(effect.table, place)
                made = replace(effect, block=place.block, x=x, y=y, address=address, table=table)
                self.new.noted(made)

    def address(self, address: Address, place: Place) -> Address:
        if address.array in place.kept:
            return place.kept[address.array]
        array = self.array(address.array)
        if place.strides is None or not address.depth():
            return address._replace(array=array)
        stride = address.strides[0]
        strides = tuple(stride * s for s in place.strides)
        return Address(array, address.offset + stride * place.first, strides)

    def array(self, array: Array) -> Array:
        if array not in self.arrays:
            kept_by = array.kept_by and self.places[array.kept_by][0].block
            self.arrays[array] = Array(array.size, array.numbers, kept_by, summed=array.summed)
        return self.arrays[array]

    # ------ from one iteration to the next
    def hand_on(self, block: Block, place: Place) -> None:
        for c in place.at:
            if self.old.rows[c] is CARRIED:
                self.new.next[place.at[c]] = self.node(self.old.next[c], place)

    def connect(self, block: Block) -> None:
        """Have each iteration of a loop in segments get what the one before leaves."""
        old, new = self.old, self.new
        for place in self.places[block]:
            self.hand_on(block, place)
        first, last = self.ends[block]
        for c in [i for i in first.at if old.rows[i] is CARRIED]:
            for place in (first, last):
                if place.outer:
                    end = new.last(new.next[place.at[c]], place.block)
                    new.next[place.begins[c]] = end
            begin = last.begins[c] if last.outer else last.at[c]
            new.operands[begin] = (self.after(new.next[first.at[c]], first),)


def backward(kept: dict[Array, Address], trips: int) -> dict[Array, Address]:
    """Where the numbers of so many iterations are on the way back."""
    return {
        array: Address(at.array, trips - 1, tuple(-s for s in at.strides))
        for array, at in kept.items()
    }


def in_segments(nest: Nest, wanted: Sequence[int], plans: Sequence[Plan]) -> tuple[Nest, list[int]]:
    """Return a lowered nest and its wanted nodes, where loops are in segments as planned."""
    found = Segmenting(nest, wanted, plans)
    return found.new, found.wanted
