"""Operators of programs besides those of the table: they say how numbers flow.

Each is the identity, or a sum, on the numbers of one lane.
"""

from __future__ import annotations

import operator as py
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from ... import ops
from ...partials import selects
from ...rows import Operator
from ...scalars import NOTHING

INPUT = "input"
CONSTANT = "constant"
"""In place of an operator: the two kinds of node that nothing computes."""

BEFORE, LANES, AFTER, TOO_LATE = range(4)
"""The stages. A node that is computed lane by lane from a sum over all lanes comes TOO_LATE: the
node would need the lanes a second time."""
NEST = 4
"""No stage: code with loops in it."""
UNNEEDED = 5
"""In place of the stage of a node that a program does not need."""


def swapped(out: Any, *pairs: Any) -> list[Any]:
    return [x for pair in zip(pairs[::2], pairs[1::2]) for x in reversed(pair)]


class Accumulate(Operator):
    """A sum of contributions: the slope in a partial is what comes from upstream, or nothing."""

    def selecting(self, variable: Sequence[bool]) -> list[bool]:
        return [False, True] * (len(variable) // 2)


def summed(product: Operator) -> Callable[..., float]:
    """The sum of products of pairs. The sum begins with the first product, not with 0.0, which
    would turn a −0.0 into 0.0."""

    def forward(*pairs: float) -> float:
        return reduce(py.add, map(product.forward, pairs[::2], pairs[1::2]))

    return forward


stop_gradient = Operator(
    "stop_gradient", "stop", lambda x: x, None, (selects(lambda out, x: NOTHING),)
)

lanes_sum = Operator(
    "lanes_sum",
    "Σ lanes",
    lambda x: x,
    None,
    (lambda out, x: 1.0,),
    doc="The sum over all lanes: one number for all of them.",
)

moved_sum = Operator(
    "moved_sum",
    "Σ lanes",
    lambda kept, moved: kept,
    None,
    (lambda out, kept, moved: 1.0, selects(lambda out, kept, moved: NOTHING)),
    doc="A sum over all lanes, computed in two ways, which are equal where both are finite.",
)

products = Operator(
    "products", "Σ×", summed(ops.mul), None, swapped, doc="Σ x·y over pairs of operands."
)

accumulate = Accumulate(
    "accumulate",
    "Σ×",
    summed(ops.chain),
    None,
    swapped,
    doc="Σ upstream·partial over pairs of operands, as `chain` multiplies them.",
)

handed_on = Operator(
    "handed_on",
    "→",
    lambda x: x,
    None,
    (lambda out, x: 1.0,),
    doc="A derivative as the partial of a node: a −0.0 in it is nothing.",
)

STRUCTURE = (stop_gradient, lanes_sum, products, accumulate, handed_on, moved_sum)
