"""A nest: nodes in blocks, and a block is the body of a loop, which stands in another block.

A node stands in the outermost block that it can: where its innermost operand stands. Nodes that
compute the same are one node. So values are numbered, and what does not change is computed before
its loop, by construction.

Numbers that outlive an iteration are carried to the next, or stand in an array: each element is
written once, by one iteration of one loop, but for arrays of sums, to which loops add.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

from ... import ops
from ...rows import Operator
from ..passes.rewriting import Rewriting, Rule
from ..trace.in_python import Trace, forward
from ..trace.vocabulary import CONSTANT, INPUT

CARRIED, LAST, READ, GATHERED = "carried", "last", "read", "gathered"
"""In place of an operator. CARRIED is a number that an iteration gets from the one before; its
operand is where it begins. LAST is its operand after the last iteration of a loop. READ is an
element of an array, GATHERED an input by its number in a table."""


class Refused(Exception):
    """The items cannot be written as a nest: they are to be expanded."""


@dataclass(eq=False, repr=False)
class Block:
    """The body of a loop of so many `trips`; the outermost block is that of a single one."""

    trips: int
    parent: Block | None = None
    number: int = 0
    path: tuple[Block, ...] = ()
    """The blocks around, the outermost left out, this one included."""
    items: list[int | Effect | Block] = field(default_factory=list)
    """The work of an iteration, in order of creation: not yet an order to compute in."""
    depth: int = 0
    """How many blocks there are in its path."""

    def is_in(self, block: Block) -> bool:
        """Tell whether this block is `block`, or stands within it."""
        return block.depth == 0 or (
            self.depth >= block.depth and self.path[block.depth - 1] is block
        )

    def trips_around(self) -> list[int]:
        return [block.trips for block in self.path]

    def turns(self) -> tuple[int, ...]:
        """The strides of a table that has an entry for each time the block runs."""
        trips = self.trips_around()
        return tuple(prod(trips[k + 1 :]) for k in range(len(trips)))


@dataclass(eq=False)
class Array:
    """Numbers side by side in memory; at first `numbers`, where these are given. Arrays that are
    `kept_by` one loop, which writes a number of each of its iterations, lie across each other: an
    iteration then writes a stretch. One that is `summed` is NOTHING in all its elements before
    anything is added."""

    size: int
    numbers: Sequence[float] | None = None
    kept_by: Block | None = None
    is_inputs: bool = False
    summed: bool = False
    writes: list[Effect] = field(default_factory=list)
    filled_by: int | None = None
    """The node that is computed for all elements at once, if one is; see `stretches`."""


class Address(NamedTuple):
    """Element offset + Σ strides·iterations of an array: a stride for each loop around, the
    outermost first."""

    array: Array
    offset: int
    strides: tuple[int, ...] = ()

    def moved(self, by: int) -> Address:
        return self._replace(offset=self.offset + by)

    def backward(self, path: Sequence[Block]) -> Address:
        """The same elements, where each of the loops around runs backward."""
        last = sum(s * (block.trips - 1) for s, block in zip(self.strides, path))
        return Address(self.array, self.offset + last, tuple(-s for s in self.strides))

    def depth(self) -> int:
        """How many loops around matter: those up to the last that has a stride."""
        depth = len(self.strides)
        while depth and self.strides[depth - 1] == 0:
            depth -= 1
        return depth


WRITE, ADD, SCATTER, FILL, GUARD = "write", "add", "scatter", "fill", "guard"


@dataclass(eq=False)
class Effect:
    """Work besides computing nodes: WRITE or ADD of node x to an element; SCATTER, an ADD
    to the element whose number stands at the address of `table`; FILL of an array with NOTHING; a
    GUARD, that comparing x and y has this outcome."""

    kind: str
    block: Block
    x: int = -1
    address: Address | None = None
    table: Address | None = None
    y: int = -1
    compare: str = ""
    outcome: bool = False
    number: int = 0
    at: int = 0
    """How many nodes there were when it was noted: nodes after those come after it."""


class Stretch(NamedTuple):
    """Where numbers of a node stand that are computed side by side, so many at once: where they
    begin; and of each operand where its numbers begin, or None of one that is a single number."""

    out: Address
    size: int
    operands: tuple[int, ...]
    begins: tuple[Address | None, ...]


class Nest(Rewriting, Trace):
    """Nodes in blocks. With `rules` it lowers what is computed in it."""

    def __init__(self, rules: dict[Operator, Rule] | None = None) -> None:
        super().__init__()
        self.rules = rules or {}
        self.is_lowered = rules is not None
        self.root = Block(1)
        self.blocks = [self.root]
        self.home: list[Block] = []
        """The block of each node."""
        self.addresses: dict[int, Address] = {}
        """Of the nodes READ and GATHERED: of the latter that in the table."""
        self.next: dict[int, int] = {}
        """Of the nodes CARRIED: what the next iteration gets."""
        self.held: set[int] = set()
        """Carried nodes of which it makes no difference whether they begin as floats or Values."""
        self.loop_of: dict[int, Block] = {}
        """Of the nodes LAST: the loop."""
        self.input_array = Array(0, is_inputs=True)
        self.fills: dict[Array, Effect] = {}
        """Of arrays of sums what makes them nothing."""
        self.guards_seen = 0
        self.kept: dict[int, Address] = {}
        """Of some nodes where every iteration has kept its own."""
        self.stretches: dict[int, Stretch] = {}
        """The nodes that are computed for all iterations of a loop at once, in no loop themselves;
        their `operands` are those that are single numbers. See `distribution.py`."""
        self._reads: dict[Any, int] = {}

    # ------ nodes
    def _new(self, row: Operator, indices: tuple[int, ...]) -> int:
        rows = self.rows
        # an identity is a variable of its own, whatever it is a copy of
        if row is not ops.identity and all([rows[i] is CONSTANT for i in indices]):
            return self.constant(forward(row, [self.numbers[i] for i in indices]))
        return self.placed(row, indices, self.innermost(indices))

    def innermost(self, nodes: Iterable[int]) -> Block:
        found: Block = self.root
        for i in nodes:
            block = self.home[i]
            if block is found:
                continue
            if block.depth > found.depth:
                assert block.is_in(found)
                found = block
            else:
                assert found.is_in(block)
        return found

    def placed(self, row: Operator | str, operands: tuple[int, ...], block: Block) -> int:
        index = super()._append(row, operands, float("nan"), False)
        self.home.append(block)
        block.items.append(index)
        return index

    def _append(self, row: Any, operands: tuple[int, ...], number: float, lane: bool) -> int:
        """An input or a constant."""
        self.home.append(self.root)
        return super()._append(row, operands, number, lane)

    def begin(self, plain: Sequence[bool]) -> None:
        """Begin an empty nest with an input for each of these, plain or not: there may be many."""
        count = len(plain)
        self.inputs += range(count)
        self.rows += [INPUT] * count
        self.operands += [()] * count
        self.numbers += [0.0] * count
        self.lanes += [False] * count
        self.plain += plain
        self.tracers += map(self._tracer, range(count))
        self.home += [self.root] * count

    def written(self, row: Operator, operands: Iterable[Any]) -> Any:
        return super().written(row, operands) if self.is_lowered else self.plainly(row, operands)

    def plainly(self, row: Operator, operands: Iterable[Any]) -> Any:
        return Trace.compute(self, row, operands)

    def known(self, row: Operator, operands: tuple[int, ...]) -> int | None:
        """The node that is this operator on these operands, if there is one."""
        return self._known[row].get(operands)

    # ------ loops
    def loop(self, parent: Block, trips: int) -> Block:
        block = Block(trips, parent, len(self.blocks))
        block.path, block.depth = (*parent.path, block), parent.depth + 1
        self.blocks.append(block)
        return block

    def closed(self, block: Block) -> None:
        """Note that the loop stands here in the block around it."""
        assert block.parent is not None
        block.parent.items.append(block)

    def carried(self, block: Block, begin: int) -> int:
        assert block.depth and block.parent is not None
        return self.placed(CARRIED, (begin,), block)

    def last(self, i: int, block: Block) -> int:
        """The node after the last iteration of a loop; the node itself where it does not change."""
        if not self.home[i].is_in(block):
            return i
        assert self.home[i] is block and block.parent is not None
        key = LAST, i
        if key not in self._reads:
            self._reads[key] = self.placed(LAST, (i,), block.parent)
            self.loop_of[self._reads[key]] = block
        return self._reads[key]

    # ------ memory
    def read(self, address: Address, block: Block, row: str = READ) -> int:
        """The element at an address, in a block or in one around it."""
        depth = address.depth()
        address = address._replace(strides=address.strides[:depth])
        block = block.path[depth - 1] if depth else self.root
        key = row, address, block
        if key not in self._reads:
            self._reads[key] = self.placed(row, (), block)
            self.addresses[self._reads[key]] = address
        return self._reads[key]

    def write(self, block: Block, address: Address, x: int) -> None:
        self.noted(Effect(WRITE, block, x, address))

    def add(self, block: Block, address: Address, x: int, table: Address | None = None) -> None:
        self.noted(Effect(ADD if table is None else SCATTER, block, x, address, table))

    def noted(self, effect: Effect) -> None:
        effect.at = len(self)
        effect.block.items.append(effect)
        if effect.kind == FILL:
            assert effect.address is not None
            self.fills[effect.address.array] = effect
        elif effect.address:
            effect.address.array.writes.append(effect)

    def sums(self, size: int) -> Array:
        """An array to add to, that holds nothing yet."""
        array = Array(size, summed=True)
        self.noted(Effect(FILL, self.root, address=Address(array, 0)))
        return array

    # ------ over all nodes
    def effects(self) -> Iterator[Effect]:
        for block in self.blocks:
            yield from (item for item in block.items if isinstance(item, Effect))

    def sources(self, i: int) -> list[int]:
        """The nodes that node i is made of, whichever iteration they are of."""
        found = [*self.operands[i]]
        if self.rows[i] is CARRIED:
            found.append(self.next[i])
        if self.rows[i] is READ:
            found += writers(self.addresses[i].array)
        if i in self.stretches:
            found += [
                x for begin in self.stretches[i].begins if begin for x in writers(begin.array)
            ]
        return found

    def live(self, wanted: Iterable[int]) -> set[int]:
        """The nodes that these are computed from, and those that guards compare."""
        waiting = [*wanted]
        for effect in self.effects():
            if effect.kind == GUARD:
                waiting += effect.x, effect.y
        found: set[int] = set()
        while waiting:
            i = waiting.pop()
            if i not in found:
                found.add(i)
                waiting += self.sources(i)
        return found


def writers(array: Array) -> list[int]:
    """The nodes whose numbers stand in an array."""
    filled = [] if array.filled_by is None else [array.filled_by]
    return [effect.x for effect in array.writes] + filled
