"""The digits: one epoch of an MLP 64-32-10 over 1,437 images, against plain floats' forward pass.

Ours is all that training does: forward, backward and update, in batches of 32, through `fit`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import scalargrad as sg
from scalargrad.losses import cross_entropy
from scalargrad.nn import Sequential
from scalargrad.optim import SGD
from scalargrad.shell import digits
from scalargrad.train import fit

from .timing import Figure, minima

Weights = list[tuple[list[list[float]], list[float]]]


def forward_on_floats(model: Sequential, examples: list[digits.Example]) -> Callable[[], object]:
    layers = [
        ([[w.data for w in row] for row in layer.weight], [b.data for b in layer.bias])
        for layer in (model[0], model[2])
    ]
    return lambda: [forward(layers, pixels) for pixels, _ in examples]


def forward(layers: Weights, x: list[float]) -> list[float]:
    for i, (weight, bias) in enumerate(layers):
        outputs = []
        for row, total in zip(weight, bias):
            for w, value in zip(row, x):
                total += w * value
            outputs.append(total if i or total > 0.0 else 0.0)
        x = outputs
    return x


def check(model: Sequential, examples: list[digits.Example]) -> None:
    """Raise AssertionError unless the plain floats give what the model gives."""
    pixels, _ = examples[0]
    (plain,) = forward_on_floats(model, examples[:1])()
    assert all(math.isclose(a, b.data, rel_tol=1e-9) for a, b in zip(plain, model(pixels)))


def figures(quick: bool) -> Iterator[Figure]:
    """The ratio of the two, and the milliseconds of an epoch."""
    examples = digits.load_digits().train[: 200 if quick else None]
    model = digits.network([32])
    check(model, examples)
    optimizer = SGD(model, lr=1e-3, momentum=0.9)
    contestants = {
        "floats": forward_on_floats(model, examples),
        "epoch": lambda: fit(model, cross_entropy, examples, optimizer, 1, progress=False),
    }
    best = minima(contestants, rounds=2 if quick else 6)
    at_most = 2.0 if sg.engine == "native" else math.inf
    yield Figure(
        "digits: an epoch ÷ floats forward", best["epoch"] / best["floats"], at_most=at_most
    )
    yield Figure(f"digits: an epoch of {len(examples):,} images", best["epoch"] * 1e3, "ms")
