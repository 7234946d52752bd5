"""Special functions that `math` lacks, each with its derivatives: a function takes the order beside
x. As in `ieee.py` nothing raises.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from math import inf, isfinite, nan

from .ieee import divide, power


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
