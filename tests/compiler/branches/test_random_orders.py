"""Random functions without loops whose comparisons wait for more or less work: the machine makes
those first that wait for least, and a lane may leave a path at a comparison that the function would
not have come to."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import scalargrad as sg

PLAIN = SimpleNamespace(sin=math.sin, exp=math.exp, tanh=math.tanh)
WORK = ("M.sin(v)", "M.tanh(v)*b", "M.exp(-v*v)", "v*0.7 + 0.2", "v - a", "a*b + v", "v*v - 1.0")


def source(random: Random) -> str:
    """The text of a function of two numbers. Most comparisons are with the first of them: nodes of
    one path then have the numbers of others of another path easily."""

    def number() -> str:
        return f"{random.uniform(-2.0, 2.0):.2f}"

    def side() -> str:
        return random.choice((number(), number(), f"a - {number()}", f"{number()} - a", "v", "u"))

    def work() -> str:
        return f"{random.choice('uv')} = {random.choice(WORK)}"

    lines = ["v = a", "u = b"]
    for _ in range(random.randint(2, 6)):
        lines += [f"if a >= {number()}: pass"] * (random.random() < 0.6)
        lines.append(f"if a {random.choice(('>=', '>=', '<'))} {side()}: {work()}")
        if random.random() < 0.3:
            lines.append(f"else: {work()}")
        if random.random() < 0.4:
            lines.append(work())
        if random.random() < 0.4:
            lines.append(random.choice(WORK))
    lines += [f"if a >= {side()}: return 7.0 * u", random.choice(("return u + v", "return 0.0"))]
    return "def f(a, b):\n" + "\n".join(f"    {line}" for line in lines)


def function(text: str, names: Any) -> Callable[..., Any]:
    around = {"M": names, "__name__": __name__}
    exec(text, around)
    f = around["f"]
    assert inspect.isfunction(f)
    return f


@pytest.mark.parametrize("seed", range(100))
def test_each_lane_goes_its_own_way(seed: int) -> None:
    random = Random(seed)
    text = source(random)
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
