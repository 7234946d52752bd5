"""Linear least squares: how far a polynomial is from the sign of t, at n points of [−1, 1]."""

from __future__ import annotations

from typing import Any

import numpy as np

import scalargrad as sg

from . import Run


def miss(t: Any, sign: Any, coefficients: Any) -> Any:
    found = 0.0
    for c in coefficients[::-1]:
        found = found * t + c
    return 0.5 * (sign - found) ** 2


total = sg.compile(miss, batch=("t", "sign"), reduce="sum")


def points(given: dict[str, Any]) -> tuple[Any, Any, Any]:
    t = np.linspace(-1.0, 1.0, given["n"])
    return t, np.sign(t), np.array(given["x"])


def primal(given: dict[str, Any]) -> Run:
    return Run(lambda: total(*points(given)))


def gradient(given: dict[str, Any]) -> Run:
    return Run(lambda: sg.grad(total, 2)(*points(given)), lambda found: found.tolist())


FUNCTIONS = {"primal": primal, "gradient": gradient}
