"""A recurrent network with diagonal weights that guesses the bits of the next character."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

import scalargrad as sg

from . import Run


def cell(weights: Any, biases: Any, hidden: Any, memory: Any, given: Any) -> tuple[Any, Any]:
    """One unit: the gates to forget, to let in and to let out, and the change."""
    forget = sg.sigmoid(given * weights[0] + biases[0])
    let_in = sg.sigmoid(hidden * weights[1] + biases[1])
    let_out = sg.sigmoid(given * weights[2] + biases[2])
    change = sg.tanh(hidden * weights[3] + biases[3])
    memory = memory * forget + let_in * change
    return let_out * sg.tanh(memory), memory


def loss(main: Any, extra: Any, state: Any, sequence: Any) -> Any:
    """The mean cross-entropy; `main` has two rows a layer, weights and biases of four gates of
    each unit, `state` the hidden numbers and the memories."""
    layers, units, total = len(main) // 2, len(extra[0]), 0.0
    hidden, memory = [list(x) for x in state[::2]], [list(x) for x in state[1::2]]
    for character, following in pairwise(sequence):
        at = [character[i] * extra[0][i] for i in range(units)]
        for layer in range(layers):
            weights, biases = main[2 * layer], main[2 * layer + 1]
            for i in range(units):
                hidden[layer][i], memory[layer][i] = cell(
                    weights[i::units], biases[i::units], hidden[layer][i], memory[layer][i], at[i]
                )
            at = hidden[layer]
        guess = [at[i] * extra[1][i] + extra[2][i] for i in range(units)]
        norm = sg.log(sg.sum([sg.exp(g) for g in guess]) + 2.0)
        total = total + sg.sum([following[i] * (guess[i] - norm) for i in range(units)])
    return -total / (units * (len(sequence) - 1))


def arguments(given: dict[str, Any]) -> list[Any]:
    return [np.array(given[name]) for name in ("main_params", "extra_params", "state", "sequence")]


def gate() -> Any:
    return sg.compile(loss)


def objective(given: dict[str, Any]) -> Run:
    args, fast = arguments(given), gate()
    return Run(lambda: fast(*args))


def jacobian(given: dict[str, Any]) -> Run:
    args, slopes = arguments(given), sg.grad(gate(), (0, 1))
    return Run(lambda: slopes(*args), lambda found: [x for part in found for x in part.ravel()])


FUNCTIONS = {"objective": objective, "jacobian": jacobian}
