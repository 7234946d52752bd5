"""Random functions whose comparisons come out another way in each call, some of them the same way
in all lanes: called again and again, with lanes and without."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.branches import families
from tests.support.random_branches import N, function, with_a_loop


class Plain:
    """The functions on floats."""

    sin, tanh, exp = math.sin, math.tanh, math.exp

    @staticmethod
    def where(condition: bool, x: Any, y: Any) -> Any:
        return x if condition else y


@pytest.fixture(autouse=True)
def of_short_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "FEW_GUARDS", {True: 4, False: 4})


def numbers(random: Random) -> tuple[float, float, list[float]]:
    return random.gauss(0, 1), random.gauss(0, 1), [random.gauss(0, 1) for _ in range(N)]


SEEDS = range(150)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_call_without_lanes_is_that_of_floats(seed: int) -> None:
    random = Random(seed)
    text = with_a_loop(random)
    plain, gate = function(text, Plain), sg.compile(function(text, sg))
    for _ in range(5):
        args = numbers(random)
        assert gate(*args) == pytest.approx(plain(*args), rel=1e-10, abs=1e-12), text


@pytest.mark.parametrize("seed", SEEDS)
def test_each_lane_of_each_call_is_that_of_floats(seed: int) -> None:
    random = Random(-1 - seed)
    text = with_a_loop(random)
    plain, own = function(text, Plain), function(text, sg)
    gate, slopes = sg.compile(own, batch="a"), sg.value_and_grad(sg.compile(own, batch="a"), (0, 1))
    for lanes in (5, 9, 17, 3):
        _, b, x = numbers(random)
        a = [random.gauss(0, 1) for _ in range(lanes)]
        expected = [plain(one, b, x) for one in a]
        np.testing.assert_allclose(gate(np.array(a), b, x), expected, 1e-10, 1e-12, err_msg=text)
        value, (by_a, by_b) = slopes(np.array(a), b, x)
        np.testing.assert_allclose(value, expected, 1e-10, 1e-12, err_msg=text)
        eager = [sg.grad(own, (0, 1))(one, b, x) for one in a]
        np.testing.assert_allclose(np.transpose([by_a, by_b]), eager, 1e-9, 1e-10, err_msg=text)
