"""What the tests of optimizers share: every kind, parameters with gradients, a path of steps."""

from __future__ import annotations

from typing import Any

from scalargrad import Value
from scalargrad.optim import SGD, AdaGrad, Adam, AdamW, Nesterov, RMSProp

KINDS = [SGD, Nesterov, AdaGrad, RMSProp, Adam, AdamW]


def with_grads(*numbers: float) -> list[Any]:
    parameters = [Value(1.0) for _ in numbers]
    for parameter, grad in zip(parameters, numbers):
        parameter.grad = grad
    return parameters


def path(optimizer: Any, gradients: list[float]) -> list[float]:
    """Where the first parameter stands after each step."""
    (parameter, *_), seen = optimizer.parameters, []
    for gradient in gradients:
        parameter.grad = gradient
        optimizer.step()
        seen.append(parameter.data)
    return seen


def quadratic(x: Any) -> Any:
    return 2.0 * (x[0] - 1.0) ** 2 + 0.1 * (x[1] + 2.0) ** 2 + 0.3 * x[0] * x[1]
