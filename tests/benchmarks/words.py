"""A language model over words of different letters, compiled: each word's tokens are ints, or data.

The first pass begins with nothing compiled, in a process of its own, where memory is measured too.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import scalargrad as sg
from scalargrad.compiler.gate.recurring import OFTEN
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
first, others, eager = first_pass({{kind}})
print(json.dumps([first, others, eager, resident() - before]))
"""
WIDTH = 16
AGAIN = range(OFTEN + 2)


def spelled(kind: type) -> list[list[Any]]:
    return [list(map(kind, tokens_of(word))) for word in WORDS]


def passed(loss: Callable[[Any], Any], words: Sequence[Any]) -> Callable[[], None]:
    """A loss and its gradient for each word."""

    def work() -> None:
        for tokens in words:
            loss(tokens).backward()

    return work


def first_pass(kind: type) -> tuple[float, float, float]:
    """Seconds of the first word, with what is compiled then, of all others, and of these others
    without programs."""
    model, (word, *others) = Model(WIDTH), spelled(kind)
    eager = passed(model.loss, others)
    without = min(seconds(eager) for _ in range(5))
    gate = sg.compile(model.loss)
    return seconds(passed(gate, [word])), seconds(passed(gate, others)), without


def begun(kind: str) -> list[float]:
    """The same in a new process, and the bytes that it takes."""
    command = [sys.executable, "-c", SCRIPT.format(kind=kind)]
    found = subprocess.run(
        command, cwd=CHECKOUT, env=environment(), capture_output=True, check=True
    )
    return list(map(float, json.loads(found.stdout)))


def figures(quick: bool) -> Iterator[Figure]:
    """The first pass: ints have a program for the first word alone, data have one for each length.
    Then a pass like many before, against one without programs."""
    name, slack = f"{len(WORDS)} words", 1.0 if NATIVE else math.inf
    first, others, eager, grown = begun("int")
    yield Figure(f"{name}: the first, compiled", 1e3 * first, "ms")
    ratio = others / eager
    yield Figure(f"{name}: others, new, ints ÷ eager", ratio, at_most=2.0 * slack, aim="≤ 1")
    yield Figure(f"{name}, ints: memory", grown / 2**20, "MB", at_most=30.0 * slack)
    first, others, _, grown = begun("float")
    yield Figure(f"{name}, data: a program for each length", 1e3 * (first + others), "ms")
    yield Figure(f"{name}, data: memory", grown / 2**20, "MB", at_most=90.0 * slack)
    model = Model(WIDTH)
    kinds = {"ints": spelled(int), "data": spelled(float)}
    both = {kind: passed(sg.compile(model.loss), words) for kind, words in kinds.items()}
    for work in both.values():
        for _ in AGAIN:
            work()
    best = minima({"eager": passed(model.loss, kinds["ints"]), **both}, 1 if quick else 5)
    for kind in both:
        ratio = best["eager"] / best[kind]
        at_least = 5.0 if NATIVE else -math.inf
        yield Figure(f"{name}, {kind}: eager ÷ compiled", ratio, at_least=at_least)
