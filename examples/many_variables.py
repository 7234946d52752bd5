"""Newton's method with a hundred thousand variables: the Hessian has three diagonals.

    python examples/many_variables.py [--size 100000]

The function is Rosenbrock's valley, a chain of them. Nobody says where its Hessian has entries:
they are found from the function. Needs SciPy: pip install scipy.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np
from scipy.sparse.linalg import spsolve

import scalargrad as sg


def chained_rosenbrock(x: Any) -> Any:
    return sum(100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i in range(len(x) - 1))


def newton(problem: Any) -> Iterator[Any]:
    """Yield the points on the way to a minimum, until the gradient is 0 but for rounding. A step
    that does not lead down is halved."""
    x = problem.start
    yield x
    while np.linalg.norm(gradient := problem.gradient(x)) > 1e-8:
        step, value = spsolve(problem.hess(x).tocsc(), gradient), problem.objective(x)
        while problem.objective(x - step) > value and np.linalg.norm(step) > 1e-12:
            step = step / 2.0
        x = x - step
        yield x


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=100_000)
    size = parser.parse_args().size

    problem = sg.problem(chained_rosenbrock, None, np.full(size, 1.5))
    begin = perf_counter()
    hessian = problem.hess(problem.start)
    print(f"the first Hessian, {hessian.nnz} entries: {perf_counter() - begin:.2f} s")
    begin = perf_counter()
    problem.hess(problem.start)
    print(f"another one: {1e3 * (perf_counter() - begin):.2f} ms")
    for step, x in enumerate(newton(problem)):
        slope = np.linalg.norm(problem.gradient(x))
        print(f"step {step:2}: f = {problem.objective(x):12.5e}, |gradient| = {slope:8.1e}")
    print(f"all are 1, but for {abs(x - 1.0).max():.0e}")


if __name__ == "__main__":
    main()
