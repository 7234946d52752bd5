"""What a model's outputs cost, given what they should have been: one Value for one example.

Outputs are Values or floats. Over several examples take `scalargrad.mean` of their losses.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from .engine import logsumexp, relu, square
from .engine import sum as total
from .nn.layers import inputs_of


def class_index(label: Any, outputs: Sequence[Any]) -> int:
    """Return `label` as an index of `outputs`. Raises TypeError unless it is a whole number,
    ValueError unless it is one of 0 … number of outputs − 1."""
    try:
        index = operator.index(label)
    except TypeError:
        raise TypeError(
            f"a label is the class as a whole number, got {type(label).__name__} {label!r:.60}"
        ) from None
    if not 0 <= index < len(outputs):
        raise ValueError(
            f"{len(outputs)} outputs need a label 0 to {len(outputs) - 1}, got {index}"
        )
    return index


def cross_entropy(logits: Sequence[Any], label: int) -> Any:
    """Return −log of the softmax probability of class `label`: log Σ exp(logits) − its logit."""
    logits = inputs_of(logits)
    return logsumexp(logits) - logits[class_index(label, logits)]


def hinge(scores: Sequence[Any], label: int, margin: float = 1.0) -> Any:
    """Return the multi-class SVM loss Σ max(0, score − score of `label` + margin) over the other
    classes."""
    scores = inputs_of(scores)
    right = class_index(label, scores)
    return total([relu(s - scores[right] + margin) for i, s in enumerate(scores) if i != right])


def binary_hinge(score: Any, label: float) -> Any:
    """Return the SVM loss max(0, 1 − label · score). Raises ValueError unless `label` is 1 or
    −1."""
    if label not in (1, -1):
        raise ValueError(f"binary_hinge needs a label 1 or -1, got {label!r:.60}")
    return relu(1.0 - float(label) * score)


def squared_error(outputs: Any, targets: Any) -> Any:
    """Return Σ (output − target)² over two lists, or of two numbers. Raises ValueError unless
    the lists are of one length."""
    ours, theirs = inputs_of(outputs), inputs_of(targets)
    if len(ours) != len(theirs):
        raise ValueError(f"expected {len(ours)} targets, one for each output, got {len(theirs)}")
    return total([square(output - target) for output, target in zip(ours, theirs)])
