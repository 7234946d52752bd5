"""Gradient checks at any scale: no wrong gradient passes, no right one fails."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad.checks.check import GradientError, Report, check_gradient

NOT_SMOOTH = "not smooth here"
Function = Callable[[float], float]

SMOOTH: dict[str, tuple[Function, Function, Callable[[Any], Any]]] = {
    "sin": (math.sin, math.cos, sg.sin),
    "exp": (math.exp, math.exp, sg.exp),
    "tanh": (math.tanh, lambda t: 1.0 / math.cosh(t) ** 2, sg.tanh),
    "square": (lambda t: t * t, lambda t: 2.0 * t, sg.square),
    "cube": (lambda t: t * t * t, lambda t: 3.0 * t * t, lambda x: x * x * x),
    "line": (lambda t: t, lambda t: 1.0, lambda x: x * 1.0),
    "atan": (math.atan, lambda t: 1.0 / (1.0 + t * t), sg.atan),
}
"""Functions of one number, their slopes, and themselves on Values."""
WRONG_BY = [1.001, 0.999, 2.0, 0.5, -1.0, 0.0, 7.0, 1e16, 1e-16, 1e40, 1e-40]


def outcome(f: Any, *args: Any) -> str:
    """The verdicts' worst, or that it raised."""
    try:
        report: Report = check_gradient(f, *args)
    except GradientError:
        return "raised"
    found = {x.verdict for x in report.operands}
    return "right" if report.ok else found.difference({"right"}).pop()


def own(f: Function, slope: Function, wrong_by: float = 1.0) -> Any:
    return sg.operator("own", f, lambda out, x: wrong_by * slope(getattr(x, "data", x)))


# ------ one operand


@settings(max_examples=150)
@given(
    name=st.sampled_from(sorted(SMOOTH)),
    height=st.floats(-290.0, 290.0),
    width=st.floats(-290.0, 290.0),
    t=st.floats(-3.0, 3.0).filter(lambda t: abs(t) > 0.05),
    wrong_by=st.sampled_from(WRONG_BY),
)
@example(name="square", height=0.0, width=-100.0, t=1.0, wrong_by=2.0)
@example(name="exp", height=250.0, width=-30.0, t=-2.0, wrong_by=0.999)
def test_smooth_functions_of_any_height_and_width(
    name: str, height: float, width: float, t: float, wrong_by: float
) -> None:
    f, slope, row = SMOOTH[name]
    high, wide = 10.0**height, 10.0**width
    # the slope and what is divided have to be floats
    assume(abs(height - width) < 290.0)
    x = t * wide
    assert outcome(lambda x: high * row(x / wide), x) == "right"
    scaled = (lambda x: high * f(x / wide)), (lambda x: (high / wide) * slope(x / wide))
    assert outcome(own(*scaled), x) == "right"
    assume(math.isfinite(wrong_by * scaled[1](x)))
    assert outcome(own(*scaled, wrong_by), x) == "raised"


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("exponent", [-300, -100, -20, -3])
def test_near_zero_what_counts_is_how_far_the_function_reaches(name: str, exponent: int) -> None:
    f, slope, row = SMOOTH[name]
    x = 10.0**exponent
    # x², x³ and what they change underflow in time: that cannot be told, and is not called right
    told = exponent > -100 or name not in ("square", "cube")
    expected = {"right"} if told else {"right", "too noisy to tell"}
    assert outcome(row, x) in expected
    assert outcome(own(f, slope, 2.0), x) in ({"raised"} if told else {"raised", *expected})
    if told or slope(x) > 1e-150:
        assert outcome(own(f, slope, 2.0), x) == "raised"


@pytest.mark.parametrize("x", [1e-160, 1e-100, 1e-12, 1e-3, 1.0, 1e100, 1e150])
def test_four_x_for_two_x_is_wrong_wherever_the_square_is_a_float(x: float) -> None:
    four = sg.operator("four", lambda x: x * x, lambda out, x: 4.0 * x)
    with pytest.raises(GradientError, match="'four' is wrong"):
        check_gradient(four, x)
    assert check_gradient(sg.square, x).ok


def test_what_underflows_is_too_noisy_to_tell() -> None:
    four = sg.operator("four", lambda x: x * x, lambda out, x: 4.0 * x)
    assert outcome(four, 1e-300) == outcome(sg.square, 1e-300) == "too noisy to tell"


# ------ kinks and jumps


