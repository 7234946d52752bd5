"""The worked examples of lectures on back-propagation: losses and regularisers.

Each test is one example, with the lecture's own figures beside it.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, nn
from scalargrad.losses import (
    cross_entropy,
    elastic_net,
    half_squared_error,
    hinge,
    l1,
    l2,
    log_softmax,
    nll,
    squared_error,
)

CAT, CAR, FROG = range(3)
SCORES = {CAT: (3.2, 5.1, -1.7), CAR: (1.3, 4.9, 2.0), FROG: (2.2, 2.5, -3.1)}
"""Scores for cat, car and frog, of an image of each."""


def values(numbers: Any) -> list[Any]:
    return [Value(x) for x in numbers]


# ------ hinge loss


def test_hinge_loss_of_three_images_is_what_the_lecture_prints() -> None:
    losses = [hinge(scores, label) for label, scores in SCORES.items()]
    assert [round(loss, 2) for loss in losses] == [2.9, 0.0, 12.9]
    assert round(sg.mean(losses), 2) == 5.27


def test_hinge_loss_of_an_image_moves_its_own_score_and_the_one_beyond_the_margin() -> None:
    # max(0, 5.1 − 3.2 + 1) + max(0, −1.7 − 3.2 + 1) = 2.9 + 0
    scores = values(SCORES[CAT])
    hinge(scores, CAT).backward()
    assert [s.grad for s in scores] == [-1.0, 1.0, 0.0]


def test_doubled_weights_keep_a_hinge_loss_of_zero() -> None:
    layer = nn.Linear(1, 3, bias=False)
    for scale in (1.0, 2.0):
        for row, score in zip(layer.weight, SCORES[CAR]):
            row[0].data = scale * score
        assert hinge(layer([1.0]), CAR).data == 0.0


def test_hinge_loss_of_equal_scores_is_the_number_of_other_classes() -> None:
    assert hinge([0.0] * 10, 3) == 9.0


# ------ softmax loss


def test_softmax_loss_and_hinge_loss_of_one_image_are_what_the_lecture_prints() -> None:
    scores = [-2.85, 0.86, 0.28]
    assert round(hinge(scores, 2), 2) == 1.58
    assert round(cross_entropy(scores, 2), 2) == 1.04


def test_softmax_loss_by_steps_is_what_the_lecture_prints() -> None:
    # exponentials, their shares of the sum, and −log of the share of the third
    scores = [-2.85, 0.86, 0.28]
    assert [round(sg.exp(s), 3) for s in scores] == [0.058, 2.363, 1.323]
    probabilities = nn.softmax(scores)
    assert [round(p, 3) for p in probabilities] == [0.015, 0.631, 0.353]
    assert round(-math.log(probabilities[2]), 2) == 1.04


def test_a_score_moved_beyond_the_margin_costs_softmax_alone() -> None:
    # hinge is content with a margin of 1; softmax never is
    scores = [values([10.0, -2.0, 3.0]), values([10.0, -100.0, 3.0])]
    assert [hinge(s, 0).data for s in scores] == [0.0, 0.0]
    near, far = (cross_entropy(s, 0).data for s in scores)
    assert near > far > 0.0


# ------ squared error, log-softmax


def test_gradient_of_half_the_squared_error_is_the_difference() -> None:
    assert squared_error(0.8, 1.0) == pytest.approx(0.04)
    a = values([0.8, 0.1, 0.4])
    loss = half_squared_error(a, [1.0, 0.0, 0.0])
    loss.backward()
    # ½·(0.04 + 0.01 + 0.16), whose gradient is a − y
    assert loss.data == pytest.approx(0.105)
    assert [x.grad for x in a] == pytest.approx([-0.2, 0.1, 0.4])


def test_log_softmax_of_equal_scores_is_shared_by_all_classes() -> None:
    # equal scores of four classes: every probability is ¼, its logarithm −1.3863
    logs = log_softmax([5.0] * 4)
    assert [round(x, 4) for x in logs] == [-1.3863] * 4
    assert nll(logs, 2) == cross_entropy([5.0] * 4, 2) == pytest.approx(math.log(4.0), rel=1e-15)


# ------ regularisers

X = [1.0, 1.0, 1.0, 1.0]
ONE_WEIGHT, SPREAD = [1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]


def test_l2_spreads_weights_and_l1_is_indifferent() -> None:
    assert sg.dot(ONE_WEIGHT, X) == sg.dot(SPREAD, X) == 1.0
    assert (l2(ONE_WEIGHT), l2(SPREAD)) == (1.0, 0.25)
    assert (l1(ONE_WEIGHT), l1(SPREAD)) == (1.0, 1.0)
    assert (elastic_net(ONE_WEIGHT, 0.5), elastic_net(SPREAD, 0.5)) == (1.5, 1.125)


def test_descent_on_the_data_loss_plus_l2_ends_with_equal_weights() -> None:
    w = values(ONE_WEIGHT)
    for _ in range(200):
        loss = squared_error(sg.dot(w, X), 1.0) + 0.1 * l2(w)
        for x in w:
            x.grad = 0.0
        loss.backward()
        for x in w:
            x.data -= 0.1 * x.grad
    # (4w − 1)² + 0.1·4w² is least at w = 1/4.1
    assert [x.data for x in w] == pytest.approx([1.0 / 4.1] * 4, abs=0.02)


def test_regulariser_pulls_each_weight_towards_zero() -> None:
    w = values([2.0, -0.5])
    l2(w).backward()
    assert [x.grad for x in w] == [4.0, -1.0]
    other = values([2.0, -0.5])
    l1(other).backward()
    assert [x.grad for x in other] == [1.0, -1.0]
