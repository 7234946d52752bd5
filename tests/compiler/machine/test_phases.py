"""Programs with operators of the user's own: the machine runs what lies between them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.gate.compiled import programs_of
from scalargrad.compiler.machine import phases
from scalargrad.compiler.machine.phases import InPhases

cube = sg.operator("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x)
total = sg.operator(
    "total", lambda *xs: math.fsum(xs), all_partials=lambda out, *xs: [1.0] * len(xs)
)


def positive(x: float) -> float:
    if x <= 0.0:
        raise ValueError(f"{x} is not positive")
    return math.log(x)


strict = sg.operator("strict", positive, lambda out, x: 1.0 / x)


def runner_of(gate: Any) -> Any:
    (paths,) = programs_of(gate).paths.values()
    return paths.first.runner


def test_an_operator_of_any_number_of_operands_has_its_operands_in_a_program() -> None:
    gate = sg.compile(lambda a, b: total(a, b, a * b))
    assert gate(2.0, 3.0) == 11.0
    assert sg.grad(gate, (0, 1))(2.0, 3.0) == (4.0, 3.0)
    lanes = sg.compile(lambda a, b: total(a, b, a * b), batch="a")
    assert lanes(np.array([1.0, 2.0]), 3.0).tolist() == [7.0, 11.0]
    source = gate.to_python(2.0, 3.0)
    assert source(2.0, 3.0) == 11.0


def test_operators_that_need_each_other_run_one_after_the_other() -> None:
    def f(a: Any, b: Any) -> Any:
        return cube(sg.sin(cube(a)) + b) * sg.exp(total(a, b))

    def plain(a: Any, b: Any) -> Any:
        return (sg.sin(a**3) + b) ** 3 * sg.exp(a + b)

    a, b = np.linspace(-1.0, 1.0, 300), 0.4
    gate, expected = sg.compile(f, batch="a"), sg.compile(plain, batch="a")
    assert gate(a, b) == pytest.approx(expected(a, b), rel=1e-13)
    assert isinstance(runner_of(gate), InPhases)
    for found, right in zip(sg.grad(gate, (0, 1))(a, b), sg.grad(expected, (0, 1))(a, b)):
        assert found == pytest.approx(right, rel=1e-12)


def test_sums_over_lanes_stand_before_and_after_an_operator() -> None:
    def f(a: Any, w: Any) -> Any:
        return cube(a * w)

    gate = sg.compile(f, batch="a", reduce="mean")
    a = np.linspace(-1.0, 2.0, 500)
    assert gate(a, 2.0) == pytest.approx(8.0 * np.mean(a**3), rel=1e-13)
    assert sg.grad(gate, 1)(a, 2.0) == pytest.approx(12.0 * np.mean(a**3), rel=1e-13)


def test_an_error_counts_only_in_the_lanes_that_go_this_way() -> None:
    def f(a: Any) -> Any:
        return strict(a) if a > 0.0 else a - 1.0

    gate = sg.compile(f, batch="a")
    assert gate(np.array([1.0, -1.0, math.e])) == pytest.approx([0.0, -2.0, 1.0])
    with pytest.raises(ValueError, match=r"-1\.0 is not positive"):
        sg.compile(strict, batch=True)(np.array([1.0, -1.0]))


def test_a_sum_is_one_over_the_lanes_that_go_this_way() -> None:
    def f(a: Any, w: Any) -> Any:
        return strict(a * w) if a > 0.0 else a * w

    gate = sg.compile(f, batch="a", reduce="sum")
    a = np.array([1.0, -3.0, math.e, -2.0])
    assert gate(a, 2.0) == pytest.approx(2.0 * math.log(2.0) + 1.0 - 10.0)
    assert sg.grad(gate, 1)(a, 2.0) == pytest.approx(1.0 - 5.0)


def test_nothing_is_told_from_zero_in_phases() -> None:
    def f(a: Any, b: Any) -> Any:
        return sg.where(a - 1.0, cube(a), cube(a) / b)

    gate = sg.compile(f, batch="a")
    assert sg.grad(gate, 1)(np.array([2.0, 3.0]), 0.0).tolist() == [0.0, 0.0]


def test_a_hessian_of_one_row_after_another() -> None:
    def f(v: Any) -> Any:
        return sum(cube(x) * y for x, y in pairwise(v))

    at = [0.3, -0.7, 1.1, 0.9]
    found, expected = sg.hessian(sg.compile(f))(at), sg.hessian(f)(at)
    assert found == [pytest.approx(row, abs=1e-14) for row in expected]


def test_an_operator_is_given_an_argument_as_it_is() -> None:
    def f(a: Any, b: Any) -> Any:
        return total(a, b, 2.0, a * b)

    a, b = np.linspace(-1.0, 1.0, 6).reshape(3, 2), np.array([[2.0], [3.0], [4.0]])
    gate = sg.compile(f, batch=True)
    assert gate(a, b) == pytest.approx(a + b + 2.0 + a * b, rel=1e-15)
    # nothing is left for the phase before
    assert sg.compile(cube, batch=True)(a) == pytest.approx(a**3, rel=1e-15)
    whole = sg.compile(lambda v: total(v[0], v[1], v[0]), batch="v")
    assert whole(a) == pytest.approx(2.0 * a[:, 0] + a[:, 1], rel=1e-15)


# ------ lanes that go through all phases in parts
def of_lanes(a: Any, b: Any, w: Any) -> Any:
    return cube(a * w) * sg.exp(b) + cube(b), a


def with_a_sum(a: Any, b: Any, w: Any) -> Any:
    return cube(a * w), cube(w) * b


def with_a_comparison(a: Any, b: Any, w: Any) -> Any:
    return (cube(a) if a > b else cube(b) * w), (a if w > 0.0 else b)


def with_what_is_not_finite(a: Any, b: Any, w: Any) -> Any:
    return sg.where(a - 1.0, cube(a), cube(a) / (b - b)), a * w


def with_a_late_infinity(a: Any, b: Any, w: Any) -> Any:
    # 0 × ∞ in the lanes of one part alone
    return cube(a) * 0.0 + sg.where(sg.step(a - 1.5), 0.0 * (b / (w - w)), b), a * w


OF_LANES = of_lanes, with_a_sum, with_a_comparison, with_what_is_not_finite, with_a_late_infinity


@pytest.mark.parametrize("f", OF_LANES)
@pytest.mark.parametrize("count", [64, 65, 200])
def test_lanes_in_parts_find_what_all_find(f: Any, count: int, monkeypatch: Any) -> None:
    a, b = np.random.default_rng(count).normal(size=(2, count))

    def found() -> Any:
        gate = sg.compile(f, batch=("a", "b"))
        return gate(a, b, 0.7), sg.jacobian(gate, (0, 1, 2))(a, b, 0.7)

    expected = found()
    monkeypatch.setattr(phases, "CHUNK", 64)
    np.testing.assert_equal(found(), expected)


def test_an_operator_that_all_lanes_share_is_called_once() -> None:
    gate = sg.compile(lambda a, w: cube(a) * cube(w), batch="a")
    assert gate(np.full(100, 2.0), 3.0).tolist() == [216.0] * 100
    assert not runner_of(gate).may_be_parted


def test_an_error_of_a_later_part_is_one(monkeypatch: Any) -> None:
    monkeypatch.setattr(phases, "CHUNK", 8)
    with pytest.raises(ValueError, match=r"-1\.0 is not positive"):
        sg.compile(strict, batch=True)(np.append(np.ones(99), -1.0))
