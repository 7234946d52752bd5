"""How far a training is, on standard error: a bar where tqdm is installed and somebody can see it
move, else plain lines."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any, Protocol


class Display(Protocol):
    def update(self, epoch: int, loss: float, rate: float) -> None: ...
    def note(self, **numbers: float) -> None: ...
    def close(self) -> None: ...


class Silent:
    def update(self, epoch: int, loss: float, rate: float) -> None:
        """Say nothing of an update."""

    def note(self, **numbers: float) -> None:
        """Say nothing of an epoch."""

    def close(self) -> None:
        """Say nothing at the end."""


class Lines:
    """One line for each epoch, with the mean of its losses."""

    def __init__(self, steps: int, epochs: int) -> None:
        self.epochs = epochs
        self.losses: list[float] = []
        self.line = ""

    def update(self, epoch: int, loss: float, rate: float) -> None:
        self.losses.append(loss)
        self.line = f"epoch {epoch}/{self.epochs}: loss={{:.4f}} rate={rate:.3g}"

    def note(self, **numbers: float) -> None:
        mean = sum(self.losses) / len(self.losses)
        print(self.line.format(mean), *shown(numbers), file=sys.stderr)
        self.losses.clear()

    def close(self) -> None:
        sys.stderr.flush()


class Bar:
    """A bar that fills with each update."""

    def __init__(self, steps: int, epochs: int) -> None:
        from tqdm import tqdm

        self.epochs = epochs
        self.measured: dict[str, float] = {}
        self.bar: Any = tqdm(total=steps, unit="step")

    def update(self, epoch: int, loss: float, rate: float) -> None:
        self.bar.set_description_str(f"epoch {epoch}/{self.epochs}", refresh=False)
        numbers = {"loss": f"{loss:.4f}", "rate": f"{rate:.3g}"}
        self.bar.set_postfix_str(
            ", ".join([f"{k}={v}" for k, v in numbers.items()] + shown(self.measured)),
            refresh=False,
        )
        self.bar.update()

    def note(self, **numbers: float) -> None:
        self.measured = numbers

    def close(self) -> None:
        self.bar.close()


def shown(numbers: dict[str, float]) -> list[str]:
    return [f"{name}={number:.4g}" for name, number in numbers.items()]


def display(wanted: bool, steps: int, epochs: int) -> Display:
    """Return a display for the progress of this many updates, a silent one unless `wanted`, or
    where the program was started without a standard error."""
    if not wanted or sys.stderr is None:
        return Silent()
    return Bar(steps, epochs) if find_spec("tqdm") and is_watched() else Lines(steps, epochs)


def is_watched() -> bool:
    """Whether standard error is a terminal or a notebook, and not a file or a pipe."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules
