"""`scalargrad demo`: train a network on real handwritten digits, one scalar at a time.

The data are scikit-learn's: 1,797 images of 8×8 pixels, a fifth of them held out for the test.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from .engine import engine, mean
from .losses import cross_entropy
from .modes import no_grad
from .nn import MLP, save
from .optim import SGD

Example = tuple[list[float], int]
"""64 pixels from 0 (paper) to 1 (ink), row by row, and the digit that they show."""

BATCH = 32
LR = 0.1
MOMENTUM = 0.9
NEEDED = {"sklearn": "scikit-learn", "matplotlib": "matplotlib", "tqdm": "tqdm"}


class Digits(NamedTuple):
    train: list[Example]
    test: list[Example]


def load_digits() -> Digits:
    """Return the images, split the same way each time, every digit in proportion."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    parts = train_test_split(
        (images / 16).tolist(), labels.tolist(), test_size=0.2, random_state=0, stratify=labels
    )
    train, test, train_labels, test_labels = parts
    return Digits(list(zip(train, train_labels)), list(zip(test, test_labels)))


def batches(examples: list[Example], epochs: int) -> Iterator[list[Example]]:
    """Yield all examples `epochs` times in batches, in an order drawn anew for each epoch."""
    for _ in range(epochs):
        shuffled = random.sample(examples, len(examples))
        for start in range(0, len(shuffled), BATCH):
            yield shuffled[start : start + BATCH]


def train(model: MLP, examples: list[Example], epochs: int) -> list[float]:
    """Train `model` by SGD, the learning rate falling linearly to 0; return each step's loss."""
    from tqdm import tqdm

    steps = epochs * -(-len(examples) // BATCH)
    optimizer = SGD(model.parameters(), LR, MOMENTUM)
    losses: list[float] = []
    progress = tqdm(batches(examples, epochs), total=steps, unit="step", desc="training")
    for step, batch in enumerate(progress):
        loss = mean([cross_entropy(model(pixels), digit) for pixels, digit in batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.lr = LR * (1 - step / steps)
        optimizer.step()
        losses.append(loss.data)
        progress.set_postfix(loss=f"{loss.data:.4f}", refresh=False)
    return losses


def guess(model: MLP, pixels: list[float]) -> int:
    scores = [score.data for score in model(pixels)]
    return scores.index(max(scores))


def accuracy(model: MLP, examples: list[Example]) -> float:
    """Return the share of `examples` that the model reads correctly."""
    with no_grad():
        return sum(guess(model, pixels) == digit for pixels, digit in examples) / len(examples)


def plot(losses: list[float], epochs: int, path: Path) -> None:
    """Draw the loss of each step, and its mean over each epoch, into a PNG file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    steps = len(losses) // epochs
    ends = range(steps, len(losses) + 1, steps)
    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.add_subplot(xlabel="epoch", ylabel="cross-entropy", yscale="log")
    axes.set_title("Training loss, handwritten digits")
    axes.plot([i / steps for i in range(1, len(losses) + 1)], losses, lw=0.6, label="one batch")
    means = [sum(losses[end - steps : end]) / steps for end in ends]
    axes.plot([end / steps for end in ends], means, "o-", ms=3, label="mean of an epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    figure.savefig(path, dpi=120)


def run(epochs: int, hidden: list[int], seed: int, out: Path) -> None:
    """Train, test and save. Raises ModuleNotFoundError, naming the cure, without the extra."""
    check_extra()
    out.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    random.seed(seed)
    model = MLP(64, [*hidden, 10])
    shape = "-".join(map(str, [64, *hidden, 10]))
    print(f"MLP {shape}: {len(model.parameters())} parameters, on the {engine} engine")
    losses = train(model, digits.train, epochs)
    print(f"training accuracy {accuracy(model, digits.train):.1%} of {len(digits.train)} images")
    print(f"test accuracy {accuracy(model, digits.test):.1%} of {len(digits.test)} images")
    save(model, out / "digits-model.json")
    plot(losses, epochs, out / "digits-loss.png")
    print(f"wrote {out / 'digits-model.json'} and {out / 'digits-loss.png'}")


def check_extra() -> None:
    missing = [name for module, name in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise ModuleNotFoundError(
            f'the demo needs {", ".join(missing)}: pip install "scalargrad[examples]"'
        )
