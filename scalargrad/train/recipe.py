"""The Recipe of a training: the arguments of `fit`, all refusals before anything is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..data import Sample, samples
from ..messages import described
from ..modes import state
from ..nn import Module, Residual, Sequential
from ..optim import Optimizer
from ..options import function
from ..scores import Measure, accuracy, confusion_matrix
from .callbacks import Callback, EarlyStopping, Run

SAMPLE_BY_SAMPLE = (Module.batch, Sequential.batch, Residual.batch)
"""Ways to run a batch that give each sample what it gets alone, if all parts do."""

OF_A_MODEL = (accuracy, confusion_matrix)
"""Scores of a model on data, which are no measures of one output."""


@dataclass
class Recipe:
    """The arguments of `fit`, checked."""

    loss: Measure
    data: list[Sample]
    batch_size: int
    validation: list[Sample]
    metrics: Mapping[str, Measure]
    clip: float | Callable[[Any], Any] | None
    penalty: Callable[[], Any] | None
    callbacks: Sequence[Callback]
    on_update: Sequence[Callback]
    shuffle: bool
    together: bool
    """Whether the model must see a batch as a whole."""
    compile: bool | None = None
    """Whether programs compute, if that is possible; None: where they pay."""

    @property
    def ends(self) -> list[int]:
        """The end of each batch in an epoch."""
        count = len(self.data)
        ends = [*range(self.batch_size, count, self.batch_size), count]
        if self.together and len(ends) > 1 and ends[-1] - ends[-2] == 1:
            # there are no statistics of one sample: it joins the batch before
            del ends[-2]
        return ends

    @property
    def measures(self) -> dict[str, Measure]:
        """The measures of the validation data after each epoch; none if there are no such data."""
        return {"validation": self.loss, **self.metrics} if self.validation else {}


def sees_whole_batches(model: Any) -> bool:
    """Tell whether a part, such as BatchNorm, runs a batch otherwise than its samples alone."""
    if not isinstance(model, Module):
        return False
    return any(type(part).batch not in SAMPLE_BY_SAMPLE for _, part in model.named_modules())


# ------ one argument


def optional(name: str, x: Any, text: str) -> Any:
    return None if x is None else function(name, x, text)


def pairs(name: str, data: Any) -> list[Sample]:
    """Return `data` as `samples` does, with errors that name the argument."""
    try:
        return samples(data)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from None


def measures(metrics: Any) -> dict[str, Measure]:
    """Return the metrics as a dict of functions. Raises TypeError or ValueError unless they are."""
    if metrics is None:
        return {}
    if not isinstance(metrics, Mapping):
        raise TypeError(
            'metrics must be a dict of names and measures, such as {"accuracy": train.correct}, '
            f"got {described(metrics)}"
        )
    if "validation" in metrics:
        raise ValueError("the metric 'validation' needs another name: it is that of the loss")
    for name, measure in metrics.items():
        function(f"metric {name!r}", measure, "a function of (output, target)")
        if measure in OF_A_MODEL:
            raise TypeError(
                f"metric {name!r} must be a function of (output, target), got "
                f"{measure.__name__}, which takes a model and data: pass train.correct"
            )
    return dict(metrics)


def functions(name: str, given: Any) -> list[Callback]:
    """Return callbacks as a list. Raises TypeError unless each is a function of the Run."""
    if callable(given) or not isinstance(given, Iterable):
        raise TypeError(
            f"{name} must be a list of functions of the Run, got {described(given)}: pass […]"
        )
    found = list(given)
    for callback in found:
        function(f"each of {name}", callback, "a function of the Run")
        if isinstance(callback, type):
            raise TypeError(
                f"each of {name} must be a function of the Run, got the class "
                f"{callback.__name__}: call it, {callback.__name__}(…)"
            )
    return found


def limit(clip: Any) -> Any:
    """Return the largest norm, or the function that clips. Raises ValueError or TypeError for
    anything else."""
    if clip is None or callable(clip):
        return clip
    if isinstance(clip, bool) or not isinstance(clip, (int, float)):
        raise TypeError(f"clip must be the largest norm, or a function, got {described(clip)}")
    if not clip > 0.0:
        raise ValueError(f"clip must be a positive norm, got {clip!r}")
    return clip


def mover(optimizer: Any, epochs: Any) -> Optimizer:
    """Return the optimizer. Raises TypeError if it is none, or if there are no epochs."""
    if not isinstance(optimizer, Optimizer):
        known = "nothing" if optimizer is None else described(optimizer)
        raise TypeError(
            f"fit needs an optimizer after the data, such as optim.Adam(model), got {known}; "
            "inputs and targets go into one tuple: fit(model, loss, (inputs, targets), optimizer, "
            "epochs)"
        )
    if epochs is None:
        raise TypeError("fit needs epochs, how often to go through the data, such as epochs=10")
    return optimizer


# ------ how they fit together


def check(recipe: Recipe, run: Run) -> None:
    if state.no_grad:
        raise RuntimeError("there is nothing to learn from within no_grad(): call fit outside")
    if recipe.metrics and not recipe.validation:
        raise ValueError(f"metrics {list(recipe.metrics)} are of the validation data: pass some")
    if any(isinstance(callback, EarlyStopping) for callback in recipe.on_update):
        raise ValueError("EarlyStopping goes by epochs: pass it in callbacks, not in on_update")
    stopping = [id(x) for x in recipe.callbacks if isinstance(x, EarlyStopping)]
    if len(set(stopping)) < len(stopping):
        raise ValueError(
            "the same EarlyStopping stands in callbacks twice, where it would count each epoch "
            "twice: pass it once"
        )
    ours = set(map(id, run.model.parameters())) if hasattr(run.model, "parameters") else None
    if ours is not None and ours.isdisjoint(map(id, run.optimizer.parameters)):
        raise ValueError("the optimizer moves none of the model's parameters: give it those")
