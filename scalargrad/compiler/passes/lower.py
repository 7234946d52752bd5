"""From what a function computes to what a machine does: rows written with rows are taken apart, and
sums over lanes moved to where they are cheapest.
"""

from __future__ import annotations

import operator as py
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import compress
from math import frexp, isfinite
from typing import Any

from ... import ops
from ...rows import BUILT_IN, Operator, builder
from ..trace import chosen
from ..trace.recorder import CONSTANT, Guard, Recorder, Trace
from ..trace.vocabulary import (
    AFTER,
    BEFORE,
    COUNT,
    LANES,
    TOO_LATE,
    accumulate,
    handed_on,
    lanes_sum,
    products,
    stop_gradient,
)
from .fusion import Fusion


class Lowering(Recorder):
    """Makes a trace one in which what has gates is written with them, down to rows that have
    none.

    One that is `careful` keeps what does not flow apart from what is zero. Where all results are
    finite the two come to the same: then contributions may be products like any others.
    """

    careful: bool

    def compute(self, row: Operator, operands: Iterable[Any]) -> Any:
        rewritten = (CAREFULLY if self.careful else QUICKLY).get(row)
        return rewritten(self, *operands) if rewritten else self.written(row, operands)

    def written(self, row: Operator, operands: Iterable[Any]) -> Any:
        """A row on operands, written with the rows that it has gates for."""
        if row.gates is None or row in FUSED:
            return super().compute(row, operands)
        given = list(operands)
        return (row.forward if all(map(is_number, given)) else row.gates)(*given)

    # ------ something simpler
    def same(self, x: Any) -> Any:
        return x

    def without_sign(self, x: Any) -> Any:
        """A zero, whatever its sign, is 0.0."""
        return self.compute(ops.add, [x, 0.0])

    def sum_over_lanes(self, x: Any) -> Any:
        if self.has_lanes(x):
            return self.written(lanes_sum, [x])
        return self.product(self.tracers[self.inputs[COUNT]], x)

    def dot(self, *operands: Any) -> Any:
        return self.written(ops.dot, self.with_uniform_part(operands))

    def products(self, *pairs: Any) -> Any:
        return self.written(products, pairs)

    def contributions(self, *pairs: Any) -> Any:
        return reduce(py.add, map(ops.chain, pairs[::2], pairs[1::2]))

    def product(self, x: Any, y: Any) -> Any:
        x, y = self.with_doubling_in_front(x, y)
        if is_number(y):
            x, y = y, x
        return self.written(ops.mul, [x, y]) if is_number(y) else self.scaled(x, y)

    def power(self, x: Any, n: Any) -> Any:
        if is_number(n) and n in (1.0, 2.0):
            return x if n == 1.0 else self.product(x, x)
        return self.written(ops.pow, [x, n])

    def negated(self, x: Any) -> Any:
        return self.product(-1.0, x)

    def difference(self, x: Any, y: Any) -> Any:
        """x − c·y is x + (−c)·y, which may become one sum of products."""
        c, rest = (1.0, y) if is_number(y) else self.factors(y)
        if abs(c) == 1.0:
            return self.written(ops.sub, [x, y])
        return self.compute(ops.add, [x, self.product(-c, rest)])

    def chosen(self, condition: Any, x: Any, y: Any) -> Any:
        if is_number(condition) and condition == condition:
            return x if condition else y
        return self.written(ops.where, [condition, x, y])

    # ------ how
    def with_uniform_part(self, operands: Sequence[Any]) -> Sequence[Any]:
        """The operands of a dot, with products that are the same in all lanes in its bias."""
        n = len(operands) // 2
        pairs = list(zip(operands[:n], operands[n : 2 * n]))
        if not any(map(self.has_lanes, operands)):
            return operands
        varies = [any(map(self.has_lanes, pair)) for pair in pairs]
        if all(varies):
            return operands
        ws, xs = ([pair[k] for pair in compress(pairs, varies)] for k in (0, 1))
        same = [x * y for (x, y), varying in zip(pairs, varies) if not varying]
        return [*ws, *xs, reduce(py.add, [*(operands[2 * n :] or [0.0]), *same])]

    def with_doubling_in_front(self, u: Any, x: Any) -> tuple[Any, Any]:
        """The factors u, 2·x as 2·u, x: many products of a sum of squares share 2·u."""
        c, rest = (1.0, x) if is_number(x) else self.factors(x)
        return (self.product(c, u), rest) if c == 2.0 and self.has_lanes(u) else (u, x)

    def scaled(self, x: Any, y: Any) -> Any:
        """x·y; where x is a number and y is −1, ½, ¼ … times something, that is multiplied once."""
        if not is_number(x):
            return self.written(ops.mul, [x, y])
        inner, rest = self.factors(y)
        if is_halving(inner) and isfinite(x) and x * inner / inner == x:
            x, y = x * inner, rest
        if x == 1.0:
            return y
        return self.written(ops.neg, [y]) if x == -1.0 else self.written(ops.mul, [x, y])

    def factors(self, y: Any) -> tuple[float, Any]:
        """A number and something that y is the product of: 1 and y itself where it is none."""
        row, operands = self.rows[y.index], y.operands
        if row is ops.neg:
            return -1.0, operands[0]
        return operands if row is ops.mul and is_number(operands[0]) else (1.0, y)

    def has_lanes(self, x: Any) -> bool:
        return not is_number(x) and self.lanes[x.index]


