"""Implicit functions against closed forms: values and derivatives, in every way to ask for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.graph import topological_order
from scalargrad.nn import Linear
from scalargrad.transforms.checkpoint import checkpoint

Function = Callable[..., Any]


def square_root(a: Any) -> Any:
    return sg.root(lambda x: x * x - a, 1.0)


def circle_and_line(v: Any) -> Any:
    """Where x² + y² = a meets x = b·y."""
    return sg.root(lambda p, a, b: [p[0] ** 2 + p[1] ** 2 - a, p[0] - b * p[1]], [1, 1], v[0], v[1])


def met(v: Any) -> Any:
    y = sg.sqrt(v[0] / (1.0 + v[1] * v[1]))
    return [v[1] * y, y]


def fixed(v: Any) -> Any:
    """x = b + a/x."""
    return [sg.fixed_point(lambda x: v[1] + v[0] / x, 1.0)]


def fixed_by_formula(v: Any) -> Any:
    return [0.5 * (v[1] + sg.sqrt(v[1] * v[1] + 4.0 * v[0]))]


def lowest(v: Any) -> Any:
    """Of cosh(x − a) + (y − sin x)²·b."""
    return sg.argmin(lambda p: sg.cosh(p[0] - v[0]) + (p[1] - sg.sin(p[0])) ** 2 * v[1], [0.5, 0.5])


def lowest_by_formula(v: Any) -> Any:
    return [v[0] * 1.0, sg.sin(v[0])]


CASES: dict[str, tuple[Function, Function]] = {
    "root": (circle_and_line, met),
    "fixed_point": (fixed, fixed_by_formula),
    "argmin": (lowest, lowest_by_formula),
}
AT = [1.7, 0.6]


def mixed(f: Function) -> Function:
    """One number made of all results, so that all second derivatives count."""
    return lambda v: sum((k + 1.0) * y * y for k, y in enumerate(f(v)))


def third(f: Function) -> Function:
    return lambda v: sg.grad(lambda w: sg.hvp(f, (w,), ([1.0, -0.5],))[0][0])(v)


WAYS: dict[str, Callable[[Function], Function]] = {
    "value": lambda f: f,
    "gradient": sg.grad,
    "hessian": sg.hessian,
    "jvp": lambda f: lambda v: sg.jvp(f, (v,), ([0.3, -1.0],)),
    "hvp": lambda f: lambda v: sg.hvp(f, (v,), ([0.3, -1.0],)),
    "third": third,
}


def flat(x: Any) -> list[float]:
    return [z for y in x for z in flat(y)] if isinstance(x, (list, tuple)) else [float(x)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_the_closed_form(name: str, way: str) -> None:
    implicit, closed = map(mixed, CASES[name])
    expected = pytest.approx(flat(WAYS[way](closed)(AT)), rel=1e-11, abs=1e-11)
    assert flat(WAYS[way](implicit)(AT)) == expected
    assert flat(WAYS[way](sg.compile(implicit))(AT)) == expected
    assert flat(sg.compile(WAYS[way](implicit))(AT)) == expected
    assert flat(WAYS[way](lambda v: checkpoint(implicit, v))(AT)) == expected


@pytest.mark.parametrize("name", CASES)
def test_lanes_are_solved_side_by_side(name: str) -> None:
    implicit, closed = CASES[name]
    a, b = np.linspace(1.2, 2.2, 7), np.linspace(0.4, 1.1, 7)
    pairs = [
        [sg.compile(lambda x, y, f=f: f([x, y]), batch=("x", "y")) for f in (which, mixed(which))]
        for which in (implicit, closed)
    ]
    (found, found_mixed), (expected, expected_mixed) = pairs
    assert np.array(found(a, b)) == pytest.approx(np.array(expected(a, b)), rel=1e-12)
    for transform in (sg.jacobian, sg.hessian):
        of_found = np.array(transform(found_mixed, (0, 1))(a, b))
        of_expected = np.array(transform(expected_mixed, (0, 1))(a, b))
        assert of_found == pytest.approx(of_expected, rel=1e-10, abs=1e-10)


def test_one_root_to_the_fourth_derivative() -> None:
    f, expected = square_root, math.sqrt(2.0)
    for power in (0.5, -0.5, -1.5, -2.5, -3.5):
        assert f(2.0) == pytest.approx(expected, rel=1e-13)
        assert sg.compile(f)(2.0) == pytest.approx(expected, rel=1e-13)
        f, expected = sg.grad(f), expected * power / 2.0


def test_values_built_outside_transforms_are_differentiated_again() -> None:
    a = sg.Value(2.0)
    for y in (square_root(a), sg.compile(square_root)(a)):
        (first,) = sg.gradients(y, [a])
        (second,) = sg.gradients(first, [a])
        assert first.data == pytest.approx(0.5 / math.sqrt(2.0), rel=1e-14)
        assert second.data == pytest.approx(-0.25 / 2.0**1.5, rel=1e-14)


def test_slopes_of_many_unknowns_are_those_of_the_inverse() -> None:
    matrix = np.random.default_rng(0).normal(size=(12, 12))

    def solution(b: Any) -> Any:
        return sg.root(
            lambda x: [sg.dot(list(row), x) - c for row, c in zip(matrix, b)], [0.0] * 12
        )

    for call in (solution, sg.compile(solution)):
        np.testing.assert_allclose(
            np.array(sg.jacobian(call)([1.0] * 12)), np.linalg.inv(matrix), rtol=1e-9, atol=1e-12
        )


# ------ what the equations depend on
def test_a_value_that_the_equations_close_over_gets_a_gradient() -> None:
    w = sg.Value(3.0)

    def f(a: Any) -> Any:
        return sg.root(lambda x: x * x - a * w, 1.0)

    for call in (f, sg.compile(f)):
        w.zero_grad()
        call(12.0).backward()
        assert w.grad == pytest.approx(1.0, rel=1e-14)
    lanes = sg.compile(f, batch="a")
    w.zero_grad()
    sg.sum(list(lanes(np.array([3.0, 12.0])))).backward()
    assert w.grad == pytest.approx(1.5, rel=1e-14)
    w.data = 12.0
    assert [y.data for y in lanes(np.array([3.0, 12.0]))] == pytest.approx([6.0, 12.0])


def test_a_value_that_is_used_only_beyond_a_branch_gets_a_gradient() -> None:
    v, w = sg.Value(2.0), sg.Value(3.0)

    def f(a: Any) -> Any:
        # the search begins where v counts, and ends where w does
        return sg.root(lambda x: x * v - a if x < 1.0 else x * w - a, 0.5)

    for call in (f, sg.compile(f)):
        v.zero_grad()
        w.zero_grad()
        call(6.0).backward()
        assert (v.grad, w.grad) == (0.0, pytest.approx(-2.0 / 3.0))


def test_one_operand_may_be_computed_from_another() -> None:
    # x³ = a·(a·b)
    def f(v: Any) -> Any:
        c = v[0] * v[1]
        return sg.root(lambda x, a, c: x**3 - a * c, 1.0, v[0], c)

    def closed(v: Any) -> Any:
        return sg.cbrt(v[0] * v[0] * v[1])

    for call in (f, sg.compile(f)):
        assert sg.grad(call)([2.0, 0.7]) == pytest.approx(sg.grad(closed)([2.0, 0.7]))
        assert flat(sg.hessian(call)([2.0, 0.7])) == pytest.approx(
            flat(sg.hessian(closed)([2.0, 0.7]))
        )


def test_nothing_flows_through_the_start_but_a_program_takes_it_from_each_call() -> None:
    def f(a: Any) -> Any:
        return sg.root(lambda x: sg.cos(x) * a, 0.3 * a)

    gate = sg.compile(f, batch="a")
    starts = np.array([4.0, 14.0])
    # the root nearest to the start
    assert gate(starts) == pytest.approx([math.pi / 2, 1.5 * math.pi])
    assert sg.grad(gate)(starts) == pytest.approx([0.0, 0.0], abs=1e-15)
    assert f(sg.Value(14.0)).data == pytest.approx(1.5 * math.pi)


@dataclass
class Market:
    demand: Any
    supply: Any


def test_unknowns_and_arguments_have_any_structure() -> None:
    def equations(at: Any, market: Market) -> Any:
        price, (sold,) = at["price"], at["sold"]
        return {"bought": market.demand[0] - price - sold, "made": [market.supply * price - sold]}

    def clears(market: Market) -> Any:
        return sg.root(equations, {"price": 1, "sold": (2,)}, market)

    market = Market([9.0], 2.0)
    for f in (clears, sg.compile(clears)):
        assert f(market) == {"price": pytest.approx(3.0), "sold": (pytest.approx(6.0),)}
        slope = sg.jacobian(f)(market)
        assert slope["price"].supply == pytest.approx(-1.0)
        assert slope["sold"][0].demand == [pytest.approx(2.0 / 3.0)]


def test_arrays_of_unknowns() -> None:
    matrix, side = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0])

    def solve(matrix: Any, side: Any) -> Any:
        return sg.root(lambda x: matrix @ x - side, np.zeros(2))

    inverse = np.linalg.inv(matrix)
    for f in (solve, sg.compile(solve)):
        assert f(matrix, side) == pytest.approx(inverse @ side)
        assert sg.jacobian(f, 1)(matrix, side) == pytest.approx(inverse)
        by_matrix = -np.einsum("ik,l->ikl", inverse, inverse @ side)
        assert sg.jacobian(f)(matrix, side) == pytest.approx(by_matrix)


def test_a_model_is_fitted_and_its_parameters_depend_on_the_data() -> None:
    sg.seed(0)

    def fitted(ys: Any) -> Any:
        def loss(model: Any) -> Any:
            return sum((model([x])[0] - y) ** 2 for x, y in zip((-1.0, 0.0, 1.0), ys))

        return [p for _, p in sg.argmin(loss, Linear(1, 1)).named_parameters()]

    weights = sg.jacobian(fitted)([1.0, 2.0, 4.0])
    assert sorted(flat(weights[0])) == pytest.approx(sorted([-0.5, 0.0, 0.5]))
    assert flat(weights[1]) == pytest.approx([1 / 3] * 3)


# ------ what is left behind
def test_the_search_leaves_no_graph() -> None:
    a = sg.Value(2.0)
    y = square_root(a)
    assert y.parents == (a,)
    assert len(topological_order(y)) == 2


def test_numbers_give_numbers_and_no_grad_gives_leaves() -> None:
    assert type(square_root(2.0)) is float
    assert type(sg.compile(square_root)(2.0)) is float
    a = sg.Value(2.0)
    with sg.no_grad():
        for f in (square_root, sg.compile(square_root)):
            assert f(a).parents == ()
            assert f(a).data == pytest.approx(math.sqrt(2.0))


def test_a_graph_is_refused_once_an_operand_has_changed() -> None:
    a = sg.Value(2.0)
    y = square_root(a)
    a.data = 3.0
    with pytest.raises(RuntimeError, match="would come out differently now"):
        sg.gradients(y, [a])


def test_check_gradient_and_tools_know_the_operator() -> None:
    sg.check_gradient(square_root, 2.0)
    y = square_root(sg.Value(2.0))
    assert "root" in sg.draw(y).dot
    # with other numbers the operator searches again
    assert y.op.forward(9.0) == pytest.approx(3.0)
    assert y.op.local(3.0, [9.0], [True]) == pytest.approx([1.0 / 6.0])


# ------ within programs
def test_branches_of_the_equations_are_those_at_the_solution() -> None:
    def f(a: Any) -> Any:
        return sg.root(lambda x: x - a if x > 0.0 else 2.0 * x - a, 1.0)

    a = np.array([3.0, -1.0, 5.0, -2.0])
    gate = sg.compile(f, batch="a")
    assert gate(a) == pytest.approx([3.0, -0.5, 5.0, -1.0])
    assert sg.grad(gate)(a) == pytest.approx([1.0, 0.5, 1.0, 0.5])
    assert [sg.grad(f)(x) for x in a] == pytest.approx([1.0, 0.5, 1.0, 0.5])


def test_a_lane_that_goes_another_way_need_have_no_solution() -> None:
    def f(a: Any) -> Any:
        return square_root(a) if a > 0.0 else 2.0 * a

    a = np.array([4.0, -1.0, 9.0])
    gate = sg.compile(f, batch="a")
    assert gate(a) == pytest.approx([2.0, -2.0, 3.0])
    assert sg.grad(gate)(a) == pytest.approx([0.25, 2.0, 1.0 / 6.0])
    alone = sg.compile(f)
    assert [alone(x) for x in (4.0, -1.0, 9.0)] == pytest.approx([2.0, -2.0, 3.0])


def test_what_follows_may_branch_on_the_solution() -> None:
    def f(a: Any) -> Any:
        x = square_root(a)
        return 10.0 * x if x > 2.5 else x

    gate = sg.compile(f, batch="a")
    assert gate(np.array([4.0, 9.0])) == pytest.approx([2.0, 30.0])
    assert sg.grad(gate)(np.array([4.0, 9.0])) == pytest.approx([0.25, 10.0 / 6.0])


def test_a_sum_over_lanes_has_the_gradient_of_all() -> None:
    gate = sg.compile(lambda a, b: sg.cbrt(b) * square_root(a * b), batch="a", reduce="sum")
    a = np.array([1.0, 4.0, 9.0])
    assert sg.grad(gate, 1)(a, 2.0) == pytest.approx(6.0 * 5 / 6 * 2.0 ** (-1 / 6))


@pytest.mark.parametrize("steps", [5, 80])
def test_solutions_follow_one_another(steps: int) -> None:
    """Of y + y³ = x + a, step by step: at a = 1, x = 1 each is 1, and the slope a geometric sum."""

    def f(a: Any) -> Any:
        x = 1.0 * a / a
        for _ in range(steps):
            x = sg.root(lambda y, x, a: y + y**3 - x - a, x, x, a)
        return x

    slope = sum(0.25**k for k in range(1, steps + 1))
    assert sg.compile(f)(1.0) == pytest.approx(1.0)
    assert sg.grad(f)(1.0) == pytest.approx(slope, rel=1e-11)
    assert sg.grad(sg.compile(f))(1.0) == pytest.approx(slope, rel=1e-11)


def test_threads_find_the_same() -> None:
    a = np.linspace(0.1, 50.0, 10_000)
    one, two = (sg.compile(square_root, batch="a", threads=n)(a) for n in (1, 2))
    assert one == pytest.approx(np.sqrt(a), rel=1e-15)
    assert (one == two).all()
