"""The handwritten digits of `scalargrad demo`, and the network that learns them.

The data are real: `digits.txt` says whose. A fifth of the images is held out for the test.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ..losses import cross_entropy
from ..nn import Linear, ReLU, Sequential
from ..nn.initializers import he_uniform
from ..optim import SGD
from ..optim.schedules import linear
from ..train import History, fit

Example = tuple[list[float], int]
"""64 pixels from 0 (paper) to 1 (ink), row by row, and the digit that they show."""

FILE = Path(__file__).with_name("digits.txt")
HELD_OUT = 360
SIDE = 8
BATCH = 32
LR = 0.2
MOMENTUM = 0.9
WEIGHT_DECAY = 1e-3


class Digits(NamedTuple):
    train: list[Example]
    test: list[Example]


def load_digits() -> Digits:
    """Return the images, split the same way each time, every digit in proportion."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    examples = [example(line) for line in lines if not line.startswith("#")]
    return Digits(examples[:-HELD_OUT], examples[-HELD_OUT:])


def example(line: str) -> Example:
    digit, pixels = line.split()
    return [int(pixel, 17) / 16 for pixel in pixels], int(digit)


def network(hidden: list[int]) -> Sequential:
    """Return an untrained MLP from 64 pixels to 10 scores, with these many ReLU units between."""
    sizes = [SIDE * SIDE, *hidden]
    layers = [
        layer
        for nin, nout in zip(sizes, hidden)
        for layer in (Linear(nin, nout, initializer=he_uniform), ReLU())
    ]
    return Sequential(*layers, Linear(sizes[-1], 10))


def train(model: Sequential, examples: list[Example], epochs: int, **options: Any) -> History:
    """Train `model` by SGD, the learning rate falling linearly to 0. `options` are those of
    `fit`."""
    optimizer = SGD(model, LR, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
    schedule = linear(epochs * -(-len(examples) // BATCH))
    return fit(
        model, cross_entropy, examples, optimizer, epochs, BATCH, schedule=schedule, **options
    )
