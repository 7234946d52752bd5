"""Which parts each output is a weighed sum of.

From an output back through sums, differences, and products with what no derivative is taken in,
down to nodes that are none of these: the output's *parts*. Each weight is a number of Python's, or
one times *factors*: nodes that no derivative is taken in.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any, NamedTuple

from ..trace.native import nodes as native
from .flat import (
    DIFFERENCE,
    GIVEN,
    HELD,
    NEGATIVE,
    NUMBER,
    OTHER,
    PRODUCT,
    QUOTIENT,
    STOP,
    SUM,
    Flat,
)

MOST_TERMS = 8
"""A node that has a weight of more terms is no part by itself: the whole output is one."""


class Linear(NamedTuple):
    """Of each part, in arrays: which output it is a part of, its node, and a term of its weight:
    a number, and which factor it has; −1 for none. A factor is a node, whether that divides, and
    the factor before it."""

    output: Any
    node: Any
    number: Any
    factor: Any
    before: Any
    of: Any
    divides: Any


TYPES = ("i4", "i4", "f8", "i4", "i4", "i4", "u1")


def linear(flat: Flat) -> Linear:
    """The parts of all outputs of a trace."""
    import numpy

    arguments = (flat.sort, flat.begin, flat.operand, flat.number, flat.variable, flat.outputs)
    split = native.linear_parts if native is not None else linear_parts
    return Linear(*map(numpy.frombuffer, split(*arguments), TYPES))


# ------ the specification of its twin in C
def linear_parts(
    sort: Any, begin: Any, operand: Any, number: Any, variable: Any, outputs: Any
) -> tuple[bytes, ...]:
    """The columns of Linear."""
    import numpy

    found = Weighing(*(x.tolist() for x in (sort, begin, operand, number, variable)))
    for k, i in enumerate(outputs.tolist()):
        found.split(k, i)
    columns = [*zip(*found.parts)] or [()] * 4
    columns += [*zip(*found.factors)] or [()] * 3
    return tuple([numpy.array(x, t).tobytes() for x, t in zip(columns, TYPES)])


class Weighing:
    """The parts found so far, and their factors."""

    def __init__(
        self,
        sort: list[int],
        begin: list[int],
        operand: list[int],
        number: list[float],
        variable: list[int],
    ) -> None:
        self.sort, self.number, self.variable = sort, number, variable
        self.operands = [operand[a:b] for a, b in pairwise(begin)]
        self.parts: list[tuple[int, int, float, int]] = []
        self.factors: list[tuple[int, int, int]] = []
        self.traits = traits(self.sort, self.operands, variable)

    def split(self, output: int, root: int) -> None:
        """Find the parts of an output."""
        if not self.traits[root] & ACTIVE:
            return
        known = len(self.parts), len(self.factors)
        weights: dict[int, dict[int, float]] = {root: {-1: 1.0}}
        waiting = [-root]
        while waiting:
            i = -heappop(waiting)
            terms = weights.pop(i)
            if self.is_part(i):
                self.parts += [(output, i, c, factor) for factor, c in terms.items()]
                continue
            for j, sign, beside, divides in self.linear_operands(i):
                if not self.traits[j] & ACTIVE:
                    continue
                if j not in weights:
                    heappush(waiting, -j)
                    weights[j] = {}
                self.pass_on(terms, weights[j], sign, beside, divides)
                if len(weights[j]) > MOST_TERMS:
                    del self.parts[known[0] :], self.factors[known[1] :]
                    self.parts.append((output, root, 1.0, -1))
                    return

    def pass_on(
        self,
        terms: dict[int, float],
        to: dict[int, float],
        sign: float,
        beside: int,
        divides: bool,
    ) -> None:
        """Add the terms of a weight, times what an operand stands beside, to its weight."""
        for factor, c in terms.items():
            if beside < 0:
                c *= sign
            elif self.sort[beside] != NUMBER:
                self.factors.append((factor, beside, divides))
                factor = len(self.factors) - 1
            elif divides:
                c = divided(c, self.number[beside])
            else:
                c *= self.number[beside]
            to[factor] = to[factor] + c if factor in to else c

    def is_part(self, i: int) -> bool:
        """Whether a node, which derivatives flow to, is a part by itself."""
        if self.variable[i] >= 0 or self.sort[i] == OTHER:
            return True
        if self.sort[i] == PRODUCT:
            return all(self.traits[j] for j in self.operands[i])
        return self.sort[i] == QUOTIENT and bool(self.traits[self.operands[i][1]] & ACTIVE)

    def linear_operands(self, i: int) -> list[tuple[int, float, int, bool]]:
        """The operands, each with its sign, the node beside it, or −1, and whether that divides."""
        operands = self.operands[i]
        match self.sort[i]:
            case s if s == DIFFERENCE:
                return [(operands[0], 1.0, -1, False), (operands[1], -1.0, -1, False)]
            case s if s == NEGATIVE:
                return [(operands[0], -1.0, -1, False)]
            case s if s == PRODUCT:
                x, y = operands
                return [(x, 1.0, y, False), (y, 1.0, x, False)]
            case s if s == QUOTIENT:
                return [(operands[0], 1.0, operands[1], True)]
            case s if s == SUM:
                return [(j, 1.0, -1, False) for j in operands]
        return []


def divided(x: float, y: float) -> float:
    from ...ieee import divide

    return divide(x, y)


ACTIVE, OF_VALUES = 1, 2


def traits(
    sort: Sequence[int], operands: Sequence[Sequence[int]], variable: Sequence[int]
) -> list[int]:
    """Of each node whether derivatives flow through it, and whether it is computed from Values
    that the function closes over: a bit for each."""
    found = [ACTIVE * (k >= 0) | OF_VALUES * (s == HELD) for k, s in zip(variable, sort)]
    for i, own in enumerate(operands):
        if not found[i] and sort[i] < GIVEN:
            for j in own:
                found[i] |= found[j]
            if sort[i] == STOP:
                found[i] &= ~ACTIVE
    return found
