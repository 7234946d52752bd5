"""Losses refuse wrong labels, shapes and lengths: errors say what was expected and what came."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.losses import (
    binary_cross_entropy,
    binary_hinge,
    cross_entropy,
    half_squared_error,
    hinge,
    huber,
    mean_absolute_error,
    mean_squared_error,
    nll,
    squared_error,
)

# ------ labels


@pytest.mark.parametrize("loss", [cross_entropy, hinge, nll])
class TestLabels:
    @pytest.mark.parametrize("label", [3, -1, 10**30])
    def test_label_beyond_the_outputs_is_refused(self, loss: Any, label: int) -> None:
        with pytest.raises(ValueError, match=f"3 outputs need a label 0 to 2, got {label}"):
            loss([1.0, 2.0, 3.0], label)

    @pytest.mark.parametrize("label", [1.0, "cat", None, [0, 1, 0]])
    def test_label_that_is_no_whole_number_is_refused(self, loss: Any, label: Any) -> None:
        with pytest.raises(TypeError, match="class as a whole number, got"):
            loss([1.0, 2.0, 3.0], label)

    def test_numpy_integer_is_a_label(self, loss: Any) -> None:
        assert loss([1.0, 2.0, 3.0], np.int64(2)) == loss([1.0, 2.0, 3.0], 2)

    @pytest.mark.parametrize("outputs", [None, 1j, "abc", ["a", "b", "c"], [[1.0], [2.0], [3.0]]])
    def test_outputs_that_are_no_numbers_are_refused(self, loss: Any, outputs: Any) -> None:
        with pytest.raises((TypeError, ValueError)):
            sg.exp(loss(outputs, 1))


@pytest.mark.parametrize("label", [0, 2, 0.5, "1", None])
def test_binary_hinge_refuses_other_labels(label: Any) -> None:
    with pytest.raises(ValueError, match="needs a label 1 or -1, got"):
        binary_hinge(Value(1.0), label)
    with pytest.raises(ValueError, match="needs a label 1 or -1, got"):
        hinge([Value(1.0)], label)


@pytest.mark.parametrize("label", [-0.1, 1.5, math.nan, "1", None, [1]])
def test_binary_cross_entropy_refuses_labels_that_are_no_probability(label: Any) -> None:
    with pytest.raises(ValueError, match="needs a label from 0 to 1, got"):
        binary_cross_entropy(Value(1.0), label)


@pytest.mark.parametrize("loss", [binary_hinge, binary_cross_entropy])
def test_loss_of_two_classes_takes_one_output(loss: Any) -> None:
    assert loss([0.5], 1) == loss(0.5, 1) == loss(np.array([0.5]), Fraction(1))
    with pytest.raises(ValueError, match=f"{loss.__name__} needs one output, got 2"):
        loss([1.0, 2.0], 1)


@pytest.mark.parametrize(
    "loss",
    [squared_error, half_squared_error, mean_squared_error, mean_absolute_error, huber],
)
@given(st.integers(0, 5), st.integers(0, 5))
def test_outputs_and_targets_are_equally_many(loss: Any, ours: int, theirs: int) -> None:
    if ours != theirs:
        message = f"expected {ours} targets, one for each output, got {theirs}"
        with pytest.raises(ValueError, match=message):
            loss([1.0] * ours, [0.0] * theirs)
    elif ours:
        assert loss([1.0] * ours, np.zeros(theirs)) == loss([1.0] * ours, [0.0] * theirs)
