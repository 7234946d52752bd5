"""A determinant by expansion in minors, along the first row of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import scalargrad as sg

from . import Run


def minor(a: Any, size: int, row: int, columns: Sequence[int]) -> Any:
    """The determinant of the rows from `row` on, in these columns."""
    if len(columns) == 1:
        return a[row * size + columns[0]]
    found = 0.0
    for k, column in enumerate(columns):
        rest = minor(a, size, row + 1, [*columns[:k], *columns[k + 1 :]])
        term = a[row * size + column] * rest
        found = found + term if k % 2 == 0 else found - term
    return found


def determinant(a: Any, size: int) -> Any:
    return minor(a, size, 0, range(size))


def primal(given: dict[str, Any]) -> Run:
    gate = sg.compile(determinant)
    return Run(lambda: gate(given["A"], given["ell"]))


def gradient(given: dict[str, Any]) -> Run:
    gate = sg.grad(sg.compile(determinant))
    return Run(lambda: gate(given["A"], given["ell"]))


FUNCTIONS = {"primal": primal, "gradient": gradient}
