"""The history of a training, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..messages import counted
from ..plots import loss_curves


@dataclass(repr=False)
class History:
    """Lists of numbers, to be looked at, drawn, or dumped as JSON by `dataclasses.asdict`. Prints
    as a line for each of them."""

    losses: list[float] = field(default_factory=list)
    """Of each update: the mean loss over its batch, before the update."""
    rates: list[float] = field(default_factory=list)
    """Of each update: the learning rate of the first group of parameters."""
    epoch_ends: list[int] = field(default_factory=list)
    """How many updates there were at the end of each whole epoch."""
    validation: list[float] = field(default_factory=list)
    """After each epoch: the mean loss on the held-out data."""
    metrics: dict[str, list[float]] = field(default_factory=dict)
    """After each epoch: each metric's mean on the held-out data."""
    stopped: str = ""
    """Why the training ended early; nothing if it did not."""
    engine: str = "eager"
    """How the gradients were computed: "compiled" if a program computed all of them, else
    "eager"."""
    reason: str = ""
    """Why not a program, or why no longer; nothing if a program did."""

    def end_update(self, loss: float, rate: float) -> None:
        """Add an update."""
        self.losses.append(loss)
        self.rates.append(rate)

    def end_epoch(self, validation: Mapping[str, float]) -> None:
        """Add the end of an epoch, and the means over the held-out data."""
        self.epoch_ends.append(len(self.losses))
        for name, number in validation.items():
            kept = self.validation if name == "validation" else self.metrics.setdefault(name, [])
            kept.append(number)

    @property
    def epochs(self) -> int:
        """How many whole epochs there were."""
        return len(self.epoch_ends)

    def epoch_losses(self) -> list[float]:
        """Return the mean of the updates' losses over each whole epoch."""
        starts = [0, *self.epoch_ends[:-1]]
        return [
            sum(self.losses[start:end]) / (end - start)
            for start, end in zip(starts, self.epoch_ends)
        ]

    def __repr__(self) -> str:
        means = self.epoch_losses() or self.losses
        how = self.engine + f" ({self.reason})" * bool(self.reason)
        first = f"{counted(self.epochs, 'epoch')}, {counted(len(self.losses), 'update')}, {how}"
        lists = {"loss": means, "validation": self.validation, **self.metrics}
        rest = [from_to(name, numbers) for name, numbers in lists.items() if numbers]
        return "\n  ".join([f"History: {first}", *rest, *filter(None, [self.stopped])])

    def plot(self, ax: Any = None) -> Any:
        """Draw the curves of the losses, and of the metrics at the right; return the Axes."""
        return loss_curves(self.losses, self.epoch_ends, self.validation, ax, metrics=self.metrics)


def from_to(name: str, numbers: Sequence[float]) -> str:
    return f"{name} {numbers[0]:.4g} → {numbers[-1]:.4g}"
