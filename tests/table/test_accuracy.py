"""Every operator keeps its digits: value, first and second partials against mpmath, derivatives
written by hand, over the whole domain: from 1e-300 to 1e300 with both signs, beside zeros, branch
points and thresholds, on the eager engine and on compiled lanes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad.rows import BUILT_IN
from tests.support.by_hand import BINARY, UNARY, VALUES, others, share
from tests.support.reference import FUNCTIONS

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
COUNT = 40
SMALLEST_NORMAL, LARGEST = mpf(2) ** -1022, mpf(2) ** 1024


@pytest.fixture(autouse=True)
def sixty_digits() -> Iterator[None]:
    with mp.workdps(60):
        yield


# ------ points


def even(low: float, high: float) -> list[float]:
    """Points spread evenly over an interval, by the multiples of the golden ratio."""
    return [low + (high - low) * (k * GOLDEN % 1.0) for k in range(1, COUNT + 1)]


def powers(low: float, high: float) -> list[float]:
    """Points of both signs, their exponents of ten spread evenly."""
    return [(-1.0) ** k * 10.0**e for k, e in enumerate(even(low, high))]


def sizes(low: float, high: float) -> list[float]:
    return list(map(abs, powers(low, high)))


def beside(*places: float) -> list[float]:
    return [place + p for place in places for p in powers(-16.0, -0.3)]


ANYWHERE = even(-5.0, 5.0) + even(-40.0, 40.0) + powers(-300.0, 300.0) + powers(-3.0, 3.0)
SATURATING = even(-5.0, 5.0) + even(-40.0, 40.0) + even(-745.0, 709.0) + powers(-300.0, 3.0)
INSIDE = [x for x in beside(1.0, -1.0) if abs(x) < 1.0] + powers(-300.0, -0.01)
MULTIPLES = [k * math.pi / 2.0 * (1.0 + e) for k in range(1, 20) for e in (-1e-12, 0.0, 3e-16)]
TURNING = even(-5.0, 5.0) + even(-1e4, 1e4) + powers(-300.0, 15.0) + MULTIPLES
LEFT_OF_0 = even(-10.0, 0.0) + beside(-0.5, -1.5, -2.5, -6.5, -3.0)
GAMMA = (
    *even(0.01, 5.0), *even(3.0, 50.0), *beside(1.0, 2.0, 3.0), *sizes(-300.0, 300.0),
    *[x for x in LEFT_OF_0 if x != math.floor(x)],
)  # fmt: skip
UNARY_POINTS: dict[str, Sequence[float]] = {
    **{name: list(map(abs, ANYWHERE)) for name in ("log", "log2", "log10", "sqrt")},
    **dict.fromkeys(["asin", "acos", "atanh"], INSIDE),
    **dict.fromkeys(["sin", "cos", "tan"], TURNING),
    **dict.fromkeys(["exp", "expm1", "sinh", "cosh", "tanh", "erf", "erfc"], SATURATING),
    **dict.fromkeys(["sigmoid", "softplus", "log_sigmoid", "gelu", "silu", "selu"], SATURATING),
    "exp2": even(-1074.0, 1023.0) + SATURATING,
    "log1p": [x for x in ANYWHERE + beside(-1.0) if x > -1.0],
    "acosh": [1.0 + x for x in sizes(-15.0, 300.0)] + even(1.001, 5.0),
    "lgamma": GAMMA,
    "sinc": even(-5.0, 5.0) + beside(1.0, 2.0, -3.0) + powers(-300.0, 10.0),
}


def pairs(xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(xs, ys, strict=True))


FAR = [(r * a, r) for r, a in pairs(powers(-150.0, 150.0), powers(-3.0, 3.0))]
STEEP = [(r, r * a) for r, a in pairs(powers(-280.0, 280.0), powers(-10.0, 10.0))]
EVEN = [(r, r * (1.0 + a)) for r, a in pairs(powers(-80.0, 80.0), powers(-16.0, -1.0))]
PLANE = pairs(even(-5.0, 5.0), even(-7.0, 3.0)) + FAR + STEEP + EVEN
POWERS = [
    *pairs(sizes(-3.0, 3.0), powers(-2.0, 2.0)),
    *pairs(sizes(-300.0, 300.0), even(-1.0, 1.0)),
    *pairs(sizes(-30.0, 30.0), even(-9.0, 9.0)),
    *pairs(even(0.9, 1.1), powers(0.0, 3.0)),
    *pairs(sizes(-30.0, 30.0), powers(-10.0, 0.0)),
]
SHIFTED = [(x, x + d) for x, d in pairs(powers(0.0, 8.0), even(-300.0, 300.0))]
BINARY_POINTS: dict[str, Sequence[tuple[float, float]]] = {
    "pow": POWERS,
    "logaddexp": [*pairs(even(-5.0, 5.0), even(5.0, -5.0)), *SHIFTED],
    **dict.fromkeys(["leaky_relu", "elu"], pairs(SATURATING, even(0.1, 2.0) * 4)),
}


# ------ errors


def total(exact: Any) -> Any:
    return mp.fsum(exact) if isinstance(exact, tuple) else mpf(exact)


def scale(exact: Any) -> Any:
    """The size of the result; of a sum of terms, that of the largest."""
    terms = exact if isinstance(exact, tuple) else (exact,)
    return max(abs(total(exact)), *map(abs, terms))


def is_beyond(exact: Any) -> bool:
    """Whether the result is no normal float, or nearly so."""
    size = abs(total(exact))
    return bool(size > LARGEST * 0.999 or size < SMALLEST_NORMAL)


def ulps(found: float, exact: Any) -> float:
    """The error in units in the last place; of a subnormal result, in those of its terms."""
    if total(exact) == 0:
        return 0.0 if found == 0.0 else math.inf
    if abs(total(exact)) > LARGEST * 0.999:
        return 0.0 if math.isinf(found) or abs(found) > 1.79e308 else math.inf
    return float(abs(mpf(found) - total(exact)) / math.ulp(float(scale(exact))))


def relative(found: float, exact: Any) -> float:
    if is_beyond(exact):
        return 0.0
    return float(abs(mpf(found) - total(exact)) / scale(exact))


def worst(
    error: Callable[[float, Any], float],
    found: Sequence[float],
    exact: Callable[..., Any],
    points: Sequence[tuple[float, ...]],
) -> tuple[float, tuple[float, ...]]:
    """The largest error, and where it is."""
    errors = [error(f, exact(*map(mpf, x))) for f, x in zip(found, points, strict=True)]
    at = max(range(len(errors)), key=errors.__getitem__)
    return errors[at], points[at]


# ------ what is measured: f, its first and its second partials, eager and on lanes


def partials(f: Any, arity: int) -> Iterator[Any]:
    firsts = [sg.grad(f, argnums=i) for i in range(arity)]
    yield from firsts
    for i, first in enumerate(firsts):
        for j in range(i, arity):
            yield sg.grad(first, argnums=j)


def eagerly(f: Any, points: Sequence[tuple[float, ...]]) -> list[float]:
    return [float(f(*x)) for x in points]


def on_lanes(f: Any, points: Sequence[tuple[float, ...]]) -> list[float]:
    columns = [np.array(column) for column in zip(*points, strict=True)]
    found = sg.compile(lambda *x: f(*x), batch=True)(*columns)
    return [float(x) for x in np.broadcast_to(np.asarray(found, dtype=float), len(points))]


WAYS = {"eager": eagerly, "lanes": on_lanes}


@cache
def points_of(name: str) -> Sequence[tuple[float, ...]]:
    if name in BINARY:
        return BINARY_POINTS.get(name, PLANE)
    return [(x,) for x in UNARY_POINTS.get(name, ANYWHERE)]


def formulas(name: str) -> list[Any]:
    firsts, seconds = BINARY[name] if name in BINARY else ((UNARY[name][0],), (UNARY[name][1],))
    return [*firsts, *seconds]


VALUE, FIRST, SECOND = 2.0, 4.0, 1e-13
WORSE = {
    # row      value, first partials: where accuracy.md says so, and why
    "lgamma": (3.0, 5.0),
    "gelu": (3.0, FIRST),
}
"""Units in the last place."""
THROUGH_SUBNORMALS = {"gelu", "silu"}
"""A subnormal factor has lost digits, which a product with x, that is normal again, lacks."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_value_and_partials_keep_their_digits(name: str, way: str) -> None:
    row, points, run = BUILT_IN[name], points_of(name), WAYS[way]
    value, first = WORSE.get(name, (VALUE, FIRST))
    if name in THROUGH_SUBNORMALS:
        points = [x for x in points if x[0] > -37.0 or (name == "silu" and x[0] > -700.0)]
        points = [x for x in points if x[0] < 37.0 or name == "silu"]
    found = worst(ulps, run(row, points), VALUES.get(name, FUNCTIONS[name]), points)
    assert found[0] <= value, ("the value", *found)
    arity = len(points[0])
    for k, (f, formula) in enumerate(zip(partials(row, arity), formulas(name), strict=True)):
        error, bound = (ulps, first) if k < arity else (relative, SECOND)
        found = worst(error, run(f, points), formula, points)
        assert found[0] <= bound, (f"partial {k}", *found)


