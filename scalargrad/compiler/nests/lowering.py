"""A nest of the operators that the machine has instructions for: the live part of another.

The rules are those of `passes/rules.py`. Signs are moved out of products, into sums.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

from ... import ops
from ...rows import Operator
from ...scalars import is_value
from ..passes.lowered_trace import RULES
from ..trace.vocabulary import CONSTANT
from .nest import CARRIED, LAST, READ, WRITE, Address, Array, Block, Effect, Nest


class LoweredNest(Nest):
    """A nest whose operators the machine has."""

    def __init__(self, careful: bool) -> None:
        super().__init__(RULES[careful])

    def written(self, row: Operator, operands: Iterable[Any]) -> Any:
        given = list(operands)
        if row in FOLDS and any(map(is_value, given)):
            return FOLDS[row](given)
        if row in SIGNED:
            row, given, is_negative = self.signed(row, given)
            made = super().written(row, given)
            return super().written(ops.neg, [made]) if is_negative else made
        return super().written(row, given)

    # ------ signs
    def signed(self, row: Operator, operands: list[Any]) -> tuple[Operator, list[Any], bool]:
        """The same with operands that are not negated: row, operands and whether to negate."""
        bare = [self.without_sign(x) for x in operands]
        negative = [x is not y for x, y in zip(operands, bare)]
        if row is ops.mul:
            return row, bare, negative[0] != negative[1]
        if row is ops.add and negative[0] and not negative[1]:
            return ops.sub, bare[::-1], False
        if row is ops.add and negative[1]:
            return ops.sub, [operands[0], bare[1]], False
        if row is ops.sub and negative[1]:
            return ops.add, [operands[0], bare[1]], False
        return row, operands, False

    def without_sign(self, x: Any) -> Any:
        is_negated = is_value(x) and self.rows[x.index] is ops.neg
        return self.tracers[self.operands[x.index][0]] if is_negated else x


SIGNED = (ops.mul, ops.add, ops.sub)


def added(operands: Sequence[Any]) -> Any:
    """The sum from left to right; 0.0 in it, that no sum is −0.0."""
    return ops.add(reduce(ops.add, operands), 0.0)


def multiplied(operands: Sequence[Any]) -> Any:
    n = len(operands) // 2
    pairs = zip(operands[:n], operands[n : 2 * n])
    begin = operands[2 * n] if len(operands) % 2 else 0.0
    return reduce(lambda total, pair: ops.add(total, ops.mul(*pair)), pairs, begin)


FOLDS = {ops.sum: added, ops.dot: multiplied}


class Lowering:
    """The copy of what is live of a nest."""

    def __init__(self, old: Nest, wanted: Sequence[int], careful: bool) -> None:
        self.old, self.new = old, LoweredNest(careful)
        self.live = old.live(wanted)
        self.at: dict[int, Any] = {}
        """Of each node what it has become: a number or a Tracer."""
        self.blocks: dict[Block, Block] = {old.root: self.new.root}
        self.arrays = {old.input_array: self.new.input_array}
        self.elements: dict[Array, tuple[Address, Block]] = {}
        """Of arrays that would keep elements of others: the elements of each iteration."""
        self.copy()
        for i in self.live:
            if old.rows[i] is CARRIED and old.next[i] != i:
                self.new.next[self.at[i].index] = self.node(old.next[i])
        self.wanted = [self.node(i) for i in wanted]
        self.leave_out()

    def leave_out(self) -> None:
        """Leave out what is kept for nobody: where something simpler was made of its reader."""
        new = self.new
        read = {new.addresses[i].array for i in new.live(self.wanted) if i in new.addresses}
        for block in new.blocks:
            block.items = [x for x in block.items if not is_kept_for_others(x, read)]

    def copy(self) -> None:
        # a nest begins with its inputs
        inputs = len(self.old.inputs)
        self.new.begin(self.old.plain[:inputs])
        self.at.update(enumerate(self.new.tracers))
        arrays = {self.old.addresses[i].array for i in self.live if i in self.old.addresses}
        live = [x for x in self.old.effects() if x.address is None or x.address.array in arrays]
        effects = deque(sorted(live, key=lambda effect: effect.at))
        for i in range(inputs, len(self.old) + 1):
            while effects and effects[0].at <= i:
                self.effect(effects.popleft())
            if i in self.live:
                self.at[i] = self.copied(i)

    def node(self, i: int) -> int:
        return self.new.index(self.at[i])

    def copied(self, i: int) -> Any:
        old, new = self.old, self.new
        row = old.rows[i]
        if row is CONSTANT:
            return old.numbers[i]
        if isinstance(row, Operator):
            found = new.compute(row, [self.at[j] for j in old.operands[i]])
            return found.number_if_constant if is_value(found) else found
        return self.special(i, row)

    def special(self, i: int, row: str) -> Any:
        old, new, block = self.old, self.new, self.block(self.old.home[i])
        if row is CARRIED and old.next[i] == i:
            # it never changes
            return self.at[old.operands[i][0]]
        if row is CARRIED:
            return new.tracers[new.carried(block, self.node(old.operands[i][0]))]
        if row is LAST:
            (j,) = old.operands[i]
            x = self.at[j]
            return new.tracers[self.last(x.index, self.block(old.home[j]))] if is_value(x) else x
        address = old.addresses[i]
        if address.array in self.elements:
            element, within = self.elements[address.array]
            return new.tracers[new.read(element.backward(within.path), block, row)]
        return new.tracers[new.read(self.address(address), block, row)]

    def last(self, i: int, block: Block) -> int:
        return self.new.last(i, block)

    def is_kept_already(self, effect: Effect, x: int) -> bool:
        """Tell whether an iteration would keep an element that stays where it is."""
        array = effect.address.array if effect.address else None
        if effect.kind != WRITE or array is None or self.new.rows[x] is not READ:
            return False
        element, block = self.new.addresses[x], self.block(effect.block)
        if (
            array.kept_by is not effect.block
            or element.array.summed
            or self.new.home[x] is not block
        ):
            return False
        self.elements[array] = element, block
        return True

    def effect(self, effect: Effect) -> None:
        x, y = (self.node(i) if i >= 0 else i for i in (effect.x, effect.y))
        if self.is_kept_already(effect, x):
            return
        self.new.noted(
            Effect(
                effect.kind,
                self.block(effect.block),
                x,
                effect.address and self.address(effect.address),
                effect.table and self.address(effect.table),
                y,
                effect.compare,
                effect.outcome,
                effect.number,
            )
        )

    # ------ where it stands
    def block(self, block: Block) -> Block:
        if block not in self.blocks:
            assert block.parent is not None
            self.blocks[block] = self.new.loop(self.block(block.parent), block.trips)
        return self.blocks[block]

    def address(self, address: Address) -> Address:
        return address._replace(array=self.array(address.array))

    def array(self, array: Array) -> Array:
        if array not in self.arrays:
            kept_by = array.kept_by and self.block(array.kept_by)
            self.arrays[array] = Array(array.size, array.numbers, kept_by, summed=array.summed)
        return self.arrays[array]


def is_kept_for_others(item: Any, arrays: set[Array]) -> bool:
    """Tell whether an item is an effect on an array that is none of these."""
    is_effect = isinstance(item, Effect) and item.address is not None
    return is_effect and item.address.array not in arrays


def lowered(nest: Nest, wanted: Sequence[int], careful: bool) -> tuple[Nest, list[int]]:
    """Return a nest of what the `wanted` nodes need, lowered, and the nodes that they became."""
    found = Lowering(nest, wanted, careful)
    return found.new, found.wanted
