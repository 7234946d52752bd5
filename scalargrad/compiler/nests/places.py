"""Where the numbers of a nest stand while the machine runs it; arrays stand behind the others."""

from __future__ import annotations

from array import array as packed
from collections.abc import Iterable, Sequence

from ..machine.words import MOST, NONE, WIDTH
from ..trace.vocabulary import CONSTANT
from . import nest as nests
from .nest import Address, Array, Block, Nest, Refused
from .schedule import Schedule
from .selection import Selection


class Places:
    """The place of each node and of each array."""

    def __init__(self, nest: Nest, schedule: Schedule, selection: Selection) -> None:
        self.nest, self.schedule, self.selection = nest, schedule, selection
        self.of: dict[int, int] = {i: k for k, i in enumerate(nest.inputs)}
        self.initial: dict[int, float] = {}
        self.count = len(nest.inputs)
        for i, row in enumerate(nest.rows):
            if row is CONSTANT:
                self.put_constant(i)
        self.in_place = {nest.next[c]: c for block in nest.blocks for c in self.replaced(block)}
        """Of a node the one that it takes the place of."""
        self.along: dict[int, Address] = {}
        """Of carried nodes that go along the elements of an array: where they are."""
        self.begin()
        self.put_nodes()
        self.spare = self.put(NONE)
        self.before: dict[int, int] = {}
        """Of carried nodes that are read after the loop: where the last iteration had them."""
        self.put_before()
        self.start: dict[Array, int] = {nest.input_array: 0}
        self.scale: dict[Array, int] = {}
        self.indexes: list[int] = []
        self.lay_out_arrays()

    def put_nodes(self) -> None:
        for i in range(len(self.nest)):
            if self.is_new(i):
                self.put(i)
        for i, c in self.in_place.items():
            self.of[i] = self.of[c]

    def put_before(self) -> None:
        nest = self.nest
        for c in {nest.operands[i][0] for i in nest.loop_of if i in self.selection.live}:
            if nest.rows[c] is nests.CARRIED:
                self.before[c], self.count = self.count, self.count + 1

    def is_new(self, i: int) -> bool:
        """Tell whether a node is to get a place of its own."""
        is_somewhere = i in self.of or self.nest.rows[i] is nests.LAST or self.is_fixed(i)
        return not is_somewhere and i not in self.in_place and self.needs_place(i)

    def begin(self) -> None:
        """Is called before nodes get their places."""

    def put_constant(self, i: int) -> None:
        self.initial[self.count] = self.nest.numbers[i]
        self.put(i)

    def put(self, i: int) -> int:
        self.of[i] = self.count
        self.count += 1
        return self.of[i]

    def needs_place(self, i: int) -> bool:
        if i in self.selection.within:
            return i in self.selection.cosines.values()
        return i in self.selection.live and i not in self.nest.stretches

    def is_fixed(self, i: int) -> bool:
        """Tell whether this is an element at one place, which is read there."""
        return self.nest.rows[i] is nests.READ and self.nest.home[i] is self.nest.root

    def replaced(self, block: Block) -> Iterable[int]:
        """The carried nodes of a block whose next takes their place: nobody reads them after."""
        nest, items, taken = self.nest, self.schedule.items[block], set()
        order = {item: k for k, item in enumerate(items)}
        carried = self.schedule.carried_in(block)
        # also what is read when the loop is over
        handed_on = {nest.next[c] for c in carried}.union(
            nest.operands[i][0] for i in nest.loop_of if i in self.selection.live
        )
        read = [self.schedule.all_read(item) for item in items]
        for c in carried:
            n = nest.next[c]
            item = self.selection.within.get(n, n)
            is_own = item in order and nest.rows[n] is not nests.LAST
            if not is_own or n in taken or c in handed_on:
                continue
            if any(c in reads for reads in read[order[item] + 1 :]):
                continue
            taken.add(n)
            yield c

    def first(self, c: int) -> int:
        """Where a carried node is in the first iteration."""
        return self.absolute(self.along[c]) if c in self.along else self.of[c]

    def __getitem__(self, i: int) -> int:
        nest = self.nest
        while nest.rows[i] is nests.LAST:
            (i,) = nest.operands[i]
            if i in self.before:
                return self.before[i]
        if self.is_fixed(i):
            return self.absolute(nest.addresses[i])
        return self.of[i]

    # ------ arrays
    def lay_out_arrays(self) -> None:
        kept: dict[Block, list[Array]] = {}
        for array in self.arrays():
            if array.kept_by is not None:
                kept.setdefault(array.kept_by, []).append(array)
            else:
                self.lay_out(array)
        # a number that goes along them is there before the first iteration or after the last
        before = any([address.offset < 0 for address in self.along.values()])
        for arrays in kept.values():
            lay_out = self.lay_out_apart if self.nest.stretches else self.lay_out_across
            lay_out(arrays, int(before), arrays[0].size + bool(self.along))
        if self.count >= MOST:
            raise Refused("a loop keeps too many numbers")

    def lay_out_across(self, arrays: Sequence[Array], before: int, size: int) -> None:
        """Lay out arrays across each other: the numbers of an iteration are side by side."""
        self.count += len(arrays) * before
        for k, array in enumerate(arrays):
            self.start[array], self.scale[array] = self.count + k, len(arrays)
        self.count += len(arrays) * size

    def lay_out_apart(self, arrays: Sequence[Array], before: int, size: int) -> None:
        """Lay out each array by itself: its numbers are side by side, and vectors reach past
        them."""
        pitch = apart(before + size + WIDTH, len(arrays))
        for array in arrays:
            self.start[array] = self.count + before
            self.count += pitch

    def lay_out(self, array: Array) -> None:
        if array in self.start:
            return
        if isinstance(array.numbers, packed) and array.numbers.typecode == "q":
            self.start[array] = len(self.indexes)
            self.indexes += array.numbers
        elif array.numbers is not None:
            self.lay_out_table(array, array.numbers)
        else:
            self.start[array] = self.count
            self.count += array.size

    def lay_out_table(self, array: Array, numbers: Sequence[float]) -> None:
        self.start[array] = self.count
        self.initial.update(enumerate(numbers, self.count))
        self.count += array.size

    def arrays(self) -> Iterable[Array]:
        nest, live = self.nest, self.selection.live
        found = {address.array: None for i, address in nest.addresses.items() if i in live}
        for effect in self.nest.effects():
            for address in (effect.address, effect.table):
                if address is not None:
                    found[address.array] = None
        for i, stretch in nest.stretches.items():
            if i in live:
                found |= {x.array: None for x in (stretch.out, *stretch.begins) if x is not None}
        return found

    def absolute(self, address: Address) -> int:
        scale = self.scale.get(address.array, 1)
        return self.start[address.array] + scale * address.offset

    def strides(self, address: Address) -> tuple[int, ...]:
        scale = self.scale.get(address.array, 1)
        return tuple(scale * s for s in address.strides[: address.depth()])


PAGE = 512
"""Numbers whose places differ by a multiple of this many hold each other up in the processor: it
compares the last 12 bits of addresses."""


def apart(size: int, count: int) -> int:
    """Return how far from each other so many arrays should begin, at least the size of each."""
    far = min(WIDTH, PAGE // (2 * count))
    for pitch in range(size, size + PAGE):
        distances = {k * pitch % PAGE for k in range(1, count)}
        if all(far <= distance <= PAGE - far for distance in distances):
            return pitch
    return size