def test_every_operator_with_digits_to_lose_is_measured() -> None:
    shown = {name for name, row in BUILT_IN.items() if not row.hidden and row.arity is not None}
    assert shown - {*UNARY, *BINARY} == {"where", "clamp", "polygamma"}


# ------ over lists


def log_sum(*xs: Any) -> Any:
    return mp.log(mp.fsum(map(mp.exp, xs)))


# operands of one sign: beside its zero a logarithm of a sum loses digits by cancellation
LISTS = [tuple(shift + x for x in even(0.0, spread)[k : k + 5])
         for spread in (0.01, 1.0, 30.0, 300.0) for shift in (0.0, 1e6)
         for k in range(0, COUNT, 5)]  # fmt: skip


@pytest.mark.parametrize("xs", [*LISTS, (40.0, 0.0), (0.0, 40.0), (5.0, 5.0, -60.0)])
def test_logsumexp_keeps_its_digits(xs: tuple[float, ...]) -> None:
    exact = list(map(mpf, xs))
    assert ulps(sg.logsumexp(xs), log_sum(*exact)) <= VALUE
    for k, found in enumerate(sg.grad(sg.logsumexp)(list(xs))):
        assert ulps(found, share(k, *exact)) <= FIRST
    hessian = sg.hessian(sg.logsumexp)(list(xs))
    for i, line in enumerate(hessian):
        for j, found in enumerate(line):
            slope = others(i, *exact) if i == j else -share(j, *exact)
            assert relative(found, share(i, *exact) * slope) <= SECOND


