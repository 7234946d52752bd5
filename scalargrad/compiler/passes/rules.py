"""The rules of lowering, a line an operator: what is computed in its place.

A rule is a peephole: it looks at one node and its operands. A rule takes the new trace and the
operands, which are floats where they are constants, and Tracers of the new trace where not.
"""

from __future__ import annotations

import operator as py
from collections.abc import Sequence
from functools import reduce
from itertools import compress
from math import frexp, isfinite
from typing import Any, NamedTuple

from ... import ops
from ...rows import Operator
from ...scalars import is_value
from ..inputs.sources import COUNT
from ..trace.vocabulary import (
    CONSTANT,
    accumulate,
    handed_on,
    lanes_sum,
    moved_sum,
    products,
    stop_gradient,
)
from .rewriting import Rewriting, Rule


def operand(to: Rewriting, x: Any, *others: Any) -> Any:
    return x


def second(to: Rewriting, x: Any, y: Any) -> Any:
    return y


def without_sign(to: Rewriting, x: Any) -> Any:
    """A zero, whatever its sign, is 0.0."""
    return to.compute(ops.add, [x, 0.0])


def sum_over_lanes(to: Rewriting, x: Any) -> Any:
    """The sum over lanes of x; of a uniform x it is a product with the count of lanes."""
    if to.has_lanes(x):
        return to.written(lanes_sum, [x])
    return product(to, to.tracers[to.inputs[COUNT]], x)


def contributions(to: Rewriting, *pairs: Any) -> Any:
    """Σ upstream·partial, where 0·∞ of what does not flow is nothing."""
    return reduce(py.add, map(ops.chain, pairs[::2], pairs[1::2]))


def sum_of_products(to: Rewriting, *operands: Any) -> Any:
    """Σ x·y. In a sum of lanes a product that has lost its lanes is computed apart."""
    if not to.varies or not any(map(to.has_lanes, operands)):
        return to.written(products, operands)
    found: list[Any] = []
    for x, y in zip(operands[::2], operands[1::2]):
        is_apart = not (to.has_lanes(x) or to.has_lanes(y))
        found += (product(to, x, y), 1.0) if is_apart else (x, y)
    return to.written(products, found)


# ------ products
def product(to: Rewriting, x: Any, y: Any) -> Any:
    """x·y with a factor 2 in front of what varies, and with a constant as the first factor."""
    x, y = with_doubling_in_front(to, x, y)
    if not is_value(y):
        x, y = y, x
    return scaled(to, x, y) if is_value(y) else to.written(ops.mul, [x, y])


def with_doubling_in_front(to: Rewriting, u: Any, x: Any) -> tuple[Any, Any]:
    """The factors u, 2·x as 2·u, x: many products of a sum of squares share 2·u."""
    c, rest = factors(to, x) if is_value(x) else (1.0, x)
    return (product(to, c, u), rest) if c == 2.0 and to.has_lanes(u) else (u, x)


def scaled(to: Rewriting, x: Any, y: Any) -> Any:
    """x·y of a node y. Two constants become one where x is a constant and y is a node times −1, ½,
    ¼ …, with which a product is exact."""
    if is_value(x):
        return to.written(ops.mul, [x, y])
    inner, rest = factors(to, y)
    if inner != 1.0 and is_halving(inner) and isfinite(x) and x * inner / inner == x:
        x, y = x * inner, rest
    if x == 1.0:
        return y
    return to.written(ops.neg, [y]) if x == -1.0 else to.written(ops.mul, [x, y])


def factors(to: Rewriting, y: Any) -> tuple[float, Any]:
    """A constant and a node whose product y is: 1 and y itself where y is no such product."""
    row = to.rows[y.index]
    if row is ops.neg:
        return -1.0, y.operands[0]
    # products are many: their operands are asked for where the first is known to be a constant
    is_scaled = row is ops.mul and to.rows[to.operands[y.index][0]] is CONSTANT
    return y.operands if is_scaled else (1.0, y)


def is_halving(x: float) -> bool:
    """Tell whether `x` is ±1, ½, ¼ …: a product with it overflows never, and is rounded only where
    it is subnormal."""
    return abs(x) <= 1.0 and abs(frexp(x)[0]) == 0.5


def negated(to: Rewriting, x: Any) -> Any:
    return product(to, -1.0, x)


def difference(to: Rewriting, x: Any, y: Any) -> Any:
    """x − c·y is x + (−c)·y, which may become one sum of products."""
    c, rest = factors(to, y) if is_value(y) else (1.0, y)
    if abs(c) == 1.0:
        return to.written(ops.sub, [x, y])
    return to.compute(ops.add, [x, product(to, -c, rest)])


