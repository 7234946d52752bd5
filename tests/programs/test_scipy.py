"""SciPy's solvers run on scalar functions: arrays in, arrays out, exact derivatives."""

from __future__ import annotations

import math
import random
import runpy
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.nn import MLP
from tests.support.places import EXAMPLES

optimize = pytest.importorskip("scipy.optimize")

EXAMPLE = EXAMPLES / "scipy_optimize.py"


def rosenbrock(x: Any) -> Any:
    return 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2


def circle_and_line(x: Any) -> list[Any]:
    return [x[0] ** 2 + x[1] ** 2 - 2.0, x[0] - x[1]]


# ------ what SciPy is given


def test_value_is_a_float_and_gradient_an_array_like_the_argument() -> None:
    value, gradient = sg.value_and_grad(rosenbrock)(np.array([-1.0, 2.0]))
    assert (type(value), gradient.shape, gradient.dtype) == (float, (2,), np.float64)
    assert (value, gradient.tolist()) == (104.0, [396.0, 200.0])


def test_jacobian_of_a_list_is_a_row_for_each_result() -> None:
    rows = sg.jacobian(circle_and_line)(np.array([3.0, 4.0]))
    assert np.array(rows).tolist() == [[6.0, 8.0], [1.0, -1.0]]


@pytest.mark.parametrize(
    "function", [optimize.rosen, rosenbrock], ids=["SciPy's own, on arrays", "ours"]
)
def test_gradient_and_hessian_are_scipys_own(function: Any) -> None:
    at = np.array([0.3, -0.8])
    assert sg.grad(function)(at) == pytest.approx(optimize.rosen_der(at), rel=1e-13)
    hessian = sg.hessian(function)(at)
    assert hessian == pytest.approx(optimize.rosen_hess(at), rel=1e-13)
    product = sg.hvp(function, (at,), (np.array([2.0, -1.0]),))[0]
    assert product == pytest.approx(optimize.rosen_hess_prod(at, [2.0, -1.0]), rel=1e-13)


# ------ minimize


@pytest.mark.parametrize("method", ["CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP"])
def test_minimize_with_the_gradient(method: str) -> None:
    found = optimize.minimize(
        sg.value_and_grad(rosenbrock), np.array([-1.2, 1.0]), jac=True, method=method
    )
    assert found.success
    assert found.x == pytest.approx([1.0, 1.0], abs=1e-3)


@pytest.mark.parametrize("method", ["dogleg", "trust-exact", "trust-ncg", "Newton-CG"])
def test_minimize_with_the_hessian(method: str) -> None:
    hessian = sg.hessian(rosenbrock)
    found = optimize.minimize(
        sg.value_and_grad(rosenbrock), np.array([1.2, 1.1]), jac=True, hess=hessian, method=method
    )
    assert found.success
    assert found.x == pytest.approx([1.0, 1.0], abs=1e-3)


def test_gradient_saves_evaluations() -> None:
    start = np.linspace(-1.0, 1.0, 12)

    def valley(x: Any) -> Any:
        return sg.sum([rosenbrock(x[i : i + 2]) for i in range(11)])

    with_it = optimize.minimize(sg.value_and_grad(valley), start, jac=True, method="BFGS")
    without = optimize.minimize(valley, start, method="BFGS")
    assert with_it.x == pytest.approx(np.ones(12), abs=1e-4)
    assert with_it.nfev < without.nfev / 8


def test_arguments_beyond_the_first_are_passed_on() -> None:
    found = optimize.minimize(
        sg.value_and_grad(lambda x, a, b: sg.sum([(xi - a) ** 2 + b for xi in x])),
        np.zeros(3),
        args=(2.0, 5.0),
        jac=True,
    )
    assert (found.fun, found.x.tolist()) == (pytest.approx(15.0), pytest.approx([2.0] * 3))


def test_constraints_have_jacobians_too() -> None:
    def on_circle(x: Any) -> Any:
        return 2.0 - x[0] ** 2 - x[1] ** 2

    found = optimize.minimize(
        sg.value_and_grad(lambda x: x[0] + x[1]),
        np.array([0.5, -0.5]),
        jac=True,
        method="SLSQP",
        constraints={"type": "eq", "fun": on_circle, "jac": sg.grad(on_circle)},
    )
    assert found.x == pytest.approx([-1.0, -1.0], abs=1e-6)


# ------ least squares, roots


@pytest.mark.parametrize("method", ["lm", "trf", "dogbox"])
def test_least_squares_with_the_jacobian(method: str) -> None:
    times = [0.1 * i for i in range(20)]
    data = [3.0 * math.exp(-1.5 * t) for t in times]

    def misses(curve: Any) -> list[Any]:
        return [curve[0] * sg.exp(-curve[1] * t) - y for t, y in zip(times, data)]

    found = optimize.least_squares(
        misses, np.array([1.0, 1.0]), jac=sg.jacobian(misses), method=method
    )
    assert found.x == pytest.approx([3.0, 1.5], rel=1e-6)


@pytest.mark.parametrize("method", ["hybr", "lm"])
def test_root_with_the_jacobian(method: str) -> None:
    found = optimize.root(
        circle_and_line, np.array([2.0, 0.5]), jac=sg.jacobian(circle_and_line), method=method
    )
    assert found.success
    assert found.x == pytest.approx([1.0, 1.0], rel=1e-9)


def test_root_of_one_variable_with_its_slope() -> None:
    found = optimize.root_scalar(
        sg.value_and_grad(lambda x: sg.cos(x) - x), x0=1.0, fprime=True, method="newton"
    )
    assert found.converged
    assert math.cos(found.root) == pytest.approx(found.root, rel=1e-14)


# ------ the example


@pytest.fixture(scope="module")
def example() -> Any:
    return runpy.run_path(str(EXAMPLE))


def test_adapter_has_the_gradient_of_the_model(example: Any) -> None:
    random.seed(0)
    model = MLP(2, [3, 1])

    def loss(net: Any) -> Any:
        return (net([0.5, -1.0]) - 1.0) ** 2

    x = np.array([p.data for p in model.parameters()])
    value, gradient = sg.value_and_grad(example["on_arrays"](loss, model))(x)
    expected = loss(model)
    expected.backward()
    assert value == expected.data
    assert gradient.tolist() == [p.grad for p in model.parameters()]


def test_example_finds_what_it_looks_for(example: Any) -> None:
    for found in (example["minimum"](), example["newton_minimum"]()):
        assert found.success
        assert found.x == pytest.approx(np.ones(6), abs=1e-4)
    curve = example["fitted"](example["measured"]())
    assert curve.x == pytest.approx([2.5, 0.6, 4.0], abs=0.03)
    crossing = example["crossed"]().x
    assert example["crossing"](crossing) == pytest.approx([0.0, 0.0], abs=1e-9)
    found, model = example["trained"]()
    assert found.fun < 1e-3
    assert all(model(point) * label > 0.0 for point, label in example["MOONS"])
