"""One node of a graph in symbols: what it computes, and its local gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import count
from math import isclose, isnan
from operator import attrgetter
from typing import Any

from ...modes import Source, source
from ...scalars import is_value
from . import patterns
from .formula import TEXT, written
from .terms import Algebra, Reading, number
from .text import brief


def agree(x: float, y: float) -> bool:
    """Tell whether two forms of a derivative are the same number, but for what the less accurate
    one loses."""
    return x == y or isclose(x, y, rel_tol=1e-6, abs_tol=1e-9) or (isnan(x) and isnan(y))


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
        """∂node/∂operand as terms, one for each edge, as it is computed."""
        return self._locals(self.node.op.local, algebra)

    def readable_locals(self, algebra: Algebra) -> list[Any]:
        """∂node/∂operand as terms, one for each edge: as a book has it where that is the number
        that is computed here; at a kink or a tie it may not be."""
        computed = self.locals(algebra)
        book = self._locals(self.node.op.as_in_a_book, algebra)
        return [b if agree(number(b), number(c)) else c for b, c in zip(book, computed)]

    def _locals(self, rule: Callable[..., list[Any]], algebra: Algebra) -> list[Any]:
        out = algebra.variable(self.names[self.node], self.number(self.node))
        local = rule(out, self.terms(algebra), self.variable)
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
        numbers = [
            algebra.variable(brief(self.number(x)), self.number(x)) if free else x
            for x, free in zip(self.operands, self.variable)
        ]
        return self.text(algebra, numbers)

    def text(self, algebra: Reading, operands: list[Any]) -> str:
        out = algebra.whole(self.node.op, tuple(operands), self.number(self.node))
        return str(written([out], TEXT, temporaries()))

    @cached_property
    def partials(self) -> list[str]:
        """The local gradient along each edge as a formula, in a book's form, as it applies at
        these numbers; empty where an operator of the user's own does not run on symbols."""
        return self._formulas(self.readable_locals)

    @cached_property
    def computed(self) -> list[str]:
        """The same in the form that is computed; empty where that is the book's."""
        pairs = zip(self._formulas(self.locals), self.partials)
        return ["" if found == shown else found for found, shown in pairs]

    def _formulas(self, locals_: Callable[[Algebra], list[Any]]) -> list[str]:
        try:
            found = locals_(Reading())
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
