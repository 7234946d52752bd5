"""Neuron, Layer and MLP: constructed, seeded and printed as micrograd's are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine import Value, dot, relu
from ..randomness import uniform
from .inputs import inputs_of as inputs_of
from .module import Module


class Neuron(Module):
    """Weights `w` (drawn uniformly from [−1, 1]) and a bias `b` (0), with ReLU if `nonlin`."""

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Any) -> Any:
        """Return w·x + b, through ReLU if `nonlin`. `x`: `nin` numbers or Values; ValueError if
        they are more or fewer."""
        inputs = inputs_of(x)
        if len(inputs) != len(self.w):
            raise ValueError(f"expected {len(self.w)} inputs, got {len(inputs)}")
        activation = dot(self.w, inputs, self.b)
        return relu(activation) if self.nonlin else activation

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons side by side, each listening to the same `nin` inputs."""

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x: Any) -> Any:
        """Return the list of the neurons' outputs; of a single neuron, its output alone."""
        inputs = inputs_of(x)
        outputs = [neuron(inputs) for neuron in self.neurons]
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron: `nin` inputs, then layers of `nouts` neurons, the last linear."""

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        sizes = [nin, *nouts]
        last = len(nouts) - 1
        self.layers = [Layer(sizes[i], sizes[i + 1], nonlin=i != last) for i in range(len(nouts))]

    def __call__(self, x: Any) -> Any:
        """Return the outputs of the last layer for `nin` inputs, numbers or Values."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"
