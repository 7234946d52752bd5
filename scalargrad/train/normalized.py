"""The gradient of a batch's mean loss by programs whose lanes are its samples, for models with
BatchNorm: its statistics are sums over the lanes.

A program for each of these parts gives what reaches it, of which the mean and the variance are
taken; these are arguments of the next programs, the last of which gives the loss. Backward the loss
tells the slopes in mean and variance, and another program for each part hands these on to what
reached it, from the last part to the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from operator import is_
from typing import Any

from ..columns import Unfit, sample_of
from ..compiler.gate.compiled import Compiled
from ..data import Sample
from ..engine import Value, square
from ..engine import sum as total
from ..modes import no_grad
from ..nn.inputs import data_of
from ..nn.normalization import BatchNorm, Reached, moved, statistics_known, statistics_listed
from ..randomness import drawn_from
from ..scalars import is_value
from ..temporary import Temporary
from .drawn import OTHERS as OTHER_CHANCE
from .drawn import Counted, Given, Group, drawn
from .eager import together
from .lanes import Lanes, alike
from .recipe import SAMPLE_BY_SAMPLE

Pairs = list[tuple[list[Any], list[Any]]]
"""Means and variances, in lists, of what reaches each part."""
OTHERS = "other parts take whole batches than when the training began"


class Normalized(Lanes):
    """The batches of an epoch, each of them a run of a few programs over lanes."""

    def compiled(self, most: int) -> Compiled:
        recipe, model = self.recipe, self.model
        refuse_others(model)
        first = [x for x, _ in recipe.data[: recipe.batch_size]]
        self.parts, self.groups = parts_of(model, first)
        self.reaching = [self.of_inputs(reaching, k, most) for k in range(len(self.parts))]
        self.pulling = [self.of_inputs(pulling, k, most) for k in range(len(self.parts))]
        self.values = [
            tuple([Value(0.0) for _ in range(part.width)] for _ in "mv") for part in self.parts
        ]
        self.own = [x for pair in self.values for xs in pair for x in xs]
        loss, forms = recipe.loss, (self.inputs.form, self.targets.form)

        def of_sample(
            x: Any, y: Any, row: Any, statistics: Any, *, model: Any = model, loss: Any = loss
        ) -> Any:
            output = self.run_known(model, sample_of(forms[0], x), row, statistics)
            if isinstance(output, Reached):
                raise Unfit(OTHERS)
            return loss(output, sample_of(forms[1], y))

        return Compiled(of_sample, ("x", "y", "row"), "mean", most)

    def of_inputs(self, made: Callable[..., Any], k: int, most: int) -> Compiled:
        """A program that is given the statistics of the first k parts."""
        form = self.inputs.form

        def inputs(x: Any, row: Any, statistics: Any, model: Any) -> Any:
            reached = self.run_known(model, sample_of(form, x), row, statistics)
            if not isinstance(reached, Reached) or reached.part is not self.parts[k]:
                raise Unfit(OTHERS)
            return reached.rows[0]

        gate: Compiled = made(inputs, self.model, most)
        return gate

    def run_known(self, model: Any, sample: Any, row: Any, statistics: Pairs) -> Any:
        """Return the output for a sample where chance is what stands in `row`, and the first parts
        take these statistics; Reached if another one follows. Raises Unfit if they are other parts
        than before, or draw otherwise."""
        given = Given(row.tolist()[1:])
        with statistics_known(statistics) as known, drawn_from(given):
            try:
                (output,) = model.batch([sample])
            except Reached as reached:
                output = reached
        given.close(False)
        count = len(statistics)
        if len(known.parts) != count or not all(map(is_, known.parts, self.parts)):
            raise Unfit(OTHERS)
        is_end = not isinstance(output, Reached)
        if given.groups != self.groups[: None if is_end else len(given.groups)]:
            raise Unfit(OTHER_CHANCE)
        return output

    # ------ forward
    def run(self, x: Any, y: Any) -> Any:
        if len(x) < 2:
            raise Unfit("a batch of one sample has no statistics")
        self.batch = x
        self.row = drawn(self.groups, len(x))
        with self.hidden():
            self.reach()
            return self.gate(x, y, self.row, self.values)

    def hidden(self) -> Temporary:
        """Within it the parts have no running statistics. They change with each batch, and no
        program reads them; whatever reads them nevertheless fails."""
        names = "running_mean", "running_variance"
        return Temporary(*((self.parts, name, repeat(None)) for name in names))

    def reach(self) -> None:
        """Compute the statistics of the batch."""
        import numpy

        self.numbers: Pairs = []
        for gate in self.reaching:
            inputs = numpy.array(gate(self.batch, self.row, self.numbers))
            means = inputs.mean(axis=1)
            variances = numpy.square(inputs - means[:, None]).mean(axis=1)
            self.numbers.append((means.tolist(), variances.tolist()))
        flat = (number for pair in self.numbers for xs in pair for number in xs)
        for value, number in zip(self.own, flat):
            value.zero_grad()
            value.data = number

    # ------ backward
    def pull(self, loss: Any) -> list[Any]:
        pulled = super().pull(loss)
        for k, gate in reversed([*enumerate(self.pulling)]):
            slopes = [[value.grad for value in values] for values in self.values[k]]
            with self.hidden():
                found = gate(self.batch, self.row, self.numbers[k][0], slopes, self.values[:k])
            # no parameter may stand before the first part
            if is_value(found):
                pulled += super().pull(found)
        return pulled

    def remember(self) -> None:
        for part, pair in zip(self.parts, self.unbiased()):
            for running, numbers in zip((part.running_mean, part.running_variance), pair):
                running[:] = map(moved, repeat(part), running, numbers)

    def unbiased(self) -> Pairs:
        """The means and variances that the running ones move towards."""
        factor = len(self.batch) / (len(self.batch) - 1)
        return [(means, [x * factor for x in variances]) for means, variances in self.numbers]

    @property
    def draws(self) -> bool:
        return bool(self.groups)

    def graphs(self, batch: Sequence[Sample]) -> Iterator[Any]:
        with statistics_listed():
            outputs = self.model.batch([x for x, _ in batch])
        return (self.recipe.loss(output, y) for output, (_, y) in zip(outputs, batch))

    def eagerly(self, batch: Sequence[Sample]) -> float:
        with statistics_listed() as listed:
            loss = together(self.recipe.loss, self.model, batch)
        theirs = [x.number for x in listed]
        ours = [x for pair in self.unbiased() for both in zip(*pair) for x in both]
        if len(ours) != len(theirs) or not alike(ours, theirs):
            raise Unfit("a program does not give the running statistics of the first batch")
        return loss


def refuse_others(model: Any) -> None:
    """Raise Unfit if a part has its own way to run a batch, which may look at several samples."""
    for name, part in model.named_modules():
        kind = type(part)
        if kind.batch not in (*SAMPLE_BY_SAMPLE, BatchNorm.batch) or is_changed(kind):
            raise Unfit(
                f"{kind.__name__} {name!r} runs a batch in its own way: expected BatchNorm alone "
                "to take whole batches; make it of Sequential"
            )


def is_changed(kind: type) -> bool:
    """Tell whether a class normalizes otherwise than the BatchNorm that it derives from."""
    return issubclass(kind, BatchNorm) and any(
        getattr(kind, name) is not getattr(BatchNorm, name)
        for name in ("_normalized", "_scale", "_by", "_remember")
    )


def leaves(part: BatchNorm) -> list[Value]:
    return [Value(0.0) for _ in range(part.width)]


def reaching(inputs: Callable[..., Any], model: Any, most: int) -> Compiled:
    """A program of what reaches a part, as arrays with a number for each lane."""

    def of_sample(x: Any, row: Any, statistics: Pairs, *, model: Any = model) -> Any:
        return list(map(data_of, inputs(x, row, statistics, model)))

    return Compiled(of_sample, ("x", "row"), None, most)


def pulling(inputs: Callable[..., Any], model: Any, most: int) -> Compiled:
    """A program whose derivative is that of the loss by way of a part's mean and variance, in which
    the loss has these slopes."""

    def of_sample(
        x: Any, row: Any, means: Any, slopes: Any, statistics: Pairs, *, model: Any = model
    ) -> Any:
        return total(
            [
                slope * u + steep * square(u - m)
                for u, m, slope, steep in zip(inputs(x, row, statistics, model), means, *slopes)
            ]
        )

    return Compiled(of_sample, ("x", "row"), "mean", most)


def parts_of(model: Any, batch: list[Any]) -> tuple[list[BatchNorm], list[Group]]:
    """The parts with statistics, in the order in which a batch runs through them, and the groups of
    random numbers that it draws. Raises Unfit if these depend on chance."""
    found, other = (parts_where(model, batch, Counted(outcome)) for outcome in (1.0, 0.0))
    if found != other:
        raise Unfit(
            "a part that is left out by chance draws random numbers, or takes whole batches: "
            "expected neither in a Residual with drop"
        )
    return found


def parts_where(
    model: Any, batch: list[Any], counted: Counted
) -> tuple[list[BatchNorm], list[Group]]:
    with statistics_listed() as listed, drawn_from(counted), no_grad():
        model.batch(batch)
    counted.close(False)
    parts = [x.part for x in listed if x.place == 0 and x.running is x.part.running_mean]
    return parts, counted.groups
