"""A language model over words of different letters, compiled: each word's tokens are ints, or data.

The first pass begins with nothing compiled, in a process of its own, where memory is measured too.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import scalargrad as sg
from scalargrad.compiler.machine.runner import NATIVE
from tests.support.language import WORDS, Model, tokens_of
from tests.support.places import CHECKOUT, environment

from .memory import RESIDENT
from .timing import Figure, minima, seconds

SCRIPT = f"""
{RESIDENT}
import json
from tests.benchmarks.words import first_pass
before = resident()
taken = first_pass(float)
print(json.dumps([*taken, resident() - before]))
"""
WIDTH = 16


def passes(loss: Callable[[Any], Any], kind: type) -> Callable[[], None]:
    """A loss and its gradient for each word."""
    words = [list(map(kind, tokens_of(word))) for word in WORDS]

    def work() -> None:
        for tokens in words:
            loss(tokens).backward()

    return work


def first_pass(kind: type) -> tuple[float, float]:
    """Seconds of a pass without programs, and of one that has to compile."""
    model = Model(WIDTH)
    plain = passes(model.loss, kind)
    plain()
    eager = min(seconds(plain) for _ in range(3))
    return eager, seconds(passes(sg.compile(model.loss), kind))


def begun(kind: str) -> tuple[float, float, float]:
    """The same in a new process, and the bytes that it takes."""
    script = SCRIPT.replace("float", kind)
    found = subprocess.run(
        [sys.executable, "-c", script],
        cwd=CHECKOUT,
        env=environment(),
        capture_output=True,
        check=True,
    )
    eager, taken, size = json.loads(found.stdout)
    return eager, taken, size


def figures(quick: bool) -> Iterator[Figure]:
    """How a pass compares with one without programs: the first, and one of those after many."""
    at_most = (lambda x: x) if NATIVE else (lambda x: math.inf)
    for kind, first, size in (("int", 3.0, 30.0), ("float", 12.0, 90.0)):
        eager, taken, grown = begun(kind)
        name = f"{len(WORDS)} words, tokens {kind}"
        yield Figure(f"{name}: first pass ÷ eager", taken / eager, at_most=at_most(first), aim="≤ 1")
        yield Figure(f"{name}: grown by", grown / 2**20, "MB", at_most=at_most(size))
    model = Model(WIDTH)
    both = {kind: passes(sg.compile(model.loss), kind) for kind in (int, float)}
    for work in both.values():
        for _ in range(10):
            work()
    best = minima({"eager": passes(model.loss, int), **both}, 1 if quick else 5)
    for kind, most in ((int, 0.2), (float, 0.3)):
        name = f"{len(WORDS)} words, tokens {kind.__name__}: later pass ÷ eager"
        yield Figure(name, best[kind] / best["eager"], at_most=at_most(most))