@settings(max_examples=150)
@given(
    height=st.floats(-140.0, 140.0),
    width=st.floats(-140.0, 140.0),
    place=st.floats(-3.0, 3.0).filter(lambda t: abs(t) > 0.05) | st.just(0.0),
    sides=st.tuples(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0)),
    bend=st.floats(-2.0, 2.0),
    jump=st.sampled_from([0.0, 1.0]),
    share=st.floats(0.0, 1.0),
    beyond=st.sampled_from([0.3, -0.3, 1e8, -1e8]),
)
def test_a_gradient_at_a_kink_lies_between_the_slopes_of_both_sides(
    height: float,
    width: float,
    place: float,
    sides: tuple[float, float],
    bend: float,
    jump: float,
    share: float,
    beyond: float,
) -> None:
    left, right = sides
    assume(abs(left - right) > 0.01)
    if not place:
        # at 0 nothing tells how wide a function is: the unit counts
        height, width = height % 10.0, width % 6.0
    high, wide = 10.0**height, 10.0**width
    at = place * wide

    def kinked(x: float) -> float:
        u = (x - at) / wide
        branch = left * u if u < 0.0 else right * u + jump if u > 0.0 else 0.0
        return high * branch + high * bend * u * u

    low, upper = sorted(sides)
    within = (low + share * (upper - low)) * high / wide
    outside = (upper if beyond > 0.0 else low) * high / wide + beyond * (upper - low) * high / wide
    assert outcome(own(kinked, lambda x: within), at) == NOT_SMOOTH
    assert outcome(own(kinked, lambda x: outside), at) == "raised"


@pytest.mark.parametrize("claimed", [5.0, -1.01, 1.01, math.nan, math.inf])
def test_a_slope_of_abs_at_0_beyond_its_sides_is_wrong(claimed: float) -> None:
    other = sg.operator("other", abs, lambda out, x: claimed)
    with pytest.raises(GradientError, match="slopes on both sides are -1 and 1"):
        check_gradient(other, 0.0)


@pytest.mark.parametrize("claimed", [1.0, -0.5])
def test_a_staircase_has_the_slope_of_its_steps(claimed: float) -> None:
    stairs = sg.operator("stairs", math.floor, lambda out, x: claimed)
    assert outcome(stairs, 2.0) == outcome(stairs, 2.3) == "raised"
    assert outcome(sg.floor, 2.0) == NOT_SMOOTH


def test_at_the_border_of_a_domain_the_side_within_counts() -> None:
    half = sg.operator("half", lambda x: math.sqrt(x) ** 3, lambda out, x: 5.0)
    assert outcome(half, 0.0) == "raised"
    right = sg.operator("half", lambda x: math.sqrt(x) ** 3, lambda out, x: 1.5 * sg.sqrt(x))
    assert outcome(right, 0.0) == "at the border of its domain"


def test_kinks_excuse_only_what_they_leave_open() -> None:
    # relu(x) − relu(−x) is x: gradient 0 by convention, and kinks leave open 0 to 2
    assert outcome(lambda x: sg.relu(x) - sg.relu(-x), 0.0) == NOT_SMOOTH
    # what is detached adds 5 to the slope, which no choice at the kinks explains
    assert outcome(lambda x: sg.relu(x) - sg.relu(-x) + 5.0 * x.data, 0.0) == "raised"


# ------ several operands


@settings(max_examples=100)
@given(
    names=st.tuples(st.sampled_from(sorted(SMOOTH)), st.sampled_from(sorted(SMOOTH))),
    ratio=st.floats(-30.0, 30.0),
    point=st.tuples(st.floats(0.1, 2.0), st.floats(0.1, 2.0)),
    wrong_by=st.sampled_from([7.0, -1.0, 0.0, 1e16, 1e-16]),
    first=st.booleans(),
)
def test_an_operator_is_not_hidden_by_one_with_a_far_larger_slope(
    names: tuple[str, str],
    ratio: float,
    point: tuple[float, float],
    wrong_by: float,
    first: bool,
) -> None:
    (f, df, _), (g, dg, _) = (SMOOTH[name] for name in names)
    factor = 10.0**ratio

    def added(one: float, two: float) -> Any:
        left, right = own(f, df, one), own(g, dg, two)
        return lambda x, y: left(x) + factor * right(y)

    assert outcome(added(1.0, 1.0), *point) in ("right", "too noisy to tell")
    wrong = (wrong_by, 1.0) if first else (1.0, wrong_by)
    assert outcome(added(*wrong), *point) == "raised"


@pytest.mark.parametrize("wrong_by", [7.0, -1.0, 0.0, 1.001])
@pytest.mark.parametrize("ratio", [1e10, 1e16, 1e22, 1e30])
def test_an_operand_that_another_drowns_is_judged_where_it_does_not(
    ratio: float, wrong_by: float
) -> None:
    def pair(k: float) -> Any:
        return sg.operator(
            "pair", lambda x, y: ratio * x + y, lambda out, x, y: ratio, lambda out, x, y: k
        )

    assert outcome(pair(1.0), 1.0, 1.0) in ("right", "too noisy to tell")
    with pytest.raises(GradientError, match="∂/∂operand 1 of pair") as caught:
        check_gradient(pair(wrong_by), 1.0, 1.0)
    assert caught.value.report.operands[0].verdict == "right"


def test_subnormal_slopes_are_not_called_wrong() -> None:
    assert outcome(lambda x: x * 1e-320, -0.0) != "raised"
    assert outcome(lambda x: x * 1e-320, 1.0) != "raised"
