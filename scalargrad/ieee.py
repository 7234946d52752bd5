"""Forward functions on floats that never raise: NaN where undefined, an infinity where too large.

Python's `math` raises in these places; an operator must not (IEEE 754). Also the few functions
that `math` lacks. Every function here takes floats and returns a float.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from math import copysign, inf, isfinite, nan

Unary = Callable[[float], float]


def total(f: Unary, overflow: Callable[[float], float] = lambda x: inf) -> Unary:
    """Return `f` made total: NaN where it is undefined, `overflow(x)` where it is too large."""

    def forward(x: float) -> float:
        try:
            return f(x)
        except ValueError:
            return nan
        except OverflowError:
            return overflow(x)

    return forward


def with_pole(f: Unary, pole: float, at_pole: Unary) -> Unary:
    """Return `f` made total, with the value `at_pole(x)` at x = ±`pole`."""
    elsewhere = total(f)
    return lambda x: at_pole(x) if abs(x) == pole else elsewhere(x)


def whole(f: Callable[[float], int]) -> Unary:
    """Return a rounding function that keeps infinities, NaN and the sign of zero."""
    return lambda x: (float(f(x)) or copysign(0.0, x)) if isfinite(x) else x


def round_to(x: float, digits: float) -> float:
    """x rounded to so many decimal digits, negative counts left of the point."""
    if digits != digits or not isfinite(x):
        return x if digits == digits else nan
    try:
        # no float has a digit beyond place 1100 after the point, or 400 before
        return round(x, int(max(-400.0, min(digits, 1100.0))))
    except OverflowError:
        return signed_inf(x)


def signed_inf(x: float) -> float:
    return copysign(inf, x)


exp = total(math.exp)
expm1 = total(math.expm1)
sinh = total(math.sinh, overflow=signed_inf)
cosh = total(math.cosh)
log = with_pole(math.log, 0.0, lambda x: -inf)
log2 = with_pole(math.log2, 0.0, lambda x: -inf)
log10 = with_pole(math.log10, 0.0, lambda x: -inf)
log1p = with_pole(math.log1p, 1.0, lambda x: math.log1p(x) if x > 0 else -inf)
atanh = with_pole(math.atanh, 1.0, signed_inf)


def chain(upstream: float, partial: float) -> float:
    """upstream · partial, never −0.0 if computed; nothing (−0.0) where upstream is nothing."""
    if upstream == 0.0 and copysign(1.0, upstream) < 0.0:
        return upstream
    return upstream * partial + 0.0


def choose(upstream: float, partial: float) -> float:
    """upstream · partial as `chain` has it, and nothing also where the partial is nothing."""
    if partial == 0.0 and copysign(1.0, partial) < 0.0:
        return partial
    return chain(upstream, partial)


def divide(x: float, y: float) -> float:
    try:
        return x / y
    except ZeroDivisionError:
        return nan if x == 0.0 or x != x else copysign(inf, x) * copysign(1.0, y)


def power(x: float, y: float) -> float:
    """x to the power of y; NaN for a NaN operand and for a negative x with a fractional y."""
    if x != x or y != y:
        return nan
    try:
        return math.pow(x, y)
    except OverflowError:
        return -inf if x < 0.0 and abs(math.fmod(y, 2.0)) == 1.0 else inf
    except ValueError:
        if x != 0.0:
            return nan
        return copysign(inf, x) if abs(math.fmod(y, 2.0)) == 1.0 else inf


def floor_divide(x: float, y: float) -> float:
    return x // y if y else divide(x, y)


def modulo(x: float, y: float) -> float:
    return x % y if y else nan


def fmod(x: float, y: float) -> float:
    try:
        return math.fmod(x, y)
    except ValueError:
        return nan


def remainder(x: float, y: float) -> float:
    try:
        return math.remainder(x, y)
    except ValueError:
        return nan


def with_sign(x: float, y: float) -> float:
    """copysign, and NaN where there is no sign to tell: of a NaN."""
    return copysign(x, y) if y == y else nan


def hypot(x: float, y: float) -> float:
    """The C library's hypot, which abs(complex) calls; `math.hypot` rounds differently."""
    if x != x or y != y:
        return nan
    try:
        return abs(complex(x, y))
    except OverflowError:
        return inf


def larger(x: float, y: float) -> float:
    return x if x >= y or x != x else y


def smaller(x: float, y: float) -> float:
    return x if x <= y or x != x else y


def exp_difference(x: float, y: float) -> float:
    """exp(x − y) for x ≤ y: 1 where both are the same, infinite or not; 0 for x = −inf. The rest
    of the rounded difference counts (Knuth's two-sum)."""
    if x == y > -inf:
        return 1.0
    if x == -inf and y == y:
        return 0.0
    difference = x - y
    out = exp(difference)
    if not 0.0 < out < inf:
        return out
    back = x - difference
    return out + out * ((x - (difference + back)) + (back - y))


def exp_square(x: float, factor: float) -> float:
    """exp(−factor·x²), for a factor that is a power of two: the rest of the rounded square, whose
    products are exact, would be magnified by the exponential. From ±40 on it is 0."""
    size = smaller(abs(x), 40.0)
    near = size * size
    shifted = (2.0**27 + 1.0) * size
    head = shifted - (shifted - size)
    tail = size - head
    rest = ((head * head - near) + 2.0 * (head * tail)) + tail * tail
    out = exp(-factor * near)
    return out - out * (factor * rest)


def exp2(x: float) -> float:
    return power(2.0, x)


def cbrt(x: float) -> float:
    """The real cube root: a power, then one Newton step (`math.cbrt` came with Python 3.11)."""
    if x == 0.0 or not isfinite(x):
        return x
    size = abs(x)
    root = math.pow(size, 1.0 / 3.0)
    return copysign(root - (root - size / (root * root)) / 3.0, x)
