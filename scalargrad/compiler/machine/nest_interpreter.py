"""Code with loops in Python, an instruction at a time: its specification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import ops
from ..trace.guards import COMPARE
from .instructions import NONE, TABLE
from .interpreter import ROWS

HOLDS = list(COMPARE.values())


def interpret(code: Any, numbers: Sequence[float]) -> tuple[list[float], int]:
    """Run the code of a nest on the numbers of a call. Return the results, and the number of the
    guard that does not hold, NONE where all do."""
    machine = NestInterpreter(code, numbers)
    failed = machine.run(0, len(code.code))
    return [machine.places[k] for k in code.results], failed


class NestInterpreter:
    """The numbers that a run works on. A method NAME does the instruction of that name."""

    def __init__(self, code: Any, numbers: Sequence[float]) -> None:
        self.code, self.words, self.indexes = code, list(code.code), code.indexes
        begin = [*numbers, *code.initial[len(numbers) :]]
        self.places = begin + [0.0] * (code.places - len(begin))
        self.walks = [0] * code.walks
        self.broken = NONE

    def run(self, at: int, end: int) -> int:
        """Run the code from one word to another; return the guard that does not hold, or NONE."""
        while at < end and self.broken == NONE:
            words = self.words[at : at + self.words[at + 1]]
            at += len(words)
            row = TABLE.get(words[0])
            if row is None:
                self.row(words)
            elif row.name == "LOOP":
                at = self.loop(row.read(words), at)
            else:
                getattr(self, row.name.lower())(row.read(words))
        return self.broken

    def loop(self, w: Any, at: int) -> int:
        for walk, begin, offset, _ in w.walks:
            self.walks[walk] = offset + (self.walks[begin] if begin != NONE else 0)
        for _ in range(w.trips):
            self.run(at, at + w.size)
            for walk, _, _, stride in w.walks:
                self.walks[walk] += stride
        return at + int(w.size)

    def row(self, words: Sequence[int]) -> None:
        _, _, out, *operands = words
        self.places[out] = ROWS[words[0]].forward(*[self.places[k] for k in operands])

    def guard(self, w: Any) -> None:
        if HOLDS[w.how](self.places[w.x], self.places[w.y]) != w.outcome:
            self.broken = w.number

    # ------ memory
    def read(self, w: Any) -> None:
        self.places[w.out] = self.places[self.walks[w.walk] + w.offset]

    def write(self, w: Any) -> None:
        self.places[self.walks[w.walk] + w.offset] = self.places[w.x]

    def add(self, w: Any) -> None:
        self.places[self.walks[w.walk] + w.offset] += self.places[w.x]

    def gather(self, w: Any) -> None:
        self.places[w.out] = self.places[self.indexes[self.walks[w.walk] + w.offset]]

    def scatter(self, w: Any) -> None:
        self.places[w.base + self.indexes[self.walks[w.walk] + w.offset]] += self.places[w.x]

    def move(self, w: Any) -> None:
        self.places[w.out] = self.places[w.x]

    def fill(self, w: Any) -> None:
        self.places[w.out : w.out + w.count] = [-0.0] * w.count

    # ------ arithmetic
    def plus_product(self, w: Any) -> None:
        p = self.places
        p[w.out] = p[w.x] + p[w.y] * p[w.z]

    def minus_product(self, w: Any) -> None:
        p = self.places
        p[w.out] = p[w.x] - p[w.y] * p[w.z]

    def sine_cosine(self, w: Any) -> None:
        x = self.places[w.x]
        self.places[w.sine], self.places[w.cosine] = ops.sin.forward(x), ops.cos.forward(x)
