"""Loop distribution: what does not wait for the iteration before is taken out of a loop, and done
for all iterations side by side.

    for t:  x = exp(a[t]);  s = s·x + b;  y = log(s);  L = L + y

becomes

    x = exp(a)                  a stretch, an element for each t
    for t:  s[t] = s·x[t] + b
    y = log(s)                  a stretch
    for t:  L = L + y[t]

Every number is computed from the same numbers by the same operators, and sums keep their order.
Only the last digits of functions may differ: vectors have functions of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ... import ops
from ...rows import Operator
from .choice import is_sum, work_in
from .nest import CARRIED, GATHERED, READ, WRITE, Address, Array, Block, Effect, Nest, Stretch

LEAST_TRIPS = 16
"""In shorter loops there is too little to be done side by side."""
LEAST_WORK = 4
"""So much work at least has to leave each iteration."""
MOST_NUMBERS = 2**15
"""So many numbers side by side at most, which the second-level cache holds."""


def distribute(nest: Nest, wanted: Sequence[int]) -> None:
    """Take what does not wait out of the loops of a lowered nest, where that is worth it."""
    for block in nest.blocks[1:]:
        if block.depth == 1 and block.trips >= LEAST_TRIPS:
            distribution = Distribution(nest, block, nest.live(wanted))
            if distribution.is_possible():
                distribution.tell_apart()
                if distribution.is_worth_it():
                    distribution.make()


class Distribution:
    """A loop whose nodes are told apart: those that wait for the iteration before, with what they
    are computed from on the way; sums of others; and those that are done side by side."""

    def __init__(self, nest: Nest, block: Block, live: set[int]) -> None:
        self.nest, self.block, self.live = nest, block, live
        self.nodes = [i for i in block.items if isinstance(i, int) and i in live]
        self.effects = [x for x in block.items if isinstance(x, Effect)]
        self.step = self.direction()
        """1, or −1 where the loop goes along its stretches from their ends."""
        self.own = set(self.nodes)
        self.sums: dict[int, list[int]] = {}
        """Of carried nodes that are sums only the nodes on the way to the next."""
        self.side: set[int] = set()
        """The nodes that are done side by side."""
        self.later: set[int] = set()
        """The sums, and the nodes on their ways, of what is done side by side after the loop."""

    # ------ which loops
    def direction(self) -> int:
        strides = [self.nest.addresses[i].strides for i in self.elements()]
        return -1 if (-1,) in strides and (1,) not in strides else 1

    def elements(self) -> Iterator[int]:
        """The nodes that are elements, another in each iteration."""
        return (i for i in self.nodes if self.nest.rows[i] is READ)

    def is_possible(self) -> bool:
        """Tell whether it is a loop without others in it, which does nothing but compute, and keep
        numbers that it does not read."""
        read = {self.nest.addresses[i].array for i in self.elements()}
        return (
            not any(block.parent is self.block for block in self.nest.blocks)
            and all(self.is_kept(effect) for effect in self.effects)
            and read.isdisjoint(x.address.array for x in self.effects if x.address)
        )

    def is_worth_it(self) -> bool:
        """Tell whether enough work leaves each iteration, once the nodes are told apart."""
        work = sum(work_in(self.nest, i) for i in self.side)
        return work >= LEAST_WORK and self.block.trips * len(self.side) <= MOST_NUMBERS

    def is_kept(self, effect: Effect) -> bool:
        """Tell whether an effect keeps a number of each iteration, side by side."""
        address = effect.address
        return (
            effect.kind == WRITE
            and address is not None
            and address.array.kept_by is self.block
            and address.strides == (1,) == (self.step,)
        )

    # ------ which nodes
    def tell_apart(self) -> None:
        nest, readers = self.nest, self.readers()
        carried = [i for i in self.nodes if nest.rows[i] is CARRIED]
        for c in carried:
            if is_sum(nest, c, self.nodes) and self.is_alone(way := self.way(c)):
                self.sums[c] = way
        ways = {i for way in self.sums.values() for i in way}
        waits = self.depending()
        needed = self.needed(nest.next[c] for c in carried if c not in self.sums)
        for i in self.nodes:
            is_inside = i in waits and i in needed
            if isinstance(nest.rows[i], Operator) and not (is_inside or i in ways):
                self.side.add(i)
        for c, way in self.sums.items():
            self.place_sum(c, way, waits, readers)

    def readers(self) -> Counter[int]:
        """How often each node is read."""
        found = Counter(j for i in self.live for j in self.nest.operands[i])
        found.update(effect.x for effect in self.nest.effects())
        found.update(self.nest.next[i] for i in self.live if i in self.nest.next)
        return found

    def way(self, c: int) -> list[int]:
        """The nodes from a sum to the next, itself among them."""
        found = [c]
        while found[-1] != self.nest.next[c]:
            found.append(next(k for k in self.nodes if found[-1] in self.nest.operands[k]))
        return found

    def is_alone(self, way: list[int]) -> bool:
        """Tell whether nothing in the loop reads what a sum comes to, keeps its numbers, or carries
        them on."""
        read = [j for i in self.nodes for j in self.nest.operands[i] if j == way[-1]]
        kept = [effect.x for effect in self.effects]
        carried = [n for c, n in self.nest.next.items() if c in self.live and c != way[0]]
        return not read and set(way).isdisjoint(kept + carried)

    def depending(self) -> set[int]:
        """The nodes that are there only when an iteration begins."""
        found: set[int] = set()
        for i in self.nodes:
            is_first = not isinstance(self.nest.rows[i], Operator) and not self.is_stretch(i)
            if is_first or not found.isdisjoint(self.nest.operands[i]):
                found.add(i)
        return found

    def is_stretch(self, i: int) -> bool:
        """Tell whether the elements of all iterations lie side by side, in the loop's direction."""
        is_element = self.nest.rows[i] is READ
        return is_element and self.nest.addresses[i].strides == (self.step,)

    def needed(self, begin: Iterable[int]) -> set[int]:
        """The nodes of the loop that these are computed from, themselves included."""
        waiting, found = list(begin), set[int]()
        while waiting:
            i = waiting.pop()
            if i in self.own and i not in found:
                found.add(i)
                waiting += () if self.nest.rows[i] is CARRIED else self.nest.operands[i]
        return found

    def place_sum(self, c: int, way: list[int], waits: set[int], readers: Counter[int]) -> None:
        """A sum of numbers that are there in the loop stays in it, with its products; another is
        taken when the loop is over."""
        terms = {j for i in way for j in self.nest.operands[i]}.difference(way)
        waiting = self.side & waits
        products = {
            j
            for j in terms & waiting
            if self.nest.rows[j] is ops.mul
            and readers[j] == 1
            and waiting.isdisjoint(self.nest.operands[j])
        }
        if waiting.isdisjoint(terms - products):
            self.side -= products
        else:
            self.later.update(way)

    # ------ what it becomes
    def make(self) -> None:
        block = self.block
        self.after = self.nest.loop(self.nest.root, block.trips) if self.later else block
        """The loop of the sums that are taken later."""
        self.keeper = self.loop_that_keeps()
        self.at: dict[int, Address] = {}
        """Of nodes of the loop where those of all iterations stand."""
        for effect in self.effects:
            assert effect.address is not None
            self.at.setdefault(effect.x, effect.address)
        for i in self.nodes:
            if i in self.side:
                self.lay_side_by_side(i)
        for i in self.nodes:
            if i not in self.side:
                self.join(i)
        self.keep_others()
        block.items = [x for x in block.items if x not in self.side and x not in self.later]
        self.read_last()

    def loop_that_keeps(self) -> Block:
        """The loop whose numbers lie beside those that are new: that of which this one reads."""
        arrays = [self.nest.addresses[i].array for i in self.elements() if self.is_stretch(i)]
        found = [x.kept_by for x in arrays if x.kept_by and x.kept_by.trips == self.block.trips]
        return found[0] if found and not self.effects else self.block

    def new_address(self) -> Address:
        array = Array(self.keeper.trips, kept_by=self.keeper)
        return Address(array, 0 if self.step == 1 else self.block.trips - 1, (self.step,))

    def lay_side_by_side(self, i: int) -> None:
        """Have a node computed for all iterations at once."""
        nest, operands = self.nest, self.nest.operands[i]
        if i not in self.at:
            self.at[i] = self.new_address()
        array = self.at[i].array
        array.writes, array.filled_by = [], i
        begins = tuple(self.lowest(self.address(j)) if j in self.own else None for j in operands)
        nest.stretches[i] = Stretch(self.lowest(self.at[i]), self.block.trips, operands, begins)
        nest.operands[i] = tuple(j for j in operands if j not in self.own)
        nest.home[i] = nest.root
        nest.root.items.append(i)

    def lowest(self, address: Address) -> Address:
        """Where the elements of all iterations begin in memory."""
        back = 0 if self.step == 1 else self.block.trips - 1
        return Address(address.array, address.offset - back)

    def address(self, j: int) -> Address:
        """Where a node of each iteration stands; from now on it is kept, if it was not."""
        if self.is_stretch(j):
            return self.nest.addresses[j]
        if j not in self.at:
            self.at[j] = self.new_address()
            self.nest.write(self.block, self.at[j], j)
        return self.at[j]

    def join(self, i: int) -> None:
        """Have a node that is no stretch read the elements of those that are."""
        nest, is_later = self.nest, i in self.later
        if is_later:
            nest.home[i] = self.after
            self.after.items.append(i)
        if nest.rows[i] is CARRIED:
            nest.next[i] = self.read(nest.next[i], is_later)
        else:
            nest.operands[i] = tuple(self.read(j, is_later) for j in nest.operands[i])

    def read(self, j: int, is_later: bool) -> int:
        """A node of the loop as one of this loop, or of the later one."""
        is_here = j not in self.side and (j in self.later) == is_later
        if j not in self.own or is_here:
            return j
        block, row = self.after if is_later else self.block, self.nest.rows[j]
        if row in (READ, GATHERED):
            return self.nest.read(self.nest.addresses[j], block, str(row))
        return self.nest.read(self.address(j), block)

    def keep_others(self) -> None:
        """Leave out the effects that keep what a stretch is; a second one keeps a copy."""
        filled = {i: self.at[i] for i in self.side}
        for effect in self.effects:
            if effect.x in self.side and effect.address == filled[effect.x]:
                self.block.items.remove(effect)
            else:
                effect.x = self.read(effect.x, False)

    def read_last(self) -> None:
        """Have what is read after the last iteration come from a stretch, or the later loop."""
        nest = self.nest
        for i in [i for i, block in nest.loop_of.items() if block is self.block]:
            (j,) = nest.operands[i]
            if j in self.side:
                address = self.at[j]
                last = address.offset + self.step * (self.block.trips - 1)
                nest.rows[i], nest.operands[i] = READ, ()
                nest.addresses[i] = Address(address.array, last)
                del nest.loop_of[i]
            elif j in self.later:
                nest.loop_of[i] = self.after
