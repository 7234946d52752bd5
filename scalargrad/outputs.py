"""Are a model's outputs probabilities, or scores on a scale of their own (logits)?

A number alone does not tell. A Value that was just computed tells: its node is a sigmoid's, or one
share of a softmax. While data are scored no graph is recorded. When the question comes up then, the
model is run once more with a graph, on its first input.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextvars import ContextVar
from functools import cached_property, lru_cache
from typing import Any
from weakref import ref

from . import ops
from .blocks import RLock
from .nn.inputs import data_of, inputs_of
from .options import limit
from .rows import Operator
from .scalars import real
from .transforms.variables import differentiating

PROBABILITY, LOGIT, UNKNOWN = "a probability", "a logit", "unknown"
HALF = 0.5

TAILS = 30.0
"""Beyond it, on either side, a sigmoid is 0 and 1 but for rounding."""

ROUNDING = 1e-9
"""How far from 1 a softmax's shares may add up."""


def number(score: Any) -> float:
    """Return a score, or the result of a measure, as a float. Raises TypeError if it is none."""
    return real(data_of(score))


# ------ told by a node


@lru_cache(maxsize=256)
def rises_from_0_to_1(row: Operator) -> bool:
    """Tell whether a row is a sigmoid, the table's or one of the user's own."""
    try:
        low, middle, high = (row.forward(x) for x in (-TAILS, 0.0, TAILS))
    except Exception:
        return False
    return 0.0 <= low < 1e-3 and 0.0 <= middle <= 1.0 and 1.0 - 1e-3 < high <= 1.0


@lru_cache(maxsize=256)
def falls_below_0(row: Operator) -> bool:
    """Tell whether a row has the sign of its operand, as tanh has."""
    try:
        return bool(row.forward(-1.0) < 0.0 < row.forward(1.0))
    except Exception:
        return False


def kind_of_node(score: Any) -> str:
    """The kind of a score by the operator that gave it; most operators tell nothing."""
    row = getattr(score, "op", None)
    if row is None:
        return UNKNOWN
    if row.arity == 1:
        if rises_from_0_to_1(row):
            return PROBABILITY
        return LOGIT if row is not ops.identity and falls_below_0(row) else UNKNOWN
    return LOGIT if is_weighted(score) else UNKNOWN


WEIGHTED = (ops.add, ops.sub, ops.mul, ops.dot)


def is_weighted(score: Any, depth: int = 3) -> bool:
    """Tell whether a score is a sum with a parameter in it: it may be any number. An average of
    probabilities has no parameter."""
    if getattr(score, "op", None) not in WEIGHTED:
        return False
    parents = score.parents
    if not all(x.parents for x in parents):
        return True
    kept = score.op in (ops.add, ops.sub) or len(parents) == 1
    return depth > 0 and kept and any(is_weighted(x, depth - 1) for x in parents)


def is_softmax(outputs: Sequence[Any]) -> bool:
    """Tell whether the outputs are nodes eᵢ/Σe of one and the same sum."""
    if len(outputs) < 2 or any(getattr(x, "op", None) is not ops.div for x in outputs):
        return False
    shares, totals = zip(*(x.operands for x in outputs))
    total = totals[0]
    if getattr(total, "op", None) is not ops.sum or any(t is not total for t in totals):
        return False
    return [*map(id, total.operands)] == [*map(id, shares)]


# ------ while data are scored


class Scored(RLock):
    """A model that is being scored while this lock is held, with an input and all its outputs. C
    code releases the lock, so that no signal can leave a model behind."""

    model: Any
    x: Any
    outputs: Sequence[Any]
    around: ref[Scored] | None

    @cached_property
    def recorded(self) -> Sequence[Any]:
        """The outputs for the input `x`, as nodes."""
        with differentiating(level=False):
            return inputs_of(self.model(self.x))

    @cached_property
    def kind(self) -> str:
        """The kind of the model's lone scores. A probability is never below 0 or above 1."""
        found = kind_of_node(self.recorded[0])
        if found == UNKNOWN:
            scores = [number(score) for output in self.outputs for score in inputs_of(output)]
            return LOGIT if any(x < 0.0 or x > 1.0 for x in scores) else UNKNOWN
        return found


_scored: ContextVar[ref[Scored] | None] = ContextVar("scored", default=None)


def scoring(model: Any, x: Any, outputs: Sequence[Any]) -> Scored:
    """Return a lock to enter: within it, scores without a graph are taken for those of `model`."""
    made = Scored()
    made.model, made.x, made.outputs = model, x, outputs
    made.around = _scored.get()
    _scored.set(ref(made))
    return made


def scored_now() -> Scored | None:
    """The model that is being scored where this is called."""
    reference = _scored.get()
    while reference is not None:
        found = reference()
        if found is None:
            return None
        if found._is_owned():
            return found
        reference = found.around
    return None


def kind_of(score: Any) -> str:
    """The kind of a lone score."""
    found, scored = kind_of_node(score), scored_now()
    return scored.kind if found == UNKNOWN and scored is not None else found


class Ambiguous(ValueError):
    """Nothing tells whether a score is a probability or a logit, and it makes a difference."""

    def __init__(self, score: float) -> None:
        super().__init__(
            f"a lone score of {score:.4g} may be a probability, cut at 0.5, or a logit, cut at 0: "
            "pass threshold=0.5 or threshold=0.0"
        )


# ------ cuts of scores, refusals of losses


def cut(score: Any, threshold: float | None = None) -> float:
    """Return the number above which a lone score names class 1: `threshold`, if it is given, ½
    for a probability, 0 for a logit. Raises ValueError where that matters and nothing tells."""
    if threshold is not None:
        return limit("threshold", threshold)
    if not 0.0 < number(score) <= HALF:
        return 0.0
    kind = kind_of(score)
    if kind == UNKNOWN:
        raise Ambiguous(number(score))
    return HALF if kind == PROBABILITY else 0.0


def border(model: Any, x: Any, outputs: Sequence[Any], threshold: float | None = None) -> float:
    """Return where all of a model's lone scores are cut, as `cut` says; `x` is an input."""
    if threshold is not None:
        return limit("threshold", threshold)
    scored = scoring(model, x, outputs)
    with scored:
        if scored.kind == UNKNOWN:
            # where no score is refused, each is on the same side of 0 and of ½
            for output in outputs:
                cut(inputs_of(output)[0])
    return 0.0 if scored.kind == LOGIT else HALF


def refuse_probability(score: Any, loss: str) -> None:
    """Raise ValueError if a score that has to be a logit comes from a sigmoid."""
    kind, scored = kind_of_node(score), scored_now()
    if kind == UNKNOWN and scored is not None and 0.0 <= number(score) <= 1.0:
        kind = scored.kind
    if kind == PROBABILITY:
        raise ValueError(
            f"{loss} takes a logit and applies the sigmoid itself, got the output of a sigmoid: "
            "leave that out of the model"
        )


def refuse_probabilities(outputs: Sequence[Any], text: str) -> None:
    """Raise ValueError, with `text`, if outputs that have to be logits come from a softmax."""
    scored = scored_now()
    found = is_softmax(outputs)
    if not found and scored is not None and add_up_to_1(outputs):
        found = is_softmax(scored.recorded)
    if found:
        raise ValueError(f"{text}, got the probabilities of a softmax: leave that out of the model")


def add_up_to_1(outputs: Sequence[Any]) -> bool:
    return math.isclose(sum(map(number, outputs)), 1.0, abs_tol=ROUNDING)
