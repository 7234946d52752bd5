"""Random functions without loops whose comparisons wait for more or less work: the machine makes
those first that wait for least, and a lane may leave a path at a comparison that the function would
not have come to."""

from __future__ import annotations

import math
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from tests.support.random_branches import function, in_any_order

PLAIN = SimpleNamespace(sin=math.sin, exp=math.exp, tanh=math.tanh)


@pytest.mark.parametrize("seed", range(100))
def test_each_lane_goes_its_own_way(seed: int) -> None:
    random = Random(seed)
    text = in_any_order(random)
    plain, own = function(text, PLAIN), function(text, sg)
    gate, slopes = sg.compile(own, batch="a"), sg.grad(sg.compile(own, batch="a"), (0, 1))
    for lanes in (2, 12):
        a, b = [random.gauss(0, 1) for _ in range(lanes)], random.gauss(0, 1)
        expected = [plain(one, b) for one in a]
        np.testing.assert_allclose(gate(np.array(a), b), expected, 1e-12, 1e-13, err_msg=text)
        eager = np.transpose([sg.grad(own, (0, 1))(one, b) for one in a])
        np.testing.assert_allclose(slopes(np.array(a), b), eager, 1e-10, 1e-12, err_msg=text)


def test_a_comparison_is_not_told_by_the_number_of_another_node() -> None:
    def f(x: Any, y: Any) -> Any:
        if x <= 1 - x:
            pass
        elif sg.logaddexp(y, 3) > 1:
            y = sg.exp(-abs(sg.tanh(sg.sqrt(1.0 + y**2))))
        v = x
        for _ in range(4):
            sg.dot([x, 0.5], [1.5, 2.0])
            if x >= 0.34:
                pass
            v = 0.5 * v + (1.5 + abs(1.25))
        try:
            sg.cos(v)
            assert x >= x - 2.0
        except ZeroDivisionError:
            pass
        return 0

    assert list(sg.compile(f, batch="x")(np.array([1.447, 0.0]), 3.0)) == [0, 0]
