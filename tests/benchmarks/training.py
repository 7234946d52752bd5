"""Training by `fit`, by graphs and compiled, against the step compiled by hand: one update each.

The digits' MLP 64-32-10 in batches of 32, and the wines' 13-16-3 in batches of 16, on numbers that
are drawn. Tracing is left out: of `fit` the difference between a long training and a short one.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad import nn
from scalargrad.compiler.machine.runner import NATIVE
from scalargrad.losses import cross_entropy
from scalargrad.optim import Adam
from scalargrad.train import fit

from .peers import present
from .timing import Figure, seconds

Sample = tuple[list[float], int]


class Subject(NamedTuple):
    name: str
    sizes: tuple[int, int, int]
    batch: int
    updates: int
    """In an epoch."""

    def model(self) -> Any:
        sg.seed(0)
        inputs, hidden, outputs = self.sizes
        return nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, outputs))

    def data(self) -> list[Sample]:
        drawn = random.Random(0)
        inputs, _, outputs = self.sizes
        return [
            ([drawn.gauss(0.0, 1.0) for _ in range(inputs)], drawn.randrange(outputs))
            for _ in range(self.batch * self.updates)
        ]


SUBJECTS = (
    Subject("digits 64-32-10, batch 32", (64, 32, 10), 32, 20),
    Subject("wine 13-16-3, batch 16", (13, 16, 3), 16, 10),
)


def fitted(subject: Subject, compile: bool) -> Callable[[int], list[float]]:
    """A training of so many epochs by `fit`; it returns the losses."""
    data = subject.data()

    def training(epochs: int) -> list[float]:
        model = subject.model()
        named = {"batch_size": subject.batch, "progress": False, "compile": compile}
        optimizer = Adam(model, 0.01)
        return fit(model, cross_entropy, data, optimizer, epochs, **named).losses  # type: ignore

    return training


def by_hand(subject: Subject) -> Callable[[int], list[float]]:
    """The same training, written out with `sg.compile` over arrays."""
    import numpy

    data, size = subject.data(), subject.batch
    x, y = numpy.array([x for x, _ in data]), numpy.array([float(y) for _, y in data])

    def training(epochs: int) -> list[float]:
        model, losses = subject.model(), []
        optimizer = Adam(model, 0.01)
        mean_loss = sg.compile(
            lambda x, y: cross_entropy(model(x), y), batch=("x", "y"), reduce="mean"
        )
        for _ in range(epochs):
            order = numpy.array(random.sample(range(len(x)), len(x)))
            for start in range(0, len(x), size):
                places = order[start : start + size]
                optimizer.zero_grad()
                loss = mean_loss(x[places], y[places])
                loss.backward()
                optimizer.step()
                losses.append(loss.data)
        return losses

    return training


def check(trainings: dict[str, Callable[[int], list[float]]]) -> None:
    """Raise AssertionError unless all give the same losses."""
    first, *others = (training(2) for training in trainings.values())
    for losses in others:
        assert all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(first, losses))


def of_updates(training: Callable[[int], object], epochs: int, rounds: int) -> float:
    """The least seconds of so many epochs, less what a training of one epoch more takes alone."""
    long = min(seconds(lambda: training(epochs + 1)) for _ in range(rounds))
    return long - min(seconds(lambda: training(1)) for _ in range(rounds))


def figures(quick: bool) -> Iterator[Figure]:
    if not present("numpy"):
        return
    for subject in SUBJECTS:
        trainings = {
            "graphs": fitted(subject, False),
            "fit": fitted(subject, True),
            "by hand": by_hand(subject),
        }
        check(trainings)
        epochs = {"graphs": 2, "fit": 10 if quick else 100, "by hand": 10 if quick else 100}
        taken = {
            name: of_updates(training, epochs[name], 1 if quick else 3)
            / (epochs[name] * subject.updates)
            for name, training in trainings.items()
        }
        name = f"training {subject.name}"
        yield Figure(f"{name}: fit compiled", taken["fit"] * 1e6, "µs/update")
        yield Figure(f"{name}: by graphs ÷ compiled", taken["graphs"] / taken["fit"])
        held = {"at_most": 1.5} if NATIVE else {"aim": "≤ 1.5"}
        ratio = taken["fit"] / taken["by hand"]
        yield Figure(f"{name}: fit ÷ by hand", ratio, **held)  # type: ignore[arg-type]
