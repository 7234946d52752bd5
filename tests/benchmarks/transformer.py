"""The character transformer of the examples, on scalargrad and on a plain Python class.

A step is the loss of one name and its gradient, with everything freed again; the training step
adds Adam. The script is loaded anew for everyone who runs it, so that the interpreter specialises
each copy to that one's numbers.
"""

from __future__ import annotations

import math
import random
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import scalargrad as sg
from scalargrad.optim import Adam
from scalargrad.schedules import constant, linear

from . import plain
from .timing import Figure, gc_disabled, minima

SCRIPT = Path(__file__).parents[2] / "examples" / "names_transformer.py"
NAMES = ("mary", "james", "patricia", "robert", "linda", "michael", "christopher", "ann")
BETAS = 0.85, 0.99

Work = Callable[[], object]


def loaded(number: Any, dot: Any = None) -> tuple[Any, dict[str, Any]]:
    """Return a transformer over this kind of number, and the names of its own copy of the script.
    Without a `dot` it is the script's own, written with × and +."""
    script = runpy.run_path(str(SCRIPT))
    model = script["Transformer"](number, dot or script["plain_dot"], random.Random(1337))
    return model, script


def gradients(number: Any, names: tuple[str, ...], dot: Any = None) -> Work:
    model, _ = loaded(number, dot)

    def work() -> None:
        for name in names:
            model.loss(name).backward()

    return work


def training(number: Any, optimizer: Any, names: tuple[str, ...], dot: Any = None) -> Work:
    model, script = loaded(number, dot)
    adam = optimizer(model.parameters(), lr=0.01, betas=BETAS, schedule=constant())
    return lambda: list(script["train"](model, adam, names, len(names)))


def losses(number: Any, optimizer: Any, steps: int, dot: Any = None) -> list[float]:
    """Return the losses of `steps` training steps, always from the same beginning."""
    model, script = loaded(number, dot)
    adam = optimizer(model.parameters(), lr=0.01, betas=BETAS, schedule=linear(steps))
    return list(script["train"](model, adam, NAMES, steps))


def contestants(names: tuple[str, ...]) -> dict[str, Work]:
    return {
        "plain class": gradients(plain.Value, names),
        "× and +": gradients(sg.Value, names),
        "dot": gradients(sg.Value, names, sg.dot),
        "plain class and Adam": training(plain.Value, plain.Adam, names),
        "dot and Adam": training(sg.Value, Adam, names, sg.dot),
    }


PLAIN = {"× and +": "plain class", "dot": "plain class", "dot and Adam": "plain class and Adam"}
TARGETS = {"× and +": 33.0, "dot": 120.0, "dot and Adam": 80.0}


def figures(quick: bool) -> Iterator[Figure]:
    """Ratios of the plain class to ours, of gradients and of whole training steps."""
    names = NAMES[:2] if quick else NAMES
    works = contestants(names)
    best = minima(works, rounds=1 if quick else 5)
    for name, ratio in ratios(best).items():
        at_least = TARGETS[name] if sg.engine == "native" else -math.inf
        yield Figure(f"transformer: plain class ÷ ours, {name} (gc on)", ratio, at_least=at_least)
    with gc_disabled():
        without = minima(works, rounds=1 if quick else 3)
    for name, ratio in ratios(without).items():
        yield Figure(f"transformer: plain class ÷ ours, {name} (gc off)", ratio)
    yield Figure("transformer: a training step", best["dot and Adam"] / len(names) * 1e3, "ms")


def ratios(best: dict[str, float]) -> dict[str, float]:
    return {name: best[theirs] / best[name] for name, theirs in PLAIN.items()}
