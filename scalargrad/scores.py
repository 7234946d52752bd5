"""How good a network is: its mean loss on data, the share it gets right, what it confuses."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from .data import Sample, samples
from .evaluating import in_mode
from .losses import class_index
from .many import NOTHING, Ahead, measured, outputs_of
from .messages import described
from .nn.inputs import inputs_of
from .options import function
from .outputs import cut, number, scoring
from .scalars import is_real

Measure = Callable[[Any, Any], Any]
"""The worth of one output, given the target: a loss, or whether the output is `correct`."""


def evaluate(model: Any, measure: Measure, data: Any) -> float:
    """Return the mean of measure(model(input), target) over `data`, as `samples` takes them.

    `measure` is a loss, or a score such as `correct`. The model is in evaluation mode meanwhile;
    no graph is kept. Once a model was run on 30,000 samples, in all calls together, a compiled
    program runs it, and computes the measure, where it can: the same but for rounding.
    """
    function("model", model, "a Module or a function")
    function("measure", measure, "a function of (output, target), such as losses.squared_error")
    return means(model, {"": measure}, samples(data))[""]


def means(
    model: Any,
    measures: Mapping[str, Measure],
    pairs: Sequence[Sample],
    compile: bool | None = None,
    ahead: Ahead = NOTHING,
) -> dict[str, float]:
    """Return the mean of each measure over `pairs`, from one run of the model over them, in
    evaluation mode. `compile` and `ahead` as in `outputs_of`."""
    inputs, targets = zip(*pairs)
    with in_mode(model, training=False):
        outputs = outputs_of(model, inputs, compile, ahead=ahead)
        scored = scoring(model, inputs[0], outputs)
        found = {name: measured(x, outputs, targets, scored) for name, x in measures.items()}
    return {name: sum(numbers) / len(numbers) for name, numbers in found.items()}


def predicted(output: Any, threshold: float | None = None) -> int:
    """Return the class that an output names: the place of its largest score, the first place of
    equal scores; a lone score names 1 above `threshold`, else 0. −1, no class, if a score is NaN.

    Without a threshold a lone score is cut at ½ where it is a sigmoid's, at 0 where it is a logit;
    raises ValueError where that makes a difference and nothing tells which it is.
    """
    scores = inputs_of(output)
    numbers = [number(score) for score in scores]
    if threshold is not None and len(scores) != 1:
        raise ValueError(f"a threshold is for a lone score, got {len(scores)} scores")
    if any(math.isnan(x) for x in numbers):
        return -1
    if len(scores) == 1:
        return int(numbers[0] > cut(scores[0], threshold))
    return numbers.index(max(numbers))


def target_class(target: Any, output: Any) -> int:
    """Return the true class: `target` itself; beside a lone score 0 or 1, where the target −1 is
    class 0."""
    scores = inputs_of(output)
    if len(scores) != 1:
        return class_index(target, scores)
    if not is_real(target) or target not in (-1, 0, 1):
        raise ValueError(f"a lone score needs a target −1, 0 or 1, got {target!r:.60}")
    return int(target > 0)


def correct(output: Any, target: Any, threshold: float | None = None) -> bool:
    """Tell whether `output`, scores or a lone score, names the class `target`; a lone score is
    cut as `predicted` says."""
    return predicted(output, threshold) == target_class(target, output)


def check(threshold: Any) -> None:
    """Raise TypeError unless a threshold is a number, or none is given."""
    if threshold is not None and not is_real(threshold):
        raise TypeError(
            f"threshold must be a number, got {described(threshold)}; inputs and targets go into "
            "one tuple: (inputs, targets)"
        )


def accuracy(model: Any, data: Any, threshold: float | None = None) -> float:
    """Return the share of `data` whose class the model gets right, from 0 to 1; lone scores are
    cut as `predicted` says."""
    check(threshold)
    measure = correct if threshold is None else partial(correct, threshold=threshold)
    return evaluate(model, measure, data)


def confusion_matrix(model: Any, data: Any, threshold: float | None = None) -> list[list[int]]:
    """Return how many samples of each true class (rows) were predicted as each class (columns).

    As many rows as the model has scores; 2 for a lone score, which is cut as `predicted` says.
    Raises ValueError if a score is NaN.
    """
    check(threshold)
    function("model", model, "a Module or a function")
    inputs, targets = zip(*samples(data))
    with in_mode(model, training=False):
        outputs = outputs_of(model, inputs)
        with scoring(model, inputs[0], outputs):
            outcomes = [outcome(*pair, threshold) for pair in zip(outputs, targets)]
    size = outcomes[0][2]
    matrix = [[0] * size for _ in range(size)]
    for true, found, _ in outcomes:
        matrix[true][found] += 1
    return matrix


def outcome(output: Any, target: Any, threshold: float | None) -> tuple[int, int, int]:
    """The true class, the predicted one, and how many there are."""
    found = predicted(output, threshold)
    if found < 0:
        raise ValueError(f"the model's output is NaN where the target is {target!r:.60}: no class")
    return target_class(target, output), found, max(2, len(inputs_of(output)))
