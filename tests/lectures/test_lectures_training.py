"""The worked examples of lectures on training: points in the plane, and handwritten digits."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any

import scalargrad as sg
from scalargrad import nn, no_grad
from scalargrad.losses import binary_hinge, l2
from scalargrad.nn import Linear, Sequential, Tanh
from scalargrad.nn.initializers import uniform
from scalargrad.optim import Adam
from scalargrad.optim.schedules import linear
from scalargrad.scores import predicted
from scalargrad.shell import digits
from scalargrad.train import Run, accuracy, fit

Points = list[tuple[list[float], int]]
SIDE = [i / 8 - 1.25 for i in range(21)]
GRID = [[x, y] for y in SIDE for x in SIDE]


def spirals(count: int) -> Points:
    """Two arms of so many points each, wound around each other, one turn each."""
    points = []
    for i in range(count):
        t = 0.15 + 0.85 * i / count
        for label in (1, -1):
            angle = 2.0 * math.pi * t + (math.pi if label < 0 else 0.0)
            points.append(([t * math.cos(angle), t * math.sin(angle)], label))
    return points


def moons(count: int) -> Points:
    """Two moons of so many points each, one in the other's mouth."""
    angles = [math.pi * i / count for i in range(count)]
    upper: Points = [([math.cos(a) - 0.5, math.sin(a) - 0.25], -1) for a in angles]
    return upper + [([0.5 - math.cos(a), 0.25 - math.sin(a)], 1) for a in angles]


def network(hidden: int) -> Sequential:
    """A network that is bent enough to begin with: points lie within ±1.5."""
    nn.seed(4)
    first = Linear(2, hidden, initializer=uniform(4.0))
    for bias in first.bias:
        bias.data = random.uniform(-2.0, 2.0)
    return Sequential(first, Tanh(), Linear(hidden, 1))


def trained(model: Sequential, points: Points, epochs: int, **options: Any) -> Sequential:
    fit(model, binary_hinge, points, Adam(model, 0.1), epochs, 8, progress=False, **options)
    return model


def regions(model: Sequential) -> list[int]:
    """The class of every point of the grid."""
    with no_grad():
        return [predicted(model(point), threshold=0.0) for point in GRID]


def border_length(model: Sequential) -> int:
    """How many neighbours on the grid are of different classes."""
    found, width = regions(model), len(SIDE)
    across = sum(found[i] != found[i + 1] for i in range(len(found)) if (i + 1) % width)
    return across + sum(a != b for a, b in zip(found, found[width:]))


# ------ points in the plane


def test_the_boundary_moves_until_the_moons_are_apart() -> None:
    seen: list[list[int]] = []

    def look(run: Run) -> None:
        seen.append(regions(run.model))

    points = moons(20)
    model = trained(network(8), points, 40, callbacks=[look], schedule=linear(40 * 5))
    assert accuracy(model, points) == 1.0
    changes = [sum(a != b for a, b in zip(old, new)) for old, new in pairwise(seen)]
    assert max(changes) > 10
    assert sum(changes[:5]) > 2 * sum(changes[-5:])


def test_more_neurons_have_more_capacity() -> None:
    points = spirals(24)
    few, many = (accuracy(trained(network(n), points, 50), points) for n in (2, 24))
    assert few < 0.85
    assert many == 1.0


def test_a_regularized_network_beats_a_smaller_one() -> None:
    # one label in eight is wrong: the best boundary is that of the other seven
    random.seed(4)
    blurred = [([x + random.gauss(0, 0.08) for x in p], y) for p, y in moons(20)]
    points = [(p, -y if i % 8 == 3 else y) for i, (p, y) in enumerate(blurred)]
    small, rough, smooth = network(2), network(16), network(16)
    weights = [w for layer in (smooth[0], smooth[2]) for row in layer.weight for w in row]
    trained(small, points, 80)
    trained(rough, points, 80)
    trained(smooth, points, 80, penalty=lambda: 0.002 * l2(weights))
    assert border_length(smooth) < 0.9 * border_length(rough)
    assert accuracy(rough, points) > accuracy(smooth, points)
    truth = moons(100)
    assert accuracy(smooth, truth) > max(accuracy(small, truth), accuracy(rough, truth))


# ------ handwritten digits


def test_an_mlp_reads_handwritten_digits() -> None:
    images = digits.load_digits()
    epochs, target = (12, 0.96) if sg.engine == "native" else (2, 0.88)
    nn.seed(1)
    model = digits.network([32])
    digits.train(model, images.train, epochs)
    assert accuracy(model, images.test) >= target
