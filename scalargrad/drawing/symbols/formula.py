"""Terms written as infix formulas: in `TEXT` for people, in `PYTHON` to be run again."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import copysign
from typing import Any, NamedTuple

from ... import folds
from ...rows import Operator
from .terms import MOST_OPERANDS, Term, bits, number, postorder
from .text import brief

NOTHING, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)
"""How tightly an operator binds."""

INFIX = {
    "add": ("+", SUM, SUM, PRODUCT),
    "sub": ("-", SUM, SUM, PRODUCT),
    "mul": ("*", PRODUCT, PRODUCT, SIGN),
    "truediv": ("/", PRODUCT, PRODUCT, SIGN),
    "mod": ("%", PRODUCT, PRODUCT, SIGN),
    "floordiv": ("//", PRODUCT, PRODUCT, SIGN),
    "pow": ("**", POWER, ATOM, SIGN),
}
"""Python's grammar: token, how tightly it binds, and what its operands must at least."""

PREFIX = {"neg": "-"}


class Written(NamedTuple):
    text: str
    binding: int = ATOM

    def within(self, least: int) -> str:
        return self.text if self.binding >= least else f"({self.text})"


class Wording(NamedTuple):
    """The notation of a row that no rule fits: `text` with places for the operands."""

    text: str
    binding: int = ATOM
    operands: int = 0

    def fill(self, operands: Sequence[Written]) -> Written:
        texts = [x.within(self.operands) for x in operands]
        return Written(self.text.format(*texts), self.binding)


class Notation(NamedTuple):
    """How formulas are written: numbers, the sign between two operands, the sign before a single
    operand, a call; and by name, the rows that are written in a way of their own."""

    number: Callable[[float], str]
    infix: Callable[[Term], str | None]
    prefix: Callable[[Term], str | None]
    call: Callable[[Operator, Sequence[str]], str]
    templates: Mapping[str, Wording] = {}

    def write(self, term: Term, operands: Sequence[Written]) -> Written:
        assert term.op is not None
        template = self.templates.get(term.op.name)
        if template is not None:
            return template.fill(operands)
        token = self.infix(term)
        if token is not None:
            _, binding, left, right = INFIX[term.op.dunder or ""]
            x, y = operands
            return Written(token.join((x.within(left), y.within(right))), binding)
        token = self.prefix(term)
        if token is not None:
            return Written(token + operands[0].within(POWER), SIGN)
        return Written(self.call(term.op, [x.text for x in operands]))

    def constant(self, x: float) -> Written:
        return Written(self.number(x), SIGN if copysign(1.0, x) < 0.0 else ATOM)


def readable_call(op: Operator, operands: Sequence[str]) -> str:
    shown = list(operands)
    if len(shown) > MOST_OPERANDS:
        shown = [*shown[:4], "…", shown[-1]]
    name = op.name if op.arity is None and not op.symbol.isalpha() else op.symbol
    return f"{name}({', '.join(shown)})"


TEXT = Notation(
    brief,
    lambda term: f" {term.op.symbol} " if term.op and term.op.dunder in INFIX else None,
    lambda term: term.op.symbol if term.op and term.op.dunder in PREFIX else None,
    readable_call,
    {
        "pow": Wording("{}^{}", POWER, ATOM),
        "square": Wording("{}²", POWER, ATOM),
        "reciprocal": Wording("1 ÷ {}", PRODUCT, SIGN),
        "inverse": Wording("1 ÷ {}", PRODUCT, SIGN),
        "exp2": Wording("2^{}", POWER, ATOM),
        "abs": Wording("|{}|"),
        "floor": Wording("⌊{}⌋"),
        "ceil": Wording("⌈{}⌉"),
        "greater": Wording("1 if {} > {}, else 0", NOTHING, SUM),
        "compare": Wording("sign({} − {})", ATOM, PRODUCT),
        "exp_difference": Wording("exp({} − {})", ATOM, PRODUCT),
        "log_sigmoid": Wording("log σ({})"),
        "identity": Wording("{}"),
    },
)


def python_number(x: float) -> str:
    return repr(x)


def python_infix(term: Term) -> str | None:
    """Python's own operator, where on these floats it does what the row does, bit for bit."""
    name = term.op.dunder if term.op else None
    if name not in INFIX:
        return None
    try:
        found = getattr(operator, name)(*map(number, term.operands))
    except ArithmeticError:
        return None
    same = isinstance(found, float) and bits(found) == bits(term.number)
    return f" {INFIX[name][0]} " if same else None


ARRANGED: Mapping[Any, Callable[[Sequence[str]], list[str]]] = {
    folds.listed: lambda xs: [f"[{', '.join(xs)}]"],
    folds.at_least_one: lambda xs: [f"[{', '.join(xs)}]"],
    folds.weights_then_inputs: lambda xs: weights_and_inputs(xs, len(xs) // 2),
}
"""From operands back to the arguments of a call: the inverse of each row's `arrange`."""


def weights_and_inputs(xs: Sequence[str], n: int) -> list[str]:
    return [f"[{', '.join(xs[:n])}]", f"[{', '.join(xs[n : 2 * n])}]", *xs[2 * n :]]


def python_call(op: Operator, operands: Sequence[str]) -> str:
    arguments = ARRANGED[op.arrange](operands) if op.arrange in ARRANGED else operands
    return f"{op.name}({', '.join(arguments)})"


PYTHON = Notation(
    python_number,
    python_infix,
    lambda term: PREFIX.get(term.op.dunder or "") if term.op else None,
    python_call,
)


# ------ printing


class Formula(NamedTuple):
    """Terms written out. A term that is used twice stands in `shared`, as (name, text)."""

    shared: list[tuple[str, str]]
    results: list[Written]

    def __str__(self) -> str:
        where = ", ".join(f"{name} = {text}" for name, text in self.shared)
        text = ", ".join(x.text for x in self.results)
        return f"{text} with {where}" if where else text


def written(roots: Sequence[Any], style: Notation, fresh: Iterator[str]) -> Formula:
    """Write terms in a style. A term used more than once gets a name from `fresh`."""
    order = postorder(roots)
    used: dict[Any, int] = {}
    for x in [*roots, *(x for term in order for x in term.operands)]:
        if isinstance(x, Term):
            used[x] = used.get(x, 0) + 1
    known: dict[Any, Written] = {}
    shared = []

    def text(x: Any) -> Written:
        return known[x] if isinstance(x, Term) else style.constant(x)

    for term in order:
        # a number may stand for a name
        known[term] = Written(term.name, SIGN if term.name.startswith("−") else ATOM)
        if term.op is not None:
            known[term] = style.write(term, [text(x) for x in term.operands])
            if used[term] > 1:
                shared.append((next(fresh), known[term].text))
                known[term] = Written(shared[-1][0])
    return Formula(shared, [text(x) for x in roots])
