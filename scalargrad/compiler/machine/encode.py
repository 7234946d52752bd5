"""A program as code for the native machine: registers assigned, instructions in int32 words.

Numbers that are the same in all lanes have a place each. Registers hold a number for each lane; one
is free again after the last instruction that reads it.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ... import ops
from ...rows import Operator
from ..inputs.arguments import Place
from ..passes.program import AFTER, BEFORE, LANES, Program
from ..trace.guards import COMPARE
from ..trace.vocabulary import lanes_sum, products
from .instructions import (
    DENSE,
    GUARD,
    LANE_PRODUCTS,
    LOAD,
    MINUS,
    NONE,
    STORE,
    TABLE,
    TOTAL,
    TOTALS,
    WIDTH,
    EndingKind,
    LaneTerm,
    row_instruction,
)
from .reroll import rerolled
from .tiles import Block, Row, Tiles
from .wide import tiled

HOW = {compare: k for k, compare in enumerate(COMPARE)}

Registers = dict[int, int]
"""The register that holds each node."""


class Code(NamedTuple):
    """A program of the machine: the arguments of machine.Program, by name.

    `initial` are the numbers that are the same in all lanes, those of the call first; `totals` the
    place that each total goes to, or NONE; `splats` pairs of a register and a place, whose number
    it has in all lanes; `results` places; `inputs` and `outputs` pairs of an array and a column in
    it; `given` and `made` how many arrays these are.
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


class Item(NamedTuple):
    """Something to be done in each lane: it reads nodes and may compute some. Its kind is the
    method of the Encoder that writes its code."""

    kind: str
    reads: tuple[int, ...]
    nodes: tuple[int, ...] = ()
    detail: Any = ()


