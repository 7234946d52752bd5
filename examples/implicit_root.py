"""A root finder that can be differentiated, whatever it does inside to find the root.

    python examples/implicit_root.py

Where g(x, a, b) = 0 defines x, the implicit function theorem has its derivatives:

    ∂x/∂a = −(∂g/∂a) / (∂g/∂x)

So the solver's iterations need no graph. `root_of` makes of g an operator like any other: a node
with a partial derivative per operand, which can be differentiated again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from inspect import signature
from typing import Any

import scalargrad as sg


def solve(f: Callable[[Any], Any], start: float) -> float:
    """Return the root of `f` that Newton's method finds from `start`. Raises ArithmeticError if
    it finds none within 50 steps."""
    value_and_slope, x = sg.value_and_grad(f), start
    for _ in range(50):
        value, slope = value_and_slope(x)
        if slope == 0.0:
            break
        step = value / slope
        x -= step
        if abs(step) <= 1e-14 * max(abs(x), 1.0):
            return x
    raise ArithmeticError(f"no root found from {start}: Newton's method ended at {x}")


def root_of(g: Callable[..., Any], start: Callable[..., float]) -> sg.Operator:
    """Return the operator (a, b, …) ↦ x that solves g(x, a, b, …) = 0, from start(a, b, …)."""

    def find(*parameters: float) -> float:
        return solve(lambda x: g(x, *parameters), start(*parameters))

    def partial(position: int) -> Callable[..., Any]:
        # grad works on Values too: hence the second derivatives
        return lambda root, *rest: -sg.grad(g, position)(root, *rest) / sg.grad(g)(root, *rest)

    count = len(signature(g).parameters)
    return sg.operator(f"root of {g.__name__}", find, *map(partial, range(1, count)))


# ------ where a planet stands: Kepler's equation, which has no closed solution


def kepler(angle: Any, eccentricity: Any, mean_anomaly: Any) -> Any:
    return angle - eccentricity * sg.sin(angle) - mean_anomaly


# π is a safe start for every eccentricity below 1
eccentric_anomaly = root_of(kepler, start=lambda eccentricity, mean_anomaly: math.pi)


# ------ what a bond yields, from its price

PAYMENTS = [5.0] * 9 + [105.0]
"""At the end of each of ten years; with the last interest 100 are paid back."""


def worth_over_price(rate: Any, price: Any) -> Any:
    return sum(p * (1.0 + rate) ** -year for year, p in enumerate(PAYMENTS, 1)) - price


bond_yield = root_of(worth_over_price, start=lambda price: 0.05)


def main() -> None:
    e, m = 0.6, 1.0
    x = eccentric_anomaly(e, m)
    by_e, by_m = sg.grad(eccentric_anomaly, (0, 1))(e, m)
    by_m_twice = sg.grad(sg.grad(eccentric_anomaly, 1), 1)(e, m)
    distance = 1.0 - e * math.cos(x)
    print(f"Kepler: E({e}, {m}) = {x:.12f}, so E − e·sin E = {x - e * math.sin(x):.12f}")
    print(f"  ∂E/∂e     {by_e:.12f}   in closed form {math.sin(x) / distance:.12f}")
    print(f"  ∂E/∂M     {by_m:.12f}   in closed form {1.0 / distance:.12f}")
    print(f"  ∂²E/∂M²  {by_m_twice:.12f}   in closed form {-e * math.sin(x) / distance**3:.12f}")

    rate, slope = sg.value_and_grad(bond_yield)(92.0)
    h = 1e-4
    measured = (bond_yield(92.0 + h) - bond_yield(92.0 - h)) / (2.0 * h)
    print(f"a bond bought at 92 yields {rate:.6%} a year")
    print(f"  one more in its price is {slope:+.6%} in its yield; measured {measured:+.6%}")


if __name__ == "__main__":
    main()
