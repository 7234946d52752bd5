"""Do the labels fit the model and the measures? Tried on all of them, before anything is trained.

The model runs once, on the first input of each length; its output stands in for all other outputs
while losses and metrics are tried on every target. Where one of them fails, the sample's own output
decides. Numbers drawn of Python's `random` meanwhile are drawn again afterwards.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..data import Sample
from ..evaluating import evaluating, in_mode
from ..graph import topological_order
from ..messages import described
from ..outputs import HALF, Ambiguous, number, scoring
from ..scalars import is_value
from ..scores import Measure
from .callbacks import Run
from .recipe import Recipe

Judge = Callable[[Any, str], Any]
"""Raises TypeError if the result of a measure is of the wrong kind."""


def try_out(recipe: Recipe, run: Run) -> None:
    """Raise the error of training or validation for the first target that does not fit, and
    ValueError if no loss depends on a parameter that the optimizer moves."""
    model, judge = run.model, Depending(run.optimizer.parameters)
    with same_chance():
        with in_mode(model, training=False):
            try_on(model, {"the loss": recipe.loss}, recipe.data, "data", judge, lenient=True)
        if recipe.penalty is None:
            judge.conclude()
        if recipe.validation:
            with evaluating(model):
                try_on(
                    model, recipe.measures, recipe.validation, "validation", scored, lenient=False
                )
                if recipe.metrics:
                    refuse_ambiguous(recipe, model)


@contextmanager
def same_chance() -> Iterator[None]:
    before = random.getstate()
    try:
        yield
    finally:
        random.setstate(before)


def try_on(
    model: Any,
    measures: Mapping[str, Measure],
    pairs: Sequence[Sample],
    what: str,
    judge: Judge,
    lenient: bool,
) -> None:
    """Try measures on all targets. `lenient`: a model that cannot run yet in evaluation mode is
    left for the training to judge."""
    outputs: dict[int, Any] = {}
    for place, (x, target) in distinct(pairs):
        try:
            output = outputs[length(x)] if length(x) in outputs else model(x)
        except Exception:
            if lenient:
                return
            raise
        outputs[length(x)] = output
        with scoring(model, x, [output]):
            for name, measure in measures.items():
                if not passes(measure, output, target, name, judge):
                    own(model, measure, (x, target), f"{what}, sample {place}", name, judge)


def distinct(pairs: Sequence[Sample]) -> Iterator[tuple[int, Sample]]:
    """The first sample of each target, among inputs of one length, with its place."""
    seen = set()
    for place, (x, target) in enumerate(pairs):
        key = (type(target), repr(target), length(x))
        if key not in seen:
            seen.add(key)
            yield place, (x, target)


def length(x: Any) -> int:
    return len(x) if hasattr(x, "__len__") else 0


def refuse_ambiguous(recipe: Recipe, model: Any) -> None:
    """Raise Ambiguous if a metric cuts scores and nothing tells whether they are probabilities or
    logits: sooner or later a score lies between the two cuts."""
    x, target = recipe.validation[0]
    scored_model = scoring(model, x, [])
    with scored_model:
        if len(scored_model.recorded) > 1:
            return
        for measure in recipe.metrics.values():
            try:
                measure([HALF / 2], target)
            except Ambiguous:
                raise
            except Exception:
                continue


def passes(measure: Measure, output: Any, target: Any, name: str, judge: Judge) -> bool:
    try:
        judge(measure(output, target), name)
    except Exception:
        return False
    return True


def own(model: Any, measure: Measure, sample: Sample, where: str, name: str, judge: Judge) -> None:
    """Try a measure on a sample's own output; its error then says where."""
    x, target = sample
    output = model(x)
    try:
        with scoring(model, x, [output]):
            judge(measure(output, target), name)
    except (TypeError, ValueError) as error:
        if type(error) not in (TypeError, ValueError):
            raise
        raise type(error)(f"{where}: {error}") from error


def checked(cost: Any, what: str) -> Any:
    if not is_value(cost):
        raise TypeError(
            f"{what} must be a Value that depends on the parameters, got {described(cost)}"
        )
    return cost


class Depending:
    """Judges losses, and notes whether one of them depends on a parameter: where none does nothing
    would be learnt. One walk over a graph suffices, but where a loss is constant."""

    def __init__(self, parameters: Iterable[Any]) -> None:
        self.parameters = set(map(id, parameters))
        self.constant: list[Any] = []
        self.found = False

    def __call__(self, cost: Any, what: str) -> Any:
        if not self.found:
            nodes = map(id, topological_order(checked(cost, what)))
            self.found = not self.parameters.isdisjoint(nodes)
            self.constant = [cost]
        return checked(cost, what)

    def conclude(self) -> None:
        if self.constant and not self.found:
            raise ValueError(constant_loss(self.constant[0]))


def constant_loss(loss: Any) -> str:
    return (
        "the loss does not depend on the parameters that the optimizer moves: expected a Value "
        f"computed from them, got {loss!r:.60}; compute it from the model's output, not from its "
        ".data or within no_grad()"
    )


def scored(score: Any, name: str) -> float:
    try:
        return number(score)
    except (TypeError, ValueError):
        raise TypeError(f"metric {name!r} must give a number, got {described(score)}") from None
