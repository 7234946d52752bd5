"""Losses by their lecture figures and gradients by hand; exact at the edges."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalargrad import Value, check_gradient, nn
from scalargrad.losses import (
    binary_cross_entropy,
    binary_hinge,
    cross_entropy,
    elastic_net,
    half_squared_error,
    hinge,
    huber,
    l1,
    l2,
    log_softmax,
    mean_absolute_error,
    mean_squared_error,
    nll,
    squared_error,
)
from tests.support.traced import Traced, number


def values(numbers: list[float]) -> list[Any]:
    return [Value(x) for x in numbers]


def gradients(parameters: list[Any]) -> list[float]:
    return [x.grad for x in parameters]


# ------ squared error


def test_squared_error_of_lists_and_of_numbers() -> None:
    outputs = values([1.0, 2.0])
    loss = squared_error(outputs, [0.5, 4.0])
    loss.backward()
    assert loss.data == 4.25
    assert gradients(outputs) == [1.0, -4.0]
    assert squared_error(3.0, 1.0) == 4.0
    assert squared_error(Value(3.0), 1.0).data == 4.0


def test_squared_error_is_summed_halved_or_averaged() -> None:
    outputs, targets = [1.0, 2.0, 5.0], [0.0, 4.0, 5.0]
    assert squared_error(outputs, targets) == 5.0
    assert half_squared_error(outputs, targets) == 2.5
    assert mean_squared_error(outputs, targets) == 5.0 / 3.0


def test_mean_absolute_error_pulls_equally_hard_at_every_error() -> None:
    outputs = values([1.0, 2.0, 5.0, -3.0])
    loss = mean_absolute_error(outputs, [0.0, 4.0, 5.0, -2.5])
    loss.backward()
    assert loss.data == (1.0 + 2.0 + 0.5) / 4.0
    assert gradients(outputs) == [0.25, -0.25, 0.0, -0.25]
    assert mean_absolute_error(3.0, Value(1.0)).data == 2.0


def test_gradient_of_half_the_squared_error_is_the_error() -> None:
    outputs = values([1.0, 2.0])
    half_squared_error(outputs, [0.5, 4.0]).backward()
    assert gradients(outputs) == [0.5, -2.0]


# ------ Huber


@pytest.mark.parametrize(
    ("error", "expected", "gradient"),
    [
        (0.0, 0.0, 0.0),
        (1.0, 0.5, 1.0),
        (-2.0, 2.0, -2.0),
        (2.0, 2.0, 2.0),
        (3.0, 4.0, 2.0),
        (-10.0, 18.0, -2.0),
    ],
)
def test_huber_is_a_parabola_and_then_a_line(
    error: float, expected: float, gradient: float
) -> None:
    x = Value(error + 7.0)
    loss = huber(x, 7.0, delta=2.0)
    loss.backward()
    assert (loss.data, x.grad) == (expected, gradient)


def test_huber_is_the_mean_over_the_outputs() -> None:
    assert huber([3.0, 1.0], [0.0, 0.0]) == (2.5 + 0.5) / 2


@pytest.mark.parametrize("delta", [0.0, -1.0, math.nan])
def test_huber_refuses_a_delta_that_is_not_positive(delta: float) -> None:
    with pytest.raises(ValueError, match="delta must be a positive number, got"):
        huber(1.0, 0.0, delta=delta)


# ------ classes


@pytest.mark.parametrize(
    ("scores", "label", "expected"),
    [((3.2, 5.1, -1.7), 0, 2.9), ((1.3, 4.9, 2.0), 1, 0.0), ((2.2, 2.5, -3.1), 2, 12.9)],
)
def test_hinge_of_cat_car_and_frog(scores: Any, label: int, expected: float) -> None:
    assert hinge(scores, label) == pytest.approx(expected, rel=1e-15, abs=1e-15)


def test_hinge_and_cross_entropy_of_the_same_scores() -> None:
    scores = [-2.85, 0.86, 0.28]
    assert round(hinge(scores, 2), 2) == 1.58
    assert round(cross_entropy(scores, 2), 2) == 1.04


def test_hinge_gradient_counts_the_classes_within_the_margin() -> None:
    scores = values([2.0, 1.5, 0.0, 2.5])
    hinge(scores, 0).backward()
    assert gradients(scores) == [-2.0, 1.0, 0.0, 1.0]


def test_hinge_margin_is_settable() -> None:
    assert hinge([1.0, 0.5], 0, margin=0.25) == 0.0
    assert hinge([1.0, 0.5], 0, margin=2.0) == 1.5


def test_cross_entropy_gradient_is_probability_minus_one_hot() -> None:
    logits = values([1.0, 2.0, 0.5])
    cross_entropy(logits, 1).backward()
    exps = [math.exp(x.data) for x in logits]
    expected = [e / sum(exps) - (i == 1) for i, e in enumerate(exps)]
    assert gradients(logits) == pytest.approx(expected, rel=1e-14)


def test_cross_entropy_of_equal_logits_is_log_of_their_number() -> None:
    assert cross_entropy([7.0] * 10, 3) == pytest.approx(math.log(10.0), rel=1e-15)


def test_cross_entropy_stays_finite_for_huge_logits() -> None:
    logits = values([1e4, -1e4, 0.0])
    loss = cross_entropy(logits, 1)
    loss.backward()
    assert loss.data == 2e4
    assert gradients(logits) == [1.0, -1.0, 0.0]


def test_cross_entropy_of_a_model_that_is_sure_and_right_keeps_its_digits() -> None:
    logits = values([0.0, 60.0, 20.0])
    loss = cross_entropy(logits, 1)
    loss.backward()
    others = math.exp(-60.0) + math.exp(-40.0)
    assert loss.data == pytest.approx(others, rel=1e-15)
    assert logits[1].grad == pytest.approx(-others, rel=1e-15)


@pytest.mark.parametrize(
    ("logits", "label", "expected"),
    [
        ([math.inf, 0.0], 0, 0.0),
        ([math.inf, 0.0], 1, math.inf),
        ([-math.inf, 0.0], 1, 0.0),
        ([-math.inf, 0.0], 0, math.inf),
        ([math.nan, 0.0], 1, math.nan),
    ],
)
def test_cross_entropy_at_infinities_is_the_limit(
    logits: list[float], label: int, expected: float
) -> None:
    assert cross_entropy(logits, label) == pytest.approx(expected, nan_ok=True)


@given(st.lists(st.floats(-300, 300), min_size=2, max_size=6), st.data())
def test_cross_entropy_and_log_softmax_are_exact(logits: list[float], data: Any) -> None:
    label = data.draw(st.integers(0, len(logits) - 1))
    with mpmath.workdps(700):
        exact = mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(x) - logits[label]) for x in logits))
        # the differences of the logits are rounded once: half a unit of the largest
        rounding = 2 * math.ulp(max(logits) - min(logits) + 1.0)
        assert abs(cross_entropy(logits, label) - exact) <= rounding * min(1, exact) + 4e-16 * exact
        assert abs(log_softmax(logits)[label] + exact) <= rounding


def test_log_softmax_and_nll_are_cross_entropy() -> None:
    logits = values([1.0, -2.0, 0.5])
    logs = log_softmax(logits)
    assert [x.data for x in logs] == [-cross_entropy([1.0, -2.0, 0.5], i) for i in range(3)]
    nll(logs, 1).backward()
    other = values([1.0, -2.0, 0.5])
    cross_entropy(other, 1).backward()
    assert gradients(logits) == pytest.approx(gradients(other), rel=1e-15)


# ------ two classes


@pytest.mark.parametrize(
    ("score", "label", "expected", "gradient"),
    [(0.25, 1, 0.75, -1.0), (0.25, -1, 1.25, 1.0), (2.0, 1, 0.0, 0.0), (-1.0, -1.0, 0.0, 0.0)],
)
def test_binary_hinge(score: float, label: Any, expected: float, gradient: float) -> None:
    value = Value(score)
    loss = binary_hinge(value, label)
    loss.backward()
    assert (loss.data, value.grad) == (expected, gradient)


@pytest.mark.parametrize("label", [1, -1.0])
@pytest.mark.parametrize("margin", [1.0, 0.25])
def test_hinge_of_one_score_is_that_of_two_classes(label: Any, margin: float) -> None:
    expected = max(0.0, margin - label * 0.5)
    assert hinge(0.5, label, margin) == hinge([0.5], label, margin) == expected
    assert hinge(Value(0.5), Value(label), margin).data == expected


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("logit", [-800.0, -40.0, -0.3, 0.0, 2.0, 40.0, 800.0])
def test_binary_cross_entropy_is_that_of_two_classes(logit: float, label: int) -> None:
    x = Value(logit)
    loss = binary_cross_entropy(x, label)
    loss.backward()
    assert loss.data == cross_entropy([0.0, logit], label)
    slope = 1.0 / (1.0 + math.exp(logit)) if logit < 700.0 else 0.0
    expected = -slope if label else 1.0 / (1.0 + math.exp(-logit)) if logit > -700.0 else 0.0
    assert x.grad == pytest.approx(expected, rel=1e-14, abs=5e-324)


def test_label_between_two_classes_is_the_probability_wanted() -> None:
    x = Value(0.5)
    loss = binary_cross_entropy(x, 0.25)
    loss.backward()
    p = 1.0 / (1.0 + math.exp(-0.5))
    assert loss.data == pytest.approx(-0.25 * math.log(p) - 0.75 * math.log(1.0 - p), rel=1e-15)
    assert x.grad == pytest.approx(p - 0.25, rel=1e-14)


def test_sure_and_wrong_at_infinity_costs_infinitely_much() -> None:
    assert [binary_cross_entropy(math.inf, y) for y in (0, 1)] == [math.inf, 0.0]
    assert [binary_cross_entropy(-math.inf, y) for y in (0, 1)] == [0.0, math.inf]


# ------ parameters


def test_regularizers_by_hand() -> None:
    ws = values([1.0, -2.0, 0.0])
    assert l2(ws).data == 5.0
    assert l1(ws).data == 3.0
    assert elastic_net(ws, beta=0.5).data == 0.5 * 5.0 + 3.0
    elastic_net(ws, beta=0.5).backward()
    assert gradients(ws) == [1.0 + 1.0, -2.0 - 1.0, 0.0]


def test_regularizers_take_any_set_of_parameters() -> None:
    model = nn.Linear(2, 2)
    weights = [w for row in model.weight for w in row]
    assert l2(w for w in weights).data == pytest.approx(sum(w.data**2 for w in weights))
    assert l1(np.array(weights)).data == pytest.approx(sum(abs(w.data) for w in weights))
    assert (l1([]), l2([]), elastic_net([], 1.0)) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("regularizer", [l1, l2, lambda x: elastic_net(x, 1.0)])
def test_model_instead_of_its_parameters_is_refused(regularizer: Any) -> None:
    with pytest.raises(TypeError, match=r"got Sequential: pass model.parameters\(\)"):
        regularizer(nn.Sequential(nn.Linear(1, 1)))


# ------ every loss

LOSSES: dict[str, Any] = {
    "squared_error": lambda x: squared_error(x, [0.5, -1.0, 4.0]),
    "half_squared_error": lambda x: half_squared_error(x, [0.5, -1.0, 4.0]),
    "mean_squared_error": lambda x: mean_squared_error(x, [0.5, -1.0, 4.0]),
    "mean_absolute_error": lambda x: mean_absolute_error(x, [0.5, -1.0, 4.0]),
    "huber": lambda x: huber(x, [0.5, -1.0, 4.0]),
    "cross_entropy": lambda x: cross_entropy(x, 2),
    "nll": lambda x: nll(log_softmax(x), 2),
    "hinge": lambda x: hinge(x, 2),
    "binary_hinge": lambda x: binary_hinge(x[0], 1),
    "binary_cross_entropy": lambda x: binary_cross_entropy(x[:1], 1),
    "soft label": lambda x: binary_cross_entropy(x[0], 0.3),
    "elastic_net": lambda x: elastic_net(x, 0.7),
}
X = [0.8, -1.3, 2.4]


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_of_a_loss_is_its_slope(name: str) -> None:
    check_gradient(LOSSES[name], X)
    inside = X if "binary" not in name and name != "soft label" else X[:1]
    assert check_gradient(LOSSES[name], inside).ok


@pytest.mark.parametrize("name", LOSSES)
def test_loss_of_floats_and_of_any_kind_of_scalar_is_the_same_number(name: str) -> None:
    expected = LOSSES[name](values(X)).data
    assert type(LOSSES[name](X)) is float
    assert LOSSES[name](X) == expected
    assert number(LOSSES[name]([Traced(x) for x in X])) == expected


CLASS_LOSSES = [cross_entropy, hinge, lambda x, label: nll(log_softmax(x), label)]


@pytest.mark.parametrize("loss", CLASS_LOSSES)
@pytest.mark.parametrize("label", range(3))
def test_computed_label_selects_its_class(loss: Any, label: int) -> None:
    given, computed = values(X), values(X)
    expected, found = loss(given, label), loss(computed, Value(label))
    expected.backward()
    found.backward()
    assert found.data == expected.data
    assert gradients(computed) == gradients(given)
    assert number(loss([Traced(x) for x in X], label)) == expected.data


@pytest.mark.parametrize("loss", CLASS_LOSSES)
@pytest.mark.parametrize("label", [-1.0, 3.0, 0.5, math.nan])
def test_computed_label_that_is_no_class_is_refused(loss: Any, label: float) -> None:
    with pytest.raises((TypeError, ValueError), match="label"):
        loss(X, Value(label))


def test_labels_of_two_classes_may_be_computed() -> None:
    score, label = Value(0.25), Value(-1.0)
    assert binary_hinge(score, label).data == 1.25
    assert number(binary_cross_entropy(Traced(0.5), 1.0)) == binary_cross_entropy(0.5, 1)
