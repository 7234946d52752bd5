"""Gradient checks: they catch what usual tolerances pass, and raise no false alarm."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad.checks.check import GradientError, Report, check_gradient
from scalargrad.checks.slopes import measure, point
from scalargrad.checks.verdicts import compared
from scalargrad.nn import MLP
from scalargrad.rows import BUILT_IN, Operator
from scalargrad.transforms.functional import grad
from tests.support.reference import FROM_TWO, call, sample_operands

NOT_SMOOTH = "not smooth here"


def verdicts(report: Report) -> list[str]:
    return [x.verdict for x in report.operands]


def wrong(f: Callable[..., Any], *args: Any) -> Report:
    with pytest.raises(GradientError) as caught:
        check_gradient(f, *args)
    report: Report = caught.value.report
    assert not report.ok
    return report


# ------ wrong gradients are caught


def test_a_gradient_nine_hundredths_of_a_percent_off_is_caught_and_named() -> None:
    cube = sg.operator("cube", lambda x: x * x * x, lambda out, x: 1.0009 * 3.0 * x * x)
    report = wrong(lambda x: sg.sin(cube(x)) + x, 0.7)
    (note,) = report.notes
    assert "'cube' is wrong: ∂/∂operand 0 of cube(0.7) is 1.471323, measured 1.47 ±" in note
    (operand,) = report.operands
    assert operand.order == pytest.approx(1.0, abs=0.05)


def test_a_sign_error_on_a_gradient_of_two_millionths_is_caught_and_named() -> None:
    tiny = sg.operator("tiny", lambda x: 2e-6 * x, lambda out, x: -2e-6)
    for f in (tiny, lambda x: sg.sin(x) + tiny(x), lambda x: 1000.0 + tiny(x)):
        report = wrong(f, 0.7)
        assert "'tiny' is wrong: ∂/∂operand 0 of tiny(0.7) is -2e-06, measured 2e-06" in str(report)


@pytest.mark.parametrize("scale", [1e-8, 1e-4, 1.0, 1e4, 1e8])
@pytest.mark.parametrize("error", [1.0009, 0.9991, -1.0, 0.0, 2.0, math.nan, math.inf])
def test_wrong_gradients_are_caught_at_every_magnitude(scale: float, error: float) -> None:
    off = sg.operator(
        "off", lambda x: math.sin(x / scale), lambda out, x: error * sg.cos(x / scale) / scale
    )
    assert verdicts(wrong(off, 0.4 * scale)) == ["WRONG"]


def test_the_wrong_operand_is_the_one_reported() -> None:
    area = sg.operator("area", lambda w, h: w * h, lambda out, w, h: h, lambda out, w, h: 1.001 * w)
    report = wrong(lambda d: area(d["w"], d["h"]) ** 2, {"h": 3.0, "w": 2.0})
    assert [(x.name, x.verdict) for x in report.operands] == [
        ("argument 0['h']", "WRONG"),
        ("argument 0['w']", "right"),
    ]
    assert len(report.notes) == 1
    assert "∂/∂operand 1 of area(2.0, 3.0) is 2.002, measured 2 ±" in report.notes[0]


def test_a_wrong_operator_deep_in_a_graph_is_named_once() -> None:
    bad = sg.operator("bad_tanh", math.tanh, lambda out, x: 1.0 - out)
    report = wrong(lambda x: sg.exp(sg.sum([bad(x * 2.0), bad(x * 2.0), sg.sin(x)])), 0.3)
    assert len(report.notes) == 1
    assert "'bad_tanh'" in report.notes[0]


def test_an_operator_over_a_list_is_checked_operand_by_operand() -> None:
    total = sg.operator(
        "total", lambda *xs: sum(xs), all_partials=lambda out, *xs: [1.0] * (len(xs) - 1) + [1.01]
    )
    report = wrong(lambda v: total(*v), [1.0, 2.0, 3.0])
    assert verdicts(report) == ["right", "right", "WRONG"]
    assert "∂/∂operand 2 of total(1.0, 2.0, 3.0)" in report.notes[0]


def test_a_function_that_leaves_the_graph_is_found() -> None:
    report = wrong(lambda x: x * x.data, 3.0)
    assert report.operands[0].gradient == 3.0
    assert report.operands[0].measured == pytest.approx(6.0)
    assert "leaves the graph" in report.notes[0]


def test_a_constant_second_factor_in_a_second_derivative_is_caught() -> None:
    # first derivative right, written so that it cannot be differentiated again
    frozen = sg.operator("frozen", math.exp, lambda out, x: math.exp(getattr(x, "data", x)))
    assert check_gradient(frozen, 0.5).ok
    assert verdicts(wrong(grad(frozen), 0.5)) == ["WRONG"]


# ------ no false alarms

DISCRETE = {"polygamma": [0], "sinc_derivative": [0], "round_to": [1], "clamp": [1, 2]}
DISCRETE |= {name: [2] for name in FROM_TWO}
"""Operands in which a row has no derivative; one that follows from the others, whose derivatives
account for it."""
STAIRCASES = {"mod", "floordiv", "fmod", "remainder", "round_to"}
"""Rows whose steps can be finer than the floats lie: measured only at their samples."""
MAGNITUDES = [s * 10.0**k for k in (-8, -4, 0, 4, 8) for s in (1.3, -1.7)]


def check_row(row: Operator, operands: Sequence[float]) -> Report:
    fixed = DISCRETE.get(row.name, [])
    free = [x for i, x in enumerate(operands) if i not in fixed]

    def f(variables: Sequence[Any]) -> Any:
        if row.name in FROM_TWO:
            return call(row, [*variables, BUILT_IN[FROM_TWO[row.name]](*variables)])
        rest = iter(variables)
        return call(row, [x if i in fixed else next(rest) for i, x in enumerate(operands)])

    return check_gradient(f, free)


ROWS = pytest.mark.parametrize("row", BUILT_IN.values(), ids=BUILT_IN)


@ROWS
def test_every_row_is_found_right_at_its_samples(row: Operator) -> None:
    for operands in sample_operands(row):
        expected = ["right"] * (len(operands) - len(DISCRETE.get(row.name, [])))
        if row.name == "where" and operands[0] == 0.0:
            # the condition 0.0 is where it switches
            expected[0] = NOT_SMOOTH
        assert verdicts(check_row(row, operands)) == expected, operands


@pytest.mark.parametrize("name", [name for name in BUILT_IN if name not in STAIRCASES])
def test_no_row_gives_a_false_alarm_at_any_magnitude(name: str) -> None:
    row = BUILT_IN[name]
    first = [0.0, 1.0, 2.0] if row.name in ("polygamma", "sinc_derivative") else MAGNITUDES
    arity = row.arity or 2
    grid = [first, *[MAGNITUDES] * (arity - 1)]
    points = (
        list(product(*grid)) if arity < 3 else random.Random(1).choices(list(product(*grid)), k=60)
    )
    for operands in points:
        assert "WRONG" not in verdicts(check_row(row, operands))


@pytest.mark.parametrize("name", [name for name, row in BUILT_IN.items() if row.arity == 1])
def test_every_row_of_one_operand_is_caught_when_it_is_slightly_off(name: str) -> None:
    row = BUILT_IN[name]
    (dx,) = row.partials  # type: ignore[misc]
    off = sg.operator(name, row.forward, lambda out, x: 1.0009 * dx(out, x))
    bending = [x for x in row.samples if dx(row.forward(x), x) != 0.0]
    for x in bending:
        assert f"The operator {name!r} is wrong" in str(wrong(off, x))
    for x in set(row.samples).difference(bending):
        assert check_gradient(off, x).ok


@given(st.lists(st.floats(-3.0, 3.0), min_size=2, max_size=5), st.integers(0, 10**6))
def test_random_functions_give_no_false_alarm(xs: list[float], seed: int) -> None:
    unary = [sg.sin, sg.exp, sg.tanh, sg.square, sg.softplus, sg.atan, sg.erf, sg.sigmoid]

    def f(xs: list[Any]) -> Any:
        chance = random.Random(seed)
        terms = list(xs)
        for _ in range(8):
            a, b = chance.choice(terms), chance.choice(terms)
            g = chance.choice(unary)
            terms.append(g(a) * b if chance.random() < 0.5 else a - g(b))
        return sg.sum(terms)

    assert "WRONG" not in verdicts(check_gradient(f, xs))


def test_a_network_is_found_right() -> None:
    random.seed(3)
    model = MLP(2, [4, 1])
    report = check_gradient(lambda m, x: (m(x) - 1.0) ** 2, model, np.array([0.3, -0.8]))
    assert report.ok
    assert report.operands[0].name == "argument 0.layers.0.neurons.0.w.0"
    assert report.operands[-1].name == "argument 1[1]"


def test_the_order_is_two_where_the_function_bends() -> None:
    report = check_gradient(lambda x, y: sg.exp(x) * sg.sin(y), 0.3, 0.7)
    assert [x.order for x in report.operands] == pytest.approx([2.0, 2.0], abs=0.01)


def test_the_order_is_higher_where_it_does_not_bend_and_none_where_it_is_straight() -> None:
    report = check_gradient(lambda x, y: sg.sin(x) + 2.0 * y, 0.0, 0.5)
    assert report.ok
    assert report.operands[0].order == pytest.approx(3.0, abs=0.05)
    assert report.operands[1].order is None


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: x**3, 0.0),
        (lambda x: sg.sin(x) - x, 0.0),
        (sg.cos, 1e-8),
        (sg.sin, 1e8),
        (sg.log, 1e-12),
        (sg.sqrt, 1e-300),
        (sg.abs, 1e-3),
        (lambda x: sg.sin(1e9 * x), 0.0),
        (lambda x: (x + 1e8) - 1e8, 0.5),
        (lambda x: 3.0, 1.0),
        (lambda x: x, 0.0),
    ],
)
def test_hard_but_smooth_places_are_found_right(f: Callable[..., Any], x: float) -> None:
    assert check_gradient(f, x).ok


def test_it_does_not_divide_by_a_step_outside_the_domain() -> None:
    root = sg.operator("root", math.sqrt, lambda out, x: 0.5 / out)
    assert check_gradient(root, 1e-9).ok


# ------ not smooth, not finite, too noisy


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (sg.relu, 0.0),
        (sg.abs, 0.0),
        (lambda x: sg.relu(x - 2.0), 2.0),
        (lambda x: sg.maximum(x, 2.0 * x), 0.0),
        (sg.floor, 2.0),
        (sg.sign, 0.0),
        (sg.cbrt, 0.0),
        # a smooth function made of kinks: gradient 0 by convention, slope 1
        (lambda x: sg.relu(x) - sg.relu(-x), 0.0),
    ],
)
def test_kinks_and_jumps_are_called_not_smooth(f: Callable[..., Any], x: float) -> None:
    report = check_gradient(f, x)
    assert verdicts(report) == [NOT_SMOOTH]
    assert not report.ok


def test_a_kink_beside_a_wrong_operator_hides_nothing() -> None:
    cube = sg.operator("cube", lambda x: x * x * x, lambda out, x: 3.01 * x * x)
    report = wrong(lambda x, y: sg.relu(x) + cube(y), 0.0, 1.0)
    assert verdicts(report) == [NOT_SMOOTH, "WRONG"]


def test_a_kink_in_one_operand_does_not_excuse_another() -> None:
    report = wrong(lambda x, y: sg.relu(x) + y * y.data, 0.0, 1.0)
    assert verdicts(report) == [NOT_SMOOTH, "WRONG"]


@pytest.mark.parametrize(
    ("f", "x", "verdict"),
    [
        (sg.sqrt, 0.0, "at the border of its domain"),
        (sg.log, 0.0, "not finite here"),
        (sg.log, -1.0, "not finite here"),
        (sg.exp, 1000.0, "not finite here"),
    ],
)
def test_places_without_a_slope_are_named(f: Any, x: float, verdict: str) -> None:
    assert verdicts(check_gradient(f, x)) == [verdict]


def test_a_gradient_lost_in_roundoff_is_not_called_right() -> None:
    report = check_gradient(lambda x: 1e12 + 1e-6 * x, 1.0)
    assert verdicts(report) == ["too noisy to tell"]
    assert not report.ok


# ------ the report, and the rest


def test_the_report_is_an_aligned_table() -> None:
    lines = str(check_gradient(lambda w: w[0] * sg.exp(w[1]), [100.0, -1.0])).splitlines()
    assert lines[0].split() == ["operand", "gradient", "measured", "±", "order", "verdict"]
    assert len({line.index(end) for line, end in zip(lines, ["verdict", "right", "right"])}) == 1
    assert [line.split()[:4:3] for line in lines[1:]] == [
        ["argument", "0.3678794412"],
        ["argument", "36.78794412"],
    ]


def test_a_gradient_error_is_an_assertion_error_that_prints_the_report() -> None:
    bad = sg.operator("bad", lambda x: x, lambda out, x: 2.0)
    with pytest.raises(AssertionError, match=r"(?s)verdict.*WRONG.*'bad' is wrong"):
        check_gradient(bad, 1.0)


def test_a_function_that_is_not_deterministic_is_refused() -> None:
    with pytest.raises(ValueError, match="must be deterministic, but two calls"):
        check_gradient(lambda x: x * random.random(), 1.0)


def test_the_result_has_to_be_one_value() -> None:
    with pytest.raises(TypeError, match="must return one Value"):
        check_gradient(lambda x: [x], 1.0)


def test_nothing_of_the_callers_changes() -> None:
    w, x = sg.Value(3.0), sg.Value(2.0)
    w.grad = 5.0
    assert check_gradient(lambda x: w * x * x, x).ok
    assert (w.data, w.grad, x.data, x.grad) == (3.0, 5.0, 2.0, 0.0)


def test_slopes_are_measured_without_recording_a_graph() -> None:
    recorded = []
    assert check_gradient(lambda x: recorded.append(bool((x * 2.0).parents)) or sg.exp(x), 3.0).ok
    assert recorded[0] is True
    assert len(recorded) > 10
    assert not any(recorded[1:])


def test_a_remainder_of_first_order_is_wrong_whatever_the_difference_says() -> None:
    at = point(math.sin, 0.5, 0.0)
    slope = measure(at)
    assert compared(math.cos(0.5), slope, 2.0, at) == "right"
    assert compared(math.cos(0.5), slope, 1.0, at) == "WRONG"


def test_within_no_grad_it_checks_all_the_same() -> None:
    with sg.no_grad():
        assert check_gradient(lambda x: x**3, 2.0).ok
        assert not sg.Value(1.0).exp().parents


def test_a_function_with_transforms_inside_is_checked() -> None:
    assert check_gradient(lambda x: grad(lambda y: y**3 * x)(x) + grad(sg.sin)(x), 0.7).ok


def test_a_result_that_is_no_value_is_said_to_have_left_the_graph() -> None:
    with pytest.raises(GradientError, match="the function leaves the graph somewhere"):
        check_gradient(lambda x: 3.0 * x.data, 2.0)
