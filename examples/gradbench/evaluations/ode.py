"""Runge–Kutta steps of y₀′ = x₀, yᵢ′ = xᵢ·yᵢ₋₁ from 0 to 2, and what the last yᵢ depends on."""

from __future__ import annotations

from typing import Any

import numpy as np

import scalargrad as sg

from . import Run

END = 2.0


def slope(x: Any, y: Any) -> list[Any]:
    return [x[0], *(x[i] * y[i - 1] for i in range(1, len(x)))]


def moved(y: Any, k: Any, h: float) -> list[Any]:
    return [a + h * b for a, b in zip(y, k)]


def solution(x: Any, steps: int) -> list[Any]:
    h, y = END / steps, [0.0] * len(x)
    for _ in range(steps):
        k1 = slope(x, y)
        k2 = slope(x, moved(y, k1, 0.5 * h))
        k3 = slope(x, moved(y, k2, 0.5 * h))
        k4 = slope(x, moved(y, k3, h))
        parts = zip(y, k1, k2, k3, k4)
        y = [y + h / 6.0 * (a + 2.0 * b + 2.0 * c + d) for y, a, b, c, d in parts]
    return y


def last(x: Any, steps: int) -> Any:
    return solution(x, steps)[-1]


def primal(given: dict[str, Any]) -> Run:
    x, gate = np.array(given["x"]), sg.compile(solution)
    return Run(lambda: gate(x, given["s"]))


def gradient(given: dict[str, Any]) -> Run:
    x, gate = np.array(given["x"]), sg.grad(sg.compile(last))
    return Run(lambda: gate(x, given["s"]), lambda found: found.tolist())


FUNCTIONS = {"primal": primal, "gradient": gradient}
