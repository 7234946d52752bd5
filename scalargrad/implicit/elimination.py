"""Linear equations, solved on floats, Values or numbers that are traced.

Rows are exchanged as in Gauss's elimination with partial pivoting. Numbers that are traced may ask
for other exchanges in another lane: there each exchange is a choice by `where`, and no branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

from .. import ops
from ..scalars import is_value

Rows = list[list[Any]]
LARGE = 8
"""From so many equations on LAPACK solves those of floats, in the same way."""


def solutions(matrix: Sequence[Sequence[Any]], sides: Sequence[Sequence[Any]]) -> Rows:
    """Return X with A·X = B, for a matrix A of n × n and n rows of right-hand sides B: n rows.
    A singular matrix gives infinities and NaN."""
    count = len(matrix)
    if count >= LARGE and are_floats(matrix) and are_floats(sides):
        return by_lapack(matrix, sides)
    rows = [[*row, *side] for row, side in zip(matrix, sides)]
    for k in range(count):
        for i in range(k + 1, count):
            rows[k], rows[i] = larger_first(rows[k], rows[i], k)
        for i in range(k + 1, count):
            rows[i] = reduced(rows[i], rows[k], k)
    found: Rows = [[] for _ in rows]
    for k in reversed(range(count)):
        found[k] = [solved_for(rows[k], found, k, column) for column in range(len(sides[0]))]
    return found


def are_floats(rows: Sequence[Sequence[Any]]) -> bool:
    return all(set(map(type, row)) <= {float} for row in rows)


def by_lapack(matrix: Sequence[Sequence[float]], sides: Sequence[Sequence[float]]) -> Rows:
    import numpy

    try:
        found: Rows = numpy.linalg.solve(matrix, sides).tolist()
    except numpy.linalg.LinAlgError:
        return [[nan] * len(side) for side in sides]
    return found


def larger_first(x: list[Any], y: list[Any], k: int) -> tuple[list[Any], list[Any]]:
    """Two rows, the one with the larger entry k first."""
    if any(hasattr(row[k], "trace") for row in (x, y)):
        other = ops.step(ops.abs(y[k]) - ops.abs(x[k]))
        first = [ops.where(other, b, a) for a, b in zip(x, y)]
        return first, [ops.where(other, a, b) for a, b in zip(x, y)]
    return (y, x) if abs(number(y[k])) > abs(number(x[k])) else (x, y)


def number(x: Any) -> float:
    found: float = x._number if is_value(x) else x
    return found


def reduced(row: list[Any], pivot: list[Any], k: int) -> list[Any]:
    if not is_value(row[k]) and row[k] == 0.0:
        return row
    factor = ops.div(row[k], pivot[k])
    return [
        *row[: k + 1],
        *(ops.sub(x, ops.mul(factor, y)) for x, y in zip(row[k + 1 :], pivot[k + 1 :])),
    ]


def solved_for(row: list[Any], found: Rows, k: int, column: int) -> Any:
    """Unknown k, where those after it are found."""
    count = len(found)
    rest = row[count + column]
    for j in range(k + 1, count):
        rest = ops.sub(rest, ops.mul(row[j], found[j][column]))
    return ops.div(rest, row[k])
