"""The five rules that decide every edge case, for all operators they concern.

1. The true derivative wherever it exists. 2. At a kink the minimum-norm subgradient over the
operands that are variables. 3. At the border of a domain the limit from inside. 4. NaN where the
function is undefined or an operand is NaN. 5. Nothing is not zero: what is not chosen, or flat, or
multiplied by a constant 0 receives nothing, which stays nothing; a zero that was computed is a
number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.rows import BUILT_IN
from tests.support.edges import gradients_of, power_of


def second_derivative(f: Callable[[Any], Any], at: float) -> float:
    x = sg.Value(at)
    (first,) = sg.gradients(f(x), [x])
    (second,) = sg.gradients(first, [x])
    return second.data  # type: ignore[no-any-return]


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


CONSTANT_SLOPE = {"identity", "start", "neg", "degrees", "radians"}


@pytest.mark.parametrize(
    "name", [n for n, row in BUILT_IN.items() if row.arity == 1 and n not in CONSTANT_SLOPE]
)
def test_nan_operand_gives_nan_value_and_gradient(name: str) -> None:
    value, (slope,) = gradients_of(BUILT_IN[name], [nan])
    assert math.isnan(value)
    assert math.isnan(slope)


# ------ rule 5: nothing is not zero


def test_branch_not_taken_is_never_nan_whatever_it_holds() -> None:
    for bad in (nan, inf, -inf):
        out, (dx, dy) = gradients_of(lambda x, y: sg.where(1.0, x, sg.sqrt(y) * y), [3.0, bad])
        assert (out, dx, dy) == (3.0, 1.0, 0.0)


def test_nothing_does_not_meet_an_infinite_partial_in_higher_derivatives() -> None:
    assert second_derivative(lambda x: sg.where(x > 0, sg.log(x), x * x), 0.0) == 2.0
    assert second_derivative(lambda x: 0.0 * sg.sqrt(x), 0.0) == 0.0


def test_zero_seed_gives_zero_gradients_through_infinite_partials() -> None:
    x = sg.Value(0.0)
    sg.sqrt(x).backward(0.0)
    assert x.grad == 0.0


def test_two_halves_that_cancel_are_a_zero_that_meets_an_infinite_partial() -> None:
    def difference(x: Any) -> Any:
        root = sg.sqrt(x)
        return root - root

    value, (slope,) = gradients_of(difference, [0.0])
    assert value == 0.0
    assert math.isnan(slope)


def test_what_received_nothing_has_a_gradient_of_0() -> None:
    w, x = sg.Value(3.0), sg.Value(-1.0)
    hidden = sg.relu(w * x)
    out = sg.sqrt(hidden)
    out.backward()
    for node in (w, x, hidden.parents[0]):
        assert node.has_grad
        assert repr(node.grad) == "0.0"


@pytest.mark.parametrize("seed", [0.0, -0.0, 0])
def test_a_zero_that_is_given_moves_nothing(seed: float) -> None:
    """A seed, a cotangent, a tangent of 0 asks about something else."""
    x = sg.Value(0.0)
    sg.sqrt(x).backward(seed)
    assert repr(x.grad) == "0.0"
    assert sg.gradients(sg.sqrt(x), [x], seed)[0].data == 0.0
    assert sg.jvp(lambda a, b: a + sg.sqrt(b), (1.0, 0.0), (1.0, seed))[1] == 1.0
    _, pullback = sg.vjp(lambda a: (a, sg.sqrt(a)), 0.0)
    assert pullback((2.0, seed)) == (2.0,)


def test_the_slope_in_a_tangent_of_0_is_that_in_any_other() -> None:
    def along(t: Any) -> Any:
        return sg.jvp(lambda x: x * x, (3.0,), (t,))[1]

    assert sg.grad(along)(0.0) == 6.0


@pytest.mark.parametrize("order", [1, 2, 3])
def test_selections_have_no_slope_at_all(order: int) -> None:
    def composed(row: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x: sg.sqrt(row(x) - row(-1.5))

    for name in ("relu", "relu6", "sign", "floor", "ceil", "round", "step"):
        f = composed(getattr(sg, name))
        for _ in range(order):
            f = sg.grad(f)
        assert repr(f(-1.5)) == "0.0", name


@pytest.mark.parametrize("f", [sg.elu, sg.selu])
def test_third_derivative_of_an_exponential_unit_far_to_the_right_is_0(f: Any) -> None:
    assert sg.grad(sg.grad(sg.grad(lambda x: f(x))))(800.0) == 0.0


def test_second_derivative_of_a_power_in_both_operands_at_exponent_0() -> None:
    found = sg.hessian(lambda xs: xs[0] ** xs[1])([2.0, 0.0])
    assert found[0][0] == 0.0
    assert found[0][1] == found[1][0] == 0.5
