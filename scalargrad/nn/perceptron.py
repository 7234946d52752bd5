"""The threshold logic unit, which learns by a rule of its own: its gradient is 0 everywhere."""

from __future__ import annotations

from typing import Any

from ..engine import dot, step
from ..options import whole
from ..scalars import is_real
from .initializers import vector
from .inputs import inputs_for
from .module import Module


class Perceptron(Module):
    """A unit that is 1 where w·x + b > 0 and 0 elsewhere; weights and bias begin at 0.

    Source: Rosenblatt, The Perceptron (1958).
    """

    def __init__(self, nin: int) -> None:
        self.nin = whole("nin", nin)
        self.weight = vector([0.0] * self.nin)
        self.bias = vector([0.0])

    def __call__(self, x: Any) -> Any:
        return step(dot(self.weight, inputs_for(self, x, self.nin), self.bias[0]))

    def learn(self, x: Any, target: float, rate: float = 1.0) -> bool:
        """Move the weights by rate · (target − output) · x, the bias likewise; return whether
        the output was wrong. `x` are numbers; raises ValueError unless `target` is 0 or 1.

        Where a plane separates the classes, repeated passes over them end without mistakes.
        """
        if not (is_real(target) and target in (0, 1)):
            raise ValueError(f"the target of a threshold unit is 0 or 1, got {target!r:.60}")
        error = float(target) - self(x).data
        inputs = inputs_for(self, x, self.nin)
        for parameter, number in zip([*self.weight, *self.bias], [*inputs, 1.0]):
            parameter.data += rate * error * number
        return bool(error)
