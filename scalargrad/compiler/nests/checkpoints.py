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
operators, in the same order: each bit is the same. This file finds the loops; `segments.py` makes
what they become.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isqrt
from typing import NamedTuple

from .choice import work_in
from .nest import CARRIED, GATHERED, GUARD, READ, WRITE, Address, Array, Block, Effect, Nest

LENGTHS = (16, 32, 64, 128)
"""How many lanes registers are long: so many that the lanes of a call fit, up to the last."""
MOST_HELD = 2**23
"""So many numbers, 64 megabytes, are held from one call to the next. The machine has registers as
short as this takes; where the shortest take more, every call gets its memory anew."""
MOST_KEPT = 2**20
"""So many numbers, eight megabytes, a loop may keep in a block of lanes before memory holds it up:
the third-level cache has no more room for one of several threads."""
MOST_IN_TRIP = 64
"""So many numbers, half a kilobyte, an iteration may keep: memory takes these on the way."""
MANY, LITTLE_WORK = 4, 5.5
"""So many numbers at least are kept for each lane by iterations that wait for memory, whatever it
takes to compute the numbers anew. Of fewer each has to take little work."""
IN_SEGMENT = 512
"""So many numbers of a lane stay in the second-level cache."""


class Plan(NamedTuple):
    """A loop of which segments are computed anew."""

    forward: Block
    backward: dict[Block, list[Array]]
    """The loops on the way back, each with what it reads of the numbers kept."""
    needed: dict[Block, set[int]]
    """For each of these the nodes that those numbers are computed from, in the loop."""
    trips: int
    """How long a segment is; the last may be shorter."""
    lanes: int
    """With fewer lanes than these all numbers are better kept."""

    @property
    def segments(self) -> int:
        """How many segments are computed anew."""
        return (self.forward.trips - 1) // self.trips

    @property
    def rest(self) -> int:
        """How long the last segment is."""
        return self.forward.trips - self.segments * self.trips


def plans(nest: Nest, wanted: Sequence[int]) -> list[Plan]:
    """Return plans for the loops of a lowered nest that keep too much, in a block of lanes."""
    return list(Search(nest, wanted).found())


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
        needed = {back: self.needed(block, arrays) for back, arrays in backward.items()}
        nodes = [i for of in needed.values() for i in of]
        if not kept or not all(map(self.is_still_there, nodes)):
            return None
        carried = sum(self.nest.rows[i] is CARRIED for i in set(nodes))
        trips = length(block.trips, len(kept), carried)
        work = sum(work_in(self.nest, i) for i in nodes)
        lanes = least_lanes(block.trips, len(kept), work)
        return (
            Plan(block, backward, needed, trips, lanes) if lanes and trips < block.trips else None
        )

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
    """How long segments are, in which so many numbers are kept by each iteration: all but the last
    equally long."""
    most = max(1, IN_SEGMENT // kept, isqrt(trips * carried // kept))
    segments = -(-trips // most)
    return -(-trips // segments)


def least_lanes(trips: int, kept: int, work: int) -> int:
    """From how many lanes on the numbers of a loop, so many for each iteration, are better computed
    anew, with so much work for all of an iteration; 0 if they never are."""
    if trips * kept * LENGTHS[0] > MOST_HELD:
        return 1
    is_quick = kept >= MANY or work <= LITTLE_WORK * kept
    for length in LENGTHS if is_quick else ():
        is_held = trips * kept * length <= MOST_HELD
        if is_held and trips * kept * length > MOST_KEPT and kept * length > MOST_IN_TRIP:
            return 1 if length == LENGTHS[0] else length // 2 + 1
    return 0
