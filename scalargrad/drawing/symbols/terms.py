"""Terms, numbers that remember how they came about: a row's function is run on them to be read."""

from __future__ import annotations

import operator as py
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from math import isnan
from struct import pack
from typing import Any, cast

from ...ops import rounds, step
from ...rows import Operator, operator
from ...spelling import Listing, Symbol

MOST_OPERANDS = 9
"""A fold over more is read as a call, and the call is shortened."""


class Term(Symbol):
    """A number with its history: a variable with a name, or an operator on other terms."""

    def __init__(
        self,
        algebra: Algebra,
        number: float,
        name: str = "",
        op: Operator | None = None,
        operands: tuple[Any, ...] = (),
    ) -> None:
        super().__init__(name, algebra)
        self.number = number
        self.op = op
        self.operands = operands


def number(x: Any) -> float:
    return x.number if isinstance(x, Term) else float(x)


def bits(x: float) -> bytes:
    return b"NaN" if isnan(x) else pack("<d", x)


class Algebra(Listing):
    """Builds terms, each operation on the same operands once.

    Its simplifications (a factor of 1 left out, the branch of a constant condition) change no bit.
    """

    def __init__(self) -> None:
        super().__init__()
        self._terms: dict[tuple[Any, ...], Any] = {}

    def variable(self, name: str, number: float) -> Term:
        return Term(self, number, name)

    def compute(self, op: Operator, operands: tuple[Any, ...]) -> Any:
        simpler = self.simplified(op, operands)
        if simpler is not None:
            return simpler
        key = (op, *(id(x) if isinstance(x, Term) else bits(x) for x in operands))
        if key not in self._terms:
            out = op.forward(*map(number, operands))
            self._terms[key] = Term(self, out, op=op, operands=operands)
        return self._terms[key]

    def simplified(self, op: Operator, operands: tuple[Any, ...]) -> Any:
        rule = EXACT.get(op.name)
        return rule(*operands) if rule else None


def is_constant(x: Any, value: float) -> bool:
    return isinstance(x, float) and x == value


def neutral(value: float, left: bool = True, right: bool = True) -> Callable[[Any, Any], Any]:
    """Return a rule that drops an operand equal to `value`, which changes nothing, and gives the
    other operand; None where there is no such operand."""

    def other(x: Any, y: Any) -> Any:
        if left and is_constant(x, value):
            return y
        return x if right and is_constant(y, value) else None

    return other


def known_branch(c: Any, x: Any, y: Any) -> Any:
    return (x if c else y) if isinstance(c, float) and not isnan(c) else None


def never_rounded(x: Any, y: Any) -> Any:
    """Whether y − 1 is rounded: known to be false of most constants y. A NaN x makes no difference
    to the slope of a power that depends on it, but for y = 1."""
    is_known = isinstance(y, float) and y != 1.0 and rounds.forward(1.0, y) == 0.0
    return 0.0 if is_known else None


EXACT: Mapping[str, Callable[..., Any]] = {
    "mul": neutral(1.0),
    "div": neutral(1.0, left=False),
    "pow": neutral(1.0, left=False),
    "where": known_branch,
    "rounds": never_rounded,
}


class Reading(Algebra):
    """Builds terms to be read: as they apply at the present numbers, without the care for −0.0."""

    def simplified(self, op: Operator, operands: tuple[Any, ...]) -> Any:
        rule = READABLE.get(op.name)
        found = rule(*operands) if rule else super().simplified(op, operands)
        written_out = op.hidden or reads_as_arithmetic(op, len(operands))
        if found is None and op.elementary and written_out:
            return op.elementary(*operands)
        return found

    def whole(self, op: Operator, operands: tuple[Any, ...], number: float) -> Any:
        """The term of an operator, with nothing simplified."""
        if op.elementary and reads_as_arithmetic(op, len(operands)):
            return op.elementary(*operands)
        return Term(self, number, op=op, operands=operands)


def reads_as_arithmetic(op: Operator, count: int) -> bool:
    """Tell whether a fold of so many operands is best read as its gates: + and × and the like."""
    is_fold = op.arity is None and op.elementary is not None
    return is_fold and count <= MOST_OPERANDS and is_arithmetic(op, count)


@lru_cache
def is_arithmetic(op: Operator, count: int) -> bool:
    assert op.elementary is not None
    algebra = Algebra()
    out = op.elementary(*(algebra.variable("", 1.0) for _ in range(count)))
    return all(term.op is None or term.op.dunder for term in postorder([out]))


def taken_branch(c: Any, x: Any, y: Any) -> Any:
    return None if isnan(number(c)) else x if number(c) else y


def same_operands(x: Any, y: Any) -> Any:
    return 0.0 if x is y and not isnan(number(x)) else None


GREATER = operator("greater", lambda x, y: float(x > y), lambda *_: 0.0, lambda *_: 0.0)
"""Stands in formulas to be read, and in no graph."""


def as_question(x: Any) -> Any:
    """step(x − y) as the question that it asks: 1 if x > y, else 0. y may be 0."""
    if not isinstance(x, Term):
        return None
    is_difference = x.op is not None and x.op.name in ("compare", "sub")
    sides = x.operands if is_difference else (x, 0.0)
    return Term(cast(Algebra, x.listing), step(x.number), op=GREATER, operands=sides)


READABLE: Mapping[str, Callable[..., Any]] = {
    "where": taken_branch,
    "compare": same_operands,
    "chain": py.mul,
    "choose": py.mul,
    "start": lambda x: x,
    "step": as_question,
    "taken": step,
    "add": neutral(0.0),
}


def postorder(roots: Iterable[Any]) -> list[Term]:
    """Return the terms that `roots` are computed from, each after its operands; iterative."""
    order: dict[Term, None] = {}
    pending = [(x, False) for x in reversed(list(roots)) if isinstance(x, Term)]
    while pending:
        term, below_done = pending.pop()
        if below_done:
            order[term] = None
        elif term not in order:
            pending.append((term, True))
            pending += [(x, False) for x in reversed(term.operands) if isinstance(x, Term)]
    return list(order)
