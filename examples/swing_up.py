"""A pendulum is swung up with the least effort: optimal control by collocation.

    python examples/swing_up.py [--intervals 40]

The unknowns are the angle, the speed and the torque at each time. Between two times the equations
of motion hold in the mean: constraints, each with a few of the unknowns, whose Jacobian and whose
Hessian times multipliers are sparse. IPOPT solves it if cyipopt is installed, else SciPy.
Needs SciPy: pip install scipy.
"""

from __future__ import annotations

import argparse
import math
from typing import Any

import numpy as np
from scipy import optimize

import scalargrad as sg

DURATION = 6.0


def split(x: Any) -> tuple[Any, Any, Any]:
    """Angles, speeds and torques."""
    count = len(x) // 3
    return x[:count], x[count : 2 * count], x[2 * count :]


def effort(x: Any) -> Any:
    _, _, torques = split(x)
    return sum(u * u for u in torques) * (DURATION / len(torques))


def defects(x: Any) -> list[Any]:
    """What is amiss with the motion in each interval; then with its two ends."""
    angles, speeds, torques = split(x)
    step = DURATION / (len(angles) - 1)
    forces = [u - sg.sin(a) - 0.1 * v for a, v, u in zip(angles, speeds, torques)]
    moves = [
        angles[k + 1] - angles[k] - step * (speeds[k] + speeds[k + 1]) / 2.0
        for k in range(len(angles) - 1)
    ]
    pushes = [
        speeds[k + 1] - speeds[k] - step * (forces[k] + forces[k + 1]) / 2.0
        for k in range(len(angles) - 1)
    ]
    return [*moves, *pushes, angles[0], speeds[0], angles[-1] - math.pi, speeds[-1]]


def problem_of(intervals: int) -> Any:
    angles = np.linspace(0.0, math.pi, intervals + 1)
    return sg.problem(effort, defects, np.concatenate((angles, 0.0 * angles, 0.0 * angles)))


def by_ipopt(problem: Any) -> Any:
    import cyipopt

    solver = cyipopt.Problem(**problem.for_ipopt)
    solver.add_option("print_level", 0)
    solver.add_option("sb", "yes")
    return solver.solve(problem.start)[0]


def by_scipy(problem: Any) -> Any:
    return optimize.minimize(**problem.for_scipy, options={"maxiter": 300}).x


def solve(problem: Any) -> Any:
    try:
        return by_ipopt(problem)
    except ImportError:
        return by_scipy(problem)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--intervals", type=int, default=40)
    problem = problem_of(parser.parse_args().intervals)
    rows, _ = problem.jacobianstructure()
    print(f"{problem.size} unknowns, {problem.count} constraints with {len(rows)} derivatives")
    x = solve(problem)
    angles, _, torques = split(x)
    print(f"effort {problem.objective(x):.4f}, defects {abs(problem.constraints(x)).max():.1e}")
    print("angle ", " ".join(f"{a:6.2f}" for a in angles[:: len(angles) // 8]))
    print("torque", " ".join(f"{u:6.2f}" for u in torques[:: len(torques) // 8]))


if __name__ == "__main__":
    main()