class Encoder:
    """Turns one program into code."""

    def __init__(
        self,
        program: Program,
        places: Mapping[int, Place],
        given: int,
        made: Sequence[Place] = (),
    ) -> None:
        """`places` tells where the inputs with lanes stand in the arrays that are `given`, `made`
        where the outputs with lanes go; each has an array of its own if it does not tell."""
        self.program = program
        self.trace = program.trace
        used = set(program.order)
        self.lane_inputs = sorted(used & set(places), key=places.__getitem__)
        self.inputs = {i: k for k, i in enumerate(self.lane_inputs)}
        self.places = [places[i] for i in self.lane_inputs]
        self.numbers = [i for i in program.inputs if not self.trace.lanes[i]]
        self.totals: list[int] = []
        """The sums over lanes, in the order in which the code of the lanes takes them; NONE is one
        that nobody wants."""
        self.columns = [i for i in program.outputs if self.trace.lanes[i]]
        self.made = made or [(k, 0) for k in range(len(self.columns))]
        self.results = [i for i in program.outputs if not self.trace.lanes[i]]
        self.one, minus_one = (self.trace.constant(x) for x in (1.0, -1.0))
        constants = {**program.constants(), self.one: 1.0, minus_one: -1.0}
        self.uniform = rerolled(self.trace, self.numbers, constants)
        self.place = self.uniform
        self.splats: dict[int, int] = {}
        self.register: dict[int, int] = {}
        self.free: list[int] = []
        self.registers = 0
        self.given = given

    def encoded(self) -> Code:
        before = self.scalars(BEFORE)
        lanes = [word for code in merged(self.lane_code()) for word in code]
        # the count of lanes has its place among the numbers of the call
        self.uniform.put([i for i in self.totals if i not in (self.program.count, NONE)])
        after = self.scalars(AFTER)
        return Code(
            initial=array("d", self.uniform.initial()),
            totals=words(NONE if i == NONE else self.place[i] for i in self.totals),
            splats=words(x for i, r in self.splats.items() for x in (r, self.place[i])),
            results=words(self.place[i] for i in self.results),
            before=before,
            lanes=words(lanes),
            after=after,
            inputs=words(x for place in self.places for x in place),
            outputs=words(x for place in self.made for x in place),
            registers=self.registers,
            given=self.given,
            made=1 + max([which for which, _ in self.made], default=-1),
        )

    # ------ what is the same in all lanes
    def scalars(self, stage: int) -> array[int]:
        rows = self.trace.rows
        nodes = [i for i in self.program.at_stage(stage) if rows[i] is not lanes_sum]
        code = tiled(array("i", self.uniform.code(nodes)), self.place[self.one])
        if stage == BEFORE:
            uniform = set(range(len(self.program.guards))).difference(self.program.lane_guards)
            code.extend(x for k in sorted(uniform) for x in self.guard(k, self.place))
        return code

    def guard(self, k: int, where: Any) -> list[int]:
        guard = self.program.guards[k]
        sides = [where[guard.x], where[guard.y]]
        return GUARD(HOW[guard.compare], *sides, int(guard.outcome), k)

    # ------ what each lane does
    def items(self) -> Iterator[Item]:
        """What is to be done in each lane, in order. Columns that stand side by side are loaded
        together, when the first of them is needed: all at once would leave the cache."""
        groups = {i: group for group in self.load_groups() for i in group}
        for item in self.work():
            for i in item.reads:
                if i in groups:
                    group = groups[i]
                    for j in group:
                        del groups[j]
                    yield Item("load", (), group)
            yield item

    def load_groups(self) -> Iterator[tuple[int, ...]]:
        begin = 0
        for at in range(1, len(self.places) + 1):
            array, column = self.places[at - 1]
            goes_on = at < len(self.places) and self.places[at] == (array, column + 1)
            if not goes_on or at - begin == WIDTH:
                yield tuple(self.lane_inputs[begin:at])
                begin = at

    def work(self) -> Iterator[Item]:
        """All but the loads: sums over lanes as soon as they can be, but after the guards, for
        they take in only the lanes in which these hold."""
        tiles = Tiles(self.program)
        guards = defaultdict(list)
        for k in self.program.lane_guards:
            guards[max(self.program.guards[k].x, self.program.guards[k].y)].append(k)
        expected = len(self.program.lane_guards)
        sums: list[Block] = []
        if self.program.count in self.program.stages:
            sums.append(Block((self.one,), (NONE,), (self.program.count,)))
        for i in self.program.order:
            if i in tiles.dense:
                yield dense_item(tiles.dense[i])
            if self.is_lane(i) and i not in tiles.inside and i not in self.inputs:
                yield self.row_item(i)
            for k in guards[i]:
                yield Item(
                    "lane_guard", (self.program.guards[k].x, self.program.guards[k].y), (), k
                )
            expected -= len(guards[i])
            sums += tiles.blocks.get(i, ())
            if not expected:
                yield from map(block_item, sums)
                sums.clear()
        for k, i in enumerate(self.columns):
            yield Item("store", (i,), (), k)

    def row_item(self, i: int) -> Item:
        operands = self.trace.operands[i]
        if self.trace.rows[i] is ops.sub and not self.is_lane(operands[1]):
            return Item("minus", operands[:1], (i,), operands[1])
        return Item("row", operands, (i,))

    def is_lane(self, i: int) -> bool:
        return self.program.stages.get(i) == LANES

    def lane_code(self) -> list[list[int]]:
        if LANES not in self.program.stages.values():
            return []
        items = list(self.items())
        last: dict[int, int] = {}
        for at, item in enumerate(items):
            last.update(dict.fromkeys(item.reads, at))
        for item in items:
            self.prepare(item)
        code = []
        for at, item in enumerate(items):
            done = [j for j in set(item.reads) if j in self.register and last[j] == at]
            # a sum of products is written when all of it is read: its place may be that of a term
            sources = {j: self.where(j) for j in item.reads if self.has_register(j)}
            for j in done:
                self.free.append(self.register.pop(j))
            for i in item.nodes:
                self.register[i] = self.take()
            code.append(self.instruction(item, sources))
            for i in item.nodes:
                if i not in last:
                    self.free.append(self.register.pop(i))
        return code

    def prepare(self, item: Item) -> None:
        """Give what is the same in all lanes a register, where an instruction needs one."""
        is_sum = item.kind == "row" and self.trace.rows[item.nodes[0]] is products
        for j in () if is_sum else item.reads:
            if not self.is_lane(j) and j not in self.splats:
                self.splats[j] = self.take()

    def take(self) -> int:
        if self.free:
            return self.free.pop()
        self.registers += 1
        return self.registers - 1

    def has_register(self, j: int) -> bool:
        return j in self.register or j in self.splats

    def where(self, j: int) -> int:
        return self.register[j] if j in self.register else self.splats[j]

    def instruction(self, item: Item, at: Registers) -> list[int]:
        code: list[int] = getattr(self, item.kind)(item, at)
        return code

    def load(self, item: Item, at: Registers) -> list[int]:
        return LOAD(self.inputs[item.nodes[0]], *[self.register[i] for i in item.nodes])

    def store(self, item: Item, at: Registers) -> list[int]:
        return STORE(item.detail, at[item.reads[0]])

    def lane_guard(self, item: Item, at: Registers) -> list[int]:
        return self.guard(item.detail, at)

    def row(self, item: Item, at: Registers) -> list[int]:
        row = self.trace.row(item.nodes[0])
        if row is products:
            return self.sum(item, at)
        return row_instruction(row.code, self.register[item.nodes[0]], *[at[j] for j in item.reads])

    def minus(self, item: Item, at: Registers) -> list[int]:
        return MINUS(self.register[item.nodes[0]], at[item.reads[0]], self.place[item.detail])

    def block(self, item: Item, at: Registers) -> list[int]:
        block: Block = item.detail
        first = len(self.totals)
        self.totals += block.totals
        upstreams = [at[i] for i in block.upstreams]
        if block.locals == (NONE,) and len(upstreams) == 1:
            return TOTAL(first, *upstreams)
        locals_ = [NONE if j == NONE else at[j] for j in block.locals]
        return TOTALS(first, len(upstreams), *upstreams, *locals_)

    def dense(self, item: Item, at: Registers) -> list[int]:
        rows: Sequence[Row] = item.detail
        ending = rows[0].ending
        code = [ending.how, len(rows)]
        code += [self.register[row.ending.node] for row in rows]
        code += [NONE if row.first == NONE else self.place[row.first] for row in rows]
        if ending.how == EndingKind.STEP:
            code += [at[row.ending.other] for row in rows]
        for j, *numbers in zip(rows[0].lanes, *(row.numbers for row in rows)):
            code += (at[j], *[self.place[i] for i in numbers])
        return DENSE(*code)

    def sum(self, item: Item, at: Registers) -> list[int]:
        runs: list[list[int]] = []
        for x, y in zip(item.reads[::2], item.reads[1::2]):
            kind, *term = self.term(x, y, at)
            if not runs or runs[-1][0] != kind:
                runs.append([kind, 0])
            runs[-1][1] += 1
            runs[-1] += term
        code = [word for run in runs for word in run]
        return LANE_PRODUCTS(self.register[item.nodes[0]], *code)

    def term(self, x: int, y: int, at: Registers) -> tuple[int, int, int]:
        lane_x, lane_y = self.is_lane(x), self.is_lane(y)
        if y == self.one:
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


def dense_item(rows: Sequence[Row]) -> Item:
    reads = dict.fromkeys(j for row in rows for j in row.reads)
    return Item("dense", tuple(reads), tuple(row.ending.node for row in rows), rows)


def block_item(block: Block) -> Item:
    return Item("block", block.reads, (), block)


def merged(code: Iterable[list[int]]) -> list[list[int]]:
    """Rows of one kind that follow each other as one instruction, which does them in order."""
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


def words(values: Sequence[int] | Iterator[int]) -> array[int]:
    return array("i", values)


def fits_machine(program: Program) -> bool:
    """Tell whether the machine has an instruction for everything in the program."""
    known = {products, lanes_sum}
    late = any(stage not in (BEFORE, LANES, AFTER) for stage in program.stages.values())
    return not late and all(row in known or has_instruction(row) for row in program.rows())


def has_instruction(row: Operator) -> bool:
    return row.code >= 0 and row.c is not None and row.gates is None
