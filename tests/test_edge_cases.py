"""What every operator does at its edges, case by case, and the five rules that decide them.

1. The true derivative wherever it exists. 2. At a kink the minimum-norm subgradient over the
operands that are variables. 3. At the border of a domain the limit from inside. 4. NaN where the
function is undefined or an operand is NaN. 5. A zero adjoint is not propagated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from math import inf, nan
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.rows import BUILT_IN

ROOT_HALF = math.sqrt(0.5)


def gradients_of(f: Callable[..., Any], at: Sequence[float]) -> tuple[float, list[float]]:
    """Value and gradient by `backward`, which the derivative as a graph has to equal."""
    leaves = list(map(sg.Value, at))
    out = f(*leaves)
    out.backward()
    found = [leaf.grad for leaf in leaves]
    assert found == pytest.approx(
        [g.data for g in sg.gradients(out, leaves)], rel=1e-15, nan_ok=True
    )
    return out.data, found


def second_derivative(f: Callable[[Any], Any], at: float) -> float:
    x = sg.Value(at)
    (first,) = sg.gradients(f(x), [x])
    (second,) = sg.gradients(first, [x])
    return second.data  # type: ignore[no-any-return]


def power_of(exponent: float) -> Callable[[Any], Any]:
    return lambda x: x**exponent


CASES: list[tuple[str, Callable[..., Any], tuple[float, ...], float, tuple[float, ...]]] = [
    # case                         function and operands             value      gradients
    ("relu(0)", sg.relu, (0.0,), 0.0, (0.0,)),
    ("relu(NaN)", sg.relu, (nan,), nan, (nan,)),
    ("maximum(x, 0) at 0", lambda x: sg.maximum(x, 0.0), (0.0,), 0.0, (0.0,)),
    ("maximum(0, x) at 0", lambda x: sg.maximum(0.0, x), (0.0,), 0.0, (0.0,)),
    ("minimum(x, 0) at 0", lambda x: sg.minimum(x, 0.0), (0.0,), 0.0, (0.0,)),
    ("max([x, 0]) at 0", lambda x: sg.max([x, 0.0]), (0.0,), 0.0, (0.0,)),
    ("min([0, x]) at 0", lambda x: sg.min([0.0, x]), (0.0,), 0.0, (0.0,)),
    ("maximum tie", sg.maximum, (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum tie", sg.minimum, (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("max tie", lambda *xs: sg.max(xs), (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("min tie", lambda *xs: sg.min(xs), (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("max tie of three", lambda *xs: sg.max(xs), (3.0, 1.0, 3.0, 3.0), 3.0,
     (1 / 3, 0.0, 1 / 3, 1 / 3)),
    ("maximum(NaN, 1)", sg.maximum, (nan, 1.0), nan, (nan, nan)),
    ("maximum(1, NaN)", sg.maximum, (1.0, nan), nan, (nan, nan)),
    ("minimum(NaN, 1)", sg.minimum, (nan, 1.0), nan, (nan, nan)),
    ("max of a list with NaN", lambda *xs: sg.max(xs), (1.0, nan), nan, (nan, nan)),
    ("abs(0)", abs, (0.0,), 0.0, (0.0,)),
    ("abs(−0.0)", abs, (-0.0,), 0.0, (0.0,)),
    ("abs(NaN)", abs, (nan,), nan, (nan,)),
    ("clamp at the lower bound", lambda x: sg.clamp(x, -1.0, 2.0), (-1.0,), -1.0, (0.0,)),
    ("clamp at the upper bound", lambda x: sg.clamp(x, -1.0, 2.0), (2.0,), 2.0, (0.0,)),
    ("clamp(NaN)", lambda x: sg.clamp(x, -1.0, 2.0), (nan,), nan, (nan,)),
    ("x**0 at 0", power_of(0), (0.0,), 1.0, (0.0,)),
    ("x**0.0 at 0", power_of(0.0), (0.0,), 1.0, (0.0,)),
    ("x**0.5 at 0", power_of(0.5), (0.0,), 0.0, (inf,)),
    ("x**−1 at 0", power_of(-1), (0.0,), inf, (-inf,)),
    ("0**y at y = 0", lambda y: 0.0**y, (0.0,), 1.0, (0.0,)),
    ("0**y at y = 1", lambda y: 0.0**y, (1.0,), 0.0, (0.0,)),
    ("0**y at y = 2", lambda y: 0.0**y, (2.0,), 0.0, (0.0,)),
    ("0**−1 in y", lambda y: 0.0**y, (-1.0,), inf, (-inf,)),
    ("pow(0, 1)", sg.pow, (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("(−2)**3", sg.pow, (-2.0, 3.0), -8.0, (12.0, nan)),
    ("(−8)**(1/3)", sg.pow, (-8.0, 1 / 3), nan, (nan, nan)),
    ("sqrt(0)", sg.sqrt, (0.0,), 0.0, (inf,)),
    ("sqrt(−0.0)", sg.sqrt, (-0.0,), 0.0, (inf,)),
    ("sqrt(−1)", sg.sqrt, (-1.0,), nan, (nan,)),
    ("log(0)", sg.log, (0.0,), -inf, (inf,)),
    ("log(−0.0)", sg.log, (-0.0,), -inf, (inf,)),
    ("log(−1)", sg.log, (-1.0,), nan, (nan,)),
    ("1/0", lambda x, y: x / y, (1.0, 0.0), inf, (inf, -inf)),
    ("0/0", lambda x, y: x / y, (0.0, 0.0), nan, (inf, nan)),
    ("tanh(1000)", sg.tanh, (1000.0,), 1.0, (0.0,)),
    ("tanh(−1000)", sg.tanh, (-1000.0,), -1.0, (0.0,)),
    ("sigmoid(1000)", sg.sigmoid, (1000.0,), 1.0, (0.0,)),
    ("sigmoid(−1000)", sg.sigmoid, (-1000.0,), 0.0, (0.0,)),
    ("softplus(1000)", sg.softplus, (1000.0,), 1000.0, (1.0,)),
    ("softplus(−1000)", sg.softplus, (-1000.0,), 0.0, (0.0,)),
    ("logsumexp(1000, 1000)", lambda *xs: sg.logsumexp(xs), (1000.0, 1000.0),
     1000.0 + math.log(2.0), (0.5, 0.5)),
    ("logaddexp(1000, 1000)", sg.logaddexp, (1000.0, 1000.0), 1000.0 + math.log(2.0), (0.5, 0.5)),
    ("logaddexp(−inf, −inf)", sg.logaddexp, (-inf, -inf), -inf, (0.0, 0.0)),
    ("logaddexp(inf, 0)", sg.logaddexp, (inf, 0.0), inf, (1.0, 0.0)),
    ("logsumexp(−inf, −inf)", lambda *xs: sg.logsumexp(xs), (-inf, -inf), -inf, (0.0, 0.0)),
    ("logsumexp(inf, 0)", lambda *xs: sg.logsumexp(xs), (inf, 0.0), inf, (1.0, 0.0)),
    ("atan2(0, 0)", sg.atan2, (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("atan2(1e-200, 1e-200)", sg.atan2, (1e-200, 1e-200), math.pi / 4, (5e199, -5e199)),
    ("hypot(0, 0)", sg.hypot, (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("hypot(1e200, 1e200)", sg.hypot, (1e200, 1e200), 1e200 * math.sqrt(2.0),
     (ROOT_HALF, ROOT_HALF)),
    ("sign", sg.sign, (-2.5,), -1.0, (0.0,)),
    ("sign(0)", sg.sign, (0.0,), 0.0, (0.0,)),
    ("floor", sg.floor, (2.5,), 2.0, (0.0,)),
    ("floor at a step", sg.floor, (2.0,), 2.0, (0.0,)),
    ("ceil", sg.ceil, (2.5,), 3.0, (0.0,)),
    ("round, half to even", sg.round, (2.5,), 2.0, (0.0,)),
    ("−5 % 3", lambda x, y: x % y, (-5.0, 3.0), 1.0, (1.0, 2.0)),
    ("fmod(−5, 3)", sg.fmod, (-5.0, 3.0), -2.0, (1.0, 1.0)),
    ("where(x > 0, log(x), 0) at 0", lambda x: sg.where(x > 0, sg.log(x), 0.0), (0.0,), 0.0,
     (0.0,)),
    ("where(step(x), log(x), 0) at 0", lambda x: sg.where(sg.step(x), sg.log(x), 0.0), (0.0,),
     0.0, (0.0,)),
    ("0·sqrt(x) at 0", lambda x: 0.0 * sg.sqrt(x), (0.0,), 0.0, (0.0,)),
    ("y·sqrt(x) at y = 0, x = 0", lambda y, x: y * sg.sqrt(x), (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("0·inf", lambda x, y: x * y, (0.0, inf), nan, (inf, 0.0)),
    ("inf − inf", lambda x, y: x - y, (inf, inf), nan, (1.0, -1.0)),
    ("subnormals are kept", lambda x: 0.5 * x, (1e-323,), 5e-324, (0.5,)),
    ("subnormal gradients are kept", sg.exp, (-744.0,), 1e-323, (1e-323,)),
]


@pytest.mark.parametrize(
    ("f", "at", "value", "gradients"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_case(
    f: Callable[..., Any], at: Sequence[float], value: float, gradients: Sequence[float]
) -> None:
    found, slopes = gradients_of(f, at)
    assert found == pytest.approx(value, rel=5e-16, abs=0.0, nan_ok=True)
    assert slopes == pytest.approx(list(gradients), rel=5e-16, abs=0.0, nan_ok=True)


# ------ rule 1: the true derivative wherever it exists, of every order


@pytest.mark.parametrize("exponent", [1.0, 1, 0.0, 0])
def test_second_derivative_of_a_straight_power_at_0_is_0(exponent: float) -> None:
    assert second_derivative(power_of(exponent), 0.0) == 0.0


@pytest.mark.parametrize("exponent, wanted", [(2, 2.0), (2.0, 2.0), (3, 0.0), (1.5, inf)])
def test_second_derivative_of_a_power_at_0(exponent: float, wanted: float) -> None:
    assert second_derivative(power_of(exponent), 0.0) == wanted


@pytest.mark.parametrize(
    "f, wanted",
    [
        (sg.sigmoid, -0.125),
        (sg.tanh, -2.0),
        (sg.softplus, 0.0),
        (sg.sin, -1.0),
        (sg.atan, -2.0),
        (sg.asinh, -1.0),
        (sg.silu, 0.0),
        (sg.sinc, 0.0),
    ],
)
def test_third_derivative_at_0_is_right_where_formulas_with_abs_are_not(
    f: Callable[[Any], Any], wanted: float
) -> None:
    x = sg.Value(0.0)
    derivative = f(x)
    for _ in range(3):
        (derivative,) = sg.gradients(derivative, [x])
    assert derivative.data == pytest.approx(wanted, rel=1e-15, abs=0.0)


# ------ rule 2: at a kink the minimum-norm subgradient, over the operands that are variables

KINKS: list[tuple[str, float, tuple[float, float]]] = [
    # row, the kink, and the slopes to its left and right
    ("abs", 0.0, (-1.0, 1.0)),
    ("relu", 0.0, (0.0, 1.0)),
    ("relu6", 0.0, (0.0, 1.0)),
    ("relu6", 6.0, (1.0, 0.0)),
    ("leaky_relu", 0.0, (0.01, 1.0)),
    ("elu", 0.0, (1.0, 1.0)),
    ("selu", 0.0, (1.0507009873554805 * 1.6732632423543772, 1.0507009873554805)),
    ("hard_swish", -3.0, (0.0, -0.5)),
    ("hard_swish", 3.0, (1.5, 1.0)),
]


@pytest.mark.parametrize("name, kink, slopes", KINKS)
def test_kink_takes_the_subgradient_nearest_to_0(
    name: str, kink: float, slopes: tuple[float, float]
) -> None:
    low, high = sorted(slopes)
    _, (found,) = gradients_of(getattr(sg, name), [kink])
    assert found == min(max(0.0, low), high)


@pytest.mark.parametrize("name, kink, slopes", KINKS)
def test_slopes_beside_a_kink_are_those_of_its_sides(
    name: str, kink: float, slopes: tuple[float, float]
) -> None:
    for x, slope in zip((kink - 1e-9, kink + 1e-9), slopes, strict=True):
        assert gradients_of(getattr(sg, name), [x])[1] == pytest.approx([slope], rel=1e-8)


@pytest.mark.parametrize("row", [sg.leaky_relu, sg.elu])
@pytest.mark.parametrize("parameter, wanted", [(-2.0, 0.0), (0.25, 0.25), (3.0, 1.0)])
def test_kink_of_any_slope_takes_the_one_nearest_to_0_between_the_sides(
    row: Callable[..., Any], parameter: float, wanted: float
) -> None:
    assert gradients_of(lambda x: row(x, parameter), [0.0])[1] == [wanted]


@pytest.mark.parametrize("f", [sg.maximum, sg.minimum, lambda *xs: sg.max(xs)])
def test_tie_with_a_constant_leaves_the_variable_nothing(f: Callable[..., Any]) -> None:
    assert gradients_of(lambda x: f(x, 4.0), [4.0])[1] == [0.0]
    assert gradients_of(lambda x: f(4.0, x), [4.0])[1] == [0.0]


def test_tie_of_two_variables_with_a_constant_leaves_both_nothing() -> None:
    assert gradients_of(lambda x, y: sg.max([x, 1.0, y]), [1.0, 1.0])[1] == [0.0, 0.0]


def test_list_of_ties_shares_evenly_and_adds_up_to_1() -> None:
    _, shares = gradients_of(lambda *xs: sg.min(xs), [5.0] * 8 + [6.0])
    assert shares == [0.125] * 8 + [0.0]


def test_0_and_minus_0_tie() -> None:
    assert gradients_of(sg.maximum, [0.0, -0.0])[1] == [0.5, 0.5]


# ------ rule 3: at the border of a domain the limit from inside

BORDERS: list[tuple[str, float, float, float]] = [
    ("sqrt", 0.0, 0.0, inf),
    ("log", 0.0, -inf, inf),
    ("log2", 0.0, -inf, inf),
    ("log10", 0.0, -inf, inf),
    ("log1p", -1.0, -inf, inf),
    ("asin", 1.0, math.pi / 2, inf),
    ("asin", -1.0, -math.pi / 2, inf),
    ("acos", 1.0, 0.0, -inf),
    ("acos", -1.0, math.pi, -inf),
    ("acosh", 1.0, 0.0, inf),
    ("atanh", 1.0, inf, inf),
    ("atanh", -1.0, -inf, inf),
    ("cbrt", 0.0, 0.0, inf),
]


@pytest.mark.parametrize("name, border, value, slope", BORDERS)
def test_border_takes_the_limit_from_inside(
    name: str, border: float, value: float, slope: float
) -> None:
    assert gradients_of(getattr(sg, name), [border]) == (value, [slope])


# ------ rule 4: NaN where the function is undefined, or an operand is NaN

OUTSIDE: list[tuple[str, float]] = [
    ("sqrt", -5e-324),
    ("log", -5e-324),
    ("log", -inf),
    ("log2", -1.0),
    ("log10", -1.0),
    ("log1p", -1.5),
    ("asin", 1.5),
    ("acos", -1.5),
    ("acosh", 0.5),
    ("acosh", -3.0),
    ("atanh", 1.5),
    ("atanh", -2.0),
    ("sin", inf),
    ("cos", -inf),
    ("tan", inf),
]


@pytest.mark.parametrize("name, x", OUTSIDE)
def test_outside_the_domain_value_and_gradient_are_nan(name: str, x: float) -> None:
    value, (slope,) = gradients_of(getattr(sg, name), [x])
    assert math.isnan(value)
    assert math.isnan(slope)


@pytest.mark.parametrize("name", [n for n, row in BUILT_IN.items() if row.arity == 1])
def test_nan_operand_gives_nan_value_and_gradient(name: str) -> None:
    value, (slope,) = gradients_of(BUILT_IN[name], [nan])
    assert math.isnan(value)
    assert math.isnan(slope)


# ------ rule 5: an adjoint that is exactly zero is not propagated


def test_branch_not_taken_is_never_nan_whatever_it_holds() -> None:
    for bad in (nan, inf, -inf):
        out, (dx, dy) = gradients_of(lambda x, y: sg.where(1.0, x, sg.sqrt(y) * y), [3.0, bad])
        assert (out, dx, dy) == (3.0, 1.0, 0.0)


def test_zero_adjoint_does_not_meet_an_infinite_partial_in_higher_derivatives() -> None:
    assert second_derivative(lambda x: sg.where(x > 0, sg.log(x), x * x), 0.0) == 2.0
    assert second_derivative(lambda x: 0.0 * sg.sqrt(x), 0.0) == 0.0


def test_zero_seed_gives_zero_gradients_through_infinite_partials() -> None:
    x = sg.Value(0.0)
    sg.sqrt(x).backward(0.0)
    assert x.grad == 0.0


def test_two_halves_that_cancel_send_nothing_through_an_infinite_partial() -> None:
    def difference(x: Any) -> Any:
        root = sg.sqrt(x)
        return root - root

    assert gradients_of(difference, [0.0]) == (0.0, [0.0])
