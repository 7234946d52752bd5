"""The operators of a number that is traced, from the table: what `methods.py` is to Value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import modes, ops
from ..protocols import Protocols
from ..rows import BUILT_IN, Operator, builder, operand
from ..rows import is_number as is_real
from .structure import stop_gradient


class Arithmetic(Protocols):
    """A number with a `trace` that computes with it and notes what it decides."""

    __slots__ = ()
    trace: Any
    index: int

    def __eq__(self, other: object) -> bool:
        """As eager: Values are one or are not, numbers taken off their gradients compare."""
        if is_number(self) and is_number(other):
            return not self.trace.branch("!=", self, other)
        return self is other

    __hash__ = object.__hash__


def is_number(x: Any) -> bool:
    """Whether eager has a float here: what is computed from `data` and from floats alone."""
    if not isinstance(x, Arithmetic):
        return is_real(x)
    trace, found = x.trace, {x.index}
    variables = set(trace.inputs) - set(trace.draws)
    waiting = [x.index]
    while waiting:
        i = waiting.pop()
        if i in variables or trace.rows[i] is ops.identity:
            return False
        if trace.rows[i] is not stop_gradient:
            further = set(trace.operands[i]) - found
            waiting += further
            found |= further
    return True


def settled(x: Any) -> Any:
    """Return `x`, without its gradient where the function asks for none."""
    hidden = modes.active and modes.state.no_grad
    return x.trace.compute(stop_gradient, [x]) if hidden else x


def binary(op: Operator) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The methods for an operator of two: as written, and with its sides exchanged."""

    def method(self: Arithmetic, other: Any) -> Any:
        y = checked(other, f"__r{op.dunder}__")
        return y if y is NotImplemented else settled(self.trace.compute(op, (self, y)))

    def swapped(self: Arithmetic, other: Any) -> Any:
        x = checked(other, f"__{op.dunder}__")
        return x if x is NotImplemented else settled(self.trace.compute(op, (x, self)))

    return method, swapped


def checked(other: Any, reflected: str) -> Any:
    if type(other) is float or builder(other):
        return other
    return operand(other, reflected)


def method_of(op: Operator) -> Callable[..., Any]:
    return lambda self, *others, **named: op(self, *others, **named)


def compared(compare: str, exchanged: bool, reflected: str) -> Callable[[Arithmetic, Any], Any]:
    def method(self: Arithmetic, other: Any) -> Any:
        y = checked(other, reflected)
        if y is NotImplemented:
            return y
        sides: Sequence[Any] = (y, self) if exchanged else (self, y)
        return self.trace.branch(compare, *sides)

    return method


COMPARISONS = {
    "__lt__": ("<", False),
    "__le__": ("<=", False),
    "__gt__": ("<", True),
    "__ge__": ("<=", True),
}


def install() -> None:
    for op in BUILT_IN.values():
        if op.dunder and op.arity == 2:
            method, swapped = binary(op)
            setattr(Arithmetic, f"__{op.dunder}__", method)
            setattr(Arithmetic, f"__r{op.dunder}__", swapped)
        elif op.dunder:
            setattr(Arithmetic, f"__{op.dunder}__", method_of(op))
        if op.method or (op.dunder and op.numpy):
            for name in filter(None, (op.name, op.numpy)):
                setattr(Arithmetic, name, method_of(op))
    for name, (compare, exchanged) in COMPARISONS.items():
        setattr(Arithmetic, name, compared(compare, exchanged, name))


install()
