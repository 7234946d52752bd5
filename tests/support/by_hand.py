"""What the derivatives of every row should be, in mpmath, written by hand: none is taken from the
operator table, nor from a difference quotient.

For each row its first partials by operand, and its second by pairs of operands. A result is a
number, or a tuple of terms to be summed: beside a zero that is no float their digits are the
result's. Formulas avoid differences that would cost digits at the magnitudes of floats.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from mpmath import mp, mpf

from scalargrad.ops import SELU_ALPHA, SELU_SCALE

from .reference import FUNCTIONS, exp, sigmoid

Formula = Callable[..., Any]

ZERO, ONE = mpf(0), mpf(1)


def step(x: Any) -> Any:
    return ONE if x > 0 else ZERO


def sech(x: Any) -> Any:
    e = exp(-abs(x))
    return 2 * e / (1 + e * e)


def tanh(x: Any) -> Any:
    e = mp.expm1(-2 * abs(x)) if abs(x) < 1e9 else -ONE
    return -mp.sign(x) * e / (2 + e)


def logistic(x: Any) -> Any:
    e = exp(-abs(x))
    return e / (1 + e) ** 2


def normal(x: Any) -> Any:
    return exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def distribution(x: Any) -> Any:
    return FUNCTIONS["erfc"](-x / mp.sqrt(2)) / 2


def bell(x: Any) -> Any:
    return 2 / mp.sqrt(mp.pi) * exp(-x * x)


def gap(x: Any) -> Any:
    """1 − x²."""
    return (1 - x) * (1 + x)


def cot_terms(order: int, x: Any) -> list[Any]:
    """The terms of −π·dⁿ/dxⁿ cot(πx)."""
    c = mp.cot(mp.pi * x)
    s = 1 + c * c
    found = ([c], [-mp.pi * s], [2 * mp.pi**2 * c * s], [-2 * mp.pi**3 * s * (1 + 3 * c * c)])
    return [-mp.pi * t for t in found[order]]


def polygamma(order: int, x: Any) -> Any:
    """Digamma in terms of its recurrence, and both, left of 0, in those of the reflection."""
    if x < 0:
        sign = (-1) ** order
        return (*(sign * term for term in terms(polygamma(order, 1 - x))), *cot_terms(order, x))
    return (mp.digamma(x + 1), -1 / x) if order == 0 else mp.polygamma(order, x)


def terms(exact: Any) -> tuple[Any, ...]:
    return exact if isinstance(exact, tuple) else (exact,)


def sinc_derivative(order: int, x: Any) -> Any:
    t = mp.pi * x
    if abs(t) < 0.5:
        # Σ (−1)ᵏ t²ᵏ⁻ⁿ (2k)!/((2k−n)! (2k+1)!)
        terms = [(-1) ** k * t ** (2 * k - order) / mp.factorial(2 * k - order) / (2 * k + 1)
                 for k in range((order + 1) // 2, 24)]  # fmt: skip
        return mp.pi**order * mp.fsum(terms)
    s, c = mp.sinpi(x), mp.cospi(x)
    scale = mp.pi**order
    return [
        lambda: s / t,
        lambda: (scale * c / t, -scale * s / t**2),
        lambda: (-scale * s / t, -scale * 2 * c / t**2, scale * 2 * s / t**3),
    ][order]()


def share(k: int, *xs: Any) -> Any:
    return 1 / mp.fsum(exp(x - xs[k]) for x in xs)


def others(k: int, *xs: Any) -> Any:
    """1 less the share."""
    return mp.fsum(share(j, *xs) for j in range(len(xs)) if j != k)


def log(x: Any) -> Any:
    return mp.log(x)


def power_x(x: Any, y: Any) -> Any:
    return y * mp.power(x, y - 1)


def log_gamma(x: Any) -> Any:
    """Left of 0, where its zeros are no floats, the terms of the reflection."""
    if x > 0:
        return mp.loggamma(x)
    return (mp.log(mp.pi / abs(x * mp.sinpi(x))), -mp.loggamma(-x))


def log_sum(*xs: Any) -> Any:
    """The largest, and the rest: beside a zero of the sum the terms cancel."""
    at = max(range(len(xs)), key=xs.__getitem__)
    rest = mp.fsum(exp(x - xs[at]) for k, x in enumerate(xs) if k != at)
    return (xs[at], mp.log1p(rest))


def share_slope(i: int, j: int) -> Formula:
    """Of the share of operand i in operand j."""
    return lambda *xs: share(i, *xs) * (others(i, *xs) if i == j else -share(j, *xs))


VALUES: dict[str, Formula] = {
    "lgamma": log_gamma,
    "polygamma": lambda order, x: polygamma(int(order), x),
    "logaddexp": log_sum,
    "logsumexp": log_sum,
}
"""Functions that are sums of terms; all others stand in `reference.py`."""

UNARY: dict[str, tuple[Formula, Formula]] = {
    # row        its first derivative                       its second
    "neg": (lambda x: -ONE, lambda x: ZERO),
    "abs": (mp.sign, lambda x: ZERO),
    "square": (lambda x: 2 * x, lambda x: 2 * ONE),
    "reciprocal": (lambda x: -1 / x**2, lambda x: 2 / x**3),
    "exp": (exp, exp),
    "exp2": (lambda x: mp.log(2) * mp.power(2, x), lambda x: mp.log(2) ** 2 * mp.power(2, x)),
    "expm1": (exp, exp),
    "log": (lambda x: 1 / x, lambda x: -1 / x**2),
    "log2": (lambda x: 1 / x / mp.log(2), lambda x: -1 / x**2 / mp.log(2)),
    "log10": (lambda x: 1 / x / mp.log(10), lambda x: -1 / x**2 / mp.log(10)),
    "log1p": (lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) ** 2),
    "sqrt": (lambda x: 1 / (2 * mp.sqrt(x)), lambda x: -1 / (4 * x * mp.sqrt(x))),
    "cbrt": (
        lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2),
        lambda x: -2 * mp.sign(x) / (9 * mp.cbrt(abs(x)) ** 5),
    ),
    "sin": (mp.cos, lambda x: -mp.sin(x)),
    "cos": (lambda x: -mp.sin(x), lambda x: -mp.cos(x)),
    "tan": (lambda x: mp.sec(x) ** 2, lambda x: 2 * mp.tan(x) * mp.sec(x) ** 2),
    "asin": (lambda x: 1 / mp.sqrt(gap(x)), lambda x: x / mp.sqrt(gap(x)) ** 3),
    "acos": (lambda x: -1 / mp.sqrt(gap(x)), lambda x: -x / mp.sqrt(gap(x)) ** 3),
    "atan": (lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
    "degrees": (lambda x: 180 / mp.pi, lambda x: ZERO),
    "radians": (lambda x: mp.pi / 180, lambda x: ZERO),
    "sinh": (mp.cosh, mp.sinh),
    "cosh": (mp.sinh, mp.cosh),
    "tanh": (lambda x: sech(x) ** 2, lambda x: -2 * tanh(x) * sech(x) ** 2),
    "asinh": (lambda x: 1 / mp.sqrt(1 + x * x), lambda x: -x / mp.sqrt(1 + x * x) ** 3),
    "acosh": (
        lambda x: 1 / mp.sqrt((x - 1) * (x + 1)),
        lambda x: -x / mp.sqrt((x - 1) * (x + 1)) ** 3,
    ),
    "atanh": (lambda x: 1 / gap(x), lambda x: 2 * x / gap(x) ** 2),
    "erf": (bell, lambda x: -2 * x * bell(x)),
    "erfc": (lambda x: -bell(x), lambda x: 2 * x * bell(x)),
    "lgamma": (lambda x: polygamma(0, x), lambda x: polygamma(1, x)),
    "sinc": (lambda x: sinc_derivative(1, x), lambda x: sinc_derivative(2, x)),
    "sigmoid": (logistic, lambda x: -tanh(x / 2) * logistic(x)),
    "softplus": (sigmoid, logistic),
    "log_sigmoid": (lambda x: sigmoid(-x), lambda x: -logistic(x)),
    "relu": (step, lambda x: ZERO),
    "relu6": (lambda x: step(x) * step(6 - x), lambda x: ZERO),
    "selu": (
        lambda x: mpf(SELU_SCALE) * (ONE if x > 0 else mpf(SELU_ALPHA) * exp(x)),
        lambda x: ZERO if x > 0 else mpf(SELU_SCALE) * mpf(SELU_ALPHA) * exp(x),
    ),
    "gelu": (
        lambda x: (distribution(x), x * normal(x)),
        lambda x: (2 * normal(x), -x * x * normal(x)),
    ),
    "silu": (
        lambda x: (sigmoid(x), x * logistic(x)),
        lambda x: (2 * logistic(x), -x * tanh(x / 2) * logistic(x)),
    ),
    "hard_swish": (
        lambda x: ZERO if x < -3 else ONE if x > 3 else (2 * x + 3) / 6,
        lambda x: ONE / 3 if abs(x) < 3 else ZERO,
    ),
}
FLAT = ("step", "sign", "floor", "ceil", "trunc", "round")
UNARY.update({name: (lambda x: ZERO, lambda x: ZERO) for name in FLAT})

SEVERAL: dict[str, tuple[tuple[Formula, ...], tuple[Formula, ...]]] = {
    # row      ∂/∂x, ∂/∂y                          ∂²/∂x², ∂²/∂x∂y, ∂²/∂y²
    "add": ((lambda x, y: ONE,) * 2, (lambda x, y: ZERO,) * 3),
    "sub": ((lambda x, y: ONE, lambda x, y: -ONE), (lambda x, y: ZERO,) * 3),
    "mul": (
        (lambda x, y: y, lambda x, y: x),
        (lambda x, y: ZERO, lambda x, y: ONE, lambda x, y: ZERO),
    ),
    "div": (
        (lambda x, y: 1 / y, lambda x, y: -x / y**2),
        (lambda x, y: ZERO, lambda x, y: -1 / y**2, lambda x, y: 2 * x / y**3),
    ),
    "pow": (
        (power_x, lambda x, y: mp.power(x, y) * log(x)),
        (
            lambda x, y: y * (y - 1) * mp.power(x, y - 2),
            lambda x, y: (mp.power(x, y - 1), power_x(x, y) * log(x)),
            lambda x, y: mp.power(x, y) * log(x) ** 2,
        ),
    ),
    "atan2": (
        (lambda y, x: x / (x * x + y * y), lambda y, x: -y / (x * x + y * y)),
        (
            lambda y, x: -2 * x * y / (x * x + y * y) ** 2,
            lambda y, x: (y - x) * (y + x) / (x * x + y * y) ** 2,
            lambda y, x: 2 * x * y / (x * x + y * y) ** 2,
        ),
    ),
    "hypot": (
        (lambda x, y: x / mp.hypot(x, y), lambda x, y: y / mp.hypot(x, y)),
        (
            lambda x, y: y * y / mp.hypot(x, y) ** 3,
            lambda x, y: -x * y / mp.hypot(x, y) ** 3,
            lambda x, y: x * x / mp.hypot(x, y) ** 3,
        ),
    ),
    "logaddexp": (
        tuple(partial(share, k) for k in range(2)),
        tuple(share_slope(i, j) for i in range(2) for j in range(i, 2)),
    ),
    "maximum": (
        (lambda x, y: step(x - y), lambda x, y: step(y - x)),
        (lambda x, y: ZERO,) * 3,
    ),
    "minimum": (
        (lambda x, y: step(y - x), lambda x, y: step(x - y)),
        (lambda x, y: ZERO,) * 3,
    ),
    "mod": ((lambda x, y: ONE, lambda x, y: -mp.floor(x / y)), (lambda x, y: ZERO,) * 3),
    "floordiv": ((lambda x, y: ZERO,) * 2, (lambda x, y: ZERO,) * 3),
    "fmod": (
        (lambda x, y: ONE, lambda x, y: -mp.sign(x / y) * mp.floor(abs(x / y))),
        (lambda x, y: ZERO,) * 3,
    ),
    "remainder": ((lambda x, y: ONE, lambda x, y: -mp.nint(x / y)), (lambda x, y: ZERO,) * 3),
    "copysign": (
        (lambda x, y: mp.sign(x) * mp.sign(y), lambda x, y: ZERO),
        (lambda x, y: ZERO,) * 3,
    ),
    "leaky_relu": (
        (lambda x, a: ONE if x > 0 else a, lambda x, a: ZERO if x > 0 else x),
        (lambda x, a: ZERO, lambda x, a: step(-x), lambda x, a: ZERO),
    ),
    "elu": (
        (lambda x, a: ONE if x > 0 else a * exp(x), lambda x, a: ZERO if x > 0 else mp.expm1(x)),
        (
            lambda x, a: ZERO if x > 0 else a * exp(x),
            lambda x, a: ZERO if x > 0 else exp(x),
            lambda x, a: ZERO,
        ),
    ),
    "polygamma": (
        (lambda order, x: polygamma(int(order) + 1, x),),
        (lambda order, x: polygamma(int(order) + 2, x),),
    ),
    "logsumexp": (
        tuple(partial(share, k) for k in range(4)),
        tuple(share_slope(i, j) for i in range(4) for j in range(i, 4)),
    ),
}
