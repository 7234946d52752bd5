"""The code of each lane: the items of its work as instructions on registers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from ..passes.program import Program
from ..trace.guards import COMPARE, Guard
from ..trace.vocabulary import products
from .instructions import (
    DENSE,
    GUARD,
    LANE_PRODUCTS,
    LOAD,
    MINUS,
    PAIRS,
    STORE,
    TABLE,
    TOTAL,
    TOTALS,
)
from .lane_work import LaneItem, LaneWork
from .registers import Registers
from .tiles import DenseSum, LaneSums
from .words import NONE, EndingKind, LaneTerm, row_instruction

HOW = {compare: k for k, compare in enumerate(COMPARE)}
Reads = Mapping[int, int]
"""The register of each node that an instruction reads."""


class Where(Protocol):
    """Tells the place, or the register, in which the number of a node stands."""

    def __getitem__(self, node: int, /) -> int: ...


class LaneCode:
    """Writes the code of the lanes of one program; `place` is where each uniform number stands."""

    def __init__(self, program: Program, work: LaneWork, place: Where) -> None:
        self.program = program
        self.trace = program.trace
        self.work = work
        self.place = place
        self.is_lane = program.is_lane
        self.inputs = {i: k for k, i in enumerate(work.inputs)}
        self.registers = Registers()
        self.totals: list[int] = []
        """The sums over lanes in the order in which the code takes them; NONE is one that nobody
        wants."""

    def written(self) -> list[int]:
        items = self.work.items()
        last: dict[int, int] = {}
        for at, item in enumerate(items):
            last.update(dict.fromkeys(item.reads, at))
        for item in items:
            self.splat(item)
        code = (self.instruction(item, at, last) for at, item in enumerate(items))
        return [word for instruction in merged(code) for word in instruction]

    def splat(self, item: LaneItem) -> None:
        """Give uniform numbers a register, where the instruction of an item needs one."""
        is_sum = item.kind == "row" and self.trace.rows[item.nodes[0]] is products
        for j in () if is_sum else item.reads:
            if not self.is_lane(j):
                self.registers.splat(j)

    def instruction(self, item: LaneItem, at: int, last: Mapping[int, int]) -> list[int]:
        """Write the item at this index; `last` tells at which index each node is read last."""
        # a sum of products is written when all of it is read: its register may be that of a term
        reads = self.registers.of(item.reads)
        for j in reads:
            if last[j] == at:
                self.registers.release(j)
        for i in item.nodes:
            self.registers.take(i)
        code: list[int] = getattr(self, item.kind)(item, reads)
        for i in item.nodes:
            if i not in last:
                self.registers.release(i)
        return code

    # ------ an instruction for each kind of item
    def load(self, item: LaneItem, at: Reads) -> list[int]:
        return LOAD(self.inputs[item.nodes[0]], *[self.registers[i] for i in item.nodes])

    def store(self, item: LaneItem, at: Reads) -> list[int]:
        return STORE(0, *[at[i] for i in item.reads])

    def guard(self, item: LaneItem, at: Reads) -> list[int]:
        return guard_instruction(item.detail, self.program.guards[item.detail], at)

    def row(self, item: LaneItem, at: Reads) -> list[int]:
        row = self.trace.row(item.nodes[0])
        if row is products:
            return self.sum(item, at)
        registers = [self.registers[item.nodes[0]], *[at[j] for j in item.reads]]
        return row_instruction(row.code, *registers)

    def pair(self, item: LaneItem, at: Reads) -> list[int]:
        one, other = (self.trace.row(i) for i in item.nodes)
        registers = [self.registers[i] for i in item.nodes]
        return PAIRS[one, other](*registers, at[item.reads[0]])

    def minus(self, item: LaneItem, at: Reads) -> list[int]:
        return MINUS(self.registers[item.nodes[0]], at[item.reads[0]], self.place[item.detail])

    def lane_sums(self, item: LaneItem, at: Reads) -> list[int]:
        sums: LaneSums = item.detail
        first = len(self.totals)
        self.totals += sums.totals
        upstreams = [at[i] for i in sums.upstreams]
        if sums.locals == (NONE,) and len(upstreams) == 1:
            return TOTAL(first, *upstreams)
        locals_ = [NONE if j == NONE else at[j] for j in sums.locals]
        return TOTALS(first, len(upstreams), *upstreams, *locals_)

    def dense(self, item: LaneItem, at: Reads) -> list[int]:
        sums: Sequence[DenseSum] = item.detail
        ending = sums[0].ending
        code = [ending.how, len(sums)]
        code += [self.registers[one.ending.node] for one in sums]
        code += [NONE if one.first == NONE else self.place[one.first] for one in sums]
        if ending.how == EndingKind.STEP:
            code += [at[one.ending.other] for one in sums]
        for j, *numbers in zip(sums[0].lanes, *(one.numbers for one in sums)):
            code += (at[j], *[self.place[i] for i in numbers])
        return DENSE(*code)

    def sum(self, item: LaneItem, at: Reads) -> list[int]:
        code: list[int] = []
        last, count = NONE, 0
        for x, y in zip(item.reads[::2], item.reads[1::2]):
            kind, first, second = self.term(x, y, at)
            if kind != last:
                last, count = kind, len(code) + 1
                code += (kind, 0)
            code[count] += 1
            code += (first, second)
        return LANE_PRODUCTS(self.registers[item.nodes[0]], *code)

    def term(self, x: int, y: int, at: Reads) -> tuple[int, int, int]:
        lane_x, lane_y = self.is_lane(x), self.is_lane(y)
        if y == self.work.one:
            return (
                (LaneTerm.LANE_ALONE, 0, at[x])
                if lane_x
                else (LaneTerm.UNIFORM_ALONE, self.place[x], 0)
            )
        if lane_x and lane_y:
            return LaneTerm.BOTH_LANES, at[x], at[y]
        if lane_y:
            return LaneTerm.UNIFORM_LANE, self.place[x], at[y]
        return LaneTerm.UNIFORM_LANE, self.place[y], at[x]


def guard_instruction(k: int, guard: Guard, where: Where) -> list[int]:
    """The k-th guard as an instruction; `where` tells where the numbers of nodes stand."""
    sides = where[guard.x], where[guard.y]
    return GUARD(HOW[guard.compare], *sides, int(guard.outcome), k)


def merged(code: Iterable[list[int]]) -> list[list[int]]:
    """The code with operators of one kind that follow each other as one instruction, which does
    them in order."""
    found: list[list[int]] = []
    for instruction in code:
        operation, length, *operands = instruction
        if found and operation == found[-1][0] and is_row(operation):
            found[-1][1] += length - 2
            found[-1] += operands
        else:
            found.append(instruction)
    return found


def is_row(operation: int) -> bool:
    return operation not in TABLE or operation == MINUS.code
