"""Checkpoints: where a loop would keep more numbers than the cache holds, they are computed anew.

    for t in 6000:            s = f(s);  kept[t] = g(s)
    for t in 6000, backward:  a = a·kept[t]

becomes

    for j in 11:              begin[j] = s
        for k in 500:         s = f(s)
    for k in 500:             s = f(s);  late[k] = g(s)

    for k in 500, backward:   a = a·late[k]
    for j in 11, backward:    s = begin[j]
        for k in 500:         s = f(s);  kept[k] = g(s)
        for k in 500, backward:  a = a·kept[k]

The last segment is not computed anew. Every number is computed from the same numbers by the same
operators, in the same order: each bit is the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import isqrt
from typing import NamedTuple

from ...rows import Operator
from ..trace.vocabulary import CONSTANT
from .nest import CARRIED, GATHERED, GUARD, LAST, READ, WRITE, Address, Array, Block, Effect, Nest

MOST_KEPT = 2048
"""So many numbers of a lane at most are kept for the way back: those of a block of lanes stay in
the second-level cache, or near it."""
IN_SEGMENT = 768
"""So many numbers of a lane are kept at a time, where there are checkpoints."""


class Plan(NamedTuple):
    """A loop of which segments are computed anew."""

    forward: Block
    backward: dict[Block, list[Array]]
    """The loops on the way back, each with what it reads of the numbers kept."""
    needed: dict[Block, set[int]]
    """For each of these the nodes that those numbers are computed from, in the loop."""
    trips: int
    """How long a segment is; the last may be shorter."""

    @property
    def segments(self) -> int:
        """How many segments are computed anew."""
        return (self.forward.trips - 1) // self.trips

    @property
    def rest(self) -> int:
        """How long the last segment is."""
        return self.forward.trips - self.segments * self.trips


# ------ which loops
class Search:
    """The search for loops that keep much."""

    def __init__(self, nest: Nest, wanted: Sequence[int]) -> None:
        self.nest = nest
        self.live = nest.live(wanted)
        self.readers: dict[Array, list[int]] = {}
        for i in self.live.intersection(nest.addresses):
            self.readers.setdefault(nest.addresses[i].array, []).append(i)
        around = {block.parent for block in nest.blocks[1:]}
        guarded = {effect.block for effect in nest.effects() if effect.kind == GUARD}
        self.simple = {x for x in nest.blocks if x.depth == 1 and x not in around | guarded}
        """The loops that stand in no other, have none in them, and check nothing."""

    def found(self) -> Iterator[Plan]:
        """Yield plans for loops, each of which is in one of them at most."""
        taken: set[Block] = set()
        for block in self.nest.blocks:
            plan = self.plan(block) if block in self.simple - taken else None
            if plan is not None and taken.isdisjoint(plan.backward):
                taken.update((block, *plan.backward))
                yield plan

    def plan(self, block: Block) -> Plan | None:
        """The plan for a loop, if it keeps so much that it needs one."""
        backward: dict[Block, list[Array]] = {}
        kept = list(filter(None, map(self.kept, block.items)))
        for array in kept:
            for reader in sorted({self.nest.home[i].number for i in self.readers[array]}):
                backward.setdefault(self.nest.blocks[reader], []).append(array)
        if not kept or block.trips * len(kept) <= MOST_KEPT:
            return None
        needed = {back: self.needed(block, arrays) for back, arrays in backward.items()}
        carried = {i for of in needed.values() for i in of if self.nest.rows[i] is CARRIED}
        is_possible = all(map(self.is_still_there, {i for of in needed.values() for i in of}))
        trips = length(block.trips, len(kept), len(carried))
        return Plan(block, backward, needed, trips) if is_possible and trips else None

    def kept(self, item: object) -> Array | None:
        """The array in which an effect keeps a number of each iteration, read on the way back
        alone."""
        if not isinstance(item, Effect) or item.kind != WRITE or item.address is None:
            return None
        array, block = item.address.array, item.block
        is_kept = array.kept_by is block and item.address == Address(array, 0, (1,))
        readers = self.readers.get(array, [])
        is_own = is_kept and array.writes == [item] and array.filled_by is None and bool(readers)
        return array if is_own and all(self.is_back(i, array, block) for i in readers) else None

    def is_back(self, i: int, array: Array, block: Block) -> bool:
        """Tell whether a node reads an array from its end to its beginning."""
        nest, home = self.nest, self.nest.home[i]
        is_simple = home is not block and home in self.simple and home.trips == block.trips
        is_read = nest.rows[i] is READ and nest.addresses[i] == Address(
            array, block.trips - 1, (-1,)
        )
        return is_simple and is_read

    def needed(self, block: Block, arrays: Iterable[Array]) -> set[int]:
        """The nodes of a loop that the numbers in these arrays are computed from."""
        nest, found = self.nest, set[int]()
        waiting = [effect.x for array in arrays for effect in array.writes]
        while waiting:
            i = waiting.pop()
            if nest.home[i] is block and i not in found:
                found.add(i)
                waiting += [nest.next[i]] if nest.rows[i] is CARRIED else nest.operands[i]
        return found

    def is_still_there(self, i: int) -> bool:
        """Tell whether a node that is read in memory is the same later."""
        nest = self.nest
        return nest.rows[i] not in (READ, GATHERED) or not nest.addresses[i].array.summed


def length(trips: int, kept: int, carried: int) -> int:
    """How long segments are, in which so many numbers are kept by each iteration: all of them
    equally long. 0 if it is best to have one alone."""
    most = max(1, IN_SEGMENT // kept, isqrt(trips * carried // kept))
    segments = -(-trips // most)
    return -(-trips // segments) if segments > 1 else 0


# ------ what becomes of them
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
            late = Place(new.loop(root, rest), 0, (1,))
            late.kept = backward(last.kept, rest)
            outer = new.loop(root, segments)
            again = Place(
                new.loop(outer, trips), (segments - 1) * trips, (-trips, 1), needed=plan.needed[back]
            )
            self.keep_in(again, read, trips, (0, 1))
            early = Place(new.loop(outer, trips), rest, (trips, 1))
            early.kept = backward(again.kept, trips)
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


def with_checkpoints(nest: Nest, wanted: Sequence[int]) -> tuple[Nest, list[int]]:
    """Return a lowered nest and its wanted nodes, where loops that keep much keep checkpoints."""
    plans = list(Search(nest, wanted).found())
    if not plans:
        return nest, list(wanted)
    found = Segmenting(nest, wanted, plans)
    return found.new, found.wanted
