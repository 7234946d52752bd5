"""Derivatives that are computed when a function is over: all at once they are what they are one by
one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.passes import waiting

ARRAY = np.array([0.5, -1.25, 2.0])
LANES = np.array([[0.5, 1.0], [1.5, -0.25], [0.75, 2.0]])


def energy(x: Any, w: Any) -> Any:
    return sg.sum([sg.tanh(a * b) for a, b in zip(x, w)])


def first(x: Any, *others: Any) -> Any:
    return x[0]


def itself(x: Any) -> Any:
    return x


def line(x: Any, w: Any) -> Any:
    return x[0] + x[1] + x[2] + w[0] * w[1]


def nothing(x: Any, w: Any) -> Any:
    return 0.0 * w[0] + 3.0


def twice(x: Any) -> Any:
    return sg.grad(lambda y: sg.sin(y) * y * y)(x) * x


CASES: list[tuple[Any, Any, tuple[Any, ...], dict[str, Any]]] = [
    (energy, (0, 1), ([0.5, 1.5], [2.0, -0.75]), {}),
    (energy, 0, (ARRAY, ARRAY + 1.0), {}),
    (energy, (1, 0), (ARRAY, [1, 2.0, -1]), {}),
    (first, (0, 1), ([0.5, 1.5], ARRAY), {}),
    (itself, 0, (0.5,), {}),
    (line, (0, 1), (ARRAY, ARRAY), {}),
    (line, 0, (ARRAY, ARRAY), {}),
    (line, 0, ([0.5, 1.0, 2.0], [1.0, 2.0, 3.0]), {}),
    (nothing, (0, 1), ([0.5], [1.5]), {}),
    (twice, 0, (0.75,), {}),
    (energy, (0, 1), (LANES, [0.5, -2.0]), {"batch": "x", "reduce": "sum"}),
    (energy, (0, 1), (LANES, [0.5, -2.0]), {"batch": "x", "reduce": "mean"}),
    (energy, (0, 1), (LANES, [0.5, -2.0]), {"batch": "x"}),
    (energy, 1, (LANES, ARRAY[:2]), {"batch": "x", "reduce": "sum"}),
    (first, (0, 1), (LANES, ARRAY[:2]), {"batch": "x", "reduce": "sum"}),
]


def bits(found: Any) -> Any:
    """All there is of a result: its structure, types, shapes, and numbers by their bits."""
    if isinstance(found, (tuple, list)):
        return type(found), [bits(x) for x in found]
    if isinstance(found, np.ndarray):
        return found.dtype, found.shape, found.tobytes()
    return type(found), float(found).hex()


def program_and_results(
    transform: Any, f: Callable[..., Any], argnums: Any, args: Any, how: Any
) -> Any:
    gate = transform(sg.compile(f, **how), argnums)
    found = bits(gate(*args)), bits(gate(*args))
    lines = str(gate.program(*args, gradient=False)).splitlines()
    # one by one they stop gradients, which is a reason why there are no loops
    return found, [line for line in lines if "no loops found" not in line]


@pytest.mark.parametrize("transform", [sg.grad, sg.value_and_grad])
@pytest.mark.parametrize("f, argnums, args, how", CASES)
def test_all_at_once_is_one_by_one(
    f: Callable[..., Any],
    argnums: Any,
    args: tuple[Any, ...],
    how: dict[str, Any],
    transform: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = program_and_results(transform, f, argnums, args, how)
    monkeypatch.setattr(waiting, "at_once", lambda run: None)
    assert program_and_results(transform, f, argnums, args, how) == found


def test_most_are_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[bool] = []
    at_once = waiting.at_once

    def noted(run: Any) -> Any:
        found = at_once(run)
        done.append(found is not None)
        return found

    monkeypatch.setattr(waiting, "at_once", noted)
    for f, argnums, args, how in CASES:
        sg.grad(sg.compile(f, **how), argnums)(*args)
    assert sum(done) >= len(CASES) // 2
