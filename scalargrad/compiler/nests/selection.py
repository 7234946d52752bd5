"""Which nodes of a nest become one instruction: a sum and its product, a sine and its cosine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ... import ops
from ...rows import Operator
from .nest import Nest


class Selection:
    """The nodes that are part of another's instruction."""

    def __init__(self, nest: Nest, wanted: Iterable[int]) -> None:
        self.nest = nest
        self.within: dict[int, int] = {}
        """Of a node the one whose instruction computes it too."""
        self.sums: dict[int, tuple[bool, int, int, int]] = {}
        """Of x ± y·z whether it is a difference, and the nodes x, y and z."""
        self.cosines: dict[int, int] = {}
        """Of a sine the cosine of the same number."""
        self.live = nest.live(wanted)
        """The nodes that are computed at all: of what was lowered more was made."""
        self.uses = Counter(wanted)
        for i in self.live:
            self.uses.update(nest.operands[i])
            self.uses.update([nest.next[i]] if i in nest.next else [])
        for effect in nest.effects():
            self.uses.update((effect.x, effect.y))
        for i in sorted(self.live.difference(nest.stretches)):
            row = nest.rows[i]
            if row in (ops.add, ops.sub):
                self.take_product(i, row is ops.sub)
            elif row is ops.sin:
                self.take_cosine(i)

    def take_product(self, i: int, is_difference: bool) -> None:
        x, y = self.nest.operands[i]
        if self.is_product_of(y, i):
            self.take(i, is_difference, x, y)
        elif not is_difference and self.is_product_of(x, i):
            self.take(i, False, y, x)

    def is_product_of(self, j: int, i: int) -> bool:
        nest = self.nest
        is_product = nest.rows[j] is ops.mul and self.uses[j] == 1
        return is_product and nest.home[j] is nest.home[i]

    def take(self, i: int, is_difference: bool, x: int, product: int) -> None:
        y, z = self.nest.operands[product]
        self.sums[i] = is_difference, x, y, z
        self.within[product] = i

    def take_cosine(self, i: int) -> None:
        nest = self.nest
        cosine = nest.known(ops.cos, nest.operands[i])
        if cosine is not None and cosine in self.live and nest.home[cosine] is nest.home[i]:
            self.cosines[i] = cosine
            self.within[cosine] = i

    def operands(self, i: int) -> tuple[int, ...]:
        """The nodes that the instruction of node i reads."""
        return self.sums[i][1:] if i in self.sums else self.nest.operands[i]

    def is_computed(self, i: int) -> bool:
        """Tell whether node i has an instruction of its own."""
        is_own = i in self.live and i not in self.within
        return is_own and isinstance(self.nest.rows[i], Operator)
