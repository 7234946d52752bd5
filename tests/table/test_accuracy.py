"""Derivatives that stay accurate: the worst error, in units in the last place, of hundreds of
points over each operator's whole domain, where others lose digits or give 0."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad.rows import BUILT_IN
from tests.support.reference import ulps

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
COUNT = 500
SMALLEST_NORMAL = 2.0**-1022


@pytest.fixture(autouse=True)
def sixty_digits() -> Iterator[None]:
    with mp.workdps(60):
        yield


def even(low: float, high: float) -> list[float]:
    """Points spread evenly over an interval, by the multiples of the golden ratio."""
    return [low + (high - low) * (k * GOLDEN % 1.0) for k in range(1, COUNT + 1)]


def powers(low: float, high: float) -> list[float]:
    """Points of both signs, their exponents of ten spread evenly."""
    return [(-1.0) ** k * 10.0**e for k, e in enumerate(even(low, high))]


def slope(f: Callable[..., Any], *operands: float) -> list[float]:
    leaves = list(map(sg.Value, operands))
    f(*leaves).backward()
    return [leaf.grad for leaf in leaves]


def worst(
    found: Callable[..., float], exact: Callable[..., Any], points: Sequence[tuple[float, ...]]
) -> float:
    """The largest error in ulps among the points where the exact result is a normal float."""
    pairs = [(found(*x), exact(*map(mpf, x))) for x in points]
    normal = [(f, e) for f, e in pairs if abs(e) >= SMALLEST_NORMAL]
    assert len(normal) > COUNT / 2
    return max(ulps(f, e) for f, e in normal)


NEAR_ONE = [math.copysign(1.0 - abs(p), p) for p in powers(-16.0, -0.01)]
INSIDE = [x for x in NEAR_ONE if abs(x) < 1.0] + powers(-300.0, -0.01)
EVERYWHERE = even(-5.0, 5.0) + powers(-300.0, 300.0) + powers(-3.0, 3.0)
SATURATING = even(-700.0, 700.0) + even(-40.0, 40.0) + even(-3.0, 3.0) + powers(-300.0, 0.0)
# just above a power of two a hypotenuse has the fewest digits, its inverse just below one the most
HYPOTENUSES = [2.0 ** (k % 12) * (1.0 + 0.06 * abs(p)) for k, p in enumerate(powers(-4.0, 0.0))]
CATHETI = [math.sqrt((h - 1.0) * (h + 1.0)) for h in HYPOTENUSES]
ABOVE_ONE = [1.0 + abs(p) for p in powers(-15.0, 300.0)] + even(1.001, 5.0)


def logistic(x: Any) -> Any:
    e = mp.exp(-abs(x))
    return e / (1 + e) ** 2


SLOPES: list[tuple[str, float, Callable[[Any], Any], list[float]]] = [
    # row      bound in ulps  its derivative, exactly       points
    ("tanh", 4.0, lambda x: mp.sech(x) ** 2, [x / 2.0 for x in SATURATING]),
    ("sigmoid", 3.0, logistic, SATURATING),
    ("asin", 2.0, lambda x: 1 / mp.sqrt(1 - x * x), INSIDE),
    ("acos", 2.0, lambda x: -1 / mp.sqrt(1 - x * x), INSIDE),
    ("atanh", 2.0, lambda x: 1 / (1 - x * x), INSIDE),
    ("acosh", 3.0, lambda x: 1 / mp.sqrt(x * x - 1), ABOVE_ONE),
    ("asinh", 0.8, lambda x: 1 / mp.sqrt(1 + x * x), EVERYWHERE + CATHETI),
    ("cosine_at_slope", 3.0, lambda x: -x / mp.sqrt(1 + x * x) ** 3, EVERYWHERE + CATHETI),
    ("atan", 3.0, lambda x: 1 / (1 + x * x), EVERYWHERE),
    ("log1p", 2.0, lambda x: 1 / (1 + x), [x for x in EVERYWHERE if x > -1.0] + NEAR_ONE),
    ("expm1", 2.0, mp.exp, SATURATING),
    ("softplus", 2.0, lambda x: 1 / (1 + mp.exp(-x)), SATURATING),
]


@pytest.mark.parametrize("name, bound, exact, points", SLOPES, ids=[row[0] for row in SLOPES])
def test_slope_keeps_its_digits(
    name: str, bound: float, exact: Callable[[Any], Any], points: list[float]
) -> None:
    row = BUILT_IN[name]
    assert worst(lambda x: slope(row, x)[0], exact, [(x,) for x in points]) <= bound


VALUES: list[tuple[str, float, Callable[[Any], Any], list[float]]] = [
    ("log1p", 2.0, mp.log1p, [x for x in EVERYWHERE if x > -1.0] + NEAR_ONE),
    ("expm1", 2.0, mp.expm1, SATURATING),
    ("softplus", 2.0, lambda x: max(x, 0) + mp.log1p(mp.exp(-abs(x))), SATURATING),
    ("log_sigmoid", 2.0, lambda x: min(x, 0) - mp.log1p(mp.exp(-abs(x))), SATURATING),
]


@pytest.mark.parametrize("name, bound, exact, points", VALUES, ids=[row[0] for row in VALUES])
def test_value_keeps_its_digits(
    name: str, bound: float, exact: Callable[[Any], Any], points: list[float]
) -> None:
    assert worst(getattr(sg, name), exact, [(x,) for x in points]) <= bound


PLANE = [
    *zip(even(-5.0, 5.0), even(-7.0, 3.0), strict=True),
    *((r * a, r) for r, a in zip(powers(-150.0, 150.0), powers(-3.0, 3.0), strict=True)),
    *((r, r * a) for r, a in zip(powers(-280.0, 280.0), powers(-3.0, 3.0), strict=True)),
]


@pytest.mark.parametrize(
    "operand, exact",
    [(0, lambda y, x: x / (x * x + y * y)), (1, lambda y, x: -y / (x * x + y * y))],
)
def test_atan2_keeps_its_digits_near_the_origin_and_far_from_it(
    operand: int, exact: Callable[..., Any]
) -> None:
    assert worst(lambda y, x: slope(sg.atan2, y, x)[operand], exact, PLANE) <= 3.0


def log_sum(*xs: Any) -> Any:
    return mp.log(mp.fsum(map(mp.exp, xs)))


# operands of one sign: beside its zero a logarithm of a sum loses digits by cancellation
LISTS = [tuple(even(0.0, spread)[k : k + 5]) for spread in (0.01, 1.0, 30.0, 700.0)
         for k in range(0, COUNT, 5)]  # fmt: skip


def test_logsumexp_keeps_its_digits() -> None:
    assert worst(lambda *xs: sg.logsumexp(xs), log_sum, LISTS) <= 2.0
    assert worst(sg.logaddexp, log_sum, [xs[:2] for xs in LISTS]) <= 2.0


@pytest.mark.parametrize("f", [lambda *xs: sg.logsumexp(xs), sg.logaddexp])
def test_term_far_below_the_largest_still_counts(f: Callable[..., Any]) -> None:
    assert f(0.0, -40.0) == pytest.approx(math.exp(-40.0), rel=1e-15, abs=0.0)


@pytest.mark.parametrize("f", [lambda *xs: sg.logsumexp(xs), sg.logaddexp])
@pytest.mark.parametrize("shift", [0.0, 1e3, 1e6, -1e6])
def test_shares_of_a_logsumexp_do_not_lose_digits_to_a_shift(
    f: Callable[..., Any], shift: float
) -> None:
    found = slope(f, shift + 0.5, shift - 0.25)
    share = 1.0 / (1.0 + math.exp(-0.75))
    assert found == pytest.approx([share, 1.0 - share], rel=1e-15, abs=0.0)


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
    assert slope(f, x)[0] == pytest.approx(wanted, rel=1e-12, abs=0.0)
