"""Forward functions on floats that never raise: NaN where undefined, an infinity where too large.

Python's `math` raises in these places; an operator must not (IEEE 754). Also the few functions
that `math` lacks. Every function here takes floats and returns a float.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
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
    """exp(x − y) for x ≤ y: 1 where both are the same, infinite or not; 0 for x = −inf."""
    if x == y > -inf:
        return 1.0
    return 0.0 if x == -inf and y == y else exp(x - y)


def exp2(x: float) -> float:
    return power(2.0, x)


def cbrt(x: float) -> float:
    """The real cube root: a power, then one Newton step (`math.cbrt` came with Python 3.11)."""
    if x == 0.0 or not isfinite(x):
        return x
    size = abs(x)
    root = math.pow(size, 1.0 / 3.0)
    return copysign(root - (root - size / (root * root)) / 3.0, x)


def lgamma(x: float) -> float:
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):
        return inf


def _exact_sum(terms: Sequence[float]) -> float:
    """The sum rounded once, of terms too whose sum leaves the floats on the way."""
    if all(map(isfinite, terms)):
        try:
            return math.fsum(terms)
        except OverflowError:
            return 256.0 * math.fsum([x / 256.0 for x in terms])
    total = 0.0
    for x in terms:
        total += x
    return total


_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
"""B2, B4, … B16."""


ORDERS = range(101)
"""The orders of derivative there are: beyond them factorials leave the floats."""


def polygamma(order: float, x: float) -> float:
    """Derivative number `order` of digamma at x: the derivative of lgamma number order + 1. NaN
    at the poles 0, −1, −2, … and for an order not in ORDERS. Source: DLMF 5.11.2, 5.15.6, 5.15.8.
    """
    if order not in ORDERS or x != x or x == -inf or (x <= 0.0 and x == math.floor(x)):
        return nan
    n = int(order)
    if x == inf:
        return 0.0 if n else inf
    if x < 0.0:
        reflected = polygamma(n, 1.0 - x)
        return (-reflected if n % 2 else reflected) - math.pi * _cot_derivative(n, x)
    factorial = math.gamma(n + 1.0)
    terms = []
    while x < 15.0 + n:
        terms.append(divide(factorial, power(x, n + 1.0)))
        x += 1.0
    # summed exactly: near the zeros of digamma the terms all but cancel
    value = _exact_sum([*terms, *_polygamma_far(n, x)])
    return value if n % 2 else -value


def _polygamma_far(n: int, x: float) -> Iterator[float]:
    """The terms of (−1)ⁿ⁺¹ ψₙ(x) for large x, by its asymptotic series."""
    yield math.gamma(n) / power(x, n) if n else -math.log(x)
    yield math.gamma(n + 1.0) / (2.0 * power(x, n + 1.0))
    for k, b in enumerate(_BERNOULLI, start=1):
        scale = math.gamma(2.0 * k + n) / math.gamma(2.0 * k + 1.0)
        yield b * scale / power(x, 2.0 * k + n)


def _cot_derivative(n: int, x: float) -> float:
    """dⁿ/dxⁿ cot(πx), as a polynomial in c = cot(πx), whose derivative is −π(1 + c²)."""
    c = 1.0 / math.tan(math.pi * (x - round(x))) if abs(x - round(x)) != 0.5 else 0.0
    polynomial = [0.0, 1.0]
    for _ in range(n):
        slope = [-math.pi * k * a for k, a in enumerate(polynomial)][1:]
        padded = [*slope, 0.0, 0.0]
        polynomial = [a + b for a, b in zip(padded, [0.0, 0.0, *slope])]
    return _exact_sum([a * power(c, k) for k, a in enumerate(polynomial) if a])


def sinc_derivative(order: float, x: float) -> float:
    """Derivative number `order` of sin(πx)/(πx), NaN for an order not in ORDERS: with t = πx, the
    recurrence t·fₙ + n·fₙ₋₁ = sin(t + nπ/2) where it is stable, the Taylor series elsewhere."""
    if order not in ORDERS or x != x:
        return nan
    if not isfinite(x):
        return 0.0
    n = int(order)
    t = math.pi * x
    scale = math.pi**n
    if abs(t) < n + 1.0:
        return scale * _sinc_taylor(n, t)
    sines = (sin_pi(x), cos_pi(x), -sin_pi(x), -cos_pi(x))
    value = sines[0] / t
    for k in range(1, n + 1):
        value = (sines[k % 4] - k * value) / t
    return scale * value


def _sinc_taylor(n: int, t: float) -> float:
    """dⁿ/dtⁿ sin(t)/t = Σ (−1)ᵏ t²ᵏ⁻ⁿ (2k)!/((2k−n)! (2k+1)!), over 2k ≥ n."""
    k = (n + 1) // 2
    term = (-1.0) ** k * t ** (2 * k - n) / math.gamma(2 * k - n + 1.0) / (2 * k + 1.0)
    terms = [term]
    while abs(term) > 1e-18 * abs(terms[0]):
        term *= -t * t * (2 * k + 1) / ((2 * k + 3) * (2 * k + 1 - n) * (2 * k + 2 - n))
        terms.append(term)
        k += 1
    return math.fsum(terms)


def sin_pi(x: float) -> float:
    """sin(πx), exact at whole and half numbers."""
    turn = math.fmod(x, 2.0)
    nearest = round(2.0 * turn)
    r = math.pi * (turn - 0.5 * nearest)
    return (math.sin(r), math.cos(r), -math.sin(r), -math.cos(r))[nearest % 4]


def cos_pi(x: float) -> float:
    """cos(πx), exact at whole and half numbers."""
    turn = math.fmod(x, 2.0)
    nearest = round(2.0 * turn)
    r = math.pi * (turn - 0.5 * nearest)
    return (math.cos(r), -math.sin(r), -math.cos(r), math.sin(r))[nearest % 4]
