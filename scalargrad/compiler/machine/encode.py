"""A program as code for the native machine: three lists of int32 words.

Each uniform number has a place; the code of the lanes works on registers.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ...rows import Operator
from ..inputs.arguments import Address
from ..passes.program import AFTER, BEFORE, TOO_LATE, Program
from ..trace.vocabulary import lanes_sum, products
from .lane_code import LaneCode, guard_instruction
from .lane_work import LaneWork
from .reroll import rerolled
from .wide import tiled
from .words import NONE


class Code(NamedTuple):
    """A program of the machine: the arguments of machine.Program, by name.

    `initial` are the uniform numbers before a run, those of the call first; `totals` the place that
    each total goes to, or NONE; `splats` pairs of a register and the place of its number; `results`
    places; `inputs` and `outputs` pairs of an array and a column in it; `given` and `made` how many
    arrays these are; `indexes` registers; `walks` how many walks there are.
    """

    initial: array[float]
    totals: array[int]
    splats: array[int]
    results: array[int]
    before: array[int]
    lanes: array[int]
    after: array[int]
    inputs: array[int]
    outputs: array[int]
    registers: int
    given: int
    made: int
    indexes: array[int] = array("q")
    walks: int = 0


def encoded(
    program: Program,
    addresses: Mapping[int, Address],
    given: int,
    made: Sequence[Address] = (),
) -> Code:
    """Return the code of a program. `addresses` tells where the inputs with lanes stand in the
    arrays that are `given`, `made` where the outputs with lanes go: without it each has an array
    of its own."""
    return Encoder(program, LaneWork(program, addresses)).encoded(given, made)


class Encoder:
    """Turns one program into code, of which the lanes have `work`."""

    def __init__(self, program: Program, work: LaneWork) -> None:
        self.program = program
        self.trace = program.trace
        self.work = work
        lanes = self.trace.lanes
        numbers = [i for i in program.inputs if not lanes[i]]
        minus_one = self.trace.constant(-1.0)
        constants = {**program.constants(), work.one: 1.0, minus_one: -1.0}
        self.place = rerolled(self.trace, numbers, constants)
        self.lanes = LaneCode(program, work, self.place)

    def encoded(self, given: int, made: Sequence[Address]) -> Code:
        before = self.uniform(BEFORE)
        before.extend(x for k in self.uniform_guards() for x in self.guard(k))
        lanes = self.lanes.written()
        totals, registers = self.lanes.totals, self.lanes.registers
        # the count of lanes has its place among the numbers of the call
        known, where = (self.program.count, NONE), self.place.__getitem__
        self.place.put([i for i in totals if i not in known])
        after = self.uniform(AFTER)
        made = made or [(k, 0) for k in range(len(self.work.columns))]
        return Code(
            initial=array("d", self.place.initial()),
            totals=words([NONE if i == NONE else where(i) for i in totals]),
            splats=words(x for i, r in registers.splats.items() for x in (r, self.place[i])),
            results=words(list(map(where, self.results()))),
            before=before,
            lanes=words(lanes),
            after=after,
            inputs=words(x for address in self.work.addresses for x in address),
            outputs=words(x for address in made for x in address),
            registers=registers.count,
            given=given,
            made=1 + max([which for which, _ in made], default=-1),
        )

    def uniform(self, stage: int) -> array[int]:
        """The code of the uniform numbers of a stage, re-rolled and in tiles."""
        sums = set(self.program.sums_over_lanes if stage == AFTER else ())
        nodes = [i for i in self.program.at_stage(stage) if i not in sums]
        return tiled(array("i", self.place.code(nodes)), self.place[self.work.one])

    def uniform_guards(self) -> list[int]:
        return sorted(set(range(len(self.program.guards))).difference(self.program.lane_guards))

    def guard(self, k: int) -> list[int]:
        return guard_instruction(k, self.program.guards[k], self.place)

    def results(self) -> list[int]:
        """The uniform outputs."""
        lanes = self.trace.lanes
        return [i for i in self.program.outputs if not lanes[i]]


def words(values: Iterable[int]) -> array[int]:
    return array("i", values)


def fits_machine(program: Program) -> bool:
    """Tell whether the machine has an instruction for everything in the program."""
    known = {products, lanes_sum}
    late = program.at_stage(TOO_LATE)
    return not late and all(row in known or has_instruction(row) for row in program.rows())


def has_instruction(row: Operator) -> bool:
    return row.code >= 0 and row.c is not None and row.elementary is None
