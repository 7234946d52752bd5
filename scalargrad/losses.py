"""The cost of a model's outputs, given the targets they should have met: one number a sample.

Outputs are Values or floats, so is the loss. Over several samples take `scalargrad.mean` of their
losses. A regularizer is the cost of the parameters themselves; add it to the loss.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Any, NamedTuple

from .engine import clamp, dot, logsumexp, max, mean, relu, softplus, square, where
from .engine import sum as total
from .face import shown
from .messages import described
from .nn.inputs import data_of, inputs_of
from .options import Range, items, within
from .outputs import refuse_probabilities, refuse_probability
from .scalars import is_real, is_scalar, is_value

__all__ = [
    "binary_cross_entropy",
    "binary_hinge",
    "cross_entropy",
    "elastic_net",
    "half_squared_error",
    "hinge",
    "huber",
    "l1",
    "l2",
    "log_softmax",
    "mean_absolute_error",
    "mean_squared_error",
    "nll",
    "squared_error",
]
__dir__ = shown(__name__)

# ------ the arguments of losses


def class_index(label: Any, outputs: Sequence[Any]) -> int:
    """Return `label` as an index of `outputs`. Raises TypeError unless it is a whole number,
    ValueError unless it is one of 0 … number of outputs − 1."""
    try:
        # NumPy's bool is no whole number to Python, its own is
        whole = is_real(label) and hasattr(label, "item")
        index = operator.index(label.item() if whole else label)
    except TypeError:
        raise TypeError(
            f"a label is the class as a whole number, got {described(label)}{cure(label)}"
        ) from None
    if not outputs:
        raise ValueError("expected an output for each class, got none")
    if not 0 <= index < len(outputs):
        raise ValueError(
            f"{len(outputs)} outputs need a label 0 to {len(outputs) - 1}, got {index}"
        )
    return index


def cure(label: Any) -> str:
    """The cure for a label that is a whole number by its value alone, or one-hot."""
    if is_real(label):
        return f": use int({label})" if label == label and label % 1 == 0 else ""
    found = label.tolist() if hasattr(label, "tolist") else label
    one_hot = isinstance(found, (list, tuple)) and all(map(is_real, found))
    if one_hot and sorted(found) == [0] * (len(found) - 1) + [1]:
        return f": use the index of the 1, which is {list(found).index(1)}"
    many = ": a loss is that of one sample; over several take scalargrad.mean of their losses"
    return many if isinstance(found, (list, tuple)) else ""


def right_and_others(outputs: Sequence[Any], label: Any) -> tuple[Any, list[Any]]:
    """Return the output of class `label`, and the outputs of the other classes.

    A label that is computed, as in a compiled function with a batch of labels, selects: then −inf
    stands for the right class among the other outputs. Raises as `class_index` does, but takes a
    computed 1.0 for 1.
    """
    if not is_value(label):
        right = class_index(label, outputs)
        return outputs[right], [x for i, x in enumerate(outputs) if i != right]
    numbered = list(enumerate(outputs))
    # one branch for all that a label may be: NaN, a fraction and a class too many match none
    if not total([where(label - i, 0.0, 1.0) for i, _ in numbered]) > 0.5:
        refuse_computed(outputs, label)
    right = total([where(label - i, 0.0, x) for i, x in numbered])
    return right, [where(label - i, x, -inf) for i, x in numbered]


def refuse_computed(outputs: Sequence[Any], label: Any) -> None:
    """Raise the error of `class_index` for a computed label that is none of the classes."""
    if label % 1 != 0:
        raise TypeError(f"a label is the class as a whole number, got {described(label)}")
    raise ValueError(f"{len(outputs)} outputs need a label 0 to {len(outputs) - 1}, got {label:g}")


def single(outputs: Any, loss: str) -> Any:
    """Return the output of a model that has one, alone or in a list. Raises ValueError for more."""
    found = inputs_of(outputs)
    if len(found) != 1:
        raise ValueError(f"{loss} needs one output, got {len(found)}")
    return found[0]


class Labels(NamedTuple):
    """The labels that a loss of one output takes."""

    text: str
    holds: Callable[[Any], bool]


SIGNS = Labels("1 or -1", lambda y: abs(y) == 1)
SHARES = Labels("from 0 to 1", lambda y: 0 <= y <= 1)


def binary_label(label: Any, loss: str, labels: Labels) -> Any:
    """Return a label as a float. A computed label stays as it is. Raises ValueError for a label
    that the loss does not take, computed or not."""
    if not (is_scalar(label) and labels.holds(label)):
        found = f"{label:g}" if is_value(label) else repr(label)
        raise ValueError(f"{loss} needs a label {labels.text}, got {found:.60}")
    return label if is_value(label) else float(label)


def errors(outputs: Any, targets: Any) -> list[Any]:
    """Return output − target for each. Raises ValueError unless they are equally many."""
    ours, theirs = inputs_of(outputs), inputs_of(targets)
    if len(ours) != len(theirs):
        raise ValueError(f"expected {len(ours)} targets, one for each output, got {len(theirs)}")
    return [output - target for output, target in zip(ours, theirs)]


# ------ numbers


def squared_error(outputs: Any, targets: Any) -> Any:
    """Return Σ (output − target)² over two lists, or of two numbers. Raises ValueError unless
    the lists are of one length."""
    return total(map(square, errors(outputs, targets)))


def half_squared_error(outputs: Any, targets: Any) -> Any:
    """Return ½ Σ (output − target)², whose gradient is output − target."""
    return 0.5 * squared_error(outputs, targets)


def mean_squared_error(outputs: Any, targets: Any) -> Any:
    """Return the mean of (output − target)² over two lists of one length, not empty."""
    return mean(map(square, errors(outputs, targets)))


def mean_absolute_error(outputs: Any, targets: Any) -> Any:
    """Return the mean of abs(output − target) over two lists of one length, not empty: every error
    pulls equally hard, and one that is 0 does not pull."""
    return mean(map(abs, errors(outputs, targets)))


ABOVE_ZERO = Range("a positive number", lambda x: x > 0.0)
"""Infinity is one: then no error is an outlier."""


def huber(outputs: Any, targets: Any, delta: float = 1.0) -> Any:
    """Return the mean of ½e² where the error e is at most `delta`, delta · (abs e − ½ delta)
    beyond: an outlier pulls no harder than `delta`.

    Source: Huber, Robust Estimation of a Location Parameter (1964). Raises ValueError unless
    `delta` is positive.
    """
    within("delta", delta, ABOVE_ZERO)
    found = errors(outputs, targets)
    near = [clamp(e, -delta, delta) for e in found]
    return mean([n * (e - 0.5 * n) for n, e in zip(near, found)])


# ------ classes


def cross_entropy(logits: Any, label: Any) -> Any:
    """Return −log of the softmax probability of class `label`, exact however sure the model."""
    outputs = inputs_of(logits)
    refuse_probabilities(outputs, "cross_entropy takes logits and applies the softmax itself")
    right, others = right_and_others(outputs, label)
    # log Σ exp(logits) − logit would cancel where the right logit is by far the largest
    return logsumexp([0.0, *(x - right for x in others)])


def log_softmax(logits: Any) -> list[Any]:
    """Return the logarithms of the softmax probabilities, exact also where they round to 1."""
    outputs = inputs_of(logits)
    # the result does not depend on the number subtracted: no gradient need flow through it
    largest = max(list(map(data_of, outputs)))
    below = [x - largest for x in outputs]
    norm = logsumexp(below)
    return [x - norm for x in below]


def nll(log_probabilities: Any, label: Any) -> Any:
    """Return minus the logarithm of the probability of class `label`, one of those that
    `log_softmax` gives."""
    outputs = inputs_of(log_probabilities)
    refuse_probabilities(outputs, "nll takes what log_softmax gives")
    right, _ = right_and_others(outputs, label)
    return -right


def hinge(scores: Any, label: Any, margin: float = 1.0) -> Any:
    """Return the multi-class SVM loss Σ max(0, score − score of `label` + margin) over the other
    classes; of one score alone `binary_hinge`, whose labels are 1 and −1."""
    outputs = inputs_of(scores)
    if len(outputs) == 1:
        return binary_hinge(outputs, label, margin)
    right, others = right_and_others(outputs, label)
    return total([relu(s - right + margin) for s in others])


def binary_hinge(score: Any, label: Any, margin: float = 1.0) -> Any:
    """Return the SVM loss max(0, margin − label · score). Raises ValueError unless `label` is 1 or
    −1."""
    y = binary_label(label, "binary_hinge", SIGNS)
    return relu(margin - y * single(score, "binary_hinge"))


def binary_cross_entropy(logit: Any, label: Any) -> Any:
    """Return −log of the probability of `label`, 0 or 1, where that of 1 is sigmoid(logit).

    A label between them is the probability of 1 that is wanted. Raises ValueError outside, and for
    an output of a sigmoid, which is no logit.
    """
    y = binary_label(label, "binary_cross_entropy", SHARES)
    x = single(logit, "binary_cross_entropy")
    refuse_probability(x, "binary_cross_entropy")
    if type(y) is float and y in (0.0, 1.0):
        return softplus(-x if y else x)
    return y * softplus(-x) + (1.0 - y) * softplus(x)


# ------ parameters


def numbers(parameters: Iterable[Any]) -> list[Any]:
    if hasattr(parameters, "named_parameters"):
        name = type(parameters).__name__
        raise TypeError(f"expected a list of parameters, got {name}: pass model.parameters()")
    return items("parameters", parameters, "a list of parameters")


def l1(parameters: Iterable[Any]) -> Any:
    """Return Σ abs w, which drives parameters to 0."""
    return total([abs(w) for w in numbers(parameters)])


def l2(parameters: Iterable[Any]) -> Any:
    """Return Σ w², which spreads weight over many parameters."""
    found = numbers(parameters)
    return dot(found, found)


def elastic_net(parameters: Iterable[Any], beta: float) -> Any:
    """Return Σ (beta · w² + abs w). Source: Zou & Hastie (2005)."""
    found = numbers(parameters)
    return beta * l2(found) + l1(found)
