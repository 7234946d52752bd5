"""Every operator keeps its digits: value, first and second partials against mpmath, derivatives
written by hand, over the whole domain, in every engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad.rows import BUILT_IN
from tests.support.by_hand import SEVERAL, UNARY
from tests.support.digits import DIGITS, ulps, worst_errors
from tests.support.engines import ENGINES, Way, in_c

VALUE, FIRST, SECOND = 2.0, 4.0, 1e-13
WORSE = {
    # row      value, first partials: where accuracy.md says so, and why
    "lgamma": (7.0, 5.0),
    "erfc": (3.5, FIRST),
    "gelu": (3.6, FIRST),
    "polygamma": (6.0, 6.0),
    "sinc": (2.2, FIRST),
}
"""Units in the last place."""
NAMES = [*UNARY, *SEVERAL]


@pytest.fixture(autouse=True)
def sixty_digits() -> Iterator[None]:
    with mp.workdps(DIGITS):
        yield


def keeps_its_digits(name: str, way: Way) -> None:
    value, first = WORSE.get(name, (VALUE, FIRST))
    found = worst_errors(name, way)
    for worst, bound in zip(found, (value, first, SECOND)):
        assert worst.error <= bound, found


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NAMES)
def test_value_and_partials_keep_their_digits(name: str, engine: str) -> None:
    keeps_its_digits(name, ENGINES[engine])


@pytest.mark.parametrize("name", ["logsumexp", "logaddexp", "gelu", "pow", "acosh", "lgamma"])
def test_value_and_partials_keep_their_digits_in_c(name: str) -> None:
    keeps_its_digits(name, in_c)


def test_every_operator_with_digits_to_lose_is_measured() -> None:
    shown = {name for name, row in BUILT_IN.items() if not row.hidden}
    exact_or_sums = {"where", "clamp", "sum", "prod", "mean", "dot", "max", "min"}
    assert shown - set(NAMES) == exact_or_sums


# ------ sums of exponentials


@pytest.mark.parametrize("way", ["a gate of it", "of a gate"])
@pytest.mark.parametrize("others", [[0.0], [0.0, -1.0], [0.0, 3.0, -800.0, 0.0]])
def test_compiled_slopes_of_shares_keep_their_digits(way: str, others: list[float]) -> None:
    f = lambda p: sg.logsumexp(p)  # noqa: E731
    found = sg.compile(sg.hessian(f)) if way == "a gate of it" else sg.hessian(sg.compile(f))
    for k in range(len(others) + 1):
        for largest in (30.0, 40.0, 700.0):
            xs = [*others[:k], largest, *others[k:]]
            for line, expected in zip(found(xs), sg.hessian(f)(xs)):
                assert line == pytest.approx(expected, rel=1e-14, abs=0.0)
            assert found(xs)[k][k] > 0.0


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
