"""Every row at every special value, in pairs: zeros, subnormals, ones, huge, infinite, NaN.

No row may raise, whatever it is given. Where the function and its derivative exist they are right
even there: against mpmath for finite operands here, in `test_infinities.py` for infinite ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from math import inf
from typing import Any

import pytest
from mpmath import mp, mpf

import scalargrad as sg
from scalargrad.ieee import hypot
from scalargrad.rows import BUILT_IN, Operator
from tests.support.floats import all_bits, bits
from tests.support.reference import FROM_TWO, FUNCTIONS, call, smooth_operands
from tests.support.special import FINITE, MAX, SPECIAL, TINIEST, points, same

RELATIVE = 1e-13


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
    **dict.fromkeys(["identity", "start", "neg", "div", "degrees", "radians"], (0,)),
    **dict.fromkeys(["add", "sub", "mul", "chain", "choose", "sum", "mean", "prod", "dot"], (0, 1)),
    **dict.fromkeys(["leaky_relu", "elu"], (1,)),
}
"""Operands that their own partials do not look at: a slope is constant, whatever they are."""


def ignores(name: str, operands: Sequence[float]) -> bool:
    """Whether the row has chosen against the operand that is NaN."""
    first = operands[0]
    if name == "where":
        return first == first
    nothing = [bits(x) == bits(-0.0) for x in operands]
    if name in ("chain", "choose"):
        return nothing[0] or (name == "choose" and nothing[1])
    if name == "clamp":
        # of x and the lower bound one is not chosen, whatever the upper bound is
        return not math.isnan(first) and not math.isnan(operands[1])
    return name in ("leaky_relu", "elu") and first > 0.0


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

UNKNOWN = {"polygamma", "sinc_derivative", "round_to"}
"""mpmath needs minutes for the first two here (lgamma and sinc test their first orders); no
derivative of rounding to 1e200 digits is wanted."""

known_rows = pytest.mark.parametrize("name", [name for name in BUILT_IN if name not in UNKNOWN])


def loses(name: str, operands: Sequence[float]) -> str:
    """Why the row is not held to its exact value or derivative here; empty if it is."""
    x, y = operands[0], operands[-1]
    if name == "pow" and 0.0 < abs(x) < 1e-300 and abs(y) < 1.0:
        return "x**(y - 1) is beyond the floats, its product with y would not be"
    if name == "pow" and x < 0.0 and abs(y) > 2.0**53:
        return "y - 1 is no longer odd where y is even"
    if name in {"hypot", "atan2", *FROM_TWO} and math.isinf(hypot(x, operands[1])):
        return "the distance from the origin is beyond the floats"
    if name == "sinc" and abs(x) == MAX:
        return "πx is beyond the floats"
    if name in {"hypot", *FROM_TWO} and max(abs(x), abs(y)) < 1e-323:
        return "the root of 2 times the least subnormal has no digit to be right in"
    if name in ("mod", "floordiv", "fmod", "remainder") and abs(x) > 1e20 * abs(y):
        return "a step of any size leads over many multiples of y"
    if name == "copysign" and bits(y) == bits(-0.0):
        return "an mpf has no −0.0"
    if name == "mean" and math.isinf(x + y):
        return "the sum is beyond the floats"
    return ""


EXPONENTIAL = {"elu", "exp_difference", "logaddexp", "logsumexp"}


@pytest.fixture
def many_digits(name: str) -> Iterator[None]:
    # enough to see the steps below beside an operand of 1e308; where exponentials would be slow,
    # enough for each operand by itself
    few = BUILT_IN[name].arity == 1 or name in EXPONENTIAL
    with mp.workdps(450 if few else 800):
        yield


def as_float(exact: Any) -> float:
    """The float nearest to an mpf; NaN where the function is undefined: complex, or NaN."""
    if isinstance(exact, mp.mpc):
        exact = exact.real if exact.imag == 0 else mp.nan
    try:
        return float(exact)
    except OverflowError:
        return math.copysign(inf, mp.sign(exact))


def close(found: float, wanted: float, slack: float = 0.0) -> bool:
    return same(found, wanted, RELATIVE * abs(wanted) + 2 * TINIEST + slack)


@known_rows
def test_value_at_special_finite_operands(name: str, many_digits: None) -> None:
    row = BUILT_IN[name]
    for operands in points(row, FINITE):
        wanted = as_float(FUNCTIONS[name](*map(mpf, operands)))
        at_pole = not math.isfinite(wanted) and 0.0 in operands
        if at_pole or bits(-0.0) in all_bits(operands) or loses(name, operands):
            continue  # what IEEE 754 says there, and on the sign of zero, is NumPy's to tell
        found = call(row, operands)
        assert close(found, wanted), (operands, found, wanted)


def exact_slope(f: Any, operands: Sequence[float], i: int) -> tuple[float, float] | None:
    """∂out/∂operand i and its uncertainty; None where there is no derivative."""
    nearest = min([1.0, *[abs(x) for x in operands if x]])
    step = nearest * mpf("1e-25") if operands[i] else mpf("1e-400")

    def moved(by: Any) -> Any:
        return f(*[mpf(x) + (by if j == i else 0) for j, x in enumerate(operands)])

    at = moved(0)
    slopes = [(moved(h) - at) / h for h in (step, -step, step / 1000)]
    if not all(isinstance(slope, mpf) and mp.isfinite(slope) for slope in slopes):
        return None
    noise = abs(at) * mpf(10) ** (10 - mp.dps) / step * 1000
    spread, size = max(slopes) - min(slopes), max(map(abs, slopes))
    if spread > max(size / 1000, mpf("1e-60"), noise):
        return None
    return as_float((slopes[0] + slopes[1]) / 2), as_float(noise)


@known_rows
def test_derivative_at_special_finite_operands(name: str, many_digits: None) -> None:
    row = BUILT_IN[name]
    for operands in points(row, FINITE):
        last = len(operands) if row.constant_from is None else row.constant_from
        leaves = [*map(sg.Value, operands[:last]), *operands[last:]]
        call(row, leaves).backward()
        for i in smooth_operands(name, operands[:last]):
            slope = exact_slope(FUNCTIONS[name], operands, i)
            if slope is not None and not loses(name, operands):
                found = leaves[i].grad
                assert close(found, *slope), (operands, i, found, slope)
