"""The words of instructions: what each may be, how often it stands there, and how it is read.

An instruction is int32 words, {code, length, words …}. The instructions themselves stand in
`instructions.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from types import SimpleNamespace
from typing import Any, NamedTuple

BLOCK_LANES = 128
"""So many lanes the machine does together."""
WIDTH = 8
"""So many numbers a vector has at most, and so many columns side by side are loaded in one go."""
DENSE_HEIGHT = 6
"""So high DENSE and WIDE_TILE are, a sum for each, where the instruction set has the registers."""
TOTALS_HEIGHT = 4
"""So high TOTALS is, a factor of the one side for each."""
CONSTANTS = {
    "BLOCK_LANES": BLOCK_LANES,
    "WIDTH": WIDTH,
    "DENSE_HEIGHT": DENSE_HEIGHT,
    "TOTALS_HEIGHT": TOTALS_HEIGHT,
}
"""Sizes that C knows too, by their names there."""

NONE = -1
"""Stands for no number, where a word may be one or none."""


class Comparison(IntEnum):
    IS_LESS = 0
    IS_AT_MOST = 1
    IS_UNEQUAL = 2


class EndingKind(IntEnum):
    """The end of a sum of DENSE: as it is, the larger of it and 0, or times the step of another
    number."""

    PLAIN = 0
    RELU = 1
    STEP = 2


class LaneTerm(IntEnum):
    """The kinds of the two factors in a term of LANE_PRODUCTS. One that is alone is times 1."""

    UNIFORM_LANE = 0
    BOTH_LANES = 1
    LANE_ALONE = 2
    UNIFORM_ALONE = 3


class WideTerm(IntEnum):
    """The kinds of the two factors in a term of WIDE_PRODUCTS: one number, or a stretch."""

    NUMBER_NUMBER = 0
    NUMBER_STRETCH = 1
    STRETCH_NUMBER = 2
    STRETCH_STRETCH = 3


class Answer(IntEnum):
    """The answers of a run that are no number of a guard: all guards hold; some guard does not hold
    in some lane; or an output is not finite, where this was asked."""

    ALL_HOLD = -1
    LANES_BROKEN = -2
    DOUBT = -3


ENUMS: Sequence[type[IntEnum]] = (Comparison, EndingKind, LaneTerm, WideTerm, Answer)


# ------ the words of an instruction


class Domain(NamedTuple):
    """Which words there may be: from `low` on, below a limit, which is a number or one of SIZES.
    As many as its `reach`, one of REACHES, stand side by side from there, all below the limit."""

    low: int
    limit: int | str
    reach: str = "one"


SIZES = ("numbers", "registers", "places", "inputs", "outputs", "totals", "walks")
"""A program has so many of each; `numbers` are the registers in the lanes, else the places."""
REACHES = ("one", "count", "stretch", "sums")
"""One; as many as the word `count` says, else the words of the rest; as many and what vectors
reach past them; as many times the `height`."""
ONCE, EACH_ONE, EACH_ONE_OF_STEP = TIMES = ("once", "each one", "each one of step")
"""How often a word stands there: once; as often as the word `height` says; or so only where the
ending is STEP."""

MOST = 2**31 - 1
NUMBER = Domain(0, "numbers")
REGISTER = Domain(0, "registers")
REGISTER_OR_NONE = Domain(NONE, "registers")
PLACE = Domain(0, "places")
PLACE_OR_NONE = Domain(NONE, "places")
STRETCH = Domain(0, "places", "stretch")
INPUTS = Domain(0, "inputs", "count")
OUTPUTS = Domain(0, "outputs", "count")
SUM = Domain(0, "totals")
SUMS = Domain(0, "totals", "sums")
COMPARISON = Domain(0, len(Comparison))
ENDING = Domain(0, len(EndingKind))
OUTCOME = Domain(0, 2)
SOME = Domain(1, MOST)
ANYTHING = Domain(0, MOST)
WALK = Domain(0, "walks")
WALK_OR_NONE = Domain(NONE, "walks")
NUMBERS = Domain(0, "numbers", "count")
DISTANCE = Domain(-MOST, MOST)


class Word(NamedTuple):
    name: str
    domain: Domain
    times: str = ONCE


class Rest(NamedTuple):
    """The words to the end of the instruction: a group of `words`, again and again. With `kinds`
    they are runs of terms of one kind: {kind, how many terms, then two words for each}."""

    name: str
    words: tuple[Word, ...] = ()
    kinds: Mapping[IntEnum, tuple[Domain, Domain]] = {}


class Instruction(NamedTuple):
    """A row of the table. Called with its words, it is the instruction written down."""

    name: str
    code: int
    stages: tuple[int, ...]
    words: tuple[Word, ...]
    rest: Rest | None
    doc: str

    def __call__(self, *words: int) -> list[int]:
        return [self.code, 2 + len(words), *words]

    @property
    def head(self) -> int:
        """How many words stand before all lists: code, length, and what is there once."""
        return 2 + sum(word.times == ONCE for word in self.words)

    def read(self, code: Sequence[int]) -> Any:
        """Return the words by name: a number, or a list where the word stands there for each one;
        of the rest a list of words, or of tuples where a group is several, or of (kind, x, y)."""
        at, found = 2, SimpleNamespace(height=1)
        for word in self.words:
            end = at + times(word, found)
            setattr(found, word.name, code[at] if word.times == ONCE else list(code[at:end]))
            at = end
        if self.rest:
            setattr(found, self.rest.name, read_rest(self.rest, code[at:], found.height))
        return found


def times(word: Word, found: Any) -> int:
    """How often a word stands in an instruction of which the words before it are found."""
    if word.times == ONCE:
        return 1
    skipped = word.times == EACH_ONE_OF_STEP and found.ending != EndingKind.STEP
    return 0 if skipped else int(found.height)


def read_rest(rest: Rest, words: Sequence[int], height: int) -> list[Any]:
    if rest.kinds:
        return list(terms(words))
    size = group_size(rest, height)
    return list(words) if size == 1 else list(zip(*[iter(words)] * size))


def group_size(rest: Rest, height: int) -> int:
    return sum(1 if word.times == ONCE else height for word in rest.words)


def terms(runs: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield the terms of runs: their kind and their two words."""
    at = 0
    while at < len(runs):
        kind, end = runs[at], at + 2 + 2 * runs[at + 1]
        for k in range(at + 2, end, 2):
            yield kind, runs[k], runs[k + 1]
        at = end


def row_instruction(code: int, out: int, *operands: int) -> list[int]:
    """An operator of the table as an instruction."""
    return [code, 3 + len(operands), out, *operands]
