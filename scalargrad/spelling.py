"""Print a row's forward or partial in another language, by running it on symbols.

A `Symbol` is what a row's function is run on; the `Listing` writes down each operation it meets,
one statement each, so that what is used twice is computed once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isnan
from typing import Any, NoReturn

from . import ops as ops
from .rows import BUILT_IN, Operator
from .scalars import NOTHING, is_nothing


def spelled_number(x: float, infinity: str, nan: str) -> str:
    """A float as most languages write it, given their names for two of them. One with a minus
    stands in brackets: it may follow another minus, or be an operand of a power."""
    if isnan(x):
        return nan
    text = repr(float(x)).replace("inf", infinity)
    return f"({text})" if text[0] == "-" else text


def c_number(x: float) -> str:
    return spelled_number(x, "INFINITY", "NAN")


class Listing:
    """C statements, one for each operation done on its symbols."""

    statement = "const double {} = {};"

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._known: dict[str, Symbol] = {}

    def symbol(self, name: str) -> Symbol:
        return Symbol(name, self)

    def compute(self, op: Operator, operands: tuple[Any, ...]) -> Any:
        if op.traced:
            traced: Any = op.forward(*operands)
            return traced
        text = self.call(op, [self.spell(x) for x in operands])
        if text not in self._known:
            name = f"t{len(self._known)}"
            self.lines.append(self.statement.format(name, text))
            self._known[text] = Symbol(name, self)
        return self._known[text]

    def call(self, op: Operator, operands: list[str]) -> str:
        if op.c is None:
            raise ValueError(f"{op.name} has no spelling in C")
        return op.c.format(*operands)

    def spell(self, x: Any) -> str:
        return x.name if isinstance(x, Symbol) else c_number(x)


class Symbol:
    """A number not yet known: it has a name in a listing."""

    def __init__(self, name: str, listing: Listing) -> None:
        self.name = name
        self.listing = listing

    @staticmethod
    def __operator__(op: Operator, operands: tuple[Any, ...]) -> Any:
        listing = next(x.listing for x in operands if isinstance(x, Symbol))
        return listing.compute(op, operands)

    def __bool__(self) -> NoReturn:
        raise TypeError("a branch cannot be spelled, its condition is not known: use where")

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("a comparison cannot be spelled, a number is not known: use compare")

    __hash__ = object.__hash__


def _method(op: Operator, reflected: bool = False) -> Callable[..., Any]:
    return (lambda x, y: op(y, x)) if reflected else (lambda x, *y: op(x, *y))


for _op in BUILT_IN.values():
    if _op.dunder:
        setattr(Symbol, f"__{_op.dunder}__", _method(_op))
        setattr(Symbol, f"__r{_op.dunder}__", _method(_op, reflected=True))


def c_function(
    name: str, function: Callable[..., Any], parameters: list[str], zero: float = NOTHING
) -> str:
    """Return the C function that computes what `function` does on floats, bit for bit, plus `zero`.

    Raises ValueError if it uses a row that has no spelling in C.
    """
    listing = Listing()
    found: Any = function(*map(listing.symbol, parameters))
    if isinstance(found, Symbol) and not is_nothing(zero):
        found = ops.add(found, zero)
    result = listing.spell(found)
    signature = ", ".join(f"double {p}" for p in parameters)
    statements = [*listing.lines, f"return {result};"]
    used = set(re.findall(r"\w+", " ".join(statements)))
    unused = [f"(void){p};" for p in parameters if p not in used]
    body = "".join(f"    {line}\n" for line in (*unused, *statements))
    return f"static inline double {name}({signature})\n{{\n{body}}}\n"
