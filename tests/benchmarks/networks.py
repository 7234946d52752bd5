"""The networks whose training is measured: each in our layers, and as torch is written.

torch gets matrices with the same numbers, and computes a batch by them at once, in float64.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad import nn
from scalargrad.losses import cross_entropy, mean_squared_error

Samples = list[tuple[Any, Any]]
InTorch = Callable[[Any, Any], tuple[Sequence[Any], Callable[[Any, Any], Any]]]
"""From torch and a model of ours to the parameters and the mean loss of inputs and targets."""


class Subject(NamedTuple):
    name: str
    build: Callable[[], Any]
    loss: Callable[[Any, Any], Any]
    samples: Callable[[random.Random, int], Samples]
    in_torch: InTorch
    batch: int
    updates: int
    """In an epoch."""

    def model(self) -> Any:
        sg.seed(0)
        return self.build()

    def data(self) -> Samples:
        return self.samples(random.Random(0), self.batch * self.updates)


def leaf(torch: Any, rows: Any) -> Any:
    """A list or lists of Values as a tensor to be trained."""
    numbers = [[w.data for w in row] if isinstance(row, list) else row.data for row in rows]
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


def normal(source: random.Random, *shape: int) -> Any:
    if not shape:
        return source.gauss(0.0, 1.0)
    return [normal(source, *shape[1:]) for _ in range(shape[0])]


# ------ perceptrons


def mlp(*sizes: int) -> Callable[[], Any]:
    def build() -> Any:
        layers = [nn.Linear(*pair) for pair in pairwise(sizes)]
        hidden = [part for layer in layers[:-1] for part in (layer, nn.Tanh())]
        return nn.Sequential(*hidden, layers[-1])

    return build


def classes(inputs: int, outputs: int) -> Callable[[random.Random, int], Samples]:
    return lambda source, count: [
        (normal(source, inputs), source.randrange(outputs)) for _ in range(count)
    ]


def themselves(width: int) -> Callable[[random.Random, int], Samples]:
    return lambda source, count: [(x, x) for x in normal(source, count, width)]


def mlp_in_torch(torch: Any, model: Any) -> Any:
    functional = torch.nn.functional
    layers = [layer for layer in model.layers if isinstance(layer, nn.Linear)]
    pairs = [(leaf(torch, layer.weight), leaf(torch, layer.bias)) for layer in layers]

    def outputs(x: Any) -> Any:
        for weight, bias in pairs[:-1]:
            x = torch.tanh(functional.linear(x, weight, bias))
        return functional.linear(x, *pairs[-1])

    def loss(x: Any, y: Any) -> Any:
        by_class = y.dim() == 1
        return (functional.cross_entropy if by_class else functional.mse_loss)(outputs(x), y)

    return [p for pair in pairs for p in pair], loss


def perceptron(name: str, sizes: tuple[int, ...], batch: int, updates: int) -> Subject:
    return Subject(
        f"{name} {'-'.join(map(str, sizes))}, batch {batch}",
        mlp(*sizes),
        cross_entropy,
        classes(sizes[0], sizes[-1]),
        mlp_in_torch,
        batch,
        updates,
    )


# ------ a recurrent network


class GRU(nn.Module):
    """A gated recurrent unit over a sequence, and a weighted sum of its last state.

    Source: Cho et al., Learning Phrase Representations using RNN Encoder–Decoder (2014), with the
    reset gate after the matrix, as torch has it.
    """

    def __init__(self, inputs: int, units: int) -> None:
        self.units = units
        self.seen = [nn.Linear(inputs, units) for _ in range(3)]
        self.kept = [nn.Linear(units, units) for _ in range(3)]
        self.output = nn.Linear(units, 1)

    def __call__(self, sequence: Any) -> Any:
        state: list[Any] = [0.0] * self.units
        for x in sequence:
            state = self.next(x, state)
        return self.output(state)

    def next(self, x: Any, state: list[Any]) -> list[Any]:
        seen, kept = [part(x) for part in self.seen], [part(state) for part in self.kept]
        reset, update = ([sg.sigmoid(a + b) for a, b in zip(seen[k], kept[k])] for k in range(2))
        new = [sg.tanh(a + r * b) for a, r, b in zip(seen[2], reset, kept[2])]
        return [n + z * (h - n) for n, z, h in zip(new, update, state)]


def gru_in_torch(torch: Any, model: GRU) -> Any:
    inputs, units = model.seen[0].nin, model.units
    part = torch.nn.GRU(inputs, units, batch_first=True, dtype=torch.float64)
    output = [leaf(torch, model.output.weight), leaf(torch, model.output.bias)]
    with torch.no_grad():
        for name, layers in (("ih", model.seen), ("hh", model.kept)):
            weights, biases = (
                [leaf(torch, x) for x in (getattr(y, kind) for y in layers)]
                for kind in ("weight", "bias")
            )
            getattr(part, f"weight_{name}_l0").copy_(torch.cat(weights))
            getattr(part, f"bias_{name}_l0").copy_(torch.cat(biases))

    def loss(x: Any, y: Any) -> Any:
        states, _ = part(x)
        found = torch.nn.functional.linear(states[:, -1], *output)
        return torch.nn.functional.mse_loss(found, y)

    return [*part.parameters(), *output], loss


def series(steps: int) -> Callable[[random.Random, int], Samples]:
    return lambda source, count: [
        (normal(source, steps, 1), normal(source, 1)) for _ in range(count)
    ]


# ------ a transformer


class Transformer(nn.Module):
    """A block of a transformer over a sequence of vectors; the last position names a class."""

    def __init__(self, width: int, heads: int, classes: int) -> None:
        self.block = nn.Block(width, heads, activation=nn.ReLU, norm=nn.RMSNorm)
        self.output = nn.Linear(width, classes)

    def __call__(self, sequence: Any) -> Any:
        return self.output(self.block(sequence)[-1])


def sequences(length: int, width: int, outputs: int) -> Callable[[random.Random, int], Samples]:
    return lambda source, count: [
        (normal(source, length, width), source.randrange(outputs)) for _ in range(count)
    ]


def transformer_in_torch(torch: Any, model: Transformer) -> Any:
    functional, block = torch.nn.functional, model.block
    attention, (widen, _, narrow) = block.attention, block.mlp.layers
    four = [attention.query, attention.key, attention.value, attention.output]
    query, key, value, mix = (leaf(torch, x.weight) for x in four)
    gains = [leaf(torch, norm.gain) for norm in block.norms]
    linears = [(leaf(torch, x.weight), leaf(torch, x.bias)) for x in (widen, narrow, model.output)]

    def split(x: Any) -> Any:
        return x.unflatten(-1, (attention.heads, -1)).transpose(1, 2)

    def attended(x: Any) -> Any:
        parts = (split(functional.linear(x, w)) for w in (query, key, value))
        mixed = functional.scaled_dot_product_attention(*parts, is_causal=True)
        return functional.linear(mixed.transpose(1, 2).flatten(2), mix)

    def loss(x: Any, y: Any) -> Any:
        norms = [lambda x, g=g: functional.rms_norm(x, g.shape, g, 1e-5) for g in gains]
        x = x + attended(norms[0](x))
        hidden = torch.relu(functional.linear(norms[1](x), *linears[0]))
        x = x + functional.linear(hidden, *linears[1])
        return functional.cross_entropy(functional.linear(x[:, -1], *linears[2]), y)

    return [query, key, value, mix, *gains, *(p for pair in linears for p in pair)], loss


# ------ all


SUBJECTS = (
    perceptron("wine", (13, 16, 3), 16, 10),
    perceptron("digits", (64, 32, 10), 32, 20),
    perceptron("digits", (64, 32, 10), 256, 5),
    Subject(
        "autoencoder 64-16-64, batch 32",
        mlp(64, 16, 64),
        mean_squared_error,
        themselves(64),
        mlp_in_torch,
        32,
        20,
    ),
    Subject(
        "GRU of 8 units over 30 steps, batch 16",
        lambda: GRU(1, 8),
        mean_squared_error,
        series(30),
        gru_in_torch,
        16,
        10,
    ),
    Subject(
        "transformer of width 16 over 8 positions, batch 16",
        lambda: Transformer(16, 4, 5),
        cross_entropy,
        sequences(8, 16, 5),
        transformer_in_torch,
        16,
        10,
    ),
)
