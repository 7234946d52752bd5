"""Random functions whose comparisons come out another way in each call, some of them the same way
in all lanes: called again and again, with lanes and without."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.branches import families

N = 12
"""Numbers in the list that a function is given, and at most so many iterations."""
SIDES = ("v", "a", "b", "x[0]", "x[(3*k+1)%N]", "x[k]", "g", "u", "0.3", "2.5-a")
CHOSEN = ("v", "u", "0.3", "-x[(k+1)%N]", "x[k]", "b", "g*0.1")
ENDS = ("g > 1.0+b*b", "not g <= 1.2", "g > 2.0-a", "a > g", "u*u > 0.9", "g >= x[k]+2.0")


class Plain:
    """The functions on floats."""

    sin, tanh, exp = math.sin, math.tanh, math.exp

    @staticmethod
    def where(condition: bool, x: Any, y: Any) -> Any:
        return x if condition else y


def source(random: Random) -> str:
    """The text of a function of two numbers and a list."""

    def side() -> str:
        return random.choice(SIDES)

    def chosen() -> str:
        condition = f"{side()} {random.choice('<>')} {side()}"
        return f"M.where({condition}, {random.choice(CHOSEN)}, {random.choice(CHOSEN)})"

    body = [f"u = M.tanh({chosen()} + 0.5*u)"]
    if random.random() < 0.3:
        body = [f"for j in range({random.choice([2, 5])}):", f"    u = M.tanh(u*0.5 + {chosen()})"]
    if random.random() < 0.3:
        body.append(f"if {side()} > {side()}: u = u*0.7 + 0.1")
    if random.random() < 0.2:
        body.append(f"w = {side()} > {side()}")
    body.append("g = g + 0.1 + 0.2*M.exp(-u*u)")
    loop = "for k in range(N):"
    if random.random() < 0.7:
        body.insert(random.choice([0, len(body)]), f"if {random.choice(ENDS)}: break")
    lines = ["v = a + b", f"g = {random.choice(['b', '0.0', 'a*b'])}", "u = a*0.3", "k = 0", loop]
    lines += [f"    {line}" for line in body]
    lines.append(f"return {random.choice(['g', 'g*u', 'g + u', 'u', 'a'])}")
    return "def f(a, b, x):\n" + "\n".join(f"    {line}" for line in lines)


def function(text: str, names: Any) -> Callable[..., Any]:
    around = {"M": names, "N": N, "__name__": __name__}
    exec(text, around)
    f = around["f"]
    assert inspect.isfunction(f)
    return f


@pytest.fixture(autouse=True)
def of_short_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "FEW_GUARDS", {True: 4, False: 4})


def numbers(random: Random) -> tuple[float, float, list[float]]:
    return random.gauss(0, 1), random.gauss(0, 1), [random.gauss(0, 1) for _ in range(N)]


SEEDS = range(150)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_call_without_lanes_is_that_of_floats(seed: int) -> None:
    random = Random(seed)
    text = source(random)
    plain, gate = function(text, Plain), sg.compile(function(text, sg))
    for _ in range(5):
        args = numbers(random)
        assert gate(*args) == pytest.approx(plain(*args), rel=1e-10, abs=1e-12), text


@pytest.mark.parametrize("seed", SEEDS)
def test_each_lane_of_each_call_is_that_of_floats(seed: int) -> None:
    random = Random(-1 - seed)
    text = source(random)
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
