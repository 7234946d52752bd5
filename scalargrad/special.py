"""Special functions that `math` lacks or rounds worse, and their derivatives: such a function takes
the order beside x. As in `ieee.py` nothing raises.
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
    c = _cot_pi(x - round(x))
    polynomial = [0.0, 1.0]
    for _ in range(n):
        slope = [-math.pi * k * a for k, a in enumerate(polynomial)][1:]
        padded = [*slope, 0.0, 0.0]
        polynomial = [a + b for a, b in zip(padded, [0.0, 0.0, *slope])]
    return _exact_sum([a * power(c, k) for k, a in enumerate(polynomial) if a])


def _cot_pi(off: float) -> float:
    """cot(πx), `off` a whole number from x: beside its zeros by the distance from them."""
    size = abs(off)
    if size <= 0.25:
        return 1.0 / math.tan(math.pi * off)
    return math.copysign(math.tan(math.pi * (0.5 - size)), off)


# ------ the logarithm of the gamma function

# ln Γ(1 + z) = z·(c + z·P(z)/Q(z)) and ln Γ(2 + z) = (1 + z)·z·(c + z·P(z)/Q(z)): P and Q, highest
# power first, interpolate at the Chebyshev nodes of the interval and leave 2e-17
_BESIDE_1 = -0.5772156649015329, (
    -2.8744936838542233e-05, 0.0012279540868047392, 0.07913435417742323, 0.6201440245327001,
    1.7318478694513404, 2.0071553078603683, 0.8224670334241132,
), (
    0.026489933055332326, 0.35566932832086917, 1.6034093694243736, 3.20293412198113,
    2.927583531491253, 1.0,
)  # fmt: skip
"""c, P and Q for abs z ≤ 1/4."""

_BESIDE_2 = 0.42278433509846713, (
    1.2367646500179897e-09, -8.284684273385309e-08, -9.708822536373465e-05,
    -0.0023809631622399166, -0.020579843849575227, -0.08066317153441277, -0.14657124759994133,
    -0.10031730167435392,
), (
    0.0002427743993337192, 0.007456460828137559, 0.08345800643369018, 0.4509540432108607,
    1.2687333522782187, 1.7896837855936423, 1.0,
)  # fmt: skip
"""c, P and Q for −1/4 ≤ z ≤ 1."""

_LOWEST = 0.46163214496836236, -1.5522348162858677e-17, -0.12148629053584961
"""Where ln Γ(1 + w) is least, as a float and the rest, and what it is there."""

_ABOVE_LOWEST = (
    0.00010973226486910339, -0.0002343914920697584, 0.00035826827189652354, -0.0005540655841519184,
    0.0008778157119471028, -0.00140223306820108, 0.0022597782161759656, -0.003684570474943473,
    0.006100535797768679, -0.010314223022146999, 0.01797067511701078, -0.03278854108857478,
    0.06462494023890714, -0.14758772299453055, 0.4838361227238106,
)  # fmt: skip
"""S of ln Γ(1 + w) = least + t²·S(t), t the distance from the lowest place, 1/4 ≤ w ≤ 3/4."""

_STIRLING = (1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12)
"""B₂ₖ/(2k(2k − 1)), highest first. Source: DLMF 5.11.1."""


def _horner(coefficients: Sequence[float], x: float) -> float:
    total = 0.0
    for c in coefficients:
        total = total * x + c
    return total


def lgamma(x: float) -> float:
    """ln |Γ(x)|, infinite at the poles 0, −1, −2, … It is 0 at 1 and 2, and beside them keeps its
    digits."""
    if not isfinite(x):
        return abs(x)
    size = abs(x)
    if x <= 0.0 and x == math.floor(x):
        return inf
    if size < 1e-20:
        return -math.log(size)
    if x > 0.0:
        return _lgamma_right(x)
    return math.log(math.pi / (size * abs(sin_pi(size)))) - _lgamma_right(size)


def _lgamma_right(x: float) -> float:
    if x < 0.75:
        return _lgamma_of_1_and(x) - math.log(x)
    if x >= 8.0:
        return _lgamma_far(x)
    product = 1.0
    while x > 3.0:
        x -= 1.0
        product *= x
    near = _lgamma_of_1_and(x - 1.0)
    return near + math.log(product) if product > 1.0 else near


def _lgamma_of_1_and(w: float) -> float:
    """ln Γ(1 + w), −1/4 ≤ w ≤ 2."""
    if w < 0.25:
        return w * _lgamma_slope(_BESIDE_1, w) + 0.0
    if w < 0.75:
        place, rest, least = _LOWEST
        t = (w - place) - rest
        return least + t * t * _horner(_ABOVE_LOWEST, t)
    return w * ((w - 1.0) * _lgamma_slope(_BESIDE_2, w - 1.0))


def _lgamma_slope(beside: tuple[float, Sequence[float], Sequence[float]], z: float) -> float:
    c, over, under = beside
    return c + z * _horner(over, z) / _horner(under, z)


def _lgamma_far(x: float) -> float:
    rest = _horner(_STIRLING, 1.0 / x / x) / x + 0.4189385332046727
    return (x - 0.5) * (math.log(x) - 1.0) + rest


# ------ sinc and the sines


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
    value = sines[0] / t + 0.0
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
