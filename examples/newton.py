"""Newton's method: the gradient tells which way is down, the Hessian how far to go.

    python examples/newton.py

The function is Rosenbrock's valley: its bottom is curved and nearly flat, with the minimum at
(1, 1). Newton's method gets there in a few steps, and each of the last ones doubles the digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import scalargrad as sg

Point = list[float]


def rosenbrock(point: Any) -> Any:
    x, y = point
    return (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2


def newton(f: Callable[[Any], Any], point: Point) -> Iterator[Point]:
    """Yield the points on the way from `point` to a minimum of `f`, until the gradient is 0 but
    for rounding. A step that does not lead down is halved. Raises LinAlgError where the Hessian
    is singular, ArithmeticError where it leads up, as it may far from a minimum."""
    gradient_of, hessian_of = sg.grad(f), sg.hessian(f)
    yield point
    while math.hypot(*(gradient := gradient_of(point))) > 1e-12:
        step = np.linalg.solve(hessian_of(point), gradient).tolist()
        point = downhill(f, point, step)
        yield point


def downhill(f: Callable[[Any], Any], point: Point, step: Point) -> Point:
    size = 1.0
    while size > 1e-9:
        there = [x - size * d for x, d in zip(point, step)]
        if f(there) < f(point):
            return there
        size /= 2.0
    raise ArithmeticError(f"Newton's step does not lead down from {point}")


def descend(f: Callable[[Any], Any], point: Point, lr: float) -> int:
    """Return how many steps gradient descent takes to come within 1e-6 of f = 0."""
    value_and_gradient, steps = sg.value_and_grad(f), 0
    value, gradient = value_and_gradient(point)
    while value > 1e-6:
        point = [x - lr * g for x, g in zip(point, gradient)]
        value, gradient = value_and_gradient(point)
        steps += 1
    return steps


def main() -> None:
    start = [-1.2, 1.0]
    print("step        x            y            f          |gradient|")
    for step, point in enumerate(newton(rosenbrock, start)):
        slope = math.hypot(*sg.grad(rosenbrock)(point))
        print(f"{step:4} {point[0]:12.8f} {point[1]:12.8f} {rosenbrock(point):14.2e} {slope:12.2e}")
    print(f"gradient descent: {descend(rosenbrock, start, lr=1e-3)} steps to f = 1e-6")


if __name__ == "__main__":
    main()
