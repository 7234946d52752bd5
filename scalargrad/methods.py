"""The operators of the pure engine: a method on Value of each row of the table.

A method is written as a text (`method_text.py`) and compiled when it is called for the first time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from math import inf, nan
from typing import Any

from . import method_text
from .backward import NO_GRADIENT
from .blocks import active
from .comparing import COMPARISONS, beside, traced_comparison
from .freeing import TALLEST
from .modes import PACKAGE
from .rows import BUILT_IN, Operator
from .scalars import operand
from .value import Value, new, settle

__all__ = ["Value"]

Method = Callable[..., Any]

NAMES: dict[str, Any] = {
    **{name: op.forward for name, op in BUILT_IN.items()},
    **{"Value": Value, "NO_GRADIENT": NO_GRADIENT, "active": active, "inf": inf, "nan": nan},
    **{"new": new, "operand": operand, "settle": settle},
}
"""The names that the texts use."""

Text = Callable[[str, Operator, bool], str]


def written(name: str, op: Operator, text: Text, tallest: int) -> Method:
    """The method of this name that a text makes of a row."""
    import linecache  # here, because an import of the package has no need of it

    source = text(name, op, tallest > 0)
    # a file of this package, which `modes.user_line` passes over
    file = os.path.join(PACKAGE, f"<Value.{name}>")
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    # apart from the names, for a row may be called as the method is
    made: dict[str, Method] = {}
    exec(compile(source, file, "exec"), NAMES | {"op": op, "TALLEST": tallest}, made)
    return made[name]


def late(name: str, op: Operator, text: Text, tallest: int) -> Method:
    """A method that puts the one written in its place: to write all of them takes 10 ms. Whoever
    holds this one, as an activation does, has that called."""
    built: list[Method] = []

    def method(self: Value, *operands: Any) -> Any:
        if not built:
            built.append(written(name, op, text, tallest))
            add(name, built[0], op.__doc__)
        return built[0](self, *operands)

    return method


def called(op: Operator) -> Callable[..., Value]:
    def method(self: Value, *others: Any, **named: Any) -> Any:
        return op(self, *others, **named)

    return method


def methods_of(op: Operator, tallest: int) -> Iterable[tuple[str, Method]]:
    """The names under which a row stands on Value, each with its method."""
    texts = {name: method_text.unary for name in op.method_names if op.arity == 1}
    if op.dunder and op.arity == 1:
        texts[f"__{op.dunder}__"] = method_text.unary
    elif op.dunder:
        texts[f"__{op.dunder}__"] = method_text.binary
        texts[f"__r{op.dunder}__"] = method_text.reflected
    yield from ((name, late(name, op, text, tallest)) for name, text in texts.items())
    yield from ((name, called(op)) for name in op.method_names if op.arity != 1)


def compared(name: str) -> Callable[[Value, Any], Any]:
    compare: Any = getattr(float, name)

    def method(self: Value, other: Any) -> Any:
        traced = traced_comparison(name, self, other) if active else None
        if traced is not None:
            return traced
        if type(other) is Value:
            return compare(self._number, other._number)
        y = beside(name, other)
        return y if y is NotImplemented else compare(self._number, y)

    return method


def install(tallest: int) -> None:
    """Put the methods on Value, for nodes of that height at most (`freeing.TALLEST`)."""
    for op in BUILT_IN.values():
        for name, method in methods_of(op, tallest):
            add(name, method, op.__doc__)


def install_comparisons() -> None:
    for name in COMPARISONS:
        add(name, compared(name), None)


def add(name: str, method: Method, doc: str | None) -> None:
    method.__name__, method.__qualname__, method.__doc__ = name, f"Value.{name}", doc
    setattr(Value, name, method)


install(TALLEST)
install_comparisons()
