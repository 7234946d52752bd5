"""Optimizers: they move parameters against their gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .engine import Value
from .rows import builder


class SGD:
    """Gradient descent: v ← momentum · v + grad, then data ← data − lr · v.

    `lr` > 0 is read anew at each step, so it may be changed between steps; 0 ≤ `momentum` < 1.
    Raises ValueError outside of these, TypeError unless the parameters are Values.
    """

    def __init__(self, parameters: Iterable[Value], lr: float, momentum: float = 0.0) -> None:
        self.parameters = checked(parameters)
        if not 0.0 <= momentum < 1.0:
            raise ValueError(f"momentum must be at least 0 and below 1, got {momentum!r}")
        self.lr = lr
        self.momentum = momentum
        self.velocities = [0.0] * len(self.parameters)

    @property
    def lr(self) -> float:
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        if not 0.0 < lr < math.inf:
            raise ValueError(f"lr must be a positive number, got {lr!r}")
        self._lr = lr

    def step(self) -> None:
        """Move every parameter once."""
        for i, parameter in enumerate(self.parameters):
            velocity = self.momentum * self.velocities[i] + parameter.grad
            self.velocities[i] = velocity
            parameter.data -= self.lr * velocity

    def zero_grad(self) -> None:
        """Set the `grad` of every parameter to 0.0."""
        for parameter in self.parameters:
            parameter.grad = 0.0


def checked(parameters: Iterable[Value]) -> list[Value]:
    if not isinstance(parameters, Iterable):
        raise TypeError(
            f"expected a list of parameters, got {type(parameters).__name__}: "
            "pass model.parameters()"
        )
    found = list(parameters)
    for parameter in found:
        if builder(parameter) is None:
            raise TypeError(f"expected Values, got {type(parameter).__name__} {parameter!r:.60}")
    if not found:
        raise ValueError("there is no parameter to train: the list is empty")
    return found
