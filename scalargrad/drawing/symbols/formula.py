"""Terms written as infix formulas: in `TEXT` for people, in `PYTHON` to be run again."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import copysign
from string import Formatter
from typing import Any, NamedTuple

from ... import folds
from ...rows import Operator
from .terms import MOST_OPERANDS, Algebra, Term, bits, number, postorder
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
SIGNS = "+−×÷"
HIGH = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
"""Exponents as a book has them."""
PLACE, GUARD, END = "\ue000", "(", "\ue001"


class Written(NamedTuple):
    """A formula, how tightly it binds, and the formula as it stands after a sign, if that is
    another: 3 × (−4)."""

    text: str
    binding: int = ATOM
    inner: str = ""

    def within(self, least: int, is_later: bool = False) -> str:
        """The formula as an operand that has to bind so tightly; a later one follows a sign."""
        if self.binding < least:
            return self.inner if self.binding == SIGN and self.inner else f"({self.text})"
        return self.inner if is_later and self.inner else self.text


class Wording(NamedTuple):
    """The notation of a row that no rule fits: `text` with places for the operands."""

    text: str
    binding: int = ATOM
    operands: int = 0

    def fill(self, operands: Sequence[Written]) -> Written:
        before = [found for found, *_ in Formatter().parse(self.text)]
        later = [found.rstrip().endswith(tuple(SIGNS)) for found in before]
        texts = [x.within(self.operands, k) for x, k in zip(operands, later)]
        return Written(self.text.format(*texts), self.binding)


class Notation(NamedTuple):
    """How formulas are written: numbers, the sign between two operands, the sign before a single
    operand, a call; and by name, the rows that are written in a way of their own."""

    number: Callable[[float], str]
    infix: Callable[[Term], str | None]
    prefix: Callable[[Term], str | None]
    call: Callable[[Operator, Sequence[str]], str]
    templates: Mapping[str, Wording] = {}
    guards: bool = False
    """Whether what begins with a minus is in brackets after another sign."""

    def write(self, term: Term, operands: Sequence[Written]) -> Written:
        assert term.op is not None
        if self.guards and has_whole_exponent(term, operands):
            base, exponent = operands
            return Written(base.within(ATOM) + exponent.text.translate(HIGH), POWER)
        template = self.templates.get(term.op.name)
        if template is not None:
            return template.fill(operands)
        token = self.infix(term)
        if token is not None:
            _, binding, left, right = INFIX[term.op.dunder or ""]
            x, y = operands
            after = token + y.within(right, True)
            inner = x.within(left, True) + after
            return Written(x.within(left) + after, binding, inner)
        token = self.prefix(term)
        if token is not None:
            return self.signed(token + operands[0].within(POWER))
        return Written(self.call(term.op, [x.text for x in operands]))

    def signed(self, text: str) -> Written:
        return Written(text, SIGN, f"({text})" if self.guards else "")

    def constant(self, x: float) -> Written:
        text = self.number(x)
        return self.signed(text) if copysign(1.0, x) < 0.0 else Written(text)

    def named(self, name: str) -> Written:
        """A number may stand for a name, or a place for a number that is not known yet."""
        if name.startswith(PLACE):
            return Written(name, SIGN, f"{PLACE}{GUARD}{name.removeprefix(PLACE)}")
        return self.signed(name) if name.startswith("−") else Written(name)


def has_whole_exponent(term: Term, operands: Sequence[Written]) -> bool:
    """Tell whether this is a power of a constant that is written with digits alone."""
    if term.op is None or term.op.name != "pow" or not operands[1].text.isdecimal():
        return False
    return not any(isinstance(x, Term) for x in term.operands[1:])


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
        "identity": Wording("{}", PRODUCT, PRODUCT),
    },
    guards=True,
)


def around(
    op: Operator, operands: Sequence[float | None], number: Callable[[float], str] = brief
) -> str:
    """An operator with its constants alone: "× (−2)", "2^", "x³"."""
    style = TEXT._replace(number=number)
    written = [Written("") if x is None else style.constant(x) for x in operands]
    text = style.write(Term(Algebra(), 0.0, op=op), written).text.strip()
    return f"x{text}" if ord(text[0]) in HIGH.values() else text


def place(k: int) -> str:
    """The place for the number of an operand, between two private characters. After a sign there
    is a bracket in it: the number has to be in brackets if it is negative."""
    return f"{PLACE}{k}{END}"


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
        known[term] = style.named(term.name)
        if term.op is not None:
            known[term] = style.write(term, [text(x) for x in term.operands])
            if used[term] > 1:
                shared.append((next(fresh), known[term].text))
                known[term] = Written(shared[-1][0])
    return Formula(shared, [text(x) for x in roots])
