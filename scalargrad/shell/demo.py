"""`scalargrad demo`: train a network on real handwritten digits, one scalar at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from math import isclose
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter
from typing import Any, NamedTuple

from ..engine import engine
from ..graph import backward_order
from ..losses import cross_entropy
from ..nn import Sequential, save, seed
from ..scores import Measure, means
from ..train import History, Run, correct, predict
from .digits import BATCH, SIDE, Digits, Example, load_digits, network, train
from .ink import sheet
from .slide import SHOWN, slide

NEEDED = ("matplotlib", "tqdm")
EAGER_UPDATES = {"native": 45, "pure": 3}
"""So many updates are made eagerly, to be compared: an epoch, or what takes a second or two."""
MODEL, PICTURE = "digits-model.json", "digits.png"
COLUMNS = 5
MOST_MISTAKES = 10
NEXT = """Three things to try:
  scalargrad explain "tanh(w*x + b)" w=2 x=0.5 b=-1.5 --html neuron.html --open
      step through a neuron, forward and back: every gradient, edge by edge
  scalargrad demo --hidden 64 32 --seed 1
      train a deeper network
  python -c "import scalargrad as sg; print(sg.grad(lambda x: x**3 - 1/x)(2.0))"
      differentiate a function of your own"""

Reading = tuple[Example, int]
"""An example, and the digit that the network takes it for."""


def run(epochs: int, hidden: list[int], seeded: int, out: Path) -> None:
    """Train eagerly for a moment, then compiled, all epochs; test, show and save.

    Ctrl-C ends the training; raises KeyboardInterrupt, and writes nothing, where not one epoch
    was trained.

    Raises ModuleNotFoundError, naming the cure, where a package is missing, and OSError where
    nothing can be written into the folder `out`, both before anything is trained.
    """
    check_packages()
    check_folder(out)
    digits = load_digits()
    plan = Plan(digits, epochs, hidden, seeded)
    print(introduction(plan), flush=True)
    eager = trained_eagerly(plan)
    print(told_eagerly(plan, eager), flush=True)
    watch = Watch(digits)
    compiled = trained(plan, compile=True, callbacks=[watch])
    check_trained(compiled)
    print(told_compiled(plan, eager, compiled, watch))
    print(judgement(plan, compiled))
    readings = read(compiled.model, digits.test)
    print(f"\n{shown(readings)}\n")
    picture = slide(compiled.history, watch.learnt, readings, compiled.model[0].weight)
    (out / PICTURE).write_bytes(picture)
    save(compiled.model, out / MODEL)
    print(f"wrote {out / MODEL} and {out / PICTURE}\n\n{NEXT}")


# ------ before anything is trained
def check_packages() -> None:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ModuleNotFoundError(
            f"the demo needs {', '.join(missing)}: pip install {' '.join(missing)}"
        )


def check_folder(out: Path) -> None:
    """Raise OSError unless files can be made in the folder, which is made if need be."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        TemporaryFile(dir=out).close()
    except OSError as error:
        # the folder's name, not that of the file tried
        raise OSError(error.errno, error.strerror, str(out.resolve())) from None


class Plan(NamedTuple):
    digits: Digits
    epochs: int
    hidden: list[int]
    seed: int


def introduction(plan: Plan) -> str:
    shape = "-".join(map(str, [SIDE * SIDE, *plan.hidden, 10]))
    count = len(network(plan.hidden).parameters())
    train, test = plan.digits
    return (
        f"{len(train):,} handwritten digits of {SIDE} × {SIDE} pixels to learn, {len(test):,} more "
        f"for the test\nMLP {shape}: {count:,} parameters, on the {engine} engine\n"
    )


# ------ training
class Trained(NamedTuple):
    model: Sequential
    history: History
    seconds: float


def trained(plan: Plan, **options: Any) -> Trained:
    """Train a new network, the same each time. `options` are those of `fit`."""
    seed(plan.seed)
    model = network(plan.hidden)
    start = perf_counter()
    history = train(model, plan.digits.train, plan.epochs, **options)
    return Trained(model, history, perf_counter() - start)


def trained_eagerly(plan: Plan) -> Trained:
    """Make the first updates by graphs. Raises KeyboardInterrupt if they are cut short."""

    def stop(run: Run) -> None:
        if run.updates == EAGER_UPDATES[engine]:
            run.stop("measured")

    found = trained(plan, compile=False, on_update=[stop], progress=False)
    if found.history.stopped == "interrupted":
        raise KeyboardInterrupt
    return found


