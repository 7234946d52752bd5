"""Power flow: the voltages in a grid of a few hundred buses, by Newton's method.

    python examples/power_flow.py [--buses 300]

At each bus the power that its lines carry away is what is fed in there: equations with the voltages
of a bus and its neighbours, so that the Jacobian is as sparse as the grid. The grid is made here:
a ring with chords. Needs SciPy: pip install scipy.
"""

from __future__ import annotations

import argparse
import random
from typing import Any

import numpy as np
from scipy.sparse.linalg import spsolve

import scalargrad as sg


class Grid:
    """Lines between buses, each with its conductance and susceptance; the power that each bus
    feeds in, and its reactive power. The voltage of bus 0 is given: size 1, angle 0."""

    def __init__(self, buses: int) -> None:
        rng = random.Random(2)
        self.buses = buses
        ring = [(i, (i + 1) % buses) for i in range(buses)]
        chords = [(i, (i + rng.randrange(3, 20)) % buses) for i in range(0, buses, 2)]
        self.lines = [(i, j, 1.0, rng.uniform(8.0, 12.0)) for i, j in ring + chords if i != j]
        self.power = [rng.gauss(0.0, 0.1) for _ in range(buses)]
        self.reactive = [rng.gauss(0.0, 0.03) for _ in range(buses)]

    def mismatch(self, x: Any) -> Any:
        """Of each bus but the first how much power is missing, and how much reactive power. `x`
        are the angles of all but the first, then the sizes of their voltages."""
        others = self.buses - 1
        angles, sizes = [0.0, *x[:others]], [1.0, *x[others:]]
        away, reactive = [0.0] * self.buses, [0.0] * self.buses
        for i, j, g, b in self.lines:
            for one, other in ((i, j), (j, i)):
                product = sizes[one] * sizes[other]
                turn = angles[one] - angles[other]
                cos, sin = product * sg.cos(turn), product * sg.sin(turn)
                square = sizes[one] * sizes[one]
                away[one] = away[one] + g * (square - cos) + b * sin
                reactive[one] = reactive[one] + b * (square - cos) - g * sin
        missing = [p - y for p, y in zip(self.power, away)]
        missing += [q - y for q, y in zip(self.reactive, reactive)]
        return np.array([*missing[1 : others + 1], *missing[self.buses + 1 :]])


def voltages(grid: Grid) -> tuple[Any, list[float]]:
    """The angles and sizes, and how large the mismatch was in each step."""
    mismatch, jacobian = sg.compile(grid.mismatch), sg.sparse_jacobian(grid.mismatch)
    x = np.append(np.zeros(grid.buses - 1), np.ones(grid.buses - 1))
    sizes = []
    for _ in range(20):
        missing = np.asarray(mismatch(x), float)
        sizes.append(float(abs(missing).max()))
        if sizes[-1] < 1e-10:
            return x, sizes
        x = x - spsolve(jacobian(x).tocsc(), missing)
    raise ArithmeticError(f"Newton's method does not get below a mismatch of {min(sizes):.1e}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--buses", type=int, default=300)
    grid = Grid(parser.parse_args().buses)
    x, sizes = voltages(grid)
    pattern = sg.sparsity(grid.mismatch)(x)
    print(f"{pattern.shape[0]} equations, {pattern.nnz / pattern.shape[0]:.1f} unknowns in each")
    print("mismatch:", " → ".join(f"{size:.0e}" for size in sizes))
    others = grid.buses - 1
    print(f"angles from {x[:others].min():+.3f} to {x[:others].max():+.3f}")
    print(f"voltages from {x[others:].min():.3f} to {x[others:].max():.3f}")


if __name__ == "__main__":
    main()
