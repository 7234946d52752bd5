"""Gradient clipping, and random search."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.optim import SGD, clip_grad_norm, clip_grad_value, random_search
from tests.support.optimizers import quadratic, with_grads

# ------ clipping


def test_clip_by_norm_scales_to_the_norm_and_returns_the_old() -> None:
    parameters = with_grads(3.0, -4.0, 0.0)
    assert clip_grad_norm(parameters, 10.0) == 5.0
    assert [p.grad for p in parameters] == [3.0, -4.0, 0.0]
    assert clip_grad_norm(SGD(parameters, lr=0.1), 2.5) == 5.0
    assert [p.grad for p in parameters] == [1.5, -2.0, 0.0]


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=9), st.floats(1e-300, 1e300))
def test_clipped_norm_is_within_the_limit(grads: list[float], most: float) -> None:
    parameters = with_grads(*grads)
    clip_grad_norm(parameters, most)
    assert math.hypot(*[p.grad for p in parameters]) <= most * (1.0 + 1e-14) + 1e-320


def test_gradient_scaled_to_nothing_is_still_a_gradient() -> None:
    parameters = with_grads(-5e-324, 1e300)
    clip_grad_norm(parameters, 1.0)
    assert [p.grad for p in parameters] == [0.0, 1.0]
    assert parameters[0].has_grad


def test_clip_by_value_bounds_each_gradient() -> None:
    parameters = with_grads(3.0, -4.0, 0.5, math.inf, math.nan)
    clip_grad_value(parameters, 1.0)
    assert [p.grad for p in parameters[:4]] == [1.0, -1.0, 0.5, 1.0]
    assert math.isnan(parameters[4].grad)


def test_clipping_refuses_what_it_cannot_do() -> None:
    parameters = with_grads(1.0, math.nan)
    with pytest.raises(sg.AnomalyError, match="the norm of the gradients is nan"):
        clip_grad_norm(parameters, 1.0)
    assert parameters[0].grad == 1.0
    for most in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="max_norm must be a positive number"):
            clip_grad_norm(parameters, most)
        with pytest.raises(ValueError, match="max_value must be a positive number"):
            clip_grad_value(parameters, most)
    with pytest.raises(TypeError, match="expected Values, got int 1"):
        clip_grad_value([1], 1.0)


# ------ random search


@pytest.mark.parametrize("local", [False, True])
def test_random_search_keeps_the_best(local: bool) -> None:
    random.seed(5)
    x, seen = [Value(3.0), Value(3.0)], []

    def loss() -> Any:
        seen.append(((x[0] - 0.5) ** 2 + (x[1] + 0.25) ** 2).data)
        return quadratic(x) * 0.0 + seen[-1]

    lowest = random_search(x, loss, 200, scale=1.0, local=local)
    assert len(seen) == 201
    assert lowest == min(seen) < 0.05
    assert loss().data == lowest


def test_random_search_stays_in_its_box_and_local_search_walks_out() -> None:
    random.seed(6)
    boxed, walking = Value(0.0), Value(0.0)
    random_search([boxed], lambda: -boxed, 50, scale=1.0)
    random_search([walking], lambda: -walking, 50, scale=1.0, local=True)
    assert 0.8 < boxed.data <= 1.0
    assert walking.data > 5.0


def test_random_search_that_fails_leaves_the_best_so_far() -> None:
    x = Value(1.0)
    losses = iter([math.nan, 2.0, 1.0, math.nan])
    with pytest.raises(StopIteration):
        random_search([x], lambda: next(losses), 10)
    assert x.data != 1.0
    found = x.data
    assert random_search([x], lambda: 0.5, 3) == 0.5
    assert x.data == found
    with pytest.raises(ValueError, match="scale must be a positive number"):
        random_search([x], lambda: 0.0, 3, scale=0.0)
