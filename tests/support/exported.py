"""What the tests of exported programs share: functions, arguments, comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import scalargrad as sg
from scalargrad import nn
from scalargrad.rows import BUILT_IN


def option(S: Any, K: Any, sigma: Any) -> Any:
    d = sg.log(S / K) / sigma
    return S * 0.5 * sg.erfc(-d) - K * sg.exp(-sigma * sigma) * sg.tanh(d)


ARGUMENTS = (np.array([90.0, 100.0, 110.0]), 100.0, 0.2)


def same(found: Any, expected: Any, rel: float = 1e-13) -> bool:
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=rel, equal_nan=False)
    return np.shape(found) == np.shape(expected)


def classifier() -> tuple[Any, Any, Any, Any]:
    """Return a compiled loss, its model, samples and targets, the same in every process."""
    sg.seed(0)
    model = nn.MLP(2, [4, 1])
    loss = sg.compile(
        lambda model, x, y: sg.relu(1.0 - y * model(x)), batch=("x", "y"), reduce="mean"
    )
    generator = np.random.default_rng(0)
    return loss, model, generator.normal(size=(6, 2)), np.sign(generator.normal(size=6))


def points(with_jax: bool = False) -> list[tuple[Any, Sequence[float]]]:
    """Every operator of a fixed number of operands that has the spelling, at its samples."""
    found = []
    for op in BUILT_IN.values():
        for sample in op.samples:
            point = sample if isinstance(sample, tuple) else (sample,)
            if op.arity is not None and (op.array if with_jax else op.c) is not None:
                found.append((op, tuple(map(float, point))))
    return found
