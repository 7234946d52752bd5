"""The chain rule on a nest: a loop's adjoints are a loop that runs backward, in the same nest.

A partial is computed where its operands are, and kept for every iteration; the loop that runs
backward reads it. What comes from the iteration after is carried. What a loop gives to a number
from outside is summed up, and given when the loop is over. An array has an array of sums beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from ... import ops
from ...backward import Pair, is_no_contribution, is_variable, sum_of_products
from ...rows import Operator
from ...scalars import NOTHING
from .activity import reached, read_from
from .nest import (
    ADD,
    CARRIED,
    GATHERED,
    LAST,
    READ,
    SCATTER,
    WRITE,
    Address,
    Array,
    Block,
    Effect,
    Nest,
)

Pairs = dict[int, list[Pair]]
"""By node, what was given to it so far."""


class Adjoints:
    """The derivatives of one node in some of the inputs."""

    def __init__(self, nest: Nest, of: int, wanted: Sequence[int]) -> None:
        self.nest = nest
        live = nest.live([of])
        self.active = (reached(nest, wanted, live) & live).union(wanted)
        self.wanted = wanted
        self.backward: dict[Block, Block] = {nest.root: nest.root}
        """Of a block the one that runs backward."""
        self.finals: dict[Block, Pairs] = {}
        """The adjoints that nodes were given after the last iteration of their loop."""
        self.beside: dict[Array, Array] = {}
        """Of an array the sums for its elements."""
        self.items = {block: [*block.items] for block in nest.blocks}
        self.read_inputs = {j for i in self.active for j in read_from(nest, i)}
        for i in self.active:
            # what an iteration reads, a later part of the same body may write
            if nest.rows[i] is READ:
                self.sums(nest.addresses[i].array)
        self.pairs: Pairs = {}
        self.give(of, 1.0)
        self.through(nest.root)

    def found(self) -> list[Any]:
        """The derivative in each wanted input: a number, or a Tracer."""
        return [self.adjoint_of_input(i) for i in self.wanted]

    def adjoint_of_input(self, i: int) -> Any:
        sums = self.beside.get(self.nest.input_array)
        if sums is not None and i in self.read_inputs:
            place = Address(sums, self.nest.inputs.index(i))
            self.give(i, self.nest.tracers[self.nest.read(place, self.nest.root)])
        return sum_of_products(self.pairs.pop(i, []))

    # ------ contributions
    def give(self, i: int, upstream: Any, partial: Any = 1.0, selects: bool = False) -> None:
        is_some = not is_no_contribution(upstream) and not is_no_contribution(partial)
        if is_some and i in self.active:
            self.pairs.setdefault(i, []).append(Pair(upstream, partial, selects))

    def taken(self, i: int) -> Any:
        return sum_of_products(self.pairs.pop(i, []))

    # ------ backward through a block
    def through(self, block: Block) -> None:
        for item in reversed(self.items[block]):
            if isinstance(item, Block):
                self.through_loop(item)
            elif isinstance(item, Effect):
                self.through_effect(item)
            elif item in self.pairs and self.nest.rows[item] is not CARRIED:
                self.through_node(item, block)

    def through_node(self, i: int, block: Block) -> None:
        upstream, row = self.taken(i), self.nest.rows[i]
        if is_no_contribution(upstream):
            return
        if isinstance(row, Operator):
            self.through_operator(i, row, upstream)
        elif row is LAST:
            (j,) = self.nest.operands[i]
            self.finals.setdefault(self.nest.home[j], {}).setdefault(j, []).append(
                Pair(upstream, 1.0, False)
            )
        elif row in (READ, GATHERED):
            self.add_to_sums(i, block, upstream)

    def through_operator(self, i: int, row: Operator, upstream: Any) -> None:
        node = self.nest.tracers[i]
        operands = node.operands
        variable = list(map(is_variable, operands))
        local = row.local(node, operands, variable)
        nodes = self.nest.operands[i]
        for j, partial, selects in zip(nodes, local, row.selecting(variable)):
            if partial is not None and j in self.active:
                self.give(j, upstream, self.kept(partial), selects)

    def add_to_sums(self, i: int, block: Block, upstream: Any) -> None:
        nest, address = self.nest, self.nest.addresses[i]
        table = None
        if nest.rows[i] is GATHERED:
            table = address.backward(block.path)
            address = Address(nest.input_array, 0)
        else:
            address = address.backward(block.path)
        sums = self.sums(address.array)
        nest.add(self.backward[block], address._replace(array=sums), nest.index(upstream), table)

    def sums(self, array: Array) -> Array:
        if array not in self.beside:
            size = len(self.nest.inputs) if array.is_inputs else array.size
            self.beside[array] = self.nest.sums(size)
        return self.beside[array]

    def through_effect(self, effect: Effect) -> None:
        """An element gives what it got to the number that was written to it, or added."""
        if effect.kind not in (WRITE, ADD, SCATTER) or effect.address is None:
            return
        sums = self.beside.get(effect.address.array)
        if sums is not None and effect.x in self.active:
            assert effect.kind == WRITE
            address = effect.address.backward(effect.block.path)._replace(array=sums)
            back = self.backward[effect.block]
            self.give(effect.x, self.nest.tracers[self.nest.read(address, back)])

    # ------ backward through a loop
    def through_loop(self, block: Block) -> None:
        finals = self.finals.pop(block, {})
        if not finals and not self.gets_from_arrays(block):
            return
        assert block.parent is not None
        nest = self.nest
        back = self.backward[block] = nest.loop(self.backward[block.parent], block.trips)
        outside, self.pairs = self.pairs, {}
        carried = [i for i in self.carried_in(block) if i in self.active]
        from_after = self.begin(carried, finals, back)
        self.through(block)
        ends = self.connect(carried, from_after)
        ends += self.sums_outside(block, back)
        nest.closed(back)
        assert not self.pairs
        self.pairs = outside
        for i, end in ends:
            self.give(i, nest.tracers[nest.last(end, back)])

    def gets_from_arrays(self, block: Block) -> bool:
        for item in self.items[block]:
            if isinstance(item, Block):
                if self.gets_from_arrays(item):
                    return True
            elif isinstance(item, Effect) and self.is_given(item):
                return True
        return False

    def is_given(self, effect: Effect) -> bool:
        """Tell whether the effect writes a number that may get something from its element."""
        address = effect.address
        return address is not None and effect.x in self.active and address.array in self.beside

    def carried_in(self, block: Block) -> Iterator[int]:
        for item in self.items[block]:
            if isinstance(item, int) and self.nest.rows[item] is CARRIED:
                yield item

    def begin(self, carried: Sequence[int], finals: Pairs, back: Block) -> dict[int, int]:
        """For each carried node what the iteration after gives it: after the last iteration, what
        is given from outside."""
        nest, found = self.nest, {}
        for i in carried:
            given = nest.index(sum_of_products(finals.pop(nest.next[i], [])))
            found[i] = nest.carried(back, given)
            self.give(nest.next[i], nest.tracers[found[i]])
        for i, pairs in finals.items():
            # given to the last iteration alone
            once = nest.carried(back, nest.index(sum_of_products(pairs)))
            nest.next[once] = nest.constant(NOTHING)
            self.give(i, nest.tracers[once])
        return found

    def connect(self, carried: Sequence[int], from_after: Mapping[int, int]) -> list[Any]:
        """Hand on what carried nodes got; return it for the nodes that they begin with."""
        nest, ends = self.nest, []
        for i in carried:
            got = nest.index(self.taken(i))
            nest.next[from_after[i]] = got
            ends.append((nest.operands[i][0], got))
        return ends

    def sums_outside(self, block: Block, back: Block) -> list[Any]:
        """Sum up what the iterations give to nodes from outside the loop."""
        nest, ends = self.nest, []
        for i in [*self.pairs]:
            assert not nest.home[i].is_in(block)
            upstream = self.taken(i)
            if is_no_contribution(upstream):
                continue
            total = nest.carried(back, nest.constant(NOTHING))
            nest.next[total] = nest.index(ops.add(nest.tracers[total], upstream))
            ends.append((i, nest.next[total]))
        return ends

    # ------ numbers of the loops that ran forward
    def kept(self, x: Any) -> Any:
        """A number of a block, where the loops around run backward: read from where each iteration
        has kept its own."""
        if not hasattr(x, "index"):
            return x
        nest, i = self.nest, x.index
        block = nest.home[i]
        if block is nest.root:
            return x
        if nest.rows[i] is ops.neg:
            return -self.kept(nest.tracers[nest.operands[i][0]])
        if nest.rows[i] is ops.div and nest.rows[nest.operands[i][0]] is ops.neg:
            # the sign is free where the quotient is multiplied
            above, below = nest.operands[i]
            bare = nest.operands[above][0]
            return -self.kept(nest.tracers[bare] / nest.tracers[below])
        back = self.backward[block]
        kind = GATHERED if nest.rows[i] is GATHERED else READ
        is_in_memory = i in nest.addresses and not nest.addresses[i].array.summed
        address = nest.addresses[i] if is_in_memory else self.kept_at(i, block)
        return nest.tracers[nest.read(address.backward(block.path), back, kind)]

    def kept_at(self, i: int, block: Block) -> Address:
        nest = self.nest
        if i not in nest.kept:
            array = Array(prod(block.trips_around()), kept_by=block)
            nest.kept[i] = Address(array, 0, block.turns())
            nest.write(block, nest.kept[i], i)
        return nest.kept[i]
