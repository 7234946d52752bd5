"""Functions that an equation defines: the root is searched for, and then differentiated.

    python examples/implicit_root.py

Where g(x, a, b) = 0 defines x, the implicit function theorem has its derivatives:

    ∂x/∂a = −(∂g/∂a) / (∂g/∂x)

So the search needs no graph. `sg.root` leaves one node behind, with a partial derivative in each
number that the equation depends on, which can be differentiated again.
"""

from __future__ import annotations

import math
from typing import Any

import scalargrad as sg

# ------ where a planet stands: Kepler's equation, which has no closed solution


def kepler(angle: Any, eccentricity: Any, mean_anomaly: Any) -> Any:
    return angle - eccentricity * sg.sin(angle) - mean_anomaly


def eccentric_anomaly(eccentricity: Any, mean_anomaly: Any) -> Any:
    # π is a safe start for every eccentricity below 1
    return sg.root(kepler, math.pi, eccentricity, mean_anomaly)


# ------ what a bond yields, from its price

PAYMENTS = [5.0] * 9 + [105.0]
"""At the end of each of ten years; with the last interest 100 are paid back."""


def worth(rate: Any) -> Any:
    return sum(p * (1.0 + rate) ** -year for year, p in enumerate(PAYMENTS, 1))


def bond_yield(price: Any) -> Any:
    return sg.root(lambda rate: worth(rate) - price, 0.05)


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
