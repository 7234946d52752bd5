"""A derivative that is 0 is 0.0, however it was found: −0.0 stands for nothing inside, and is never
shown."""

from __future__ import annotations

from itertools import product
from math import copysign
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from scalargrad.rows import BUILT_IN

POINTS = (0.0, -0.0, 1.0, -2.5, 1e200)
ROWS = [row for row in BUILT_IN.values() if row.arity in (1, 2)]


def is_shown(x: Any) -> bool:
    return x != 0.0 or copysign(1.0, x) > 0.0


def backward(f: Any, x: float, y: float) -> list[float]:
    leaves = [sg.Value(x), sg.Value(y)]
    out = f(*leaves)
    if isinstance(out, sg.Value):
        out.backward()
    return [leaf.grad for leaf in leaves]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_no_derivative_is_minus_zero(row: Any) -> None:
    def f(x: Any, y: Any) -> Any:
        return (row(x, y) if row.arity == 2 else row(x) * y) * y

    gate = compile(f)
    ways = [sg.grad(f, (0, 1)), sg.grad(gate, (0, 1))]
    for x, y in product(POINTS, POINTS):
        found = [way(x, y) for way in ways] + [backward(f, x, y), backward(gate, x, y)]
        assert all(is_shown(g) for one in found for g in one), (x, y, found)
