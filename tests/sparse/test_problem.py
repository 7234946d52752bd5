"""What `sg.problem` tells a solver, and what it refuses."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

import scalargrad as sg

np = pytest.importorskip("numpy")
optimize = pytest.importorskip("scipy.optimize")


def objective(x: Any, scale: Any = 1.0) -> Any:
    return scale * sum((a - 1.0) ** 2 * b for a, b in pairwise(x))


def constraints(x: Any, scale: Any = 1.0) -> Any:
    return {"product": x[0] * x[1], "others": [x[2] + x[3] ** 2, scale * x[1]]}


def test_problem_tells_values_derivatives_and_structures() -> None:
    x, multipliers = np.array([0.5, 2.0, -1.0, 3.0]), [2.0, -1.0, 5.0]
    problem = sg.problem(objective, constraints, x, 3.0)
    assert (problem.size, problem.count) == (4, 3)
    assert problem.objective(x) == pytest.approx(objective(x, 3.0))
    assert problem.gradient(x) == pytest.approx(sg.grad(objective)(x, 3.0))
    assert problem.constraints(x).tolist() == [1.0, 8.0, 6.0]
    rows, columns = problem.jacobianstructure()
    assert (rows.tolist(), columns.tolist()) == ([0, 0, 1, 1, 2], [0, 1, 2, 3, 1])
    assert problem.jacobian(x).tolist() == [2.0, 0.5, 1.0, 6.0, 3.0]

    def lagrangian(x: Any) -> Any:
        y = constraints(x, 3.0)
        found = [y["product"], *y["others"]]
        return 0.5 * objective(x, 3.0) + sum(m * z for m, z in zip(multipliers, found))

    rows, columns = problem.hessianstructure()
    lower = np.zeros((4, 4))
    lower[rows, columns] = problem.hessian(x, multipliers, 0.5)
    np.testing.assert_allclose(lower, np.tril(sg.hessian(lagrangian)(x)), rtol=1e-13)
    np.testing.assert_allclose(
        problem.hess(x).toarray(), sg.hessian(lambda x: objective(x, 3.0))(x), rtol=1e-13
    )


def test_values_have_constants_and_what_is_not_finite() -> None:
    def f(x: Any) -> Any:
        return [3.0, x[0] + 2.0, 0.0 * x[1], sg.stop_gradient(x[0]) - 1.0 / x[1], 5.0 - x[0]]

    problem = sg.problem(lambda x: 4.0, f, [1.0, 2.0])
    assert problem.objective(problem.start) == 4.0
    assert problem.gradient(problem.start).tolist() == [0.0, 0.0]
    assert problem.constraints(np.array([1.0, 2.0])).tolist() == [3.0, 3.0, 0.0, 0.5, 4.0]
    np.testing.assert_array_equal(
        problem.constraints(np.array([1.0, math.inf])), [3.0, 3.0, math.nan, 1.0, 4.0]
    )


def test_start_may_have_any_structure_and_there_may_be_no_constraints() -> None:
    start = {"a": 2.0, "b": [3.0, 4.0]}
    problem = sg.problem(lambda x: x["a"] ** 2 * x["b"][1], None, start)
    assert problem.start.tolist() == [2.0, 3.0, 4.0]
    assert problem.gradient(problem.start).tolist() == [16.0, 0.0, 4.0]
    assert problem.hess(problem.start).toarray().tolist() == [[8, 0, 4], [0, 0, 0], [4, 0, 0]]
    assert problem.constraints(problem.start).size == problem.jacobian(problem.start).size == 0
    assert [x.size for x in problem.jacobianstructure()] == [0, 0]


def test_entries_that_appear_later_are_refused_and_those_that_go_are_0() -> None:
    def f(x: Any) -> Any:
        return x[0] * x[1] if x[0] > 0.0 else x[0] * x[0]

    problem = sg.problem(f, None, [1.0, 2.0])
    assert problem.gradient(np.array([1.0, 2.0])).tolist() == [2.0, 1.0]
    assert problem.gradient(np.array([-1.0, 2.0])).tolist() == [-2.0, 0.0]
    problem = sg.problem(f, None, [-1.0, 2.0])
    problem.hessianstructure()
    with pytest.raises(RuntimeError, match=r"scalargrad\.where instead of if"):
        problem.hessian(np.array([1.0, 2.0]), [], 1.0)


def test_minimum_within_constraints_by_trust_constr() -> None:
    problem = sg.problem(
        lambda x: x[0] ** 2 + x[1] ** 4, lambda x: [x[0] * x[1]], [2.0, 2.0], cl=1.0, cu=1.0
    )
    found = optimize.minimize(**problem.for_scipy)
    # x·y = 1 and x² = 2·y⁴
    assert found.x == pytest.approx([2.0 ** (1 / 6), 2.0 ** (-1 / 6)], abs=1e-5)


# ------ wrong uses


def product_of_two() -> Any:
    return sg.problem(lambda x: x[0] * x[1], lambda x: [x[0], x[1]], [1.0, 2.0])


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "too many numbers": (
        lambda: product_of_two().objective(np.ones(3)),
        ValueError,
        r"x must be 2 numbers in a row, got the shape \(3,\)",
    ),
    "a column": (
        lambda: product_of_two().gradient(np.ones((2, 1))),
        ValueError,
        r"x must be 2 numbers in a row, got the shape \(2, 1\)",
    ),
    "too few multipliers": (
        lambda: product_of_two().hessian(np.ones(2), [1.0], 1.0),
        ValueError,
        r"multipliers must be 2 numbers in a row, got the shape \(1,\)",
    ),
    "two objectives": (
        lambda: sg.problem(lambda x: [x[0], x[0]], None, [1.0]).gradient([1.0]),
        TypeError,
        "the objective of a problem must return one number, got list",
    ),
    "no objective": (
        lambda: sg.problem(None, None, [1.0]),  # type: ignore[arg-type]
        TypeError,
        "problem needs a function, got NoneType",
    ),
    "constraints that are no function": (
        lambda: sg.problem(sum, [1.0], [1.0]),  # type: ignore[arg-type]
        TypeError,
        r"problem needs a function, got list \[1.0\]",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_uses_are_refused(name: str) -> None:
    use, error, message = WRONG[name]
    with pytest.raises(error, match=message):
        use()


def test_numbers_may_be_a_list_and_constraints_may_be_missing() -> None:
    problem = product_of_two()
    assert problem.objective([3.0, 4.0]) == 12.0
    assert sg.problem(lambda x: x[0], None, [1.0, 2.0]).jac([1.0, 2.0]).shape == (0, 2)


# ------ bounds

BOUNDED = {"a": 1.0, "b": [1.0, 1.0]}


def distance(x: Any) -> Any:
    return (x["a"] - 3.0) ** 2 + (x["b"][0] - 1.0) ** 2 + x["b"][1] ** 2


def mixed(x: Any) -> Any:
    return {"sum": x["a"] + x["b"][0], "products": [x["a"] * x["b"][1]]}


def bounded() -> Any:
    return sg.problem(
        *(distance, mixed, BOUNDED),
        lb={"b": [-1.0, 0.5], "a": 0.0},
        ub=2.5,
        cl={"products": [1.0], "sum": 0.0},
        cu=[3.0, math.inf],
    )


def test_bounds_are_a_number_a_row_or_of_the_structure() -> None:
    problem = bounded()
    assert problem.lb.tolist() == [0.0, -1.0, 0.5]
    assert problem.ub.tolist() == [2.5, 2.5, 2.5]
    assert problem.cl.tolist() == [0.0, 1.0]
    assert problem.cu.tolist() == [3.0, math.inf]


def test_constraints_are_0_unless_a_bound_is_given() -> None:
    problem = sg.problem(distance, mixed, BOUNDED)
    assert problem.cl.tolist() == problem.cu.tolist() == [0.0, 0.0]
    assert not np.isfinite([*problem.lb, *problem.ub]).any()
    below = sg.problem(distance, mixed, BOUNDED, cu=1.0)
    assert (below.cl.tolist(), below.cu.tolist()) == ([-math.inf] * 2, [1.0] * 2)


def test_scipy_stays_within_bounds() -> None:
    found = optimize.minimize(**bounded().for_scipy)
    # a + b₀ ≤ 3: both ask for a further 0.5, the bound of a for no more
    assert found.x == pytest.approx([2.5, 0.5, 0.5], abs=5e-3)


def test_ipopt_stays_within_bounds() -> None:
    cyipopt = pytest.importorskip("cyipopt")
    solver = cyipopt.Problem(**bounded().for_ipopt)
    solver.add_option("print_level", 0)
    solver.add_option("sb", "yes")
    assert solver.solve(bounded().start)[0] == pytest.approx([2.5, 0.5, 0.5], abs=5e-3)


@pytest.mark.parametrize(
    "given, message",
    [
        ({"lb": 3.0, "ub": 2.0}, r"no room for x\['a'\].*got 3\.0 and 2\.0"),
        ({"ub": {"a": 1.0, "b": [2.0, math.nan]}}, r"no room for x\['b'\]\[1\].*got -inf and nan"),
        ({"lb": [1.0, 2.0]}, "a number for lb, or 3 numbers in a row or in the structure"),
        ({"cl": math.inf}, r"cl and cu leave no room for constraint\[0\]"),
        ({"cu": np.zeros((2, 1))}, r"a number for cu, or 2 .*got ndarray\[2, 1\]"),
    ],
)
def test_bounds_that_do_not_fit_are_refused(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sg.problem(distance, mixed, BOUNDED, **given)


def test_bounds_of_no_constraints_are_refused() -> None:
    with pytest.raises(ValueError, match="cl and cu are bounds of constraints, and there are none"):
        sg.problem(distance, None, BOUNDED, cl=0.0)
