"""Training by `fit`, by graphs and compiled, against the step compiled by hand and torch's.

One update each, by Adam, on numbers that are drawn. Tracing is left out: the time of an update is
that of the fastest epoch in a training.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from time import perf_counter
from typing import Any

import scalargrad as sg
from scalargrad import many
from scalargrad.compiler.machine.runner import NATIVE
from scalargrad.optim import Adam
from scalargrad.train import evaluate, fit, predict

from .networks import SUBJECTS, Subject
from .peers import present
from .timing import Figure, least

RATE = 0.01
ROWS = 50
BY_HAND = 1.5
IN_TORCH = 3.0

Training = Callable[[int], tuple[list[float], list[float]]]
"""A training of so many epochs; it returns the losses, and when each epoch began or ended."""
Step = Callable[[Any], float]
"""An update by the samples at these places, an array; it returns their mean loss."""


def fitted(subject: Subject, compile: bool) -> Training:
    data = subject.data()

    def training(epochs: int) -> tuple[list[float], list[float]]:
        model, begun = subject.model(), dict[int, float]()

        def schedule(update: int) -> float:
            # a clock that costs less than a callback, for which samples are looked at again
            if not update % subject.updates:
                begun.setdefault(update, perf_counter())
            return 1.0

        named: dict[str, Any] = {"batch_size": subject.batch, "progress": False, "compile": compile}
        optimizer = Adam(model, RATE)
        history = fit(model, subject.loss, data, optimizer, epochs, schedule=schedule, **named)
        return history.losses, [*begun.values()]

    return training


def written_out(subject: Subject, step_of: Callable[[Subject], Step]) -> Training:
    """A loop over epochs and batches as one writes it; the order is drawn as `fit` draws it."""
    import numpy

    count, size = subject.batch * subject.updates, subject.batch

    def training(epochs: int) -> tuple[list[float], list[float]]:
        step, losses, ends = step_of(subject), list[float](), list[float]()
        for _ in range(epochs):
            order = numpy.array(random.sample(range(count), count))
            losses += [step(order[start : start + size]) for start in range(0, count, size)]
            ends.append(perf_counter())
        return losses, ends

    return training


def by_hand(subject: Subject) -> Step:
    """The step written out with `sg.compile` over arrays."""
    import numpy

    model, loss = subject.model(), subject.loss
    x, y = (numpy.array(part, float) for part in zip(*subject.data()))
    optimizer = Adam(model, RATE)

    @sg.compile(batch=("x", "y"), reduce="mean")
    def mean_loss(x: Any, y: Any) -> Any:
        return loss(model(x.tolist()), y.tolist() if hasattr(y, "tolist") else y)

    def step(places: Any) -> float:
        optimizer.zero_grad()
        found = mean_loss(x[places], y[places])
        found.backward()
        optimizer.step()
        return float(found.data)

    return step


def in_torch(subject: Subject) -> Step:
    import numpy
    import torch

    torch.set_num_threads(1)
    parameters, mean_loss = subject.in_torch(torch, subject.model())
    x, y = (torch.from_numpy(numpy.array(part)) for part in zip(*subject.data()))
    optimizer = torch.optim.Adam(parameters, RATE)

    def step(places: Any) -> float:
        chosen = torch.from_numpy(places)
        optimizer.zero_grad()
        found = mean_loss(x[chosen], y[chosen])
        found.backward()
        optimizer.step()
        return float(found.item())

    return step


def trainings(subject: Subject) -> dict[str, Training]:
    found = {
        "graphs": fitted(subject, False),
        "fit": fitted(subject, True),
        "by hand": written_out(subject, by_hand),
    }
    if present("torch"):
        found["torch"] = written_out(subject, in_torch)
    return found


def check(trainings: dict[str, Training]) -> None:
    """Raise AssertionError unless all give the same losses."""
    first, *others = (training(2)[0] for training in trainings.values())
    for losses in others:
        assert all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(first, losses))


def of_epoch(training: Training, epochs: int) -> float:
    """The seconds of the fastest epoch after the first."""
    _, ends = training(epochs)
    return min(end - start for start, end in pairwise(ends))


def best_of(subject: Subject, rounds: int) -> dict[str, float]:
    """The least seconds of an update, the trainings in turn."""
    contestants = trainings(subject)
    check(contestants)
    taken = {name: math.inf for name in contestants}
    for _ in range(rounds):
        for name, training in contestants.items():
            epochs = 3 if name == "graphs" else 50
            taken[name] = min(taken[name], of_epoch(training, epochs) / subject.updates)
    return taken


def of_prediction(subject: Subject) -> Iterator[Figure]:
    """A network that was run on many samples before: its outputs for a few, and its mean loss."""
    import numpy

    model, data = subject.model(), subject.data()
    inputs = numpy.array([x for x, _ in data])
    few, title = inputs[:ROWS], f"{subject.name.partition(',')[0]}"
    while not any(runner.function is model for runner in many._runners):
        predict(model, inputs)
    held = {"at_most": 200.0} if NATIVE else {"aim": "≤ 200"}
    taken = least(lambda: predict(model, few)) * 1e6
    yield Figure(f"prediction of {ROWS} rows, {title}", taken, "µs", **held)  # type: ignore
    by_program = least(lambda: evaluate(model, subject.loss, data))
    with graphs_alone():
        by_graphs = least(lambda: evaluate(model, subject.loss, data))
    name = f"mean loss of {len(data):,} samples, {title}: by graphs ÷ by a program"
    yield Figure(name, by_graphs / by_program)


@contextmanager
def graphs_alone() -> Iterator[None]:
    """Within it no model is run by a program."""
    kept = [*many._runners]
    many._runners.clear()
    most, many.SAMPLES = many.SAMPLES, 10**12
    try:
        yield
    finally:
        many.SAMPLES = most
        many._runners.extend(kept)


def figures(quick: bool) -> Iterator[Figure]:
    if not present("numpy"):
        return
    yield from of_prediction(SUBJECTS[1])
    # the last ones take long to trace
    for subject in SUBJECTS[:2] if quick else SUBJECTS:
        taken = best_of(subject, 1 if quick else 3)
        name = f"training {subject.name}"
        yield Figure(f"{name}: fit compiled", taken["fit"] * 1e6, "µs/update")
        yield Figure(f"{name}: by graphs ÷ compiled", taken["graphs"] / taken["fit"])
        at_most = BY_HAND if NATIVE else math.inf
        yield Figure(f"{name}: fit ÷ by hand", taken["fit"] / taken["by hand"], at_most=at_most)
        if "torch" in taken:
            ratio = taken["torch"] / taken["fit"]
            yield Figure(f"{name}: torch ÷ fit", ratio, aim=f"≥ {IN_TORCH:g}")
