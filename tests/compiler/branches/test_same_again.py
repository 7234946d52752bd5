"""A call made again gives the same bits: also the call that found the paths, and also after calls
whose lanes took others."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.branches import families
from tests.support.random_branches import N, function, in_any_order, with_a_loop

WAYS = {"value": lambda f: f, "gradient": lambda f: sg.value_and_grad(f, (0, 1))}


def again(gate: Callable[..., Any], calls: Any) -> tuple[list[str], list[str]]:
    """What the calls give at first, each before the next, and what they give once all are known."""
    first = [repr(gate(*args)) for args in calls]
    return first, [repr(gate(*args)) for args in calls]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("reduce", ("sum", "mean"))
@pytest.mark.parametrize("seed", range(25))
def test_branches(seed: int, reduce: str, way: str) -> None:
    text = in_any_order(Random(seed))
    gate = sg.compile(WAYS[way](function(text, sg)), batch="a", reduce=reduce)
    numbers = np.random.default_rng(seed)
    calls = [(numbers.normal(size=lanes), float(numbers.normal())) for lanes in (13, 13, 200)]
    first, later = again(gate, calls)
    assert first == later, text


@pytest.mark.parametrize("few", (4, 48))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(25))
def test_loops_that_end_when_they_like(
    seed: int, way: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(families, "FEW_GUARDS", {True: few, False: few})
    text = with_a_loop(Random(seed))
    f = WAYS[way](function(text, sg))
    gate = sg.compile(f, batch="a", reduce="sum", max_paths=1000)
    numbers = np.random.default_rng(seed)
    xs = numbers.normal(size=N).tolist()
    args = numbers.normal(size=50), float(numbers.normal()), xs
    first, later = again(gate, [args])
    assert first == later, text


@pytest.mark.parametrize("lanes", (13, 130))
def test_a_number_decided_by_another_run(lanes: int) -> None:
    """An infinity meets a derivative of 0: the call is run again, and must find what it found."""

    def f(x: Any, y: Any) -> Any:
        if x > 0:
            return 0.1 * sg.exp(y), sg.log(sg.relu(y) * x)
        if x > -1:
            return 0.3 * sg.exp(y), sg.log(sg.relu(y))
        return 0.7 * sg.exp(y), sg.log(sg.relu(y) * y)

    gate, y = sg.compile(f, batch="x", reduce="sum"), sg.Value(-1.3)
    value, endless = gate(np.random.default_rng(0).normal(size=lanes), y)
    (value + endless).backward()
    assert endless.data == -np.inf and np.isnan(y.grad)
