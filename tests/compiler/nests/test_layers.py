"""Networks that remember, of random cells in several layers: loops within the loop over a sequence,
which stay loops however long that is."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.nests import choice
from scalargrad.compiler.nests.runner import OnNest
from scalargrad.compiler.trace.native import machine

needs_machine = pytest.mark.skipif(machine is None, reason="the machine was not built")
EVENTS = 5_000
"""So many operator calls the shorter sequence takes, about."""


class Network:
    """Layers of units whose cells have gates, each a function of the unit's input or of what the
    unit gave before: those of a long short-term memory, or with one gate for in and out. Each
    trigram of operators comes more than once."""

    def __init__(self, seed: int, layers: int) -> None:
        draw = Random(seed)
        self.layers, self.units = layers, draw.randrange(3, 18)
        functions = [*draw.choice(([sg.sigmoid] * 2, [sg.sigmoid] * 3)), sg.tanh]
        self.gates = [(f, draw.random() < 0.5) for f in functions]
        per_step = self.units * (layers * (3 * len(functions) + 5) + 6)
        self.length = max(EVENTS // per_step, 12)
        weights = (layers, 2 * len(functions), self.units)
        self.weights = np.array([draw.uniform(-1.0, 1.0) for _ in range(math.prod(weights))])
        self.weights = self.weights.reshape(weights)

    def sequence(self, length: int) -> Any:
        draw = np.random.default_rng(length)
        return draw.uniform(-1.0, 1.0, (length, self.units))

    def cell(self, weights: Any, i: int, given: Any, hidden: Any, memory: Any) -> tuple[Any, Any]:
        found = []
        for k, (f, is_of_given) in enumerate(self.gates):
            x = given if is_of_given else hidden
            found.append(f(x * weights[2 * k][i] + weights[2 * k + 1][i]))
        forget, let_in, *let_out, change = found
        memory = memory * forget + let_in * change
        return [let_in, *let_out][-1] * sg.tanh(memory), memory

    def loss(self, weights: Any, sequence: Any) -> Any:
        hidden = [[0.1] * self.units for _ in range(self.layers)]
        memory = [[0.2] * self.units for _ in range(self.layers)]
        total = 0.0
        for given in sequence:
            at = given
            for k in range(self.layers):
                for i in range(self.units):
                    hidden[k][i], memory[k][i] = self.cell(
                        weights[k], i, at[i], hidden[k][i], memory[k][i]
                    )
                at = hidden[k]
            total = total + sg.log(sg.sum([sg.exp(x) for x in at]) + 1.0)
        return total / len(sequence)


def run(f: Callable[..., Any], *given: Any) -> tuple[float, Any]:
    value, slopes = f(*given)
    return value, np.array(slopes, float)


@needs_machine
@pytest.mark.parametrize("layers", range(1, 7))
def test_layers_of_cells_stay_loops_and_agree_with_eager(
    layers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "LEAST_LONG", 1_000)
    monkeypatch.setattr(choice, "MOST_FREE_OF_LONG", math.inf)
    monkeypatch.setattr(choice, "LEAST_FUNCTIONS", 0.0)
    for seed in range(2):
        network = Network(10 * seed + layers, layers)
        gate, eager = sg.value_and_grad(sg.compile(network.loss)), sg.value_and_grad(network.loss)
        sizes = []
        for length in (network.length, 3 * network.length):
            given = network.weights, network.sequence(length)
            value, slopes = run(eager, *given)
            for _ in range(2):
                found, found_slopes = run(gate, *given)
                assert found == pytest.approx(value, rel=1e-12)
                assert found_slopes == pytest.approx(slopes, rel=1e-10, abs=1e-12)
            sizes.append(code_size(gate))
        assert max(sizes) < 1.1 * min(sizes), (seed, layers, network.units)


def code_size(gate: Any) -> int:
    """How many words the code of the last program has, which is one with loops."""
    *_, paths = gate._programs.paths.values()
    runner = paths.first.runner
    assert isinstance(runner, OnNest)
    return len(runner.code.code)
