"""`scalargrad demo`: train a network on real handwritten digits, one scalar at a time.

The data are scikit-learn's: 1,797 images of 8×8 pixels, a fifth of them held out for the test.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from ..engine import engine
from ..losses import cross_entropy
from ..nn import Linear, ReLU, Sequential, save, seed
from ..nn.initializers import he_uniform
from ..optim import SGD
from ..optim.schedules import linear
from ..train import History, accuracy, fit

Example = tuple[list[float], int]
"""64 pixels from 0 (paper) to 1 (ink), row by row, and the digit that they show."""

BATCH = 32
LR = 0.2
MOMENTUM = 0.9
WEIGHT_DECAY = 1e-3
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


def network(hidden: list[int]) -> Sequential:
    """Return an untrained MLP from 64 pixels to 10 scores, with these many ReLU units between."""
    sizes = [64, *hidden]
    layers = [
        layer
        for nin, nout in zip(sizes, hidden)
        for layer in (Linear(nin, nout, initializer=he_uniform), ReLU())
    ]
    return Sequential(*layers, Linear(sizes[-1], 10))


def train(model: Sequential, examples: list[Example], epochs: int) -> History:
    """Train `model` by SGD, the learning rate falling linearly to 0."""
    optimizer = SGD(model, LR, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
    schedule = linear(epochs * -(-len(examples) // BATCH))
    return fit(model, cross_entropy, examples, optimizer, epochs, BATCH, schedule=schedule)


def plot(history: History, path: Path) -> None:
    """Draw the loss of each step, and its mean over each epoch, into a PNG file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = history.plot(figure.add_subplot())
    axes.set_title("Training loss, handwritten digits")
    axes.set_ylabel("cross-entropy")
    figure.savefig(path, dpi=120)


def run(epochs: int, hidden: list[int], seeded: int, out: Path) -> None:
    """Train, test and save. Raises ModuleNotFoundError, naming the cure, without the extra."""
    check_extra()
    out.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    seed(seeded)
    model = network(hidden)
    shape = "-".join(map(str, [64, *hidden, 10]))
    print(f"MLP {shape}: {len(model.parameters())} parameters, on the {engine} engine")
    if engine == "pure":
        print("it takes this engine minutes, the native one seconds; a shorter run: --epochs 2")
    history = train(model, digits.train, epochs)
    if history.stopped:
        print(f"{history.stopped} after {history.epochs} of {epochs} epochs")
    print(f"training accuracy {accuracy(model, digits.train):.1%} of {len(digits.train)} images")
    print(f"test accuracy {accuracy(model, digits.test):.1%} of {len(digits.test)} images")
    save(model, out / "digits-model.json")
    plot(history, out / "digits-loss.png")
    print(f"wrote {out / 'digits-model.json'} and {out / 'digits-loss.png'}")


def check_extra() -> None:
    missing = [name for module, name in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise ModuleNotFoundError(
            f"the demo needs {', '.join(missing)}: pip install {' '.join(missing)}"
        )
