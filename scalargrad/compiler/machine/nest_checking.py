"""Whether words are code with loops: the twin of native/machine/nests/checked.h.

Where a walk can go is known from its loops: so every place that code reads or writes is checked
before it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..trace.vocabulary import NEST
from .checking import InstructionCheck, is_row
from .instructions import ADD, GATHER, LOOP, NONE, READ, SCATTER, TABLE, WRITE

MOST_DEPTH = 64
FARTHEST = 1 << 40
"""Walks stay within so many places of the first, which C can count."""


class Reach(NamedTuple):
    """Where a walk can be while its loop runs."""

    low: int
    high: int


class NestCheck:
    """Code that is being checked. It has `places`, `walks` and `indexes`, which are places."""

    def __init__(self, places: int, walks: int, indexes: Sequence[int]) -> None:
        self.sizes = {"numbers": places, "places": places, "walks": walks}
        self.places, self.indexes = places, len(indexes)
        self.highest_index = max(indexes, default=0)
        self.reach: dict[int, Reach] = {}
        """Of the walks of the loops around."""

    def is_code(self, code: Sequence[int], depth: int = 0) -> bool:
        at = 0
        while at < len(code):
            if len(code) - at < 3 or not 3 <= code[at + 1] <= len(code) - at:
                return False
            words = code[at : at + code[at + 1]]
            at += len(words)
            if not self.is_instruction(words):
                return False
            if words[0] == LOOP.code:
                loop = LOOP.read(words)
                if not self.is_loop(loop, code[at : at + loop.size], depth):
                    return False
                at += loop.size
        return True

    def is_instruction(self, words: Sequence[int]) -> bool:
        row = TABLE.get(words[0])
        if row is None:
            return is_row(words, self.sizes, NEST)
        return (
            NEST in row.stages
            and InstructionCheck(row, words, self.sizes).is_right()
            and self.is_in_reach(words[0], row.read(words))
        )

    def is_loop(self, loop: Any, body: Sequence[int], depth: int) -> bool:
        if len(body) < loop.size or depth >= MOST_DEPTH:
            return False
        if not all([self.opens(loop.trips - 1, *walk) for walk in loop.walks]):
            return False
        found = self.is_code(body, depth + 1)
        for walk, *_ in loop.walks:
            del self.reach[walk]
        return found

    def opens(self, last: int, walk: int, begin: int, offset: int, stride: int) -> bool:
        """Tell whether the walk may begin there, and note where it can go."""
        if walk in self.reach or begin not in (NONE, *self.reach):
            return False
        low, high = self.reach[begin] if begin != NONE else (0, 0)
        far = stride * last
        self.reach[walk] = Reach(low + offset + min(far, 0), high + offset + max(far, 0))
        return self.reach[walk].low >= -FARTHEST and self.reach[walk].high <= FARTHEST

    def is_in_reach(self, code: int, words: Any) -> bool:
        """Tell whether what the instruction reads and writes along a walk is there."""
        if code in (READ.code, WRITE.code, ADD.code):
            return self.is_within(words, self.places)
        if code in (GATHER.code, SCATTER.code):
            base = words.base if code == SCATTER.code else 0
            return self.is_within(words, self.indexes) and base + self.highest_index < self.places
        return True

    def is_within(self, words: Any, limit: int) -> bool:
        reach = self.reach.get(words.walk)
        if reach is None:
            return False
        return bool(reach.low + words.offset >= 0 and reach.high + words.offset < limit)


def is_nest(code: Any) -> bool:
    """Tell whether this, the arguments of machine.Nest by name, is a program with loops."""
    places, inputs = code.places, code.inputs
    if min(places, inputs, code.walks) < 0 or not inputs <= len(code.initial) <= places:
        return False
    if not all(0 <= k < places for k in (*code.indexes, *code.results)):
        return False
    return NestCheck(places, code.walks, code.indexes).is_code(list(code.code))
