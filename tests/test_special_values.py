"""Every row at every special value, in pairs: zeros, subnormals, ones, huge, infinite, NaN.

No row may raise, whatever it is given. Where the function and its derivative exist they are right
even there: against mpmath for finite operands, against NumPy and a table of limits for infinite.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from math import inf, nan
from typing import Any

import pytest
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad.rows import BUILT_IN, Operator
from tests.floats import all_bits
from tests.reference import FUNCTIONS, call, smooth_operands

MAX = 1.7976931348623157e308
ZEROS = (0.0, -0.0)
FINITE = (
    *ZEROS, 5e-324, -5e-324, 1e-308, -1e-308, 1e-200, -1e-200,
    1.0, -1.0, 1e200, -1e200, MAX, -MAX,
)  # fmt: skip
SPECIAL = (*FINITE, inf, -inf, nan)
FEWER = (0.0, -0.0, 5e-324, 1.0, -1.0, MAX, inf, -inf, nan)

RELATIVE = 1e-13
TINIEST = 5e-324


def points(row: Operator, values: Sequence[float]) -> list[tuple[float, ...]]:
    """All tuples of these values that the row takes; of a list, all pairs."""
    arity = row.arity or 2
    few = [x for x in FEWER if x in values or x != x] if arity == 3 else values
    return list(product(few, repeat=arity))


def masks(row: Operator) -> list[tuple[bool, ...]]:
    """Every choice of operands that are Values while the others are constants."""
    return [mask for mask in product((True, False), repeat=row.arity or 2) if any(mask)]


def mixed(operands: Sequence[float], mask: Sequence[bool]) -> list[Any]:
    return [sg.Value(x) if free else x for x, free in zip(operands, mask, strict=True)]


every_row = pytest.mark.parametrize("name", BUILT_IN)


@every_row
def test_no_special_value_raises_and_formulas_on_floats_give_what_nodes_hold(name: str) -> None:
    row = BUILT_IN[name]
    for operands, mask in product(points(row, SPECIAL), masks(row)):
        if row.constant_from is not None and any(mask[row.constant_from :]):
            continue
        out = call(row, mixed(operands, mask))
        formulas = row.local(out.data, operands, mask)
        wanted = [p for p, free in zip(formulas, mask, strict=True) if free]
        assert all_bits(out.partials) == all_bits(map(float, wanted)), (operands, mask)
        assert all_bits([out.data]) == all_bits([call(row, operands)])


@every_row
def test_derivative_as_a_graph_equals_backward_and_differentiates_again(name: str) -> None:
    row = BUILT_IN[name]
    for operands in points(row, SPECIAL):
        leaves = list(map(sg.Value, operands))
        out = call(row, leaves)
        out.backward()
        graph = sg.gradients(out, leaves)
        for leaf, first in zip(leaves, graph, strict=True):
            assert same(first.data, leaf.grad), operands
            sg.gradients(first, leaves)


# ------ NaN

LINEAR: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(["identity", "neg", "div"], (0,)),
    **dict.fromkeys(["add", "sub", "mul", "chain", "sum", "mean", "prod", "dot"], (0, 1)),
    **dict.fromkeys(["leaky_relu", "elu"], (1,)),
}
"""Operands that their own partials do not look at: a slope is constant, whatever they are."""


def ignores(name: str, operands: Sequence[float]) -> bool:
    """Whether the row has chosen against the operand that is NaN."""
    first = operands[0]
    if name == "where":
        return first == first
    return name == "chain" and first == 0.0 or name in ("leaky_relu", "elu") and first > 0.0


@every_row
def test_nan_operand_makes_value_and_partials_nan(name: str) -> None:
    row = BUILT_IN[name]
    for operands in points(row, SPECIAL):
        if not any(map(math.isnan, operands)) or ignores(name, operands):
            continue
        leaves = list(map(sg.Value, operands))
        out = call(row, leaves)
        assert math.isnan(out.data), operands
        out.backward()
        for i in set(smooth_operands(name, operands)) - set(LINEAR.get(name, ())):
            assert math.isnan(leaves[i].grad), (operands, i)


# ------ finite operands, against mpmath


SLOW = {"polygamma", "sinc_derivative"}
"""mpmath needs minutes for them here; lgamma and sinc test their first orders."""

known_rows = pytest.mark.parametrize("name", [name for name in BUILT_IN if name not in SLOW])


@pytest.fixture
def many_digits(name: str) -> Iterator[None]:
    # enough to see a step of 1e-400 beside 1, or of 1e-364 beside another operand of 1e308
    with mp.workdps(450 if BUILT_IN[name].arity == 1 else 1200):
        yield


def as_float(exact: Any) -> float:
    """The float nearest to an mpf; NaN where the function is undefined: complex, or NaN."""
    if isinstance(exact, mp.mpc):
        exact = exact.real if exact.imag == 0 else mp.nan
    try:
        return float(exact)
    except OverflowError:
        return math.copysign(inf, mp.sign(exact))


def same(found: float, wanted: float, slack: float = 0.0) -> bool:
    if math.isnan(wanted) or math.isinf(wanted):
        return found == wanted or found != found and wanted != wanted
    return abs(found - wanted) <= slack


def close(found: float, wanted: float, slack: float = 0.0) -> bool:
    return same(found, wanted, RELATIVE * abs(wanted) + 2 * TINIEST + slack)


@known_rows
def test_value_at_special_finite_operands(name: str, many_digits: None) -> None:
    row = BUILT_IN[name]
    for operands in points(row, FINITE):
        exact = FUNCTIONS[name](*map(mpf, operands))
        wanted = as_float(exact)
        found = call(row, operands)
        assert close(found, wanted), (operands, found, wanted)


def one_sided(name: str, operands: Sequence[float], i: int, step: Any) -> Any:
    point = list(map(mpf, operands))
    at = FUNCTIONS[name](*point)
    point[i] += step
    return (FUNCTIONS[name](*point) - at) / step


def exact_slope(name: str, operands: Sequence[float], i: int) -> tuple[float, float] | None:
    """∂out/∂operand i and its uncertainty; None where there is no derivative."""
    x = abs(operands[i])
    step = min(mpf(x), 1) * mpf("1e-40") if x else mpf("1e-400")
    right, left = (one_sided(name, operands, i, s) for s in (step, -step))
    if not all(isinstance(s, mpf) and mp.isfinite(s) for s in (right, left)):
        return None
    gap, size = abs(right - left), max(abs(right), abs(left))
    if size > 1e-30 and gap > size / 1000:
        return None
    return as_float((right + left) / 2), as_float(gap)


@known_rows
def test_derivative_at_special_finite_operands(name: str, many_digits: None) -> None:
    row = BUILT_IN[name]
    for operands in points(row, FINITE):
        smooth = smooth_operands(name, operands)
        leaves = list(map(sg.Value, operands))
        call(row, leaves).backward()
        for i in smooth:
            slope = exact_slope(name, operands, i)
            if slope is not None:
                found = leaves[i].grad
                assert close(found, *slope), (operands, i, found, slope)
