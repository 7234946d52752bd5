"""How good a network is: its mean loss on data, the share it gets right, what it confuses."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Any

from .blocks import Block, Temporary
from .data import Sample, samples
from .losses import class_index
from .modes import no_grad
from .nn.inputs import inputs_of

Measure = Callable[[Any, Any], Any]
"""What one output is worth, given the target: a loss, or whether it is `correct`."""


def in_mode(model: Any, training: bool, also: Block | None = None) -> Temporary:
    """Within it every part of `model` is in training mode, or in evaluation mode; afterwards
    each is in the mode it was in. A model that has no modes is left alone."""
    parts = [part for _, part in model.named_modules()] if hasattr(model, "named_modules") else []
    return Temporary((parts, "training", repeat(training)), also=also)


def evaluating(model: Any) -> Temporary:
    """Within it `model` is in evaluation mode, and no graph is recorded."""
    return in_mode(model, training=False, also=no_grad())


def evaluate(model: Any, measure: Measure, data: Any) -> float:
    """Return the mean of measure(model(input), target) over `data`, as `samples` takes them.

    `measure` is a loss, or a score such as `correct`. The model is in evaluation mode meanwhile;
    no graph is recorded.
    """
    pairs = samples(data)
    with evaluating(model):
        return means(model, {"": measure}, pairs)[""]


def means(model: Any, measures: Mapping[str, Measure], pairs: Sequence[Sample]) -> dict[str, float]:
    """Return the mean of each measure over `pairs`, from one run of the model over them."""
    totals: dict[str, list[float]] = {name: [] for name in measures}
    for x, y in pairs:
        output = model(x)
        for name, measure in measures.items():
            totals[name].append(number(measure(output, y)))
    return {name: sum(found) / len(found) for name, found in totals.items()}


def number(score: Any) -> float:
    return float(getattr(score, "data", score))


def predicted(output: Any) -> int:
    """Return the class that an output names: the place of its largest score, the first of equal
    ones; of a lone score, 1 if it is above 0, else 0. −1, no class, if a score is NaN."""
    scores = [number(score) for score in inputs_of(output)]
    if any(math.isnan(score) for score in scores):
        return -1
    return int(scores[0] > 0.0) if len(scores) == 1 else scores.index(max(scores))


def target_class(target: Any, output: Any) -> int:
    """Return the true class: `target` itself; beside a lone score 0 or 1, for −1 and 1 too."""
    scores = inputs_of(output)
    if len(scores) != 1:
        return class_index(target, scores)
    if target not in (-1, 0, 1):
        raise ValueError(f"a lone score needs a target −1, 0 or 1, got {target!r:.60}")
    return int(target > 0)


def correct(output: Any, target: Any) -> bool:
    """Tell whether `output`, scores or a lone score, names the class `target`."""
    return predicted(output) == target_class(target, output)


def accuracy(model: Any, data: Any) -> float:
    """Return the share of `data` whose class the model gets right, from 0 to 1."""
    return evaluate(model, correct, data)


def confusion_matrix(model: Any, data: Any) -> list[list[int]]:
    """Return how many samples of each true class (rows) were predicted as each class (columns).

    As many rows as the model has scores; 2 for a lone score. Raises ValueError if a score is NaN.
    """
    pairs = samples(data)
    with evaluating(model):
        outcomes = [outcome(model(x), y) for x, y in pairs]
    size = outcomes[0][2]
    matrix = [[0] * size for _ in range(size)]
    for true, found, _ in outcomes:
        matrix[true][found] += 1
    return matrix


def outcome(output: Any, target: Any) -> tuple[int, int, int]:
    """The true class, the predicted one, and how many there are."""
    found = predicted(output)
    if found < 0:
        raise ValueError(f"the model's output is NaN where the target is {target!r:.60}: no class")
    return target_class(target, output), found, max(2, len(inputs_of(output)))
