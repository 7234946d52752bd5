"""The text of a method of the pure engine, from its row: the forward function and the partials
are run on symbols and written down as statements on floats, in one function without a call.

    print(method_text.binary("__mul__", BUILT_IN["mul"], heights=False))

shows `Value.__mul__`. Arithmetic and choices are spelled out, other rows are called by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from .rows import Operator
from .scalars import is_nothing
from .spelling import Listing, Symbol, spelled_number

OTHER = """\
y = other if type(other) is float else operand(other, "__r{dunder}__")
if y is NotImplemented:
    return y"""
"""The constant beside the operand, as a float."""
REFLECTED = """\
x = other if type(other) is float else operand(other, "__{dunder}__")
if x is NotImplemented:
    return x"""
LAST = """\
node._grad = NO_GRADIENT
node._seen = None
node._operator = op
return node if {plain} else settle(node)"""


class OnFloats(Listing):
    """Statements in Python that do on floats what a row does, bit for bit."""

    statement = "{} = {}"

    def call(self, op: Operator, operands: list[str]) -> str:
        called = f"{op.name}({', '.join(operands)})"
        if op.signs is None:
            return (choice(op.c or "") or called).format(*operands)
        text = op.signs.format(*operands)
        # a float that is divided by 0 raises
        return f"{text} if {operands[-1]} else {called}" if "/" in text else text

    def spell(self, x: Any) -> str:
        return x.name if isinstance(x, Symbol) else spelled_number(x, "inf", "nan")

    def partial(self, op: Operator, rule: Callable[..., Any], *numbers: Any) -> str:
        """The partial of a row as an expression, −0.0 made a zero where it is not on purpose."""
        found = rule(*numbers)
        text = self.spell(found)
        if is_nothing(op.zero(rule)):
            return text
        return f"{text} or 0.0" if isinstance(found, Symbol) else self.spell(found + 0.0)


def choice(c: str) -> str | None:
    """A choice of C, `(condition ? x : y)` without a call, in Python; None of anything else."""
    condition, mark, ways = c.removeprefix("(").removesuffix(")").partition(" ? ")
    if not mark:
        return None if re.search(r"[a-z(]", c) else in_words(c)
    first, _, second = ways.partition(" : ")
    x, y = choice(first), choice(second)
    test = in_words(condition)
    return None if x is None or y is None or "(" in test else f"{x} if {test} else {y}"


def in_words(c: str) -> str:
    for sign, word in (("||", "or"), ("&&", "and"), ("NAN", "nan"), ("INFINITY", "inf")):
        c = c.replace(sign, word)
    return c


def indented(*parts: str) -> str:
    return re.sub("^", "    ", "\n".join(parts), flags=re.MULTILINE)


def stored(**slots: str) -> str:
    """The statements that make a node and put these into its slots."""
    return "\n".join(["node = new(Value)", *(f"node._{k} = {text}" for k, text in slots.items())])


def function(signature: str, *body: str) -> str:
    return f"def {signature}:\n{indented(*filter(None, body))}\n"


def last(heights: bool) -> str:
    return LAST.format(plain=f"not active{' and height != TALLEST' * heights}")


def height(of: str, heights: bool) -> list[str]:
    return [f"node._height = height = 1 + {of}"] * heights


def computed(op: Operator, names: str, rules: Sequence[Any], wanted: str) -> tuple[str, list[str]]:
    """The statements for the output and for the partials in those operands that are `wanted`; then
    the output and these as expressions."""
    listing = OnFloats()
    numbers = [listing.symbol(name) for name in names]
    out = op(*numbers)
    asked = [rule for name, rule in zip(names, rules) if name in wanted]
    found = [listing.partial(op, rule, out, *numbers) for rule in asked]
    return "\n".join(listing.lines), [listing.spell(out), *found]


def unary(name: str, op: Operator, heights: bool) -> str:
    statements, (out, dx) = computed(op, "x", op.partials, "x")  # type: ignore[arg-type]
    node = stored(number=out, x="self", dx=dx, y="node._dy = None")
    body = ["x = self._number", statements, node, *height("self._height", heights)]
    return function(f"{name}(self)", *body, last(heights))


def beside(op: Operator) -> Any:
    """The partials of a row where one of its operands is a constant."""
    return op.beside_constant or op.partials


def binary(name: str, op: Operator, heights: bool) -> str:
    statements, (out, dx, dy) = computed(op, "xy", op.partials, "xy")  # type: ignore[arg-type]
    node = stored(number=out, x="self", dx=dx, y="other", dy=dy)
    taller = "(self if self._height > other._height else other)._height"
    both = ["x = self._number", "y = other._number", statements, node, *height(taller, heights)]
    statements, (out, dx) = computed(op, "xy", beside(op), "x")
    node = stored(number=out, x="self", dx=dx, y="None", dy="y")
    alone = [OTHER.format(dunder=op.dunder), "x = self._number", statements, node]
    alone += height("self._height", heights)
    test = "\n".join(["if type(other) is Value:", indented(*both), "else:", indented(*alone)])
    return function(f"{name}(self, other)", test, last(heights))


def reflected(name: str, op: Operator, heights: bool) -> str:
    """The same for a constant as the first operand."""
    statements, (out, dy) = computed(op, "xy", beside(op), "y")
    node = stored(number=out, x="None", dx="x", y="self", dy=dy)
    test = REFLECTED.format(dunder=op.dunder)
    lines = [test, "y = self._number", statements, node, *height("self._height", heights)]
    return function(f"{name}(self, other)", *lines, last(heights))
