"""What looks on at a training, and what it sees: the Run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..nn.saving import load_state_dict, state_dict
from ..optim import Optimizer
from .history import History


@dataclass
class Run:
    """A training under way: what every callback is given, after each epoch or update."""

    model: Any
    optimizer: Optimizer
    epochs: int
    history: History = field(default_factory=History)

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

    Better: lower by more than `margin`. With `restore` the model ends with the parameters of its
    best epoch, after the last epoch too. Without validation data the training loss counts. One
    serves one training.
    """

    def __init__(self, patience: int = 5, margin: float = 0.0, restore: bool = True) -> None:
        if patience < 1:
            raise ValueError(f"patience must be at least 1 epoch, got {patience!r}")
        self.patience = patience
        self.margin = margin
        self.restore = restore
        self.best = math.inf
        self.best_epoch = 0
        self.state: dict[str, float] = {}

    def __call__(self, run: Run) -> None:
        history = run.history
        loss = (history.validation or history.epoch_losses())[-1]
        if loss < self.best - self.margin:
            self.best, self.best_epoch = loss, history.epochs
            self.state = state_dict(run.model) if self.restore else {}
        elif history.epochs - self.best_epoch >= self.patience:
            run.stop(f"no better loss than {self.best:.4g}, that of epoch {self.best_epoch}")
        if self.state and (history.stopped or history.epochs == run.epochs):
            load_state_dict(run.model, self.state)
