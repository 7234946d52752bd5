"""What every operator does at its edges, compiled: the table of `tests/support/edges.py`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from math import inf, nan
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from tests.support.compiled import RUNNERS, running, value_and_gradients
from tests.support.edges import CASES

np = pytest.importorskip("numpy")

ROWS = pytest.mark.parametrize(
    ("f", "at", "value", "gradients"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)


def approx(x: Any) -> Any:
    return pytest.approx(x, rel=1.5e-15, abs=0.0, nan_ok=True)


@ROWS
@pytest.mark.parametrize("runner", RUNNERS)
def test_case_on_numbers(
    runner: str,
    f: Callable[..., Any],
    at: Sequence[float],
    value: float,
    gradients: Sequence[float],
) -> None:
    with running(runner):
        found, slopes = value_and_gradients(compile(of(f, at)), *at)
    assert found == approx(value)
    assert list(slopes) == approx(list(gradients))


@ROWS
@pytest.mark.parametrize("runner", RUNNERS)
def test_case_in_a_lane_beside_another(
    runner: str,
    f: Callable[..., Any],
    at: Sequence[float],
    value: float,
    gradients: Sequence[float],
) -> None:
    """The neighbour is ordinary, and takes another way through the branches of some cases."""
    lanes = [np.array([0.75, x, 0.75]) for x in at]
    with running(runner):
        found, slopes = value_and_gradients(compile(of(f, at), batch=True), *lanes)
    assert found[1] == approx(value)
    assert [x[1] for x in slopes] == approx(list(gradients))


@ROWS
def test_case_as_a_node_of_a_graph(
    f: Callable[..., Any], at: Sequence[float], value: float, gradients: Sequence[float]
) -> None:
    leaves = list(map(sg.Value, at))
    out = compile(of(f, at))(*leaves)
    out.backward()
    assert out.parents == tuple(leaves)
    assert out.data == approx(value)
    assert [leaf.grad for leaf in leaves] == approx(list(gradients))


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize(("f", "count"), [(lambda *xs: sg.logsumexp(xs), 3), (sg.logaddexp, 2)])
def test_sum_of_exponentials_is_the_eager_one_with_ties_and_infinities_anywhere(
    runner: str, f: Callable[..., Any], count: int
) -> None:
    numbers = (0.0, 0.5, 1e-20, -1e-20, -50.0, 700.0, 1e308, inf, -inf, nan)
    points = list(itertools.product(numbers, repeat=count))
    with running(runner):
        gate = compile(of(f, points[0]), batch=True)
        found, slopes = value_and_gradients(gate, *np.array(points).T)
    for i, at in enumerate(points):
        value, gradient = sg.value_and_grad(f, tuple(range(count)))(*at)
        assert found[i] == approx(value), at
        assert [slope[i] for slope in slopes] == approx(gradient), at


def of(f: Callable[..., Any], at: Sequence[float]) -> Callable[..., Any]:
    """An operator of a list has no signature of its own."""
    return {1: lambda x: f(x), 2: lambda x, y: f(x, y)}.get(len(at), lambda *xs: f(*xs))


@pytest.mark.parametrize("n", [0.5, -0.5, 2.0, 3.0, -1.0, 0.0])
@pytest.mark.parametrize("x", [-0.0, 0.0, -inf, inf, -2.0, 4.0])
def test_a_lone_power_is_that_of_eager_mode(x: float, n: float) -> None:
    right = (sg.Value(x) ** n).data
    for found in (
        sg.compile(lambda x: x**n)(x),
        sg.compile(lambda x: sg.pow(x, n))(x),
        sg.compile(lambda x: x**n, batch=True)(np.array([x, 1.0]))[0],
    ):
        assert repr(float(found)) == repr(right)
