"""How scalars compare: by value, as floats do. While a function is traced every comparison of
scalars is a guard, also a comparison of Values that the function closes over."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from . import modes
from .scalars import is_real, is_value, operand

COMPARISONS = {
    "__lt__": ("<", False, True),
    "__le__": ("<=", False, True),
    "__gt__": ("<", True, True),
    "__ge__": ("<=", True, True),
    "__eq__": ("!=", False, False),
    "__ne__": ("!=", False, True),
}
"""Python's comparisons by those of guards: the guard's comparison, whether the sides are exchanged
for it, and its outcome where Python's comparison is true."""


def equal_float(x: object) -> Any:
    """Return `x` as a float of the same value. If no float has that value, as for 10**400 or
    Fraction(1, 3), return NaN, which equals nothing. NotImplemented unless `x` is one number."""
    if type(x) is float:
        return x
    if not is_real(x):
        return NotImplemented
    try:
        nearest = float(x)  # type: ignore[arg-type]
    except OverflowError:
        return nan
    return nearest if nearest == x else nan


def beside(name: str, x: Any) -> Any:
    """The other side of a comparison, as a scalar or a float; NotImplemented where the type of `x`
    decides."""
    if type(x) is float or is_value(x):
        return x
    return equal_float(x) if name in ("__eq__", "__ne__") else operand(x, name)


WITH_INFINITY = {
    True: {"__le__": "__lt__", "__gt__": "__ge__"},
    False: {"__lt__": "__le__", "__ge__": "__gt__"},
}
"""Comparisons of floats with infinity, by whether that is positive, in place of comparisons with a
whole number beyond the floats."""


def guarded(trace: Any, name: str, x: Any, y: Any) -> Any:
    """The outcome of the comparison `name` of a scalar with `y`, noted in the trace as a guard."""
    try:
        other = beside(name, y)
    except OverflowError:
        if x.in_graph:
            raise
        name, other = WITH_INFINITY[y > 0].get(name, name), inf if y > 0 else -inf
    if other is NotImplemented:
        return other
    compare, exchanged, truth = COMPARISONS[name]
    return trace.branch(compare, *((other, x) if exchanged else (x, other))) is truth


def traced_comparison(name: str, x: Any, y: Any) -> Any:
    """The outcome of a comparison while a function is traced; None at other times. Where a program
    is explained its comparisons are noted."""
    if modes.is_traced():
        return guarded(modes.state.trace, name, x, y)
    note = modes.now().note_compared
    if note is not None and (is_value(y) or is_real(y)):
        note(x, y)
    return None
