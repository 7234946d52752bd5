"""Training by `fit`, by graphs and compiled, against the step compiled by hand: one update each.

The digits' MLP 64-32-10 in batches of 32, and the wines' 13-16-3 in batches of 16, on numbers that
are drawn. Tracing is left out: an update's time is that of the fastest epoch in a training.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from time import perf_counter
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad import nn
from scalargrad.compiler.machine.runner import NATIVE
from scalargrad.losses import cross_entropy
from scalargrad.optim import Adam
from scalargrad.train import fit

from .peers import present
from .timing import Figure

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


Training = Callable[[int], tuple[list[float], list[float]]]
"""A training of so many epochs; it returns the losses, and when each epoch ended."""


def fitted(subject: Subject, compile: bool) -> Training:
    data = subject.data()

    def training(epochs: int) -> tuple[list[float], list[float]]:
        model, ends = subject.model(), list[float]()
        named: dict[str, Any] = {"batch_size": subject.batch, "progress": False, "compile": compile}
        named["callbacks"] = [lambda run: ends.append(perf_counter())]
        optimizer = Adam(model, 0.01)
        history = fit(model, cross_entropy, data, optimizer, epochs, **named)
        return history.losses, ends

    return training


def by_hand(subject: Subject) -> Training:
    """The same training, written out with `sg.compile` over arrays."""
    import numpy

    data, size = subject.data(), subject.batch
    x, y = numpy.array([x for x, _ in data]), numpy.array([float(y) for _, y in data])

    def training(epochs: int) -> tuple[list[float], list[float]]:
        model, losses, ends = subject.model(), list[float](), list[float]()
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
            ends.append(perf_counter())
        return losses, ends

    return training


def check(trainings: dict[str, Training]) -> None:
    """Raise AssertionError unless all give the same losses."""
    first, *others = (training(2)[0] for training in trainings.values())
    for losses in others:
        assert all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(first, losses))


def of_epoch(training: Training, epochs: int) -> float:
    """The seconds of the fastest epoch after the first."""
    _, ends = training(epochs)
    return min(end - start for start, end in pairwise(ends))


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
        taken = {name: math.inf for name in trainings}
        for _ in range(1 if quick else 3):
            for name, training in trainings.items():
                epochs = 3 if name == "graphs" else 50
                taken[name] = min(taken[name], of_epoch(training, epochs) / subject.updates)
        name = f"training {subject.name}"
        yield Figure(f"{name}: fit compiled", taken["fit"] * 1e6, "µs/update")
        yield Figure(f"{name}: by graphs ÷ compiled", taken["graphs"] / taken["fit"])
        held = {"at_most": 1.5} if NATIVE else {"aim": "≤ 1.5"}
        ratio = taken["fit"] / taken["by hand"]
        yield Figure(f"{name}: fit ÷ by hand", ratio, **held)  # type: ignore[arg-type]
