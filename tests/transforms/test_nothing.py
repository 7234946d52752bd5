"""Nothing is not zero: random functions that select, in every way of differentiating.

The branches not taken are infinite or NaN, with slopes that are; in the one taken nothing is wrong.
So each derivative has to be that of the chosen branch written plainly, to any order.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from tests.support.compiled import RUNNERS, running
from tests.support.expressions import rounds
from tests.support.ways import FIRST, SECOND, derivative

Function = Callable[[Any], Any]

SMOOTH: list[tuple[str, Function]] = [
    ("sin", sg.sin),
    ("exp(x/4)", lambda x: sg.exp(0.25 * x)),
    ("x²", lambda x: x * x),
    ("tanh", sg.tanh),
    ("x³ − x", lambda x: x**3 - x),
    ("2x", lambda x: 2.0 * x),
]
"""Of any number: what is taken."""
WILD: list[tuple[str, Function]] = [
    ("√(x − 9)", lambda x: sg.sqrt(x - 9.0)),
    ("log(x − 9)", lambda x: sg.log(x - 9.0)),
    ("1/(x − x)", lambda x: sg.reciprocal(x - x)),
    ("√(x − x)", lambda x: sg.sqrt(x - x)),
    ("exp(1000 + x)", lambda x: sg.exp(1000.0 + x)),
    ("(x − x)**0.5", lambda x: (x - x) ** 0.5),
    ("asin(x + 9)", lambda x: sg.asin(x + 9.0)),
    ("log(x − x)", lambda x: sg.log(x - x)),
]
"""Infinite or NaN, or their slopes are, for x between −2 and 2: what is not taken."""


class Case:
    """A function, what it comes to written plainly, and where."""

    def __init__(self, f: Function, plain: Function, at: float, name: str) -> None:
        self.f, self.plain, self.at, self.name = f, plain, at, name


def by_where(source: random.Random, good: Function, wild: Function) -> Function:
    if source.random() < 0.5:
        return lambda x: sg.where(sg.step(x + 3.0), good(x), wild(x))
    return lambda x: sg.where(sg.step(-3.0 - x), wild(x), good(x))


def by_comparison(source: random.Random, good: Function, wild: Function) -> Function:
    return lambda x: sg.where(x > -3.0, good(x), wild(x))


def by_larger(source: random.Random, good: Function, wild: Function) -> Function:
    """What is not chosen is finite, its slopes are not."""
    floor = -1e3
    if source.random() < 0.5:
        return lambda x: sg.maximum(good(x), floor + sg.sqrt(x - x))
    return lambda x: sg.max([floor + sg.sqrt(x - x), good(x), floor - 1.0])


def by_smaller(source: random.Random, good: Function, wild: Function) -> Function:
    return lambda x: sg.minimum(1e3 + (x - x) ** 0.5, good(x))


def with_flat(source: random.Random, good: Function, wild: Function) -> Function:
    """Something is added that is 0 and flat, through slopes that are infinite."""
    flat = source.choice(
        [
            lambda x: sg.sqrt(sg.relu(x - 5.0)),
            lambda x: sg.sqrt(sg.step(x - 5.0)),
            lambda x: sg.sqrt(sg.clamp(x, 5.0, 9.0) - 5.0),
            lambda x: sg.relu(sg.sqrt(sg.floor(0.01 * x + 0.5))),
            lambda x: 0.0 * sg.sqrt(x - x),
            lambda x: sg.dot([0.0, 0.0], [sg.sqrt(x - x), (x - x) ** 0.25]),
            lambda x: sg.sqrt(sg.sign(x + 9.0) - 1.0),
            lambda x: sg.sqrt(sg.where(x > 5.0, x, 0.0)),
        ]
    )
    return lambda x: good(x) + flat(x)


SELECTIONS = (by_where, by_comparison, by_larger, by_smaller, with_flat)


def random_case(source: random.Random) -> Case:
    name, plain = source.choice(SMOOTH)
    f = plain
    for _ in range(source.randint(1, 3)):
        select, (wild_name, wild) = source.choice(SELECTIONS), source.choice(WILD)
        f = select(source, f, wild)
        name = f"{select.__name__}({name}, {wild_name})"
        if source.random() < 0.5:
            outer_name, outer = source.choice(SMOOTH[:4])
            f, plain = composed(outer, f), composed(outer, plain)
            name = f"{outer_name} of {name}"
    return Case(f, plain, source.uniform(-1.9, 1.9), name)


def composed(outer: Function, inner: Function) -> Function:
    return lambda x: outer(inner(x))


CASES = [random_case(random.Random(seed)) for seed in rounds(40)]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def near(expected: float) -> Any:
    return pytest.approx(expected, rel=1e-9, abs=1e-9)


@each_case
def test_value_is_that_of_the_branch_taken(case: Case) -> None:
    assert case.f(case.at) == pytest.approx(case.plain(case.at), rel=1e-12)


@each_case
@pytest.mark.parametrize("way", FIRST)
def test_first_derivative_is_that_of_the_branch_taken(case: Case, way: str) -> None:
    assert FIRST[way](case.f, case.at) == near(derivative(case.plain, 1)(case.at))


@each_case
@pytest.mark.parametrize("way", SECOND)
def test_second_derivative_is_that_of_the_branch_taken(case: Case, way: str) -> None:
    assert SECOND[way](case.f, case.at) == near(derivative(case.plain, 2)(case.at))


@each_case
def test_third_derivative_is_that_of_the_branch_taken(case: Case) -> None:
    assert derivative(case.f, 3)(case.at) == near(derivative(case.plain, 3)(case.at))


@each_case
@pytest.mark.parametrize("runner", RUNNERS)
def test_compiled_derivatives_are_those_of_the_branch_taken(case: Case, runner: str) -> None:
    with running(runner):
        for order in (1, 2):
            found = compile(lambda x, order=order: derivative(case.f, order)(x))(case.at)
            assert found == near(derivative(case.plain, order)(case.at)), order


@each_case
@pytest.mark.parametrize("runner", RUNNERS)
def test_in_lanes_derivatives_are_those_of_the_branch_taken(case: Case, runner: str) -> None:
    np = pytest.importorskip("numpy")
    xs = np.linspace(-1.8, 1.8, 67)
    with running(runner):
        compiled = compile(lambda x: derivative(case.f, 2)(x), batch="x")
        found = compiled(xs)
    assert list(found) == [near(derivative(case.plain, 2)(float(x))) for x in xs]


@each_case
def test_a_checkpoint_changes_nothing(case: Case) -> None:
    def f(x: Any) -> Any:
        return sg.checkpoint(case.f, x)

    for order in (1, 2):
        assert derivative(f, order)(case.at) == near(derivative(case.plain, order)(case.at))


@each_case
def test_exported_gradients_are_those_of_the_branch_taken(case: Case) -> None:
    pytest.importorskip("numpy")
    compiled = compile(lambda x: case.f(x))
    expected = derivative(case.plain, 1)(case.at)
    try:
        kinds = [compiled.to_python, compiled.to_numpy]
        exports = [kind(case.at, gradient=True) for kind in kinds]
    except ValueError as error:
        assert "branches on its numbers" in str(error)
        return
    for export in exports:
        _, (found,) = export(case.at)
        assert found == near(expected)


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_zero_that_was_computed_is_a_number_in_every_way(runner: str) -> None:
    def f(x: Any) -> Any:
        return sg.sqrt(x) ** 2

    for way, first in FIRST.items():
        assert math.isnan(first(f, 0.0)), way
    with running(runner):
        assert math.isnan(compile(sg.grad(f))(0.0))
        assert math.isnan(compile(lambda x: sg.jvp(f, (x,), (1.0,))[1])(0.0))


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_number_beside_the_variable_is_a_constant_compiled_too(runner: str) -> None:
    """A float that is 0 multiplies by a constant 0; a Value is a variable."""

    def f(x: Any, c: Any) -> Any:
        return sg.grad(lambda t: c * sg.sqrt(t))(x)

    with running(runner):
        compiled = compile(f)
        assert f(0.0, 0.0) == compiled(0.0, 0.0) == 0.0
        c = sg.Value(0.0)
        for found in (f(0.0, c), compiled(0.0, c)):
            assert math.isnan(getattr(found, "data", found))


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_sum_over_lanes_of_nothing_is_nothing(runner: str) -> None:
    np = pytest.importorskip("numpy")

    def f(w: Any, x: Any) -> Any:
        return sg.relu(sg.sqrt(w) - 10.0 - x)

    xs = np.linspace(0.0, 1.0, 200)
    with running(runner):
        compiled = compile(f, batch="x", reduce="sum")
        w = sg.Value(0.0)
        compiled(w, xs).backward()
    assert w.has_grad
    assert repr(w.grad) == "0.0"
