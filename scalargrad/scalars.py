"""The operands of operators: real numbers, Values, and whatever stands for a Value.

Each question about an operand has one predicate here, and each conversion one function. Operators
themselves are not known here: they are `rows.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign
from numbers import Complex, Number, Real
from typing import Any

from .messages import described

NOTHING = -0.0
"""A gradient that does not flow, which is not a gradient that happens to be 0. Whatever it meets
above or below, it stays nothing. Sums of contributions start from it, for −0.0 + x is x; and a
gradient that was computed never is −0.0."""


def is_nothing(x: float) -> bool:
    return x == 0.0 and copysign(1.0, x) < 0.0


# ------ the questions


def is_value(x: object) -> bool:
    """Tell whether operators build on `x` instead of computing: a Value, or what stands for one, a
    tracer or a symbol. The type of such an `x` has `__operator__(op, operands)`."""
    return hasattr(type(x), "__operator__")


def are_values(xs: Sequence[object]) -> list[bool]:
    """`is_value` of each of many, which are of few types."""
    kinds = list(map(type, xs))
    known = {kind: hasattr(kind, "__operator__") for kind in {*kinds}}
    return list(map(known.__getitem__, kinds))


def is_real(x: object) -> bool:
    """Tell whether `x` is one real number: bool, int, float, Fraction, Decimal, NumPy scalar."""
    if isinstance(x, Real) or (isinstance(x, Number) and not isinstance(x, Complex)):
        return True
    return type(x).__module__ == "numpy" and type(x).__name__ in ("bool", "bool_")


def is_scalar(x: object) -> bool:
    """Tell whether `x` is either: a Value or one real number."""
    return type(x) is float or is_value(x) or is_real(x)


# ------ numbers as floats


def real(x: object) -> float:
    """Return `x` as a float. Raises TypeError if it is not one real number, OverflowError if
    it is an integer beyond the floats."""
    if type(x) is float:
        return x
    # is_real takes longer to tell that an int is a number
    if type(x) is int or is_real(x):
        return float(x)  # type: ignore[arg-type]
    raise TypeError(f"expected a number or a Value, got {described(x)}{cure(x)}")


def attribute(x: object, name: str) -> float:
    """Return `x` as a float, for an attribute of a Value. Raises TypeError naming it, if it is
    not one real number."""
    if type(x) is float:
        return x
    if type(x) is int or is_real(x):
        return float(x)  # type: ignore[arg-type]
    cure = "; its number is .data" if is_value(x) else CURES.get(name, "")
    raise TypeError(f"the {name} of a Value is one number, got {described(x)}{cure}")


CURES = {"grad": "; 0.0 stands for none, and zero_grad() sets it"}


def operand(x: object, reflected: str) -> Any:
    """Return `x` as a float, or NotImplemented where x's own type has the operator `reflected`,
    as an array has. Raises TypeError for anything else: a list repeats by numbers, not Values."""
    if type(x) is int:
        return float(x)
    # a Tracer says that it is a number, and refuses to be asked for its float
    if is_real(x) and not is_value(x):
        return float(x)  # type: ignore[arg-type]
    if not is_deferred_to(x, reflected):
        return real(x)
    # without a description of `x`: that of an array reads all of it, and Tracers as texts
    return NotImplemented


def is_deferred_to(x: object, reflected: str) -> bool:
    repeats = isinstance(x, (str, bytes, bytearray, list, tuple))
    return hasattr(type(x), reflected) and not repeats


def cure(x: object) -> str:
    """The cure, for a message, of an operand that is no number."""
    if is_value(x):
        return ": here a number is needed, which is its .data"
    if type(x).__module__ == "numpy" and hasattr(x, "ndim"):
        return ": call NumPy's function of that name, which takes arrays of numbers or Values"
    return ": call it for each of them" if isinstance(x, (list, tuple)) else ""
