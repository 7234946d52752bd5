"""`fit`: epochs of batches, each batch one update."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any

from ..evaluating import in_mode
from ..many import Ahead
from ..modes import AnomalyError
from ..optim import Optimizer, clip_grad_norm
from ..options import function, truth, whole
from ..scores import Measure, means
from ..temporary import Temporary
from .callbacks import Callback, Run
from .choice import Batches, chosen
from .history import History
from .interrupts import Interrupts
from .progress import Display, display
from .recipe import (
    Recipe,
    check,
    functions,
    limit,
    measures,
    mover,
    optional,
    pairs,
    sees_whole_batches,
)
from .trial import checked, constant_loss, try_out


def fit(
    model: Any,
    loss: Measure,
    data: Any,
    optimizer: Optimizer | None = None,
    epochs: int | None = None,
    batch_size: int = 32,
    *,
    validation: Any = None,
    metrics: Mapping[str, Measure] | None = None,
    schedule: Callable[[int], float] | None = None,
    clip: float | Callable[[Any], Any] | None = None,
    penalty: Callable[[], Any] | None = None,
    callbacks: Sequence[Callback] = (),
    on_update: Sequence[Callback] = (),
    shuffle: bool = True,
    progress: bool = True,
    compile: bool | None = None,
) -> History:
    """Train `model` on `data`, `epochs` times through, and return the History of it.

    `loss(output, target)` gives the loss of one sample, a Value; each update follows the mean of
    a batch. `data` and `validation` are lists of pairs (input, target), or tuples (inputs,
    targets) of lists or arrays. The order is drawn from Python's `random` unless `shuffle` is
    false.

    `metrics`: measures by name, such as {"accuracy": correct}, taken of the validation data after
    each epoch. `schedule(update)`: the factor on the learning rate in update 0, 1, … of this
    training. `clip`: the largest norm of the gradient, or what is called with the optimizer
    before each update. `penalty()`: a Value added to the loss of each batch, such as λΣw².
    `callbacks` are called with the Run after each epoch, `on_update` after each update.

    `compile`: whether a compiled program computes the gradients, a batch in its lanes; the numbers
    are the same but for rounding. By itself (None) it does where it can and pays: from 30,000
    samples in all epochs together, more for networks with less than 200 operands a sample, for
    below that tracing takes longer than it spares. True: always, and what cannot be compiled
    raises the compiler's error, or ValueError; False: never. `history.engine` says what did it,
    `history.reason` why it was no program. Beside a compiled training a program does the validation
    too, from 2,000 of its samples in all epochs. Model and loss run on some samples beforehand.

    Ctrl-C ends the training after a whole update; so does, with a RuntimeWarning, a loss or
    gradient that is not finite, before the update. `history.stopped` says which.

    Raises ValueError or TypeError, before anything is changed, for what makes no sense: loss and
    metrics are tried on each target once, with the output for the first input.
    """
    run = Run(model, mover(optimizer, epochs), whole("epochs", epochs))
    recipe = Recipe(
        function("loss", loss, "a function of (output, target), such as losses.squared_error"),
        pairs("data", data),
        whole("batch_size", batch_size),
        [] if validation is None else pairs("validation", validation),
        measures(metrics),
        limit(clip),
        optional("penalty", penalty, "a function without arguments"),
        functions("callbacks", callbacks),
        functions("on_update", on_update),
        truth("shuffle", shuffle),
        sees_whole_batches(function("model", model, "a Module or a function")),
        None if compile is None else truth("compile", compile),
    )
    rates = optional("schedule", schedule, "a function of the number of the update")
    check(recipe, run)
    try_out(recipe, run)
    failure = followed(recipe, run, rates, progress)
    if failure:
        # here, and not where it happened: the line that called `fit` is just above this function
        warnings.warn(f"training stopped: {failure}", RuntimeWarning, stacklevel=2)
    return run.history


def followed(
    recipe: Recipe, run: Run, schedule: Callable[[int], float] | None, progress: bool
) -> str:
    """Follow a recipe to the end of its training; return what was not finite and ended the training
    early, or ""."""
    with Interrupts() as interrupts:
        batches = chosen(recipe, run, interrupts)
        begin(recipe.callbacks, run)
        shown = display(progress, len(recipe.ends) * run.epochs, run.epochs)
        training = Training(recipe, run, batches, shown, interrupts)
        with scheduled(run.optimizer, schedule), in_mode(run.model, True):
            training.to_the_end()
    return training.failure


def begin(callbacks: Sequence[Callback], run: Run) -> None:
    """Tell the callbacks that want to know that a training begins."""
    for start in (getattr(callback, "begin", None) for callback in callbacks):
        if callable(start):
            start(run)


def scheduled(optimizer: Optimizer, schedule: Callable[[int], float] | None) -> Temporary:
    """Within it `schedule`, if there is one, rules the optimizer, counting from 0."""
    start = optimizer.steps
    shifted = optimizer.schedule if schedule is None else lambda step: schedule(step - start)
    return Temporary(([optimizer], "schedule", [shifted]))


class Training:
    """A recipe followed: the Run that callbacks see, the display, and when Ctrl-C is heard."""

    def __init__(
        self, recipe: Recipe, run: Run, batches: Batches, shown: Display, interrupts: Interrupts
    ) -> None:
        self.recipe = recipe
        self.run = run
        self.batches = batches
        self.shown = shown
        self.interrupts = interrupts
        self.failure = ""
        """The number that was not finite, and ended the training, in words."""

    def to_the_end(self) -> None:
        run = self.run
        try:
            while run.history.epochs < run.epochs and not run.history.stopped:
                self.epoch()
            self.interrupts.hear()
        except KeyboardInterrupt:
            run.stop("interrupted")
            # what was summed up of the batch is of no use
            run.optimizer.zero_grad()
        finally:
            for end in run.on_end:
                end()
            self.shown.close()

    def epoch(self) -> None:
        history = self.run.history
        if self.recipe.shuffle:
            self.batches.put_in(order(len(self.recipe.data)))
        for start, end in pairwise([0, *self.recipe.ends]):
            self.update(start, end)
            if history.stopped:
                return
            self.shown.update(history.epochs + 1, history.losses[-1], history.rates[-1])
        found = self.validated()
        history.end_epoch(found)
        self.shown.note(**found)
        for callback in self.recipe.callbacks:
            callback(self.run)

    def validated(self) -> dict[str, float]:
        """The measures of the validation data; none without such data."""
        if not self.recipe.validation:
            return {}
        recipe, model = self.recipe, self.run.model
        with self.interrupts.heard():
            return means(model, recipe.measures, recipe.validation, recipe.compile, self.ahead())

    def ahead(self) -> Ahead:
        """The runs on the validation data that follow this one."""
        run, model = self.run, self.run.model
        # running statistics are constants of a program, traced anew where they move
        moves = hasattr(model, "named_buffers") and any(model.named_buffers())
        rest = (run.epochs - run.history.epochs - 1) * len(self.recipe.validation)
        return Ahead(rest, run.history.engine == "compiled" and not moves)

    def update(self, start: int, end: int) -> None:
        run = self.run
        run.optimizer.zero_grad()
        with self.interrupts.heard():
            loss = self.batches.gradient(start, end) + penalized(self.recipe.penalty)
        if self.recipe.together and self.recipe.penalty is None and not run.updates:
            # a model that sees whole batches may not have run beforehand
            check_reached(run.optimizer, loss)
        rate = run.optimizer.rate
        try:
            move(run.optimizer, loss, self.recipe.clip)
        except AnomalyError as error:
            self.failure = f"{error} (update {run.updates + 1})"
            run.stop(self.failure)
            return
        run.history.end_update(loss, rate)
        for callback in self.recipe.on_update:
            callback(run)


def check_reached(optimizer: Optimizer, loss: float) -> None:
    """Raise ValueError unless a gradient has reached a parameter."""
    if not any(parameter.has_grad for parameter in optimizer.parameters):
        raise ValueError(constant_loss(loss))


def move(optimizer: Optimizer, loss: float, clip: float | Callable[[Any], Any] | None) -> None:
    """Clip the gradients and move the parameters. Raises AnomalyError, and moves nothing, if the
    loss or a gradient is not finite."""
    if not isfinite(loss):
        raise AnomalyError(f"the loss is {loss!r}: nothing was moved")
    if callable(clip):
        clip(optimizer)
    elif clip is not None:
        clip_grad_norm(optimizer, clip)
    optimizer.step()


def penalized(penalty: Callable[[], Any] | None) -> float:
    """Accumulate the gradient of the penalty in the parameters; return what is added to a loss."""
    if penalty is None:
        return 0.0
    found = checked(penalty(), "the penalty")
    found.backward()
    return float(found.data)


def order(count: int) -> list[int]:
    return random.sample(range(count), count)
