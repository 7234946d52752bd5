"""The table of instructions: every instruction of the machine once, with the meaning of its words.

An instruction is int32 words, {code, length, words …}. From its row follow the codes and the
reading of the words in C, the checks of a program, what the encoder writes, the interpreter and the
tests. Not here: the operators, each of which is an instruction too, {its code, length, out,
operands}. None has a careful twin: care is a matter of the operators that a program is made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from types import SimpleNamespace
from typing import Any, NamedTuple

from ... import ops as ops
from ...rows import BUILT_IN
from ..trace.vocabulary import AFTER, BEFORE, LANES, NEST

BLOCK_LANES = 128
"""So many lanes the machine does together."""
WIDTH = 8
"""So many numbers a vector has at most, and so many columns side by side are loaded in one go."""
DENSE_HEIGHT = 6
"""So high DENSE and WIDE_TILE are, a sum for each, where the instruction set has the registers."""
TOTALS_HEIGHT = 4
"""So high TOTALS is, a factor of the one side for each."""
CONSTANTS = ("BLOCK_LANES", "WIDTH", "DENSE_HEIGHT", "TOTALS_HEIGHT")
"""The names of those that C knows too."""

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
OUTPUT = Domain(0, "outputs")
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


TABLE: dict[int, Instruction] = {}
"""[code]: its row."""
ALONE = (BEFORE, AFTER)
"""The stages in which uniform numbers are computed."""
WITH_LOOPS = (LANES, NEST)
"""The code of a nest, whose numbers are all in places, and that of the lanes."""


def instruction(
    name: str, stages: tuple[int, ...], words: Sequence[Word], rest: Rest | None, doc: str
) -> Instruction:
    """Add a row to the table."""
    row = Instruction(name, len(BUILT_IN) + len(TABLE), stages, tuple(words), rest, doc)
    TABLE[row.code] = row
    return row


# Columns: the name; where it may stand; the words after {code, length}, with what they mean and
# how often they stand there; the rest, which tells the length; what the instruction does.

# fmt: off
# ------ uniform numbers
PRODUCTS = instruction("PRODUCTS", ALONE,
                       [Word("out", PLACE)],
                       Rest("terms", (Word("x", PLACE), Word("y", PLACE))),
                       "out = Σ x·y, in the order of the terms, from −0.0 on")
GUARD = instruction("GUARD", (BEFORE, LANES, NEST),
                    [Word("how", COMPARISON), Word("x", NUMBER), Word("y", NUMBER),
                     Word("outcome", OUTCOME), Word("number", ANYTHING)], None,
                    "the guard of this number holds where comparing x with y gives the outcome")
PACK = instruction("PACK", ALONE,
                   [Word("out", STRETCH)], Rest("numbers", (Word("number", PLACE),)),
                   "out, a stretch, is these numbers side by side")
WIDE_PRODUCTS = instruction("WIDE_PRODUCTS", ALONE,
                            [Word("out", STRETCH), Word("count", SOME)],
                            Rest("runs", kinds={
                                WideTerm.NUMBER_NUMBER: (PLACE, PLACE),
                                WideTerm.NUMBER_STRETCH: (PLACE, STRETCH),
                                WideTerm.STRETCH_NUMBER: (STRETCH, PLACE),
                                WideTerm.STRETCH_STRETCH: (STRETCH, STRETCH)}),
                            "PRODUCTS for each of count numbers side by side")
WIDE_ROW = instruction("WIDE_ROW", ALONE,
                       [Word("out", STRETCH), Word("count", SOME), Word("row", ANYTHING),
                        Word("stretches", ANYTHING)],
                       Rest("operands", (Word("operand", ANYTHING),)),
                       "an operator for each of count numbers side by side; bit k of stretches "
                       "tells whether operand k is a stretch or one number")
WIDE_TILE = instruction("WIDE_TILE", ALONE,
                        [Word("count", SOME), Word("height", Domain(1, DENSE_HEIGHT + 1)),
                         Word("out", STRETCH, EACH_ONE), Word("first", PLACE_OR_NONE, EACH_ONE)],
                        Rest("terms", (Word("x", STRETCH), Word("numbers", PLACE, EACH_ONE))),
                        "each out = first + Σ x·number, where all are stretches of count but the "
                        "number; first may be none")
# ------ in each lane
LOAD = instruction("LOAD", (LANES,),
                   [Word("input", INPUTS)], Rest("registers", (Word("register", REGISTER),)),
                   "the registers are the inputs from this one on")
STORE = instruction("STORE", (LANES,), [Word("output", OUTPUT), Word("x", REGISTER)], None,
                    "the output is x")
LANE_PRODUCTS = instruction("LANE_PRODUCTS", (LANES,),
                            [Word("out", REGISTER)],
                            Rest("runs", kinds={
                                LaneTerm.UNIFORM_LANE: (PLACE, REGISTER),
                                LaneTerm.BOTH_LANES: (REGISTER, REGISTER),
                                LaneTerm.LANE_ALONE: (ANYTHING, REGISTER),
                                LaneTerm.UNIFORM_ALONE: (PLACE, ANYTHING)}),
                            "out = Σ x·y, in the order of the terms, from −0.0 on")
DENSE = instruction("DENSE", (LANES,),
                    [Word("ending", ENDING), Word("height", Domain(1, DENSE_HEIGHT + 1)),
                     Word("out", REGISTER, EACH_ONE), Word("first", PLACE_OR_NONE, EACH_ONE),
                     Word("chooser", REGISTER, EACH_ONE_OF_STEP)],
                    Rest("terms", (Word("x", REGISTER), Word("numbers", PLACE, EACH_ONE))),
                    "each out = first + Σ x·number, ended as told; first may be none")
MINUS = instruction("MINUS", (LANES,), [],
                   Rest("terms", (Word("out", REGISTER), Word("x", REGISTER),
                                  Word("number", PLACE))),
                   "out = x − number, one after the other")
TOTAL = instruction("TOTAL", (LANES,), [Word("total", SUM), Word("x", REGISTER)], None,
                    "x is added to the total, in the lanes where all guards hold")
TOTALS = instruction("TOTALS", (LANES,),
                     [Word("total", SUMS), Word("height", Domain(1, TOTALS_HEIGHT + 1)),
                      Word("x", REGISTER, EACH_ONE)],
                     Rest("y", (Word("y", REGISTER_OR_NONE),)),
                     "x·y is added to a total for each y and each x, side by side from the first, "
                     "where all guards hold; a y of none is 1")
# ------ in loops
LOOP = instruction("LOOP", WITH_LOOPS,
                   [Word("trips", SOME), Word("size", SOME)],
                   Rest("walks", (Word("walk", WALK), Word("begin", WALK_OR_NONE),
                                  Word("offset", DISTANCE), Word("stride", DISTANCE))),
                   "the next size words of code, trips times; each walk begins at the offset from "
                   "another, or from 0, and goes on by its stride after each time")
ALONG = instruction("ALONG", WITH_LOOPS, [],
                    Rest("words", (Word("walk", WALK), Word("offset", DISTANCE),
                                   Word("ahead", SOME))),
                    "the word of the code so far ahead of this instruction becomes the number at "
                    "the offset from a walk")
SPREAD = instruction("SPREAD", (LANES,),
                     [Word("out", REGISTER), Word("walk", WALK), Word("offset", DISTANCE)], None,
                     "out is, in every lane, the number in the place at the offset from a walk")
READ = instruction("READ", (NEST,),
                   [Word("out", PLACE), Word("walk", WALK), Word("offset", DISTANCE)], None,
                   "out is the number in the place at the offset from a walk")
WRITE = instruction("WRITE", (NEST,),
                    [Word("walk", WALK), Word("offset", DISTANCE), Word("x", PLACE)], None,
                    "the place at the offset from a walk becomes x")
ADD = instruction("ADD", (NEST,),
                  [Word("walk", WALK), Word("offset", DISTANCE), Word("x", PLACE)], None,
                  "x is added to the place at the offset from a walk")
GATHER = instruction("GATHER", WITH_LOOPS,
                     [Word("out", NUMBER), Word("walk", WALK), Word("offset", DISTANCE)], None,
                     "out is the number that the index at the offset from a walk tells")
SCATTER = instruction("SCATTER", WITH_LOOPS,
                      [Word("walk", WALK), Word("offset", DISTANCE), Word("base", NUMBER),
                       Word("x", NUMBER)], None,
                      "x is added to the number that the index at the offset from a walk tells, "
                      "counted from a base")
MOVE = instruction("MOVE", WITH_LOOPS, [Word("out", NUMBER), Word("x", NUMBER)], None, "out = x")
FILL = instruction("FILL", WITH_LOOPS, [Word("out", NUMBERS), Word("count", SOME)], None,
                   "count numbers side by side become −0.0, which is nothing")
PLUS_PRODUCT = instruction("PLUS_PRODUCT", WITH_LOOPS,
                           [Word("out", NUMBER), Word("x", NUMBER), Word("y", NUMBER),
                            Word("z", NUMBER)], None, "out = x + y·z, rounded twice")
MINUS_PRODUCT = instruction("MINUS_PRODUCT", WITH_LOOPS,
                            [Word("out", NUMBER), Word("x", NUMBER), Word("y", NUMBER),
                             Word("z", NUMBER)], None, "out = x − y·z, rounded twice")
SINE_COSINE = instruction("SINE_COSINE", WITH_LOOPS,
                          [Word("sine", NUMBER), Word("cosine", NUMBER), Word("x", NUMBER)], None,
                          "the sine and the cosine of x")
# fmt: on
