"""Code with loops in Python, a number at a time: its specification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .side_by_side import SideBySide


def interpret(code: Any, numbers: Sequence[float]) -> tuple[list[float], int]:
    """Run the code of a nest on the numbers of a call. Return the results, and the number of the
    guard that does not hold, NONE where all do."""
    machine = NestInterpreter(code, numbers)
    machine.run(0, len(code.code))
    return [machine.numbers[k] for k in code.results], machine.broken


class NestInterpreter(SideBySide):
    """The places of a run."""

    def __init__(self, code: Any, numbers: Sequence[float]) -> None:
        super().__init__(code.indexes, code.walks)
        self.words = list(code.code)
        begin = [*numbers, *code.initial[len(numbers) :]]
        self.numbers = self.places = begin + [0.0] * (code.places - len(begin))

    def read(self, w: Any) -> None:
        self.numbers[w.out] = self.numbers[self.walks[w.walk] + w.offset]

    def write(self, w: Any) -> None:
        self.numbers[self.walks[w.walk] + w.offset] = self.numbers[w.x]

    def add(self, w: Any) -> None:
        self.numbers[self.walks[w.walk] + w.offset] += self.numbers[w.x]

    def read_stretch(self, w: Any) -> None:
        at = self.walks[w.walk] + w.offset
        self.put(w.out, self.numbers[at : at + w.count])

    def write_stretch(self, w: Any) -> None:
        self.put(self.walks[w.walk] + w.offset, self.numbers[w.x : w.x + w.count])

    def move_stretch(self, w: Any) -> None:
        self.put(w.out, self.numbers[w.x : w.x + w.count])