@pytest.mark.parametrize("way", ["a gate of it", "of a gate"])
def test_compiled_slopes_of_the_shares_of_two_keep_their_digits(way: str) -> None:
    f = lambda p: sg.logsumexp(p)  # noqa: E731
    found = sg.compile(sg.hessian(f)) if way == "a gate of it" else sg.hessian(sg.compile(f))
    for xs in ([40.0, 0.0], [0.0, 30.0], [700.0, 0.0]):
        assert found(xs) == sg.hessian(f)(xs)
        assert found(xs)[0][0] > 0.0


@pytest.mark.parametrize("f", [lambda *xs: sg.logsumexp(xs), sg.logaddexp])
def test_term_far_below_the_largest_still_counts(f: Callable[..., Any]) -> None:
    assert f(0.0, -40.0) == pytest.approx(math.exp(-40.0), rel=1e-15, abs=0.0)


# ------ beside a zero that is a float, and at the ends


@pytest.mark.parametrize("x", [1.0 + 2e-16, 1.0 - 1e-16, 2.0 + 4e-16, 2.00000001, 1.9999999, 3.0])
def test_lgamma_keeps_its_digits_beside_its_zeros(x: float) -> None:
    assert ulps(sg.lgamma(x), mp.loggamma(mpf(x))) <= VALUE


@pytest.mark.parametrize("x", [1.0, 2.0, 7.0])
def test_sinc_is_even_at_its_zeros(x: float) -> None:
    assert str(sg.sinc(x)) == str(sg.sinc(-x)) == "0.0"


@pytest.mark.parametrize("f, x, wanted", [
    (sg.tanh, 16.0, 4.0 * math.exp(-32.0)),
    (sg.tanh, 300.0, 4.0 * math.exp(-600.0)),
    (sg.sigmoid, 40.0, math.exp(-40.0)),
    (sg.sigmoid, -40.0, math.exp(-40.0)),
    (sg.sigmoid, 700.0, math.exp(-700.0)),
])  # fmt: skip
def test_slope_of_a_saturated_unit_is_small_but_not_0(
    f: Callable[[Any], Any], x: float, wanted: float
) -> None:
    assert sg.grad(f)(x) == pytest.approx(wanted, rel=1e-12, abs=0.0)