def is_number(x: Any) -> bool:
    return builder(x) is None


def is_halving(x: float) -> bool:
    """Tell whether `x` is ±1, ½, ¼ …: a product with it overflows never, and is rounded only where
    it is subnormal."""
    return abs(x) <= 1.0 and abs(frexp(x)[0]) == 0.5


REWRITTEN: dict[Operator, Callable[..., Any]] = {
    ops.identity: Lowering.same,
    stop_gradient: Lowering.same,
    handed_on: Lowering.same,
    lanes_sum: Lowering.sum_over_lanes,
    ops.dot: Lowering.dot,
    ops.mul: Lowering.product,
    ops.neg: Lowering.negated,
    ops.sub: Lowering.difference,
    ops.pow: Lowering.power,
    ops.where: Lowering.chosen,
}
"""Rows of which something simpler may come."""
CAREFULLY = REWRITTEN | {accumulate: Lowering.contributions}
QUICKLY = REWRITTEN | {
    ops.chain: Lowering.product,
    ops.choose: Lowering.product,
    ops.start: Lowering.same,
    handed_on: Lowering.without_sign,
    accumulate: Lowering.products,
}
FLOWING = (ops.chain, ops.choose, ops.start, accumulate)
"""Rows that tell what does not flow from what is zero."""
BESIDE_NUMBER = (ops.mul, ops.neg, ops.sub, ops.pow, ops.where)
"""Of these those that stay as they are where no operand is a number, or a number times a node, to
which what is negated belongs."""
FUSED = (ops.sum, ops.dot)
"""Folds that `Fusion` makes one instruction of."""


class LoweredTrace(Lowering, Trace):
    """A lowered trace in Python."""

    def __init__(self, careful: bool) -> None:
        super().__init__()
        self.careful = careful

    def copy(self, old: Trace, wanted: Sequence[int]) -> list[int]:
        """Compute again what the nodes `wanted` of another trace need, and all its inputs; return
        the nodes that the wanted ones have become."""
        at: list[Any] = [None] * len(old)
        rows, operands = old.rows, old.operands
        for i in sorted({*old.needed(wanted), *old.inputs}):
            row = rows[i]
            if isinstance(row, Operator):
                found = self.compute(row, [at[j] for j in operands[i]])
                at[i] = found if is_number(found) else found.number_if_constant
            else:
                number = old.numbers[i]
                at[i] = (
                    number if row is CONSTANT else self.input(number, old.lanes[i], old.plain[i])
                )
        return [self.index(at[i]) for i in wanted]

    def fuse(self, wanted: Sequence[int]) -> None:
        """Turn sums of products into single nodes, in place."""
        Fusion(self, wanted).run()

    def stages(self, late_input: int) -> bytes:
        """The stage of every node, of which one input may be known after the lanes; see
        `Program`."""
        # zeros at first: the constants of fusion come after the nodes that use them
        found = bytearray(len(self))
        for i, (row, operands, lane) in enumerate(zip(self.rows, self.operands, self.lanes)):
            late = row is lanes_sum or i == late_input
            late = late or any(found[j] >= AFTER for j in operands)
            found[i] = (TOO_LATE if late else LANES) if lane else AFTER if late else BEFORE
        return bytes(found)


