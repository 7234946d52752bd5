"""log Σ exp x, after the largest is taken away, so that nothing overflows."""

from __future__ import annotations

from typing import Any

import numpy as np

import scalargrad as sg

from . import Run


@sg.compile(batch="x", reduce="sum")
def shifted(x: Any, largest: Any) -> Any:
    return sg.exp(x - largest)


def back(total: Any, largest: Any) -> Any:
    return sg.log(total) + largest


def value(x: Any) -> Any:
    largest = x.max()
    return back(shifted(x, largest), largest)


def slope(x: Any) -> Any:
    """By the chain rule, from sample to sum to logarithm. It does not depend on what was taken
    away, hence nothing is to be had from there."""
    largest = x.max()
    total, of_total = sg.value_and_grad(shifted)(x, largest)
    return sg.grad(back)(total, largest) * of_total


def primal(given: dict[str, Any]) -> Run:
    x = np.array(given["x"])
    return Run(lambda: value(x))


def gradient(given: dict[str, Any]) -> Run:
    x = np.array(given["x"])
    return Run(lambda: slope(x), lambda found: found.tolist())


FUNCTIONS = {"primal": primal, "gradient": gradient}
