"""Code in Python, an instruction at a time, loops among them: what the interpreters share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import ops
from ...rows import BUILT_IN
from ..trace.guards import COMPARE
from .instructions import TABLE
from .words import NONE

ROWS = {row.code: row for row in BUILT_IN.values()}
HOLDS = list(COMPARE.values())


class Looping:
    """Runs words of code on numbers. A method NAME does the instruction of that name."""

    def __init__(self, indexes: Sequence[int], walks: int) -> None:
        self.numbers: list[float] = []
        """The numbers that instructions work on: the places, or the registers of a lane."""
        self.words: list[int] = []
        self.indexes, self.walks = indexes, [0] * walks
        self.broken = NONE
        """The first guard that does not hold."""
        self.goes_on = False
        """Whether the run goes on after such a guard."""

    def run(self, at: int, end: int) -> None:
        """Run the code from one word to another."""
        while at < end and (self.goes_on or self.broken == NONE):
            self.at = at
            words = self.words[at : at + self.words[at + 1]]
            at += len(words)
            row = TABLE.get(words[0])
            if row is None:
                self.row(words)
            elif row.name == "LOOP":
                at = self.loop(row.read(words), at)
            else:
                getattr(self, row.name.lower())(row.read(words))

    def loop(self, w: Any, at: int) -> int:
        for walk, begin, offset, _ in w.walks:
            self.walks[walk] = offset + (self.walks[begin] if begin != NONE else 0)
        for _ in range(w.trips):
            self.run(at, at + w.size)
            for walk, _, _, stride in w.walks:
                self.walks[walk] += stride
        return at + int(w.size)

    def row(self, words: Sequence[int]) -> None:
        row, x = ROWS[words[0]], self.numbers
        size = 1 + (row.arity or 0)
        for out, *operands in zip(*[iter(words[2:])] * size):
            x[out] = row.forward(*[x[k] for k in operands])

    def guard(self, w: Any) -> None:
        x, y = self.numbers[w.x], self.numbers[w.y]
        if self.broken == NONE and HOLDS[w.how](x, y) != w.outcome:
            self.broken = w.number

    # ------ memory
    def along(self, w: Any) -> None:
        for walk, offset, ahead in w.words:
            self.words[self.at + ahead] = self.walks[walk] + offset

    def gather(self, w: Any) -> None:
        self.numbers[w.out] = self.numbers[self.indexes[self.walks[w.walk] + w.offset]]

    def scatter(self, w: Any) -> None:
        self.numbers[w.base + self.indexes[self.walks[w.walk] + w.offset]] += self.numbers[w.x]

    def move(self, w: Any) -> None:
        self.numbers[w.out] = self.numbers[w.x]

    def fill(self, w: Any) -> None:
        self.numbers[w.out : w.out + w.count] = [-0.0] * w.count

    # ------ arithmetic
    def plus_product(self, w: Any) -> None:
        x = self.numbers
        x[w.out] = x[w.x] + x[w.y] * x[w.z]

    def minus_product(self, w: Any) -> None:
        x = self.numbers
        x[w.out] = x[w.x] - x[w.y] * x[w.z]

    def sine_cosine(self, w: Any) -> None:
        x = self.numbers[w.x]
        self.numbers[w.sine], self.numbers[w.cosine] = ops.sin.forward(x), ops.cos.forward(x)

    def erf_gaussian(self, w: Any) -> None:
        x = self.numbers[w.x]
        self.numbers[w.erf], self.numbers[w.gaussian] = ops.erf.forward(x), ops.gaussian.forward(x)

    def erfc_gaussian(self, w: Any) -> None:
        x = self.numbers[w.x]
        self.numbers[w.erfc], self.numbers[w.gaussian] = (
            ops.erfc.forward(x),
            ops.gaussian.forward(x),
        )
