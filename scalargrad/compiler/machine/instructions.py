"""The table of instructions: every instruction of the machine once, with the meaning of its words.

An instruction is int32 words, {code, length, words …}. From its row follow the codes and the
reading of the words in C, the checks of a program, what the encoder writes, the interpreter and the
tests. Not here: the operators, each of which is an instruction too, {its code, length, out,
operands}. None has a careful twin: care is a matter of the operators that a program is made of.
"""

from __future__ import annotations

from collections.abc import Sequence

from ... import ops as ops
from ...rows import BUILT_IN
from ..trace.vocabulary import AFTER, BEFORE, LANES, NEST
from .words import (
    ANYTHING,
    COMPARISON,
    DENSE_HEIGHT,
    DISTANCE,
    EACH_ONE,
    EACH_ONE_OF_STEP,
    ENDING,
    INPUTS,
    NUMBER,
    NUMBERS,
    OUTCOME,
    OUTPUTS,
    PLACE,
    PLACE_OR_NONE,
    REGISTER,
    REGISTER_OR_NONE,
    SOME,
    STRETCH,
    SUM,
    SUMS,
    TOTALS_HEIGHT,
    WALK,
    WALK_OR_NONE,
    Domain,
    Instruction,
    LaneTerm,
    Rest,
    WideTerm,
    Word,
)

TABLE: dict[int, Instruction] = {}
"""[code]: its row."""
ALONE = (BEFORE, AFTER, NEST)
"""The stages in which numbers are in places: uniform ones, and those of a nest."""
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
STORE = instruction("STORE", (LANES,),
                    [Word("output", OUTPUTS)], Rest("registers", (Word("register", REGISTER),)),
                    "the outputs from this one on are the registers")
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
READ_STRETCH = instruction("READ_STRETCH", (NEST,),
                       [Word("out", NUMBERS), Word("count", SOME), Word("walk", WALK),
                        Word("offset", DISTANCE)], None,
                       "out, a stretch of count, is the one at the offset from a walk")
WRITE_STRETCH = instruction("WRITE_STRETCH", (NEST,),
                        [Word("walk", WALK), Word("offset", DISTANCE), Word("x", NUMBERS),
                         Word("count", SOME)], None,
                        "the stretch at the offset from a walk becomes x, a stretch of count")
MOVE_STRETCH = instruction("MOVE_STRETCH", (NEST,),
                       [Word("out", NUMBERS), Word("x", NUMBERS), Word("count", SOME)], None,
                       "out = x, each a stretch of count")
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
ERF_GAUSSIAN = instruction("ERF_GAUSSIAN", (LANES,),
                           [Word("erf", REGISTER), Word("gaussian", REGISTER),
                            Word("x", REGISTER)], None,
                           "the error function of x, and exp(−x²)")
ERFC_GAUSSIAN = instruction("ERFC_GAUSSIAN", (LANES,),
                            [Word("erfc", REGISTER), Word("gaussian", REGISTER),
                             Word("x", REGISTER)], None,
                            "1 less the error function of x, and exp(−x²)")
# fmt: on

# ------ functions that have work in common
PAIRS = {
    (ops.sin, ops.cos): SINE_COSINE,
    (ops.erf, ops.gaussian): ERF_GAUSSIAN,
    (ops.erfc, ops.gaussian): ERFC_GAUSSIAN,
}
"""The instructions that compute two operators of one number."""