LOWERED: dict[Any, Any] = {Trace: LoweredTrace}
"""By the kind of trace, the kind that it is lowered to."""

if chosen.Trace is not Trace:
    HAVE_GATES = {row for row in BUILT_IN.values() if row.gates is not None} - {*FUSED}
    # a sum over lanes is asked about where what it sums has lost them
    ALWAYS = HAVE_GATES.union(REWRITTEN).difference((*BESIDE_NUMBER, lanes_sum))
    INSTEAD = ((ops.chain, ops.mul), (ops.choose, ops.mul), (accumulate, products))
    """Rows that are other rows where nothing has to be kept apart: that is not asked about."""

    class LoweredTape(Lowering, chosen.Trace):  # type: ignore[misc]
        """A lowered trace in C: it asks `compute` about the rows that it does not keep."""

        def __init__(self, careful: bool) -> None:
            super().__init__()
            self.careful = careful
            always = ALWAYS | ({accumulate} if careful else {ops.start})
            self.ask(tuple(always), BESIDE_NUMBER, () if careful else INSTEAD)

    LOWERED[chosen.Trace] = LoweredTape


def lowered(old: Any, wanted: Sequence[int], careful: bool) -> tuple[Any, list[int], list[Guard]]:
    """Return a lowered trace of what `wanted` and the guards need, where `wanted` are in it, and
    what each guard has become: several may be one."""
    new = LOWERED[type(old)](careful)
    for i in old.guarded():
        if old.rows[i] is CONSTANT:
            # a guard is checked once both its sides are there: these are from the start
            new.constant(old.numbers[i])
    at = new.copy(old, [*wanted, *old.guarded()])
    sides = iter(at[len(wanted) :])
    guards = [Guard(g.compare, next(sides), next(sides), g.outcome) for g in old.guards]
    new.guards = dict.fromkeys(guards)
    return new, at[: len(wanted)], guards


# ------ sums over lanes


def lane_sums(trace: Trace, outputs: Sequence[int], lane_count: Any) -> list[int]:
    """Return the sums of `outputs` over all lanes.

    A sum over lanes is linear: it moves through +, − and factors that are one number for all
    lanes, so that as little as possible is computed lane by lane.
    """
    sums: dict[int, Any] = {}
    for i in reversed(order_of_sums(trace, outputs)):
        sums[i] = summed(trace, i, sums, lane_count)
    return [trace.index(sums[i]) for i in outputs]


def inner(trace: Trace, i: int) -> tuple[int, ...]:
    """The operands whose sums over lanes give that of node i."""
    row, operands = trace.rows[i], trace.operands[i]
    if not trace.lanes[i]:
        return ()
    if row in (ops.add, ops.sub, ops.neg, ops.sum, ops.identity, stop_gradient):
        return operands
    if row in (ops.mul, ops.chain, ops.choose):
        varying = [j for j in operands if trace.lanes[j]]
        return tuple(varying) if len(varying) == 1 else ()
    return operands[:1] if row is ops.div and not trace.lanes[operands[1]] else ()


def order_of_sums(trace: Trace, outputs: Sequence[int]) -> list[int]:
    wanted = set(outputs)
    pending = list(wanted)
    while pending:
        found = set(inner(trace, pending.pop())) - wanted
        wanted |= found
        pending += found
    return sorted(wanted, reverse=True)


def summed(trace: Trace, i: int, sums: dict[int, Any], lane_count: Any) -> Any:
    x = trace.tracers[i]
    if not trace.lanes[i]:
        return trace.compute(ops.mul, [lane_count, x])
    moved = inner(trace, i)
    if not moved:
        return trace.compute(lanes_sum, [x])
    row: Any = trace.rows[i]
    operands = trace.operands[i]
    return trace.compute(row, [sums[j] if j in moved else trace.tracers[j] for j in operands])
