"""The gradient of a batch's mean loss by a compiled program, the samples in its lanes.

A program is tried on some samples before anything is trained: it must give what graphs give.
Whatever cannot be compiled, then or later, is computed by graphs, as if there were no program.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import isclose, isfinite
from typing import Any

from .. import modes
from ..columns import Unfit, Watched, columns, reason_of, sample_of
from ..compiler.gate.compiled import Compiled, programs_of
from ..data import Sample
from ..graph import topological_order
from ..scalars import is_value
from .eager import Eager, one_by_one
from .history import History
from .interrupts import Interrupts
from .recipe import Recipe
from .trial import same_chance

MOST_PATHS = 256
"""So many ways through branches are followed if there is no limit."""
CLOSE = 1e-9
"""The most that rounding may change a gradient, beside its largest number; a mistake makes more."""


class Lanes:
    """The batches of an epoch, each of them one run of a program over lanes."""

    def __init__(self, recipe: Recipe, model: Any, history: History, most: int | None) -> None:
        """At most so many programs are traced, if there is a limit. Raises Unfit or an error of
        the compiler if there can be no program."""
        if modes.now() != modes.NOTHING:
            raise Unfit("a mode is on, such as detect_anomaly")
        self.history = history
        self.most = most
        self.eager = Eager(recipe, model)
        xs, ys = zip(*recipe.data)
        self.inputs, self.targets = columns(xs, "input"), columns(ys, "target")
        is_watched = recipe.callbacks or recipe.on_update
        parts = [(self.inputs, "input"), (self.targets, "target")] if is_watched else []
        self.watched = [Watched(*part) for part in parts]
        self.recipe, self.model = recipe, model
        self.own: Sequence[Any] = ()
        """Leaves of a loss that are no parameters."""
        self.gate = self.compiled(most or MOST_PATHS)
        self.programs = programs_of(self.gate)
        # a program that is traced at each call is not used: there is nothing to warn of
        self.programs.has_warned = True
        self.count = 0
        """How many paths had been traced when they were last checked."""
        self.x, self.y = self.inputs.array, self.targets.array
        self.failed = ""
        """Why graphs do the rest of the training; nothing if a program does."""
        self.required = False
        """Whether it is an error if graphs have to do the rest."""

    def compiled(self, most: int) -> Compiled:
        """The mean loss of inputs and targets, each an array with a sample in each row."""
        # the function sees no array, and model and loss are its defaults: these are watched
        loss, model, forms = self.recipe.loss, self.model, (self.inputs.form, self.targets.form)

        def of_sample(x: Any, y: Any, *, model: Any = model, loss: Any = loss) -> Any:
            return loss(model(sample_of(forms[0], x)), sample_of(forms[1], y))

        return Compiled(of_sample, ("x", "y"), "mean", most)

    def put_in(self, order: Sequence[int]) -> None:
        """Put the samples of the next epoch in this order."""
        import numpy

        places = numpy.array(order)
        self.x, self.y = self.inputs.array[places], self.targets.array[places]
        self.eager.put_in(order)

    def gradient(self, start: int, end: int) -> float:
        """Accumulate the gradient of the mean loss of these samples; return that loss."""
        if not self.failed:
            before = random.getstate() if self.draws else None
            loss = self.tried(start, end)
            if loss is not None:
                self.remember()
                return float(loss.data)
            if before is not None:
                random.setstate(before)
        return self.eager.gradient(start, end)

    def tried(self, start: int, end: int) -> Any:
        """The mean loss of these samples, a Value whose gradient is accumulated; None if graphs
        are to compute it."""
        try:
            self.check_samples(start, end)
            loss = self.mean_loss(slice(start, end))
            # where floats fail, as 1 / 0 does, lanes go on with inf or NaN
            return loss if isfinite(loss.data) and self.pull(loss) else None
        except Exception as error:
            if self.required:
                raise
            self.give_up(reason_of(error))
            return None

    def mean_loss(self, batch: Any) -> Any:
        """Return the mean loss of some samples, a Value. Raises Unfit unless programs may do it."""
        loss = self.run(self.x[batch], self.y[batch])
        if not is_value(loss):
            raise Unfit("the loss of a batch does not depend on a parameter")
        if self.programs.is_anew or self.programs.count != self.count:
            self.check()
        return loss

    def pull(self, loss: Any) -> list[Any]:
        """Accumulate the gradient of a mean loss; return the Values that it came by."""
        loss.backward()
        return [loss]

    def run(self, x: Any, y: Any) -> Any:
        return self.gate(x, y)

    @property
    def draws(self) -> bool:
        """Whether random numbers are drawn."""
        return self.programs.draws

    def remember(self) -> None:
        """Keep what the model keeps of the batch that was run last: nothing."""

    def check_samples(self, start: int, end: int) -> None:
        """Raise Unfit if a callback, after the last epoch or update, changed samples in place."""
        changed_by = self.recipe.on_update, self.recipe.callbacks if start == 0 else ()
        places = self.eager.order[start:end] if self.recipe.on_update else None
        if any(changed_by):
            for watched in self.watched:
                watched.check(places)

    def check(self) -> None:
        """Raise Unfit unless what was traced may go on."""
        programs = self.programs
        self.count = programs.count
        if programs.is_anew:
            raise Unfit("model or loss does or reads what the compiler cannot watch")
        if self.most is not None and programs.count > self.most:
            raise Unfit("model or loss change, or branch, too often for programs to pay")

    def give_up(self, reason: str) -> None:
        self.failed = reason
        self.history.engine, self.history.reason = "eager", reason

    # ------ the trial
    def try_out(self, places: Sequence[int], interrupts: Interrupts) -> None:
        """Raise Unfit unless a program gives the loss and the gradient that graphs give of these
        samples. Gradients, and chance, are afterwards what they were."""
        batch = [self.recipe.data[i] for i in places]
        with same_chance(), interrupts.heard():
            found = self.mean_loss(list(places))
            drawn = random.getstate()
        if not isfinite(found.data):
            raise Unfit(
                f"the mean loss of {len(places)} samples, with which it was tried, is {found.data}:"
                " expected a finite number; look for inf among them, scale or leave them out"
            )
        own = {*map(id, self.own)}
        with same_chance():
            leaves = leaves_of([found, *self.graphs(batch)])
        leaves = [leaf for leaf in leaves if id(leaf) not in own]
        with kept_gradients(leaves):
            pulled = self.pull(found)
            ours = read(leaves)
        known = {id(leaf) for node in pulled for leaf in node.parents}
        with kept_gradients(leaves):
            loss = self.eagerly(batch)
            theirs = read(leaves)
        beyond = [x for x, leaf in zip(theirs, leaves) if id(leaf) not in known]
        if random.getstate() != drawn:
            raise Unfit("random numbers are drawn in another order than by graphs")
        if any(x is not None for x in beyond) or not alike([found.data, *ours], [loss, *theirs]):
            raise Unfit("a program does not give what graphs give of the first samples")

    def graphs(self, batch: Sequence[Sample]) -> Iterator[Any]:
        """The losses of samples as graphs."""
        return (self.recipe.loss(self.model(x), y) for x, y in batch)

    def eagerly(self, batch: Sequence[Sample]) -> float:
        return one_by_one(self.recipe.loss, self.model, batch)


def leaves_of(roots: Iterable[Any]) -> list[Any]:
    """The Values, each once, that graphs begin with."""
    nodes = (node for root in roots for node in topological_order(root))
    return list({id(node): node for node in nodes if not node.parents}.values())


def read(leaves: Iterable[Any]) -> list[float | None]:
    """The gradients that reached leaves; None where none did."""
    return [leaf.grad if leaf.has_grad else None for leaf in leaves]


@contextmanager
def kept_gradients(leaves: Sequence[Any]) -> Iterator[None]:
    """Within it the leaves have no gradient; afterwards each has the one it had."""
    before = read(leaves)
    try:
        for leaf in leaves:
            leaf.zero_grad()
        yield
    finally:
        for leaf, gradient in zip(leaves, before):
            leaf.zero_grad()
            if gradient is not None:
                leaf.grad = gradient


def alike(ours: Sequence[float | None], theirs: Sequence[float | None]) -> bool:
    """Tell whether two lists, a loss and its gradient, are the same but for rounding."""
    # a program hands 0 to the rows of an Embedding that no sample picked, a graph hands nothing:
    # to an optimizer these are the same
    pairs = [(x or 0.0, y or 0.0) for x, y in zip(ours, theirs)]
    scale = max(abs(y) for _, y in pairs)
    return all(isclose(x, y, rel_tol=CLOSE, abs_tol=CLOSE * scale) for x, y in pairs)
