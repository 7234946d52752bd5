"""Whether words are code: the twin of native/machine/code.h.

Where a walk can go is known from its loops: so every number that code reads or writes is checked
before it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..trace.vocabulary import LANES, NEST
from .checking import InstructionCheck, Sizes, is_row
from .instructions import (
    ADD,
    ALONG,
    GATHER,
    LOOP,
    MINUS_PRODUCT,
    MOVE,
    PLUS_PRODUCT,
    READ,
    READ_STRETCH,
    SCATTER,
    SINE_COSINE,
    SPREAD,
    TABLE,
    WRITE,
    WRITE_STRETCH,
)
from .words import MOST, NONE

MOST_DEPTH = 64
SPARE_PLACES = 4
"""So many places the native machine has beside those of the program."""
FARTHEST = 1 << 40
"""Walks stay within so many numbers of the first, which C can count."""
MOVING = (MOVE.code, PLUS_PRODUCT.code, MINUS_PRODUCT.code, SINE_COSINE.code)
"""Besides operators, the instructions whose registers may be moved along a walk."""


class Reach(NamedTuple):
    """Where a walk can be while its loop runs."""

    low: int
    high: int


class CodeCheck:
    """Code that is being checked, of a program of these sizes, with `indexes` of numbers."""

    def __init__(self, code: Sequence[int], sizes: Sizes, stage: int, indexes: Sequence[int] = ()):
        self.code, self.stage, self.indexes = code, stage, len(indexes)
        self.sizes = {**sizes, "numbers": sizes["registers" if stage == LANES else "places"]}
        self.highest_index = max(indexes, default=0)
        self.reach: dict[int, Reach] = {}
        """Of the walks of the loops around."""
        self.moved: dict[int, Reach] = {}
        """The words further on that are to be moved along a walk, and what they may become."""

    def is_right(self) -> bool:
        return self.is_code(0, len(self.code), 0)

    def is_code(self, at: int, end: int, depth: int) -> bool:
        while at < end:
            if end - at < 3 or not 3 <= self.code[at + 1] <= end - at:
                return False
            words = self.code[at : at + self.code[at + 1]]
            begin, at = at, at + len(words)
            if not self.is_moved(begin, words) or not self.reaches(begin, words, end):
                return False
            if words[0] == LOOP.code:
                loop = LOOP.read(words)
                if not self.is_loop(loop, at, end, depth):
                    return False
                at += loop.size
        return True

    def is_moved(self, begin: int, words: Sequence[int]) -> bool:
        """Tell whether this is an instruction, wherever its moving registers are."""
        moved = [word for word in self.moved if begin <= word < begin + len(words)]
        if not moved:
            return self.is_instruction(words)
        if words[0] in TABLE and words[0] not in MOVING:
            return False
        reaches = {word - begin: self.moved.pop(word) for word in moved}
        ends = [[r[k] for r in reaches.values()] for k in (0, 1)]
        found = [replaced(words, dict(zip(reaches, end))) for end in ends]
        return min(reaches) >= 2 and all(map(self.is_instruction, found))

    def is_instruction(self, words: Sequence[int]) -> bool:
        row = TABLE.get(words[0])
        if row is None:
            return is_row(words, self.sizes, self.stage)
        return self.stage in row.stages and InstructionCheck(row, words, self.sizes).is_right()

    # ------ loops and walks
    def is_loop(self, loop: Any, at: int, end: int, depth: int) -> bool:
        if end - at < loop.size or depth >= MOST_DEPTH:
            return False
        if not all([self.opens(loop.trips - 1, *walk) for walk in loop.walks]):
            return False
        found = self.is_code(at, at + loop.size, depth + 1)
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

    def reaches(self, begin: int, words: Sequence[int], end: int) -> bool:
        """Tell whether what the instruction reads and writes along a walk is there."""
        code, row = words[0], TABLE.get(words[0])
        if code in (READ.code, WRITE.code, ADD.code, SPREAD.code):
            return self.is_within(TABLE[code].read(words), self.sizes["places"])
        if code in (READ_STRETCH.code, WRITE_STRETCH.code):
            found = TABLE[code].read(words)
            return self.is_within(found, self.sizes["places"] - (found.count - 1))
        if code in (GATHER.code, SCATTER.code):
            found = TABLE[code].read(words)
            base = found.base if code == SCATTER.code else 0
            is_there = base + self.highest_index < self.sizes["numbers"]
            return is_there and self.is_within(found, self.indexes)
        if row is ALONG:
            after = begin + len(words)
            return all([self.moves(begin, after, end, *x) for x in ALONG.read(words).words])
        return True

    def moves(self, begin: int, after: int, end: int, walk: int, offset: int, ahead: int) -> bool:
        """Tell whether a word ahead, of the same body, may move along a walk; note where to."""
        reach, word = self.reach.get(walk), begin + ahead
        if reach is None or word in self.moved or not after <= word < end:
            return False
        self.moved[word] = Reach(reach.low + offset, reach.high + offset)
        return True

    def is_within(self, words: Any, limit: int) -> bool:
        reach = self.reach.get(words.walk)
        if reach is None:
            return False
        return bool(reach.low + words.offset >= 0 and reach.high + words.offset < limit)


def replaced(words: Sequence[int], others: dict[int, int]) -> list[int]:
    return [others.get(k, word) for k, word in enumerate(words)]


def is_code(code: Sequence[int], sizes: Sizes, stage: int, indexes: Sequence[int] = ()) -> bool:
    return CodeCheck(code, sizes, stage, indexes).is_right()


def is_nest(code: Any) -> bool:
    """Tell whether this, the arguments of machine.Nest by name, is a program with loops."""
    places, inputs = code.places, code.inputs
    if min(places, inputs, code.walks) < 0 or not inputs <= len(code.initial) <= places:
        return False
    if places > MOST - SPARE_PLACES:
        return False
    if not all(0 <= k < places for k in (*code.indexes, *code.results)):
        return False
    sizes = {"places": places, "walks": code.walks}
    return is_code(list(code.code), sizes, NEST, code.indexes)
