"""One row of the operator table against mpmath, at the row's own samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mpmath import mpf

import scalargrad as sg
from scalargrad.rows import Operator
from tests.support.reference import (
    call,
    exact_derivative,
    exact_value,
    sample_operands,
    smooth_operands,
)

VALUE_ULPS = 3.0

FIRST_ULPS = 4.0

SECOND_RELATIVE = 1e-14

CANCELLING = {"lgamma", "polygamma", "sinc_derivative"}
"""Rows that lose digits near their zeros, the C library's lgamma too: there the units counted
are those of 1.0."""


def assert_near(found: float, exact: Any, bound: float, what: str, name: str) -> None:
    scale = max(1.0, abs(float(exact))) if name in CANCELLING else float(exact)
    assert abs(mpf(found) - exact) <= (bound * math.ulp(scale) if exact else 0), (
        f"{name}: {what} is {found!r}, should be {float(exact)!r}"
    )


def check_value(row: Operator) -> None:
    for operands in sample_operands(row):
        exact = exact_value(row.name, operands)
        for found in (call(row, operands), call(row, list(map(sg.Value, operands))).data):
            assert_near(found, exact, VALUE_ULPS, f"the value at {operands}", row.name)


def numeric_gradient(
    row: Operator, operands: Sequence[float], positions: Sequence[int]
) -> list[float]:
    """The derivatives by `backward`, with the operands not in `positions` constants."""
    mixed = [sg.Value(x) if i in positions else x for i, x in enumerate(operands)]
    call(row, mixed).backward()
    return [mixed[i].grad for i in positions]  # type: ignore[union-attr]


def check_first_derivative(row: Operator) -> None:
    for operands in sample_operands(row):
        smooth = smooth_operands(row.name, operands)
        alone = [numeric_gradient(row, operands, [i])[0] for i in smooth]
        values = list(map(sg.Value, operands))
        graph = sg.gradients(call(row, values), [values[i] for i in smooth])
        all_variable = numeric_gradient(row, operands, range(len(operands)))
        for i, lone, symbolic in zip(smooth, alone, graph):
            exact = exact_derivative(row.name, operands, i)
            what = f"∂/∂operand {i} at {operands}"
            assert_near(lone, exact, FIRST_ULPS, what, row.name)
            assert_near(all_variable[i], exact, FIRST_ULPS, what, row.name)
            assert_near(symbolic.data, exact, FIRST_ULPS, f"{what} as a graph", row.name)


def check_second_derivative(row: Operator) -> None:
    for operands in sample_operands(row):
        smooth = smooth_operands(row.name, operands)
        values = list(map(sg.Value, operands))
        leaves = [values[i] for i in smooth]
        for i, first in zip(smooth, sg.gradients(call(row, values), leaves)):
            for j, second in zip(smooth, sg.gradients(first, leaves)):
                exact = exact_derivative(row.name, operands, i, j)
                error = abs(mpf(second.data) - exact)
                assert error <= SECOND_RELATIVE * abs(exact), (
                    f"{row.name}: ∂²/∂operand {i} ∂operand {j} at {operands} is "
                    f"{second.data!r}, should be {float(exact)!r}"
                )
