"""Normalization: statistics by hand, over the batch and within a list; training and use."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, check_gradient, nn
from scalargrad.nn.normalization import BatchNorm

BATCH = [[1.0, 10.0], [3.0, 20.0], [5.0, 60.0]]


def numbers(rows: Any) -> list[list[float]]:
    return [[y.data for y in row] for row in rows]


# ------ over the batch


def test_batch_is_normalized_number_by_number() -> None:
    # means 3 and 30; mean squares around them 8/3 and 1400/3
    outputs = numbers(nn.BatchNorm(2, epsilon=1e-300).batch(BATCH))
    first, second = (8 / 3) ** 0.5, (1400 / 3) ** 0.5
    expected = [[-2 / first, -20 / second], [0.0, -10 / second], [2 / first, 30 / second]]
    assert [y for row in outputs for y in row] == pytest.approx(
        [y for row in expected for y in row], rel=1e-14
    )


def test_running_statistics_move_a_tenth_of_the_way() -> None:
    norm = nn.BatchNorm(2)
    norm.batch(BATCH)
    # they begin at 0 and 1; the variances of the samples are 8/2 and 1400/2
    assert norm.running_mean == pytest.approx([0.3, 3.0], rel=1e-15)
    assert norm.running_variance == pytest.approx([0.9 + 0.4, 0.9 + 70.0], rel=1e-15)


def test_in_use_the_running_statistics_count_for_one_sample_and_for_many() -> None:
    norm = nn.BatchNorm(2, epsilon=1.0).eval()
    norm.running_mean[:] = [1.0, 2.0]
    norm.running_variance[:] = [3.0, 8.0]
    for parameter, x in zip(norm.parameters(), [2.0, 3.0, 0.5, -0.5]):
        parameter.data = x
    assert numbers([norm([5.0, 8.0])]) == [[2.0 * 4.0 / 2.0 + 0.5, 3.0 * 6.0 / 3.0 - 0.5]]
    assert numbers(norm.batch([[5.0, 8.0]])) == [[4.5, 5.5]]
    assert norm.running_mean == [1.0, 2.0]


def test_sample_alone_in_training_is_refused_with_the_cure() -> None:
    model = nn.Sequential(nn.Linear(1, 2), nn.BatchNorm(2))
    with pytest.raises(ValueError, match=r"call model.batch\(samples\), or model.eval\(\)"):
        model([1.0])
    with pytest.raises(ValueError, match="at least 2 samples, got 1: drop the last batch"):
        model.batch([[1.0]])


def test_samples_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="BatchNorm expected 2 inputs, got 3"):
        nn.BatchNorm(2).batch([[1.0, 2.0], [1.0, 2.0, 3.0]])


def test_gradient_flows_through_the_statistics_of_the_batch() -> None:
    norm = nn.BatchNorm(2)

    def output(norm: Any, batch: Any) -> Any:
        outputs = norm.batch(batch)
        return sg.sum([sg.sin((i + 1.0) * y) for i, row in enumerate(outputs) for y in row])

    assert check_gradient(output, norm, BATCH).ok


def test_number_that_is_the_same_in_all_samples_becomes_zero_with_a_finite_gradient() -> None:
    xs = [Value(2.0), Value(2.0)]
    outputs = nn.BatchNorm(1).batch([[x] for x in xs])
    outputs[0][0].backward()
    assert numbers(outputs) == [[0.0], [0.0]]
    assert [x.grad for x in xs] == pytest.approx([0.5 / 1e-5**0.5, -0.5 / 1e-5**0.5])


def test_statistics_that_are_no_numbers_are_refused() -> None:
    from tests.support.traced import Traced

    with pytest.raises(TypeError, match=r"a compiled function cannot: .*call model.eval\(\)"):
        nn.BatchNorm(1).batch([[Traced(1.0)], [Traced(2.0)]])


@pytest.mark.parametrize("epsilon", [0.0, -1.0, math.nan])
@pytest.mark.parametrize("layer", [nn.BatchNorm, nn.LayerNorm, nn.RMSNorm])
def test_epsilon_is_positive(layer: Any, epsilon: float) -> None:
    with pytest.raises(ValueError, match="epsilon must be a positive number, got"):
        layer(2, epsilon=epsilon)


@pytest.mark.parametrize("momentum", [-0.1, 1.1, math.nan])
def test_momentum_is_a_share(momentum: float) -> None:
    with pytest.raises(ValueError, match="momentum must be from 0 to 1, got"):
        BatchNorm(2, momentum=momentum)


# ------ within a list

LISTS = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8)


@given(LISTS)
def test_layer_norm_gives_mean_zero_and_variance_one(xs: list[float]) -> None:
    mean = math.fsum(xs) / len(xs)
    variance = math.fsum((x - mean) ** 2 for x in xs) / len(xs)
    found = [y.data for y in nn.LayerNorm(len(xs), epsilon=1e-3)(xs)]
    expected = [(x - mean) / math.sqrt(variance + 1e-3) for x in xs]
    # where all are nearly equal, what the mean rounds is up to 30 times as large in the result
    assert found == pytest.approx(expected, rel=1e-12, abs=2e-11)


@given(LISTS)
def test_rms_norm_gives_mean_square_one(xs: list[float]) -> None:
    size = math.sqrt(math.fsum(x * x for x in xs) / len(xs) + 1e-5)
    found = [y.data for y in nn.RMSNorm(len(xs))(xs)]
    assert found == pytest.approx([x / size for x in xs], rel=1e-14)
    assert nn.RMSNorm(len(xs), gain=False).parameters() == []
    assert nn.RMSNorm(len(xs), gain=False)(xs) == found


def test_gain_and_shift_are_applied_last() -> None:
    layer = nn.LayerNorm(2, epsilon=1e-300).with_parameters([2.0, 3.0, 0.5, -0.5])
    assert layer([-1.0, 1.0]) == [-1.5, 2.5]
    assert nn.RMSNorm(2, epsilon=1e-300).with_parameters([2.0, 3.0])([-4.0, 4.0]) == [-2.0, 3.0]
