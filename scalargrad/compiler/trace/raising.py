"""Arithmetic of traced numbers in a function that may catch an error of it."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from ...scalars import is_scalar, is_value
from ...transforms.trees import in_graph
from .asked import Asked

Check = Callable[[Asked, Any, Any, Any], None]
"""Raises the error of Python's floats for two operands and their result, if there is one."""


class Raising:
    """A mixin before a kind of Tracer. In a function that may catch an error of arithmetic, traced
    floats raise it, as Python's do. In any other function 1.0/0.0 is inf; of Values it always is,
    and of NumPy's floats.
    """

    __slots__ = ()


def check_divisor(trace: Asked, x: Any, y: Any, out: Any) -> None:
    if not trace.branch("!=", y, 0.0):
        raise ZeroDivisionError("float division by zero")


def check_power(trace: Asked, x: Any, y: Any, out: Any) -> None:
    # a power with an infinite operand raises nothing
    if not is_infinite(trace, out) or is_infinite(trace, x) or is_infinite(trace, y):
        return
    if trace.branch("!=", x, 0.0):
        raise OverflowError(34, "Numerical result out of range")
    raise ZeroDivisionError("0.0 cannot be raised to a negative power")


def is_infinite(trace: Asked, x: Any) -> bool:
    return not trace.branch("!=", abs(x), inf)


def check_whole(trace: Asked, x: Any, y: None, out: Any) -> None:
    if trace.branch("!=", x, x):
        raise ValueError("cannot convert float NaN to integer")
    if is_infinite(trace, x):
        raise OverflowError("cannot convert float infinity to integer")


def is_float(trace: Asked, x: Any) -> bool:
    """Tell whether `x` is a float of Python's where the function is not traced."""
    return x is None or (is_scalar(x) and not in_graph(x) and not is_of_numpy(trace, x))


def is_of_numpy(trace: Asked, x: Any) -> bool:
    """Tell whether `x` is a float of NumPy's: one that was given, or computed from one by Python's
    operators. The functions of this package give Python's floats."""
    known = trace.of_numpy
    if not is_value(x) or not any(known.values()):
        return False
    pending = [x.index]
    while pending:
        i = pending[-1]
        operands = trace.operands[i] if getattr(trace.rows[i], "dunder", None) else ()
        unknown = [j for j in operands if j not in known]
        if i in known or not unknown:
            known.setdefault(i, any(known[j] for j in operands))
            pending.pop()
        pending += unknown if i not in known else ()
    found: bool = known[x.index]
    return found


def of_two(name: str, check: Check, exchanged: bool) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        out = getattr(super(Raising, self), name)(other)
        trace = self.trace
        if trace.catches and is_float(trace, self) and is_float(trace, other):
            check(trace, *((other, self) if exchanged else (self, other)), out)
        return out

    return method


def of_one(name: str) -> Callable[..., Any]:
    def method(self: Any, digits: int | None = None) -> Any:
        out = getattr(super(Raising, self), name)(*(() if digits is None else (digits,)))
        if digits is None and self.trace.catches and is_float(self.trace, self):
            check_whole(self.trace, self, None, out)
        return out

    return method


CHECKS: dict[str, Check] = {
    **dict.fromkeys(("truediv", "floordiv", "mod"), check_divisor),
    "pow": check_power,
}
for operation, check in CHECKS.items():
    for name, exchanged in ((f"__{operation}__", False), (f"__r{operation}__", True)):
        setattr(Raising, name, of_two(name, check, exchanged))
for name in ("__round__", "__floor__", "__ceil__", "__trunc__"):
    setattr(Raising, name, of_one(name))
