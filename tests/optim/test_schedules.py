"""Schedules by their formulas, composed, and set on an optimizer."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalargrad import Value
from scalargrad.optim import SGD
from scalargrad.optim.schedules import (
    by_epoch,
    constant,
    cosine,
    inverse_sqrt,
    linear,
    product,
    sequence,
    step,
    warmup,
)

EVERY = {
    "constant": constant(0.5),
    "step": step([3, 7], 0.5),
    "cosine": cosine(9),
    "linear": linear(9, 0.25),
    "inverse_sqrt": inverse_sqrt(4),
    "warmup": warmup(5),
    "product": product(warmup(5), cosine(20)),
    "sequence": sequence((5, warmup(5)), (9, cosine(9))),
    "by_epoch": by_epoch(4, linear(5)),
}


@pytest.mark.parametrize("name", EVERY)
@given(t=st.integers(0, 10**6))
def test_factor_is_between_0_and_1_for_ever(name: str, t: int) -> None:
    assert 0.0 <= EVERY[name](t) <= 1.0


def test_step_multiplies_at_each_of_its_steps() -> None:
    schedule = step([30, 60], 0.5)
    assert [schedule(t) for t in (0, 29, 30, 59, 60, 1000)] == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    assert step([60, 30], 0.5)(45) == 0.5


def test_a_schedule_takes_its_step_by_name() -> None:
    for schedule in (cosine(10), step([5]), product(warmup(3), linear(9))):
        assert schedule(t=7) == schedule(7)  # type: ignore[call-arg]


def test_cosine_by_hand() -> None:
    schedule = cosine(8)
    assert [schedule(t) for t in (0, 4, 8, 9)] == pytest.approx([1.0, 0.5, 0.0, 0.0], abs=1e-16)
    assert schedule(2) == pytest.approx(0.5 + math.sqrt(0.125), rel=1e-15)
    assert cosine(8, last=0.5)(4) == pytest.approx(0.75, rel=1e-15)


def test_linear_by_hand() -> None:
    assert [linear(4)(t) for t in range(6)] == [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    assert [linear(4, last=0.5)(t) for t in (0, 2, 4, 5)] == [1.0, 0.75, 0.5, 0.5]


def test_inverse_square_root_by_hand() -> None:
    assert [inverse_sqrt()(t) for t in (0, 1, 4, 16)] == [1.0, 1.0, 0.5, 0.25]
    assert [inverse_sqrt(4)(t) for t in (0, 4, 16)] == [1.0, 1.0, 0.5]


def test_warmup_rises_to_1_and_stays() -> None:
    assert [warmup(4)(t) for t in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    assert [warmup(2, first=0.5)(t) for t in range(3)] == [0.75, 1.0, 1.0]


def test_product_of_warmup_and_inverse_root_is_the_transformers_schedule() -> None:
    schedule = product(warmup(10), inverse_sqrt(10))
    factors = [schedule(t) for t in range(50)]
    assert factors.index(max(factors)) == 9
    expected = [math.sqrt(10) * min(t**-0.5, (t + 1) * 10**-1.5) for t in range(1, 50)]
    assert factors[11:] == pytest.approx(expected[10:], rel=1e-14)


def test_sequence_counts_each_part_from_its_own_start() -> None:
    schedule = sequence((2, warmup(2)), (3, linear(4)), (1, constant(0.125)))
    assert [schedule(t) for t in range(8)] == [0.5, 1.0, 1.0, 0.75, 0.5, *[0.125] * 3]


def test_schedule_by_epochs() -> None:
    schedule = by_epoch(10, step([2], 0.5))
    assert [schedule(t) for t in (0, 19, 20)] == [1.0, 1.0, 0.5]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cosine(0), "steps must be a whole number from 1 up, got 0"),
        (lambda: linear(2.5), "steps must be a whole number"),  # type: ignore[arg-type]
        (lambda: warmup(-1), "steps must be a whole number"),
        (lambda: inverse_sqrt(0), "start must be a whole number"),
        (lambda: step([0]), "a step must be a whole number"),
        (lambda: step([3], 1.5), "factor must be from 0 to 1, got 1.5"),
        (lambda: linear(3, -0.5), "last must be from 0 to 1"),
        (lambda: cosine(3, math.nan), "last must be from 0 to 1, got nan"),
        (lambda: sequence(), "needs at least one"),
    ],
)
def test_senseless_schedule_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


# ------ on an optimizer


def positions(optimizer: Any, steps: int) -> list[float]:
    seen = []
    for _ in range(steps):
        optimizer.parameters[0].grad = -1.0
        optimizer.step()
        seen.append(optimizer.parameters[0].data)
    return seen


def test_optimizer_multiplies_its_rate_by_the_schedule() -> None:
    optimizer = SGD([Value(0.0)], lr=2.0, schedule=linear(4))
    assert optimizer.rate == 2.0
    assert positions(optimizer, 5) == [2.0, 3.5, 4.5, 5.0, 5.0]
    assert (optimizer.lr, optimizer.rate) == (2.0, 0.0)


def test_schedule_can_be_set_and_taken_away() -> None:
    optimizer = SGD([Value(0.0)], lr=1.0)
    optimizer.schedule = constant(0.5)
    assert positions(optimizer, 1) == [0.5]
    optimizer.schedule = None
    assert positions(optimizer, 1) == [1.5]


def test_schedule_goes_on_where_the_saved_state_left_it() -> None:
    one = SGD([Value(0.0)], lr=1.0, schedule=linear(10))
    positions(one, 4)
    other = SGD([Value(one.parameters[0].data)], lr=1.0, schedule=linear(10))
    other.load_state_dict(one.state_dict())
    assert positions(other, 4) == positions(copy.deepcopy(one), 4)


@pytest.mark.parametrize("factor", [-0.5, math.nan, math.inf])
def test_factor_out_of_range_is_refused_and_nothing_moves(factor: float) -> None:
    optimizer = SGD([Value(0.0)], lr=1.0, schedule=lambda t: factor)
    with pytest.raises(ValueError, match=f"a factor from 0 up, got {factor} at step 0"):
        positions(optimizer, 1)
    assert optimizer.parameters[0].data == 0.0
