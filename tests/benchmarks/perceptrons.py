"""Workloads: a perceptron of three layers under the hinge loss, and the network of twenty lines."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import scalargrad as sg
from scalargrad import nn

from .workloads import Workload

SIZES = (2, 16, 16, 1)


@sg.compile(batch=("x", "y"), reduce="mean")
def loss(model: Any, x: Any, y: Any) -> Any:
    return sg.relu(1.0 - y * model(x))


class Perceptron:
    """A model, samples, and the loss with its gradient, each way."""

    def __init__(self, samples: int) -> None:
        import numpy

        random.seed(1)
        self.model = nn.MLP(SIZES[0], list(SIZES[1:]))
        generator = numpy.random.default_rng(0)
        self.X = generator.normal(size=(samples, 2))
        self.Y = numpy.sign(generator.normal(size=samples))

    def ours(self) -> Any:
        value = loss(self.model, self.X, self.Y)
        value.backward()
        return value

    def found(self, value: Any) -> list[Any]:
        """The loss and its gradient, in the order of the layers' matrices and biases."""
        layers = self.model.layers
        weights = [[w.grad for n in layer.neurons for w in n.w] for layer in layers]
        biases = [[n.b.grad for n in layer.neurons] for layer in layers]
        return [value.data, *(x for pair in zip(weights, biases) for part in pair for x in part)]

    def layers(self, array: Callable[[Any], Any]) -> list[list[Any]]:
        return [
            [
                array([[w.data for w in n.w] for n in layer.neurons]),
                array([n.b.data for n in layer.neurons]),
            ]
            for layer in self.model.layers
        ]

    def in_jax(self, jax: Any) -> Callable[[], Any]:
        np = jax.numpy
        x, y = np.asarray(self.X), np.asarray(self.Y)

        def hinge(layers: Any) -> Any:
            out = x
            for k, (w, b) in enumerate(layers):
                out = out @ w.T + b
                out = np.maximum(out, 0.0) if k < len(layers) - 1 else out
            return np.mean(np.maximum(1.0 - y * out[:, 0], 0.0))

        step, layers = jax.jit(jax.value_and_grad(hinge)), self.layers(np.asarray)
        return lambda: jax.block_until_ready(step(layers))

    def in_torch(self, torch: Any) -> Callable[[], Any]:
        layers = self.layers(lambda x: torch.tensor(x, dtype=torch.float64, requires_grad=True))
        x, y = torch.tensor(self.X), torch.tensor(self.Y)
        leaves = [p for pair in layers for p in pair]

        def step() -> Any:
            out = x
            for k, (w, b) in enumerate(layers):
                out = torch.nn.functional.linear(out, w, b)
                out = torch.relu(out) if k < len(layers) - 1 else out
            value = torch.relu(1.0 - y * out[:, 0]).mean()
            return value.detach(), torch.autograd.grad(value, leaves)

        return step


def perceptron(samples: int) -> Workload:
    task = Perceptron(samples)
    name = f"MLP 2-16-16-1, {samples:,} samples"
    peers = {"jax": task.in_jax, "torch": task.in_torch}
    return Workload(name, task.ours, peers, task.found)


# ------ the network of twenty lines


def sample_error(w1: Any, w2: Any, x: Any, y: Any) -> Any:
    hidden = [sg.sigmoid(sg.dot(list(column), list(x))) for column in w1.T]
    outputs = [sg.dot(list(column), hidden) for column in w2.T]
    return sg.sum([sg.square(out - target) for out, target in zip(outputs, y)])


def twenty_lines(samples: int, inputs: int, hidden: int, outputs: int) -> Workload:
    """Against NumPy, forward and backward written by hand."""
    import numpy as np

    shapes = (inputs, hidden), (hidden, outputs), (samples, inputs), (samples, outputs)
    generator = np.random.default_rng(0)
    w1, w2, x, y = (generator.standard_normal(shape) for shape in shapes)
    total = sg.compile(sample_error, batch=("x", "y"), reduce="sum")
    # the gradient in the weights alone, as by hand
    both = sg.value_and_grad(total, (0, 1))

    def by_hand(numpy: Any) -> Callable[[], Any]:
        def step() -> Any:
            h = 1 / (1 + np.exp(-x.dot(w1)))
            y_pred = h.dot(w2)
            grad_y_pred = 2.0 * (y_pred - y)
            grad_h = grad_y_pred.dot(w2.T)
            grad_w1 = x.T.dot(grad_h * h * (1 - h))
            return np.square(y_pred - y).sum(), grad_w1, h.T.dot(grad_y_pred)

        return step

    name = f"20-line network, {samples}×{inputs}×{hidden}×{outputs}"
    return Workload(name, lambda: both(w1, w2, x, y), {"numpy": by_hand})
