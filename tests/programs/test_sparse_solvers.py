"""Solvers that take sparse derivatives solve the examples; `sg.problem` is what they ask for."""

from __future__ import annotations

import math
import runpy
from typing import Any

import pytest

import scalargrad as sg
from tests.support.places import EXAMPLES

np = pytest.importorskip("numpy")
optimize = pytest.importorskip("scipy.optimize")


def script(name: str) -> dict[str, Any]:
    """Return the names that a script defines."""
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


# ------ the examples, small


def test_newton_finds_the_minimum_of_a_chain() -> None:
    names = script("many_variables")
    problem = sg.problem(names["chained_rosenbrock"], None, np.full(300, 1.5))
    *_, x = names["newton"](problem)
    assert abs(x - 1.0).max() < 1e-9


def check_swing(problem: Any, x: Any, names: dict[str, Any]) -> None:
    angles, speeds, _ = names["split"](x)
    assert abs(problem.constraints(x)).max() < 1e-7
    ends = [angles[0], angles[-1] - math.pi, speeds[0], speeds[-1]]
    assert ends == pytest.approx([0.0] * 4, abs=1e-7)
    # less effort is not enough: the gradient of the Lagrangian is 0
    jacobian, gradient = problem.jac(x).toarray(), problem.gradient(x)
    multipliers = np.linalg.lstsq(jacobian.T, -gradient, rcond=None)[0]
    assert abs(gradient + multipliers @ jacobian).max() < 1e-5


def test_scipy_swings_the_pendulum_up() -> None:
    names = script("swing_up")
    problem = names["problem_of"](12)
    check_swing(problem, names["by_scipy"](problem), names)


def test_ipopt_swings_the_pendulum_up() -> None:
    pytest.importorskip("cyipopt")
    names = script("swing_up")
    problem = names["problem_of"](12)
    check_swing(problem, names["by_ipopt"](problem), names)


def test_least_squares_finds_cameras_and_points() -> None:
    names = script("bundle_adjustment")
    pictures = names["Pictures"](4, 30)
    found = names["adjusted"](pictures)
    assert names["rms"](found.fun) < 1e-9
    jacobian = sg.sparse_jacobian(pictures.residuals)(found.x)
    dense = sg.jacobian(pictures.residuals)(found.x)
    np.testing.assert_allclose(jacobian.toarray(), dense, rtol=1e-12, atol=1e-12)
    # of a picture 7 numbers of the camera and 3 of the point
    assert set(np.diff(jacobian.indptr)) == {10}


def test_newton_finds_the_voltages_of_a_grid() -> None:
    names = script("power_flow")
    grid = names["Grid"](24)
    x, sizes = names["voltages"](grid)
    assert sizes[-1] < 1e-10
    assert np.abs(grid.mismatch(x)).max() < 1e-10
    # in the last steps the digits double
    assert sizes[-2] < 30.0 * sizes[-3] ** 2


def test_root_takes_the_jacobian() -> None:
    def f(x: Any) -> Any:
        return np.array([x[0] + 0.5 * sg.sin(x[1]) - 1.0, x[1] - 0.3 * x[0] * x[0]])

    jacobian = sg.sparse_jacobian(f)
    found = optimize.root(sg.compile(f), np.zeros(2), jac=lambda x: jacobian(x).toarray())
    assert found.success
    assert np.abs(f(found.x)).max() < 1e-9