def check_trained(found: Trained) -> None:
    """Raise KeyboardInterrupt if a training was cut short before the end of its first epoch."""
    if found.history.stopped == "interrupted" and not found.history.epochs:
        raise KeyboardInterrupt


@dataclass
class Watch:
    """A callback: how good the network is after each epoch, and how long it took to find out."""

    digits: Digits
    learnt: list[float] = field(default_factory=list)
    """The accuracy on the training data."""
    seconds: float = 0.0

    def __call__(self, run: Run) -> None:
        start = perf_counter()
        measures: dict[str, Measure] = {"validation": cross_entropy, "accuracy": correct}
        tested = means(run.model, measures, self.digits.test, compile=True)
        self.learnt.append(share_read(run.model, self.digits.train))
        run.history.validation.append(tested["validation"])
        run.history.metrics.setdefault("accuracy", []).append(tested["accuracy"])
        self.seconds += perf_counter() - start


# ------ what is told of it
def told_eagerly(plan: Plan, eager: Trained) -> str:
    images = images_of(plan, eager)
    nodes, edges = (images * count for count in size_of_graph(eager.model, plan.digits.train[0]))
    return (
        f"eager:     {images:6,} images in {eager.seconds:.2f} s: "
        f"{nodes:,} nodes built, {edges:,} local gradients"
    )


def told_compiled(plan: Plan, eager: Trained, compiled: Trained, watch: Watch) -> str:
    seconds = compiled.seconds - watch.seconds
    images = images_of(plan, compiled)
    ratio = (images / seconds) / (images_of(plan, eager) / eager.seconds)
    pairs = zip(eager.history.losses, compiled.history.losses)
    same = all(isclose(x, y, rel_tol=1e-9) for x, y in pairs)
    return (
        f"compiled:  {images:6,} images in {seconds:.2f} s, tracing included: "
        f"{ratio:.1f} × as fast, {'the same losses' if same else 'BUT OTHER LOSSES'}\n"
    )


def images_of(plan: Plan, found: Trained) -> int:
    """How many images a training has seen, each as often as it was seen."""
    epochs, updates = divmod(len(found.history.losses), -(-len(plan.digits.train) // BATCH))
    return epochs * len(plan.digits.train) + updates * BATCH


def size_of_graph(model: Sequential, example: Example) -> tuple[int, int]:
    """How many nodes are built for an example, and how many edges lead to them."""
    pixels, digit = example
    built = [node for node in backward_order(cross_entropy(model(pixels), digit)) if node.parents]
    return len(built), sum(len(node.parents) for node in built)


def judgement(plan: Plan, compiled: Trained) -> str:
    model, history = compiled.model, compiled.history
    stopped = f"{history.stopped} after {history.epochs} of {plan.epochs} epochs\n"
    train, test = plan.digits
    return (
        f"{stopped if history.stopped else ''}"
        f"training accuracy {share_read(model, train):.1%} of {len(train):,} images\n"
        f"test accuracy {share_read(model, test):.1%} of {len(test):,} images"
    )


def share_read(model: Sequential, examples: list[Example]) -> float:
    """The accuracy, by a program."""
    return means(model, {"": correct}, examples, compile=True)[""]


# ------ what the network reads
def read(model: Sequential, examples: Sequence[Example]) -> list[Reading]:
    scores = predict(model, [pixels for pixels, _ in examples])
    return list(zip(examples, scores.argmax(axis=1).tolist()))


def shown(readings: Sequence[Reading]) -> str:
    """The first readings, and those that are wrong, as images in text."""
    wrong = [reading for reading in readings if reading[0][1] != reading[1]]
    some = f"{MOST_MISTAKES} of " if len(wrong) > MOST_MISTAKES else ""
    return (
        f"Images of the test, and what the network reads:\n\n{drawn(readings[:SHOWN])}\n\n"
        f"{some}{len(wrong)} that it reads wrongly:\n\n{drawn(wrong[:MOST_MISTAKES])}"
    )


def drawn(readings: Sequence[Reading]) -> str:
    words = [f"{x}" if x == digit else f"{x}, not {digit}" for (_, digit), x in readings]
    return sheet([pixels for (pixels, _), _ in readings], words, SIDE, COLUMNS)
