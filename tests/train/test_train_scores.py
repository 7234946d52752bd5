"""Scores: mean losses, accuracy, and what is taken for what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalargrad import Value
from scalargrad.losses import cross_entropy, squared_error
from scalargrad.nn import Dropout, Linear, Sequential
from scalargrad.scores import predicted
from scalargrad.train import accuracy, confusion_matrix, correct, evaluate


def echo(x: Any) -> Any:
    """A model that returns its input as Values."""
    return [Value(number) for number in x] if isinstance(x, list) else Value(x)


SCORES = [([3.0, 1.0, 2.0], 0), ([3.0, 1.0, 2.0], 2), ([0.0, 5.0, 1.0], 1), ([0.0, 1.0, 9.0], 2)]


def test_mean_loss_by_hand() -> None:
    assert evaluate(echo, squared_error, [(1.0, 3.0), (2.0, 2.0), (0.0, -1.0)]) == 5.0 / 3.0


def test_accuracy_by_hand() -> None:
    assert accuracy(echo, SCORES) == 0.75


def test_confusion_matrix_has_true_rows_and_predicted_columns() -> None:
    assert confusion_matrix(echo, SCORES) == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]


@pytest.mark.parametrize("negative", [-1, 0, 0.0])
def test_a_lone_score_decides_by_its_sign(negative: float) -> None:
    data = [(2.0, 1), (-2.0, 1), ([-1.0], negative), (0.0, negative)]
    assert accuracy(echo, data) == 0.75
    assert confusion_matrix(echo, data) == [[2, 0], [1, 1]]


def test_arrays_are_data_too() -> None:
    x, y = np.array([s for s, _ in SCORES]), np.array([k for _, k in SCORES])
    assert accuracy(echo, (x, y)) == 0.75
    assert confusion_matrix(echo, (x, y)) == confusion_matrix(echo, SCORES)


@given(st.lists(st.floats(allow_nan=False), min_size=2, max_size=6))
def test_the_class_predicted_is_the_first_of_the_largest_scores(scores: list[float]) -> None:
    best = predicted([Value(score) for score in scores])
    assert scores[best] == max(scores)
    assert max(scores) not in scores[:best]


@given(
    st.lists(
        st.tuples(st.lists(st.floats(-9, 9), min_size=4, max_size=4), st.integers(0, 3)),
        min_size=1,
        max_size=20,
    )
)
def test_confusion_matrix_and_accuracy_agree(data: list[Any]) -> None:
    matrix = confusion_matrix(echo, data)
    assert [sum(row) for row in matrix] == [sum(y == k for _, y in data) for k in range(4)]
    assert sum(matrix[k][k] for k in range(4)) / len(data) == accuracy(echo, data)


def test_nan_is_never_correct_and_no_class() -> None:
    data = [([float("nan"), 1.0], 1)]
    assert not correct([Value(float("nan")), Value(1.0)], 1)
    assert accuracy(echo, data) == 0.0
    with pytest.raises(ValueError, match="output is NaN where the target is 1: no class"):
        confusion_matrix(echo, data)


@pytest.mark.parametrize(
    "data, kind, message",
    [
        ([([1.0, 2.0], 2)], ValueError, "2 outputs need a label 0 to 1, got 2"),
        ([([1.0, 2.0], 0.5)], TypeError, "a label is the class as a whole number, got float 0.5"),
        ([(1.0, 2)], ValueError, "a lone score needs a target −1, 0 or 1, got 2"),
    ],
)
@pytest.mark.parametrize("score", [accuracy, confusion_matrix])
def test_targets_that_are_no_classes_are_refused(
    score: Any, data: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        score(echo, data)


def test_model_is_in_evaluation_mode_meanwhile_and_records_nothing() -> None:
    model = Sequential(Linear(2, 2), Dropout(0.9))
    seen = []

    def looking_on(output: Any, target: int) -> Any:
        seen.append((model[1].training, [out.parents for out in output]))
        return cross_entropy(output, target)

    evaluate(model, looking_on, [([1.0, 2.0], 0)])
    assert seen == [(False, [(), ()])]
    assert model.training and model[1].training
