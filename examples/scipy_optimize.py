"""SciPy's solvers with exact derivatives: minimize, least_squares and root on scalar functions.

    python examples/scipy_optimize.py

A function written for numbers, one by one, takes and gives arrays as SciPy wants them: where its
argument is an array, so is its gradient. Needs SciPy: pip install scipy.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import optimize

import scalargrad as sg
from scalargrad.nn import MLP

# ------ minimize: value and gradient in one call


def rosenbrock(x: Sequence[Any]) -> Any:
    """A curved valley whose floor falls slowly to 0 at (1, …, 1)."""
    return sg.sum([100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x)])


def minimum(size: int = 6) -> Any:
    return optimize.minimize(sg.value_and_grad(rosenbrock), np.zeros(size), jac=True)


def newton_minimum(size: int = 6) -> Any:
    """The same by Newton's method: conjugate gradients want the Hessian's products alone."""
    return optimize.minimize(
        sg.value_and_grad(rosenbrock),
        np.zeros(size),
        jac=True,
        hessp=lambda x, direction: sg.hvp(rosenbrock, (x,), (direction,))[0],
        method="Newton-CG",
    )


# ------ least_squares: a curve through noisy points, and the Jacobian of its misses

TIMES = np.linspace(0.0, 4.0, 30)


def damped(t: float, amplitude: Any, rate: Any, frequency: Any) -> Any:
    return amplitude * sg.exp(-rate * t) * sg.cos(frequency * t)


def measured() -> list[float]:
    rng = random.Random(0)
    return [damped(t, 2.5, 0.6, 4.0) + rng.gauss(0.0, 0.02) for t in TIMES.tolist()]


def fitted(measurements: Sequence[float]) -> Any:
    def misses(curve: Any) -> list[Any]:
        return [damped(t, *curve) - y for t, y in zip(TIMES.tolist(), measurements)]

    return optimize.least_squares(misses, np.array([1.0, 1.0, 3.5]), jac=sg.jacobian(misses))


# ------ root: two curves that cross


def crossing(x: Any) -> list[Any]:
    return [x[0] ** 2 + x[1] ** 2 - 4.0, sg.exp(x[0]) + x[1] - 1.0]


def crossed() -> Any:
    return optimize.root(crossing, np.array([1.0, -1.5]), jac=sg.jacobian(crossing))


# ------ a network: the adapter between a model and an array of its parameters


def on_arrays(loss: Callable[[Any], Any], model: Any) -> Callable[[Any], Any]:
    """Return `loss(model)` as a function of an array, one entry for each parameter."""
    return lambda x: loss(model.with_parameters(x.tolist()))


MOONS = [
    ([math.cos(a) + side, (0.5 - side) * 2.0 * math.sin(a) + 0.5 * side], 1.0 - 2.0 * side)
    for a in np.linspace(0.0, math.pi, 12).tolist()
    for side in (0.0, 1.0)
]


def logistic_loss(model: Any) -> Any:
    return sg.mean([sg.softplus(-label * model(point)) for point, label in MOONS])


def trained() -> tuple[Any, Any]:
    random.seed(1)
    model = MLP(2, [8, 8, 1])
    start = np.array([p.data for p in model.parameters()])
    objective = sg.value_and_grad(on_arrays(logistic_loss, model))
    found = optimize.minimize(objective, start, jac=True, method="L-BFGS-B")
    return found, model.with_parameters(found.x.tolist())


def main() -> None:
    for name, found in (("BFGS", minimum()), ("Newton-CG", newton_minimum())):
        print(f"{name}: {found.fun:.1e} after {found.nfev} evaluations, x = {found.x.round(4)}")
    curve = fitted(measured())
    print(f"damped oscillation, from noise: {curve.x.round(2)} after {curve.nfev} evaluations")
    print(f"the circle and the curve cross at {crossed().x.round(6)}")
    found, model = trained()
    right = sum((model(point) > 0.0) == (label > 0.0) for point, label in MOONS)
    print(f"network by L-BFGS: loss {found.fun:.1e}, {right} of {len(MOONS)} points right")


if __name__ == "__main__":
    main()
