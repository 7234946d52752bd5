"""The gradient of a batch's mean loss by a program of the whole batch: for models with parts, such
as BatchNorm, that see all samples at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..columns import Unfit, sample_of
from ..compiler.gate.compiled import Compiled
from ..data import Sample
from ..engine import mean
from ..nn.normalization import Moved, statistics_listed
from .eager import together
from .lanes import Lanes, alike


class Whole(Lanes):
    """The batches of an epoch. Those of the common size are one run of a program each; any other,
    as the last one may be, is a graph."""

    moved: Sequence[Moved] = ()
    """The running statistics that a batch moves."""
    numbers: Sequence[float] = ()
    """The numbers that the batch run last moves them towards."""

    def compiled(self, most: int) -> Compiled:
        loss, model, forms = self.recipe.loss, self.model, (self.inputs.form, self.targets.form)

        def of_batch(x: Any, y: Any, *, model: Any = model, loss: Any = loss) -> Any:
            with statistics_listed() as listed:
                outputs = model.batch([sample_of(forms[0], row) for row in x])
            targets = [sample_of(forms[1], row) for row in y]
            return mean(list(map(loss, outputs, targets))), [moved.number for moved in listed]

        return Compiled(of_batch, None, None, most)

    def tried(self, start: int, end: int) -> Any:
        size = min(self.recipe.batch_size, len(self.recipe.data))
        return super().tried(start, end) if end - start == size else None

    def run(self, x: Any, y: Any) -> Any:
        loss, self.numbers = self.gate(x, y)
        return loss

    def remember(self) -> None:
        for moved, number in zip(self.moved, self.numbers):
            moved._replace(number=number).move()

    def check(self) -> None:
        super().check()
        if self.programs.draws:
            raise Unfit("random numbers are drawn beside a part that takes whole batches")

    def graphs(self, batch: Sequence[Sample]) -> Iterator[Any]:
        outputs = self.model.batch([x for x, _ in batch])
        return (self.recipe.loss(output, y) for output, (_, y) in zip(outputs, batch))

    def eagerly(self, batch: Sequence[Sample]) -> float:
        with statistics_listed() as self.moved:
            loss = together(self.recipe.loss, self.model, batch)
        theirs = [moved.number for moved in self.moved]
        if not alike(self.numbers, theirs):
            raise Unfit("a program does not give the running statistics of the first batch")
        return loss
