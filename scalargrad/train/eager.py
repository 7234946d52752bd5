"""The gradient of a batch's mean loss by graphs of its samples: what every training can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..data import Sample
from ..engine import mean
from ..scores import Measure
from .recipe import Recipe
from .trial import checked


class Eager:
    """The batches of an epoch, each of them a graph, or a graph for each sample."""

    def __init__(self, recipe: Recipe, model: Any) -> None:
        self.recipe = recipe
        self.model = model
        self.order: Sequence[int] = range(len(recipe.data))

    def put_in(self, order: Sequence[int]) -> None:
        """Put the samples of the next epoch in this order."""
        self.order = order

    def gradient(self, start: int, end: int) -> float:
        """Accumulate the gradient of the mean loss of these samples; return that loss."""
        batch = [self.recipe.data[i] for i in self.order[start:end]]
        way = together if self.recipe.together else one_by_one
        return way(self.recipe.loss, self.model, batch)


def one_by_one(loss: Measure, model: Any, batch: Sequence[Sample]) -> float:
    # the graph of one sample stays in the processor's cache: a third faster than one graph for
    # the batch on the native engine, and memory for one sample
    losses: list[float] = []
    for x, y in batch:
        cost = checked(loss(model(x), y), "the loss")
        cost.backward(1.0 / len(batch))
        losses.append(cost.data)
    return sum(losses) / len(batch)


def together(loss: Measure, model: Any, batch: Sequence[Sample]) -> float:
    outputs = model.batch([x for x, _ in batch])
    cost = checked(mean([loss(output, y) for output, (_, y) in zip(outputs, batch)]), "the loss")
    cost.backward()
    return float(cost.data)
