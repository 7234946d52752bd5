"""The order in which the blocks of a nest compute: after what is needed, and of numbers that are
carried first their readers, then what takes their place."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

from .nest import CARRIED, FILL, GATHERED, GUARD, LAST, READ, WRITE, Array, Block, Effect, Nest
from .selection import Selection

Item = int | Effect | Block

MOST_TO_SEARCH = 400
"""In a block of more items readers do not have to come first."""


class Schedule:
    """The items of each block in order. A loop is an item of the block around it."""

    def __init__(self, nest: Nest, selection: Selection) -> None:
        self.nest, self.selection = nest, selection
        self.items: dict[Block, list[Item]] = {block: [] for block in nest.blocks}
        self.needs: dict[Item, set[Item]] = {}
        """Of each item those of the same block that come before it."""
        self.stamp: dict[Item, int] = {}
        self._read: dict[Item, set[int]] = {}
        self._carried: dict[Block, list[int]] = {}
        self.collect()
        for block in self.items:
            for item in self.items[block]:
                self.relate(item, block)
        self.relate_memory()
        for block in self.items:
            self.readers_first(block)
            self.items[block] = self.ordered(block)

    # ------ items
    def collect(self) -> None:
        nest, selection = self.nest, self.selection
        for i, row in enumerate(nest.rows):
            if selection.is_computed(i) or (row in SPECIAL and i in selection.live):
                self.items[nest.home[i]].append(i)
                self.stamp[i] = 2 * i
        for effect in nest.effects():
            self.items[effect.block].append(effect)
            x = selection.within.get(effect.x, effect.x)
            # a number is kept as soon as it is there
            self.stamp[effect] = 2 * x + 1 if effect.kind == WRITE else 2 * effect.at - 1
        for block in reversed(nest.blocks):
            within = [*self.items[block], *self.carried_in(block)]
            if block.parent is not None and within:
                self.items[block.parent].append(block)
                self.stamp[block] = max(self.stamp.get(item, 0) for item in within)
        self.needs = {item: set() for items in self.items.values() for item in items}

    def carried_in(self, block: Block) -> list[int]:
        """The carried nodes of a loop."""
        if block not in self._carried:
            rows, live = self.nest.rows, self.selection.live
            self._carried[block] = [i for i in block.items if i in live and rows[i] is CARRIED]
        return self._carried[block]

    # ------ what comes before what
    def relate(self, item: Item, block: Block) -> None:
        for i in self.nodes_read(item):
            self.after_node(item, block, i)

    def nodes_read(self, item: Item) -> Sequence[int]:
        nest = self.nest
        if isinstance(item, int):
            return () if nest.rows[item] is LAST else self.selection.operands(item)
        if isinstance(item, Effect):
            return [i for i in (item.x, item.y) if i >= 0]
        found = []
        for i in self.carried_in(item):
            found.append(nest.operands[i][0])
            if not nest.home[nest.next[i]].is_in(item):
                found.append(nest.next[i])
        return found

    def after_node(self, item: Item, block: Block, i: int) -> None:
        """The item, of this block, comes after what computes node i."""
        first = self.selection.within.get(i, i)
        if first in self.needs:
            self.before(first, lifted(item, block, self.nest.home[i]))

    def before(self, first: Item, then: Item) -> None:
        if first is not then and first != then:
            self.needs[then].add(first)

    def relate_memory(self) -> None:
        nest = self.nest
        guards = [effect for effect in nest.effects() if effect.kind == GUARD]
        guards.sort(key=lambda effect: effect.number)
        for one, two in pairwise(guards):
            self.in_order(one, one.block, two, two.block)
        for effect in nest.effects():
            if effect.address and effect.kind != FILL:
                fill = nest.fills.get(effect.address.array)
                if fill is not None:
                    self.in_order(fill, fill.block, effect, effect.block)
        for i in self.needs:
            if isinstance(i, int) and nest.rows[i] is LAST:
                self.in_order(nest.loop_of[i], nest.home[i], i, nest.home[i])
            elif isinstance(i, int) and nest.rows[i] is READ:
                self.after_writes(i, nest.addresses[i].array, i)
            elif isinstance(i, int) and i in nest.stretches:
                stretch = nest.stretches[i]
                for j, begin in zip(stretch.operands, stretch.begins):
                    if begin is not None:
                        self.after_writes(i, begin.array, j)

    def after_writes(self, i: int, array: Array, j: int) -> None:
        """Node i needs the numbers of node j in an array, so it comes after what writes to that;
        where j is an element of the array, after what was noted before j."""
        nest = self.nest
        filled_by = array.filled_by
        if filled_by is not None:
            self.in_order(filled_by, nest.home[filled_by], i, nest.home[i])
        is_element = nest.rows[j] is READ and nest.addresses[j].array is array
        for effect in array.writes:
            if effect.at <= j or not is_element:
                self.in_order(effect, effect.block, i, nest.home[i])

    def in_order(self, first: Item, one: Block, then: Item, other: Block) -> None:
        common = one
        while not other.is_in(common):
            assert common.parent is not None
            common = common.parent
        self.before(lifted(first, one, common), lifted(then, other, common))

    # ------ readers of a carried number before what takes its place
    def readers_first(self, block: Block) -> None:
        nest, items = self.nest, self.items[block]
        if len(items) > MOST_TO_SEARCH:
            return
        read = {item: self.all_read(item) for item in items}
        for c in self.carried_in(block):
            n = self.selection.within.get(nest.next[c], nest.next[c])
            if n in self.needs and nest.home[n] is block:
                for item in items:
                    if item != n and c in read[item] and not self.follows(item, n):
                        self.needs[n].add(item)

    def all_read(self, item: Item) -> set[int]:
        """The nodes that an item reads, of a loop those that the items in it read."""
        if item not in self._read:
            found = set(self.nodes_read(item))
            if isinstance(item, Block):
                found = found.union(*(self.all_read(inner) for inner in self.items[item]))
            self._read[item] = found
        return self._read[item]

    def follows(self, item: Item, first: Item) -> bool:
        """Tell whether an item comes after another, for what is known so far."""
        waiting, found = [item], set()
        while waiting:
            one = waiting.pop()
            if one == first:
                return True
            if one not in found:
                found.add(one)
                waiting += self.needs[one]
        return False

    def ordered(self, block: Block) -> list[Item]:
        """The items in an order that is allowed: those that were noted first come first."""
        items = self.items[block]
        missing = {item: len(self.needs[item]) for item in items}
        followers: dict[Item, list[Item]] = {item: [] for item in items}
        for item in items:
            for first in self.needs[item]:
                followers[first].append(item)
        ready = [(self.stamp[item], k) for k, item in enumerate(items) if not missing[item]]
        number = {item: k for k, item in enumerate(items)}
        heapify(ready)
        found = []
        while ready:
            item = items[heappop(ready)[1]]
            found.append(item)
            for then in followers[item]:
                missing[then] -= 1
                if not missing[then]:
                    heappush(ready, (self.stamp[then], number[then]))
        assert len(found) == len(items)
        return found


SPECIAL = (LAST, READ, GATHERED)


def lifted(item: Item, block: Block, around: Block) -> Item:
    """The item as one of a block around: itself, or the loop that it is in."""
    return item if block is around else block.path[around.depth]
