"""One node of a graph in symbols: what it computes, and its local gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import count
from operator import attrgetter
from typing import Any

from ...modes import Source, source
from ...scalars import is_value
from . import patterns
from .formula import TEXT, short_number, written
from .terms import Algebra, Reading


def temporaries(letter: str = "t") -> Iterator[str]:
    return (f"{letter}{i}" for i in count())


class InSymbols:
    """A node that an operator made, in symbols: operands stand by their `names`, at their present
    numbers or at the `numbers` given."""

    def __init__(
        self, node: Any, names: Mapping[Any, str], numbers: Mapping[Any, float] | None = None
    ) -> None:
        self.node = node
        self.names = names
        self.number = attrgetter("data") if numbers is None else numbers.__getitem__
        self.operands = node.operands
        self.variable = tuple(map(is_value, self.operands))

    @property
    def source(self) -> Source | None:
        """The user's line that built the node, where it was recorded."""
        return source(self.node)

    def terms(self, algebra: Algebra) -> list[Any]:
        return [
            algebra.variable(self.names[x], self.number(x)) if free else x
            for x, free in zip(self.operands, self.variable)
        ]

    def locals(self, algebra: Algebra) -> list[Any]:
        """∂node/∂operand as terms, one for each edge."""
        out = algebra.variable(self.names[self.node], self.number(self.node))
        local = self.node.op.local(out, self.terms(algebra), self.variable)
        return [x for x, free in zip(local, self.variable) if free]

    @cached_property
    def formula(self) -> str:
        """The node's formula in names: "x + y"."""
        algebra = Reading()
        return self.text(algebra, self.terms(algebra))

    @cached_property
    def in_numbers(self) -> str:
        """The node's formula in numbers: "−2.0 + 5.0"."""
        algebra = Reading()
        numbers = [self.number(x) if free else x for x, free in zip(self.operands, self.variable)]
        return self.text(algebra, [algebra.variable(short_number(x), x) for x in numbers])

    def text(self, algebra: Reading, operands: list[Any]) -> str:
        out = algebra.whole(self.node.op, tuple(operands), self.number(self.node))
        return str(written([out], TEXT, temporaries()))

    @cached_property
    def partials(self) -> list[str]:
        """The local gradient along each edge as a formula, as it applies at these numbers; empty
        where an operator of the user's own does not run on symbols."""
        try:
            found = self.locals(Reading())
        except Exception:
            return [""] * sum(self.variable)
        # nothing reads as 0
        shown = [term + 0.0 if isinstance(term, float) else term for term in found]
        return [str(written([term], TEXT, temporaries())) for term in shown]

    @cached_property
    def positions(self) -> list[int]:
        """The position of the operand that each edge leads to."""
        return [i for i, free in enumerate(self.variable) if free]

    @cached_property
    def patterns(self) -> list[str]:
        """The pattern along each edge, "" where there is none."""
        found = patterns.of_operator(self.node.op, self.variable)
        return [found[i] for i in self.positions]
