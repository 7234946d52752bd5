"""Fusion: sums of products become one instruction each, with fused multiply-adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ... import ops
from ...rows import Operator
from ..trace.body import Body
from ..trace.in_python import Trace
from ..trace.vocabulary import products

PRODUCTS = (ops.mul, ops.square)
"""The operators whose nodes a sum of products takes in."""


class Fusion:
    """Turns the sums of products of a trace in Python into single nodes `products`, in place.

    A sum takes in its products, and the sum that it begins with, where these are used nowhere else:
    so numbers are added in the order in which the function adds them.
    """

    def __init__(self, trace: Trace, wanted: Sequence[int]) -> None:
        self.trace = trace
        self.one = trace.constant(1.0)
        # the operators sum and dot begin with it: no sum of theirs is −0.0
        self.zero = trace.constant(0.0)
        self.uses = self.counted(wanted)
        self.terms: dict[int, list[int]] = {}
        """Of each node that is a sum of products: the factors, two for each product."""
        self.kinds: dict[int, Operator | None] = {}
        """The operator that each of these sums becomes; None as long as no term is a product."""

    def counted(self, wanted: Sequence[int]) -> Mapping[int, int] | Sequence[int]:
        """How often each node is used."""
        return self.trace.uses(wanted)

    def run(self) -> None:
        for i, row in enumerate(self.trace.rows):
            operands = self.trace.operands[i]
            if self.uses[i] and operands and row in (ops.add, ops.sum):
                self.sum(i, operands)
            elif self.uses[i] and operands and row is ops.dot:
                n = len(operands) // 2
                pairs = [j for pair in zip(operands[:n], operands[n : 2 * n]) for j in pair]
                bias = [
                    j for b in operands[2 * n :] or [self.zero] for j in self.term(b, i, products)
                ]
                self.become(i, products, [*bias, *pairs])
        for i, terms in self.terms.items():
            if self.kinds[i] is not None or len(terms) > 4 or self.trace.rows[i] is ops.sum:
                self.trace.rows[i] = self.kinds[i] or products
                self.trace.operands[i] = tuple(terms)

    def become(self, i: int, kind: Operator | None, terms: list[int]) -> None:
        self.kinds[i] = kind
        self.terms[i] = terms

    def sum(self, i: int, operands: Sequence[int]) -> None:
        first, *rest = operands
        own = [self.product_kind(j, i) for j in operands]
        began = self.is_inside(first, i) and first in self.terms
        kind = (self.kinds[first] if began else None) or next(filter(None, own), None)
        if began and self.kinds[first] in (None, kind):
            terms = self.terms.pop(first)
        else:
            terms, rest = [], list(operands)
        for j in rest:
            terms += self.term(j, i, kind)
        if self.trace.rows[i] is ops.sum:
            terms += (self.zero, self.one)
        self.become(i, kind, terms)

    def term(self, j: int, i: int, kind: Operator | None) -> tuple[int, ...]:
        """The factors of operand j in node i, a sum of this kind."""
        if kind is None or self.product_kind(j, i) is not kind:
            return j, self.one
        factors = self.trace.operands[j]
        return factors if len(factors) == 2 else factors * 2

    def product_kind(self, j: int, i: int) -> Operator | None:
        """The kind of sum that takes operand j of node i in; None if it is no product."""
        inside = self.is_inside(j, i) and j not in self.terms
        return products if inside and self.trace.rows[j] in PRODUCTS else None

    def is_inside(self, j: int, i: int) -> bool:
        return self.uses[j] == 1 and self.trace.lanes[j] == self.trace.lanes[i]


def fused(body: Body) -> Body:
    """Return the same body with its sums of products as single nodes, in the same trace."""
    body.trace.fuse(body.wanted)
    return body
