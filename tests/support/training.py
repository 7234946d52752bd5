"""What the tests of `fit` share: two small tasks, a training without display, the numbers left."""

from __future__ import annotations

from typing import Any

from scalargrad import nn
from scalargrad.train import History, fit

LINE = [([x / 4], 3.0 * x / 4 - 1.0) for x in range(-4, 5)]

XOR = [([0.0, 0.0], -1), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], -1)]


def quiet(*args: Any, **named: Any) -> History:
    return fit(*args, **named, progress=False)


def numbers(model: nn.Module) -> list[float]:
    return [p.data for p in model.parameters()]
