"""Losses by their lecture figures and gradients by hand; SGD by hand; errors that name the cure."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.losses import binary_hinge, cross_entropy, hinge, squared_error
from scalargrad.nn import MLP
from scalargrad.optim import SGD


def values(numbers: list[float]) -> list[Any]:
    return [Value(x) for x in numbers]


# ------ losses


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
    assert [s.grad for s in scores] == [-2.0, 1.0, 0.0, 1.0]


def test_hinge_margin_is_settable() -> None:
    assert hinge([1.0, 0.5], 0, margin=0.25) == 0.0
    assert hinge([1.0, 0.5], 0, margin=2.0) == 1.5


def test_cross_entropy_gradient_is_probability_minus_one_hot() -> None:
    logits = values([1.0, 2.0, 0.5])
    cross_entropy(logits, 1).backward()
    exps = [math.exp(x.data) for x in logits]
    expected = [e / sum(exps) - (i == 1) for i, e in enumerate(exps)]
    assert [x.grad for x in logits] == pytest.approx(expected, rel=1e-14)


def test_cross_entropy_of_equal_logits_is_log_of_their_number() -> None:
    assert cross_entropy([7.0] * 10, 3) == pytest.approx(math.log(10.0), rel=1e-15)


def test_cross_entropy_stays_finite_for_huge_logits() -> None:
    logits = values([1e4, -1e4, 0.0])
    loss = cross_entropy(logits, 1)
    loss.backward()
    assert loss.data == 2e4
    assert [x.grad for x in logits] == [1.0, -1.0, 0.0]


@pytest.mark.parametrize(
    ("score", "label", "expected", "gradient"),
    [(0.25, 1, 0.75, -1.0), (0.25, -1, 1.25, 1.0), (2.0, 1, 0.0, 0.0), (-1.0, -1.0, 0.0, 0.0)],
)
def test_binary_hinge(score: float, label: Any, expected: float, gradient: float) -> None:
    value = Value(score)
    loss = binary_hinge(value, label)
    loss.backward()
    assert (loss.data, value.grad) == (expected, gradient)


def test_squared_error_of_lists_and_of_numbers() -> None:
    outputs = values([1.0, 2.0])
    loss = squared_error(outputs, [0.5, 4.0])
    loss.backward()
    assert loss.data == 4.25
    assert [x.grad for x in outputs] == [1.0, -4.0]
    assert squared_error(3.0, 1.0) == 4.0
    assert squared_error(Value(3.0), 1.0).data == 4.0


@pytest.mark.parametrize("loss", [cross_entropy, hinge])
class TestLabels:
    @pytest.mark.parametrize("label", [3, -1, 10**30])
    def test_label_beyond_the_outputs_is_refused(self, loss: Any, label: int) -> None:
        with pytest.raises(ValueError, match=f"3 outputs need a label 0 to 2, got {label}"):
            loss([1.0, 2.0, 3.0], label)

    @pytest.mark.parametrize("label", [1.0, "cat", None, Value(1.0), [0, 1, 0]])
    def test_label_that_is_no_whole_number_is_refused(self, loss: Any, label: Any) -> None:
        with pytest.raises(TypeError, match="class as a whole number, got"):
            loss([1.0, 2.0, 3.0], label)

    def test_numpy_integer_is_a_label(self, loss: Any) -> None:
        assert loss([1.0, 2.0, 3.0], np.int64(2)) == loss([1.0, 2.0, 3.0], 2)


@pytest.mark.parametrize("label", [0, 2, 0.5, "1", None])
def test_binary_hinge_refuses_other_labels(label: Any) -> None:
    with pytest.raises(ValueError, match="needs a label 1 or -1, got"):
        binary_hinge(Value(1.0), label)


def test_squared_error_refuses_targets_of_another_number() -> None:
    with pytest.raises(ValueError, match="expected 2 targets, one for each output, got 3"):
        squared_error([1.0, 2.0], [1.0, 2.0, 3.0])


# ------ SGD


def test_plain_step_is_against_the_gradient() -> None:
    x = Value(2.0)
    x.grad = 4.0
    SGD([x], lr=0.25).step()
    assert x.data == 1.0


def test_momentum_by_hand() -> None:
    x = Value(1.0)
    optimizer = SGD([x], lr=0.5, momentum=0.5)
    seen = []
    for gradient in (1.0, 1.0, 0.0):
        x.grad = gradient
        optimizer.step()
        seen.append(x.data)
    # velocities 1, 1.5, 0.75
    assert seen == [0.5, -0.25, -0.625]


def test_lr_may_change_between_steps() -> None:
    x = Value(0.0)
    optimizer = SGD([x], lr=1.0)
    x.grad = 1.0
    optimizer.step()
    optimizer.lr = 0.5
    optimizer.step()
    assert x.data == -1.5


def test_zero_grad_clears_the_parameters() -> None:
    x, y = values([1.0, 2.0])
    x.grad = y.grad = 3.0
    SGD(iter([x, y]), lr=0.1).zero_grad()
    assert (x.grad, y.grad) == (0.0, 0.0)


@pytest.mark.parametrize("lr", [0.0, -0.1, math.inf, math.nan])
def test_lr_that_is_not_positive_is_refused(lr: float) -> None:
    with pytest.raises(ValueError, match="lr must be a positive number, got"):
        SGD([Value(1.0)], lr=lr)
    optimizer = SGD([Value(1.0)], lr=1.0)
    with pytest.raises(ValueError, match="lr must be a positive number, got"):
        optimizer.lr = lr


@pytest.mark.parametrize("momentum", [-0.1, 1.0, math.nan])
def test_momentum_out_of_range_is_refused(momentum: float) -> None:
    with pytest.raises(ValueError, match="momentum must be at least 0 and below 1, got"):
        SGD([Value(1.0)], lr=0.1, momentum=momentum)


def test_what_is_no_list_of_values_is_refused() -> None:
    with pytest.raises(TypeError, match=r"pass model.parameters\(\)"):
        SGD(MLP(1, [1]), lr=0.1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"expected Values, got float 1\.0"):
        SGD([1.0], lr=0.1)
    with pytest.raises(ValueError, match="the list is empty"):
        SGD([], lr=0.1)


# ------ together


def test_network_learns_xor() -> None:
    random.seed(3)
    model = MLP(2, [8, 1])
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    points = [([0.0, 0.0], -1), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], -1)]
    for _ in range(100):
        loss = sg.mean([binary_hinge(model(x), label) for x, label in points])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.data < 0.01
    assert all(model(x).data * label > 0.9 for x, label in points)
