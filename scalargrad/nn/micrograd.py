"""Neuron, Layer and MLP: constructed, seeded and printed as micrograd's are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine import Value, dot, functions, relu
from ..messages import described
from ..options import whole
from ..randomness import uniform
from .inputs import inputs_of as inputs_of
from .module import InTurn, Module


def function(activation: Any) -> Any:
    """Return an activation as a function. Raises ValueError for a name that no function has,
    TypeError for anything but a function or a name."""
    found = functions.get(activation.lower()) if isinstance(activation, str) else activation
    if found is None:
        raise ValueError(f"an activation is a function, as tanh, or its name; got {activation!r}")
    if not callable(found):
        came = described(activation)
        raise TypeError(f"an activation is a function, as tanh, or its name; got {came}")
    return found


def title(activation: Any) -> str:
    """The name of a unit with this activation: ReLU, Tanh."""
    symbol = getattr(activation, "symbol", "")
    name = getattr(activation, "__name__", type(activation).__name__)
    return symbol if symbol.isalnum() and symbol != symbol.lower() else name.capitalize()


class Neuron(Module):
    """Weights `w` (drawn uniformly from [−1, 1]) and a bias `b` (0), with `activation` if
    `nonlin`: a function of one number or its name, as tanh or "tanh"."""

    def __init__(self, nin: int, nonlin: bool = True, activation: Any = relu) -> None:
        self.w = [Value(uniform(-1, 1)) for _ in range(whole("nin", nin))]
        self.b = Value(0)
        self.nonlin = nonlin
        self.activation = function(activation)

    def __call__(self, x: Any) -> Any:
        """Return w·x + b, through the activation if `nonlin`. `x`: `nin` numbers or Values;
        ValueError if they are more or fewer."""
        inputs = inputs_of(x)
        if len(inputs) != len(self.w):
            raise ValueError(f"expected {len(self.w)} inputs, got {len(inputs)}")
        total = dot(self.w, inputs, self.b)
        return self.activation(total) if self.nonlin else total

    def __repr__(self) -> str:
        name = title(self.activation) if self.nonlin else "Linear"
        return f"{name}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons side by side, each listening to the same `nin` inputs."""

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.neurons = [Neuron(nin, **kwargs) for _ in range(whole("nout", nout))]

    def __call__(self, x: Any) -> Any:
        """Return the list of the neurons' outputs; of a single neuron, its output alone."""
        inputs = inputs_of(x)
        outputs = [neuron(inputs) for neuron in self.neurons]
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(InTurn):
    """A multi-layer perceptron: `nin` inputs, then layers of `nouts` neurons, the last linear, the
    others with `activation`, ReLU unless another is given."""

    def __init__(self, nin: int, nouts: Sequence[int], activation: Any = relu) -> None:
        if not isinstance(nouts, (list, tuple)):
            came = described(nouts)
            cure = f": MLP({nin!r}, [{nouts!r}])" if isinstance(nouts, int) else ""
            raise TypeError(f"nouts lists the neurons of each layer, got {came}{cure}")
        sizes = [nin, *nouts]
        last = len(nouts) - 1
        self.layers = [
            Layer(sizes[i], sizes[i + 1], nonlin=i != last, activation=activation)
            for i in range(len(nouts))
        ]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"
