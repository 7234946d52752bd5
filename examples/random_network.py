"""Networks without layers: units wired at random, and whatever the wiring, they learn.

    python examples/random_network.py

Each unit listens to three others, drawn from the inputs and the units before it. The task is the
exclusive or of two signs: a point of the plane is of class 1 where x·y > 0.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Hashable, Mapping, Sequence

from scalargrad import nn
from scalargrad.losses import binary_cross_entropy
from scalargrad.nn.wiring import random_wiring
from scalargrad.optim import Adam
from scalargrad.scores import accuracy
from scalargrad.train import fit

INPUTS, UNITS, FAN_IN = 2, 16, 3

Sample = tuple[list[float], int]


def points(count: int) -> list[Sample]:
    drawn = [[random.uniform(-1.0, 1.0), random.uniform(-1.0, 1.0)] for _ in range(count)]
    return [([x, y], int(x * y > 0.0)) for x, y in drawn]


def depth(wiring: Mapping[Hashable, Sequence[Hashable]]) -> int:
    """Return the number of units on the longest way from an input to the output."""
    found: dict[Hashable, int] = dict.fromkeys(range(INPUTS), 0)
    for unit, heard in wiring.items():
        found[unit] = 1 + max(found[source] for source in heard)
    return found[INPUTS + UNITS - 1]


def trained(seed: int, epochs: int) -> tuple[int, nn.Wired, float, float]:
    """Return the depth of a network wired by this seed, the network after its training, and its
    accuracy on new points before and after."""
    nn.seed(seed)
    wiring = random_wiring(INPUTS, UNITS, FAN_IN)
    model = nn.Wired(range(INPUTS), wiring, outputs=[INPUTS + UNITS - 1])
    seen, unseen = points(200), points(200)
    before = accuracy(model, unseen)
    adam = Adam(model, lr=0.03)
    fit(model, binary_cross_entropy, seen, adam, epochs, batch_size=20, progress=False)
    return depth(wiring), model, before, accuracy(model, unseen)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train networks wired at random.")
    parser.add_argument("--epochs", type=int, default=40)
    epochs = parser.parse_args().epochs
    print(f"{UNITS} units that listen to {FAN_IN} others each; accuracy on points not trained on")
    print("seed  depth  parameters  before   after")
    for seed in range(5):
        deep, model, before, after = trained(seed, epochs)
        count = len(model.parameters())
        print(f"{seed:4}  {deep:5}  {count:10}  {before:6.1%}  {after:6.1%}")


if __name__ == "__main__":
    main()
