"""The operators of a number that is traced, from the table: what `methods.py` is to Value."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ... import modes
from ...comparing import COMPARISONS, guarded
from ...protocols import Protocols
from ...rows import BUILT_IN, Operator, rank
from ...scalars import is_value, operand
from .asked import Asked
from .vocabulary import stop_gradient

PACKAGE = __name__.partition(".")[0]
OURS: set[int] = set()
"""The globals of this package's modules, by their identity: they live for ever."""


def is_ours(names: dict[str, Any]) -> bool:
    """Tell whether these are the globals of a module of this package."""
    if id(names) in OURS:
        return True
    if not names.get("__name__", "").startswith(PACKAGE):
        return False
    OURS.add(id(names))
    return True


class Arithmetic(Protocols):
    """A number with a `trace` that computes with it and notes what it decides."""

    __slots__ = ()
    trace: Asked
    index: int

    def __hash__(self) -> int:
        """The hash of the object, for this package's own use. A set or a dict of the user's would
        find the number by its value, if it were one."""
        if is_ours(sys._getframe(1).f_globals):
            return object.__hash__(self)
        raise modes.refusal(
            "compile cannot follow a number in a set, or as a key of a dict or of a cache, where "
            "it is found by its value: compare it with ==, or look for it in a list"
        )


def settled(x: Any) -> Any:
    """Return `x`; where the function asks for no gradients, its number, as a Value of its own if
    it is one."""
    # while a function is traced one mode is active: that it is traced
    if len(modes.active) < 2 or not modes.state.no_grad:
        return x
    number = x.trace.compute(stop_gradient, [x])
    return number if x.trace.plain[x.index] else x.trace.variable(number)


def binary(op: Operator) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The methods for an operator of two: as written, and with its sides exchanged."""

    def method(self: Arithmetic, other: Any) -> Any:
        y = checked(other, f"__r{op.dunder}__", rank(type(self)))
        return y if y is NotImplemented else settled(self.trace.compute(op, (self, y)))

    def swapped(self: Arithmetic, other: Any) -> Any:
        x = checked(other, f"__{op.dunder}__", rank(type(self)))
        return x if x is NotImplemented else settled(self.trace.compute(op, (x, self)))

    return method, swapped


def checked(other: Any, reflected: str, own: int = 1) -> Any:
    """Return what stands beside a Tracer of this rank, as an operand; NotImplemented where that
    decides: a number of a scan's body does, beside one from around."""
    if type(other) is float:
        return other
    if is_value(other):
        return other if rank(type(other)) <= own else NotImplemented
    return operand(other, reflected)


def method_of(op: Operator) -> Callable[..., Any]:
    return lambda self, *others, **named: op(self, *others, **named)


def compared(name: str) -> Callable[[Arithmetic, Any], Any]:
    return lambda self, other: guarded(deciding(self, other).trace, name, self, other)


def deciding(x: Arithmetic, y: Any) -> Any:
    """Which of two numbers decides where their comparison belongs."""
    return y if is_value(y) and rank(type(y)) > rank(type(x)) else x


def install() -> None:
    for op in BUILT_IN.values():
        if op.dunder and op.arity == 2:
            method, swapped = binary(op)
            setattr(Arithmetic, f"__{op.dunder}__", method)
            setattr(Arithmetic, f"__r{op.dunder}__", swapped)
        elif op.dunder:
            setattr(Arithmetic, f"__{op.dunder}__", method_of(op))
        for name in op.method_names:
            setattr(Arithmetic, name, method_of(op))
    for name in COMPARISONS:
        setattr(Arithmetic, name, compared(name))


install()