def power(to: Rewriting, x: Any, n: Any) -> Any:
    if not is_value(n) and n in (1.0, 2.0):
        return x if n == 1.0 else product(to, x, x)
    return to.written(ops.pow, [x, n])


def is_rounded(to: Rewriting, x: Any, y: Any) -> Any:
    """Whether y − 1 is rounded, known of most constants y. Where x is NaN, so is either way of the
    choice that depends on it, but for y = 1."""
    if not is_value(y) and y != 1.0 and ops.rounds.forward(1.0, y) == 0.0:
        return 0.0
    return to.written(ops.rounds, [x, y])


# ------ folds and choices
def dot(to: Rewriting, *operands: Any) -> Any:
    return to.written(ops.dot, with_uniform_part(to, operands))


def with_uniform_part(to: Rewriting, operands: Sequence[Any]) -> Sequence[Any]:
    """The operands of a dot, with its uniform products in its bias."""
    n = len(operands) // 2
    pairs = list(zip(operands[:n], operands[n : 2 * n]))
    if not to.varies or not any(map(to.has_lanes, operands)):
        return operands
    varies = [any(map(to.has_lanes, pair)) for pair in pairs]
    if all(varies):
        return operands
    ws, xs = ([pair[k] for pair in compress(pairs, varies)] for k in (0, 1))
    uniform = [x * y for (x, y), varying in zip(pairs, varies) if not varying]
    return [*ws, *xs, reduce(py.add, [*(operands[2 * n :] or [0.0]), *uniform])]


def chosen(to: Rewriting, condition: Any, x: Any, y: Any) -> Any:
    """The choice made at once, where its condition is a constant and no NaN."""
    if not is_value(condition) and condition == condition:
        return x if condition else y
    return to.written(ops.where, [condition, x, y])


# ------ the table
ALWAYS, BESIDE_CONSTANT, IN_C = "always", "beside a constant", "in C"


class Lowering(NamedTuple):
    """The lowering of an operator.

    `careful` is its rule in a careful program, `quick` in any other: a Rule, or another operator
    that is computed in its place, or None where the operator stays. `asked` says when the trace in
    C asks about it: always; only beside a constant (else the operator stays as it is); or as C,
    which knows the rule (`native/trace/applying.h`), finds.
    """

    operator: Operator
    careful: Rule | Operator | None
    quick: Rule | Operator | None
    asked: str


TABLE = [
    Lowering(*row)
    for row in (
        #  operator      careful         quick           asked
        (ops.identity,   operand,        operand,        IN_C),
        (stop_gradient,  operand,        operand,        IN_C),
        (handed_on,      operand,        without_sign,   IN_C),
        (ops.start,      None,           operand,        IN_C),
        (ops.chain,      None,           ops.mul,        ALWAYS),
        (ops.choose,     None,           ops.mul,        ALWAYS),
        (accumulate,     contributions,  products,       ALWAYS),
        (products,       None,           sum_of_products, IN_C),
        (moved_sum,      operand,        second,         IN_C),
        (lanes_sum,      sum_over_lanes, sum_over_lanes, IN_C),
        (ops.dot,        dot,            dot,            IN_C),
        (ops.mul,        product,        product,        IN_C),
        (ops.neg,        negated,        negated,        IN_C),
        (ops.sub,        difference,     difference,     IN_C),
        (ops.pow,        power,          power,          BESIDE_CONSTANT),
        (ops.rounds,     is_rounded,     is_rounded,     BESIDE_CONSTANT),
        (ops.where,      chosen,         chosen,         BESIDE_CONSTANT),
    )
]  # fmt: skip

FLOWING = (ops.chain, ops.choose, ops.start, accumulate, moved_sum)
"""Operators that a quick program takes for another: what does not flow for zero, a sum for a moved
one. Where all results are finite, it makes no difference."""


def rules(careful: bool) -> dict[Operator, Rule]:
    """The rules of a careful program, or of a quick one, by operator."""
    found = ((line.operator, line.careful if careful else line.quick) for line in TABLE)
    return {row: computed(rule) for row, rule in found if rule is not None}


def computed(rule: Rule | Operator) -> Rule:
    """A rule as a function; of another operator to compute it is one that does so."""
    if not isinstance(rule, Operator):
        return rule
    return lambda to, *operands: to.compute(rule, operands)
