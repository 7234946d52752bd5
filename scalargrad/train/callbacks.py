"""Callbacks of a training, and the Run that each of them is given."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..nn import Module
from ..nn.saving import load_state_dict, state_dict
from ..optim import Optimizer
from ..options import NOT_NEGATIVE, truth, whole, within
from .history import History


@dataclass
class Run:
    """A training under way: every callback is given it, after each epoch or update."""

    model: Any
    optimizer: Optimizer
    epochs: int
    history: History = field(default_factory=History)
    on_end: list[Callable[[], None]] = field(default_factory=list)
    """Called once the training has ended, whoever or whatever ended it."""

    @property
    def updates(self) -> int:
        """How many updates there have been."""
        return len(self.history.losses)

    def stop(self, reason: str) -> None:
        """Let the training end after this; `reason` stands in `history.stopped`."""
        self.history.stopped = reason


Callback = Callable[[Run], None]


class EarlyStopping:
    """A callback that stops once `patience` epochs in a row brought no better validation loss.

    Better: lower by more than `margin`. Without validation data the training loss counts. With
    `restore` the model ends with the parameters of its best epoch, whatever ends the training: this
    or another callback, the last epoch, a loss that is not finite, Ctrl-C, an exception. One
    serves one training: a second raises ValueError.
    """

    def __init__(self, patience: int = 5, margin: float = 0.0, restore: bool = True) -> None:
        self.patience = whole("patience", patience)
        self.margin = within("margin", margin, NOT_NEGATIVE)
        self.restore = truth("restore", restore)
        self.best = math.inf
        self.best_epoch = 0
        self.state: dict[str, float] = {}
        self.run: Run | None = None

    def __repr__(self) -> str:
        options = f"patience={self.patience}, margin={self.margin}, restore={self.restore}"
        return f"{type(self).__name__}({options})"

    def begin(self, run: Run) -> None:
        """Serve this training, and no other. `fit` calls it before anything is trained."""
        if self.run is run:
            return
        if self.run is not None:
            raise ValueError(
                "this EarlyStopping has served a training, whose best parameters it holds: make a "
                "new one for each training"
            )
        if self.restore:
            check_restorable(run.model)
        self.run = run
        run.on_end.append(self.bring_back)

    def __call__(self, run: Run) -> None:
        self.begin(run)
        history = run.history
        losses = history.validation or history.epoch_losses()
        if not losses:
            return
        if losses[-1] < self.best - self.margin:
            self.best, self.best_epoch = losses[-1], history.epochs
            self.state = state_dict(run.model) if self.restore else {}
        elif history.epochs - self.best_epoch >= self.patience:
            run.stop(self.reason())

    def reason(self) -> str:
        if not self.best_epoch:
            return f"no finite loss in {self.patience} epochs"
        return f"no better loss than {self.best:.4g}, that of epoch {self.best_epoch}"

    def bring_back(self) -> None:
        """Give the model the parameters of its best epoch, if there was one."""
        if self.state and self.run is not None:
            load_state_dict(self.run.model, self.state)


def check_restorable(model: Any) -> None:
    if not isinstance(model, Module):
        raise TypeError(
            f"EarlyStopping restores the parameters of a Module, got {type(model).__name__} "
            f"{model!r:.60}: pass EarlyStopping(restore=False)"
        )
