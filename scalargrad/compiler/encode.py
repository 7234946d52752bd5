"""A program as code for the native machine: registers assigned, instructions in int32 words.

Numbers that are the same in all lanes have a place each. Registers hold 64 lanes; one is free again
after the last instruction that reads it.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .. import ops
from ..rows import Operator
from .native import machine
from .program import AFTER, BEFORE, LANES, Program
from .reroll import rerolled
from .structure import accumulate, lanes_sum, products
from .trace import COMPARE

HOW = {compare: k for k, compare in enumerate(COMPARE)}
SUMS = {products: machine.PRODUCTS, accumulate: machine.ACCUMULATE}


class Item(NamedTuple):
    """Something to be done in each lane: it reads nodes and may compute one."""

    kind: str
    reads: tuple[int, ...]
    node: int = -1
    detail: tuple[int, ...] = ()


class Encoder:
    """Turns one program into the arguments of machine.Program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.trace = program.trace
        used = set(program.order)
        self.lane_inputs = [i for i in program.inputs if self.trace.lanes[i] and i in used]
        self.numbers = [i for i in program.inputs if not self.trace.lanes[i]]
        self.totals = [i for i in program.computed() if self.trace.rows[i] is lanes_sum]
        self.columns = [i for i in program.outputs if self.trace.lanes[i]]
        self.results = [i for i in program.outputs if not self.trace.lanes[i]]
        constants = program.constants()
        self.uniform = rerolled(self.trace, self.numbers, constants)
        self.place = self.uniform
        self.one = next((i for i, x in constants.items() if x == 1.0), -1)
        self.splats: dict[int, int] = {}
        self.register: dict[int, int] = {}
        self.free: list[int] = []
        self.registers = 0

    def encoded(self) -> machine.Program:
        before = self.scalars(BEFORE)
        lanes = [word for code in self.lane_code() for word in code]
        self.uniform.put(self.totals)
        after = self.scalars(AFTER)
        return machine.Program(
            initial=array("d", self.uniform.initial()),
            totals=words(self.place[i] for i in self.totals),
            splats=words(x for i, r in self.splats.items() for x in (r, self.place[i])),
            results=words(self.place[i] for i in self.results),
            before=before,
            lanes=words(lanes),
            after=after,
            registers=self.registers,
            inputs=len(self.lane_inputs),
            outputs=len(self.columns),
        )

    # ------ what is the same in all lanes
    def scalars(self, stage: int) -> array[int]:
        totals = set(self.totals)
        nodes = [i for i in self.program.at_stage(stage) if i not in totals]
        code = array("i", self.uniform.code(nodes))
        if stage == BEFORE:
            code.extend(x for k in self.guards(lane=False) for x in self.guard(k, self.place))
        return code

    def guards(self, lane: bool) -> list[int]:
        lanes = self.trace.lanes
        return [k for k, g in enumerate(self.program.guards) if (lanes[g.x] or lanes[g.y]) == lane]

    def guard(self, k: int, where: Any) -> list[int]:
        guard = self.program.guards[k]
        sides = [where[guard.x], where[guard.y]]
        return [machine.GUARD, 7, HOW[guard.compare], *sides, int(guard.outcome), k]

    # ------ what each lane does
    def items(self) -> Iterator[Item]:
        """What is to be done in each lane, in order: sums over lanes as soon as they can be."""
        waiting = self.waiting_sums()
        guards = defaultdict(list)
        for k in self.guards(lane=True):
            guards[max(self.program.guards[k].x, self.program.guards[k].y)].append(k)
        for i in self.program.order:
            if self.is_lane(i) and i not in self.inside_sums:
                if i in self.lane_inputs:
                    yield Item("load", (), i, (self.lane_inputs.index(i),))
                else:
                    yield Item("row", self.trace.operands[i], i)
            for k in guards[i]:
                yield Item("guard", (self.program.guards[k].x, self.program.guards[k].y), -1, (k,))
            yield from waiting[i]
        for k, i in enumerate(self.columns):
            yield Item("store", (i,), -1, (k,))

    def is_lane(self, i: int) -> bool:
        return self.program.stages[i] == LANES

    def waiting_sums(self) -> dict[int, list[Item]]:
        """The sums over lanes, by the node that must be computed before. Those of products with
        the same upstream factor are taken together: it then stays in machine registers."""
        self.inside_sums: set[int] = set()
        if not self.totals:
            return defaultdict(list)
        uses = Counter(j for i in self.program.order for j in self.trace.operands[i])
        uses.update([*self.program.outputs, *self.trace.guarded()])
        grouped: dict[tuple[int, int], list[int]] = defaultdict(list)
        found: dict[int, list[Item]] = defaultdict(list)
        for k, i in enumerate(self.totals):
            (x,) = self.trace.operands[i]
            if self.trace.rows[x] is ops.chain and uses[x] == 1:
                upstream, local = self.trace.operands[x]
                self.inside_sums.add(x)
                grouped[max(upstream, local), upstream] += [k, local]
            else:
                found[x].append(Item("total", (x,), -1, (k,)))
        for (last, upstream), pairs in grouped.items():
            reads = (upstream, *pairs[1::2])
            found[last].append(Item("totals", reads, -1, tuple(pairs[::2])))
        return found

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
            if item.node >= 0:
                self.register[item.node] = self.take()
            code.append(self.instruction(item, sources))
            if item.node >= 0 and item.node not in last:
                self.free.append(self.register.pop(item.node))
        return code

    def prepare(self, item: Item) -> None:
        """Give what is the same in all lanes a register, where an instruction needs one."""
        is_sum = item.kind == "row" and self.trace.rows[item.node] in SUMS
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

    def instruction(self, item: Item, at: dict[int, int]) -> list[int]:
        if item.kind == "load":
            return [machine.LOAD, 4, self.register[item.node], item.detail[0]]
        if item.kind == "store":
            return [machine.STORE, 4, item.detail[0], at[item.reads[0]]]
        if item.kind == "guard":
            return self.guard(item.detail[0], at)
        if item.kind == "total":
            return [machine.TOTAL, 4, item.detail[0], at[item.reads[0]]]
        if item.kind == "totals":
            pairs = [x for k, j in zip(item.detail, item.reads[1:]) for x in (k, at[j])]
            return [machine.TOTALS, len(pairs) + 3, at[item.reads[0]], *pairs]
        row = self.trace.row(item.node)
        if row in SUMS:
            return self.sum(SUMS[row], item, at)
        operands = [at[j] for j in item.reads]
        return [row.code, len(operands) + 3, self.register[item.node], *operands]

    def sum(self, operation: int, item: Item, at: dict[int, int]) -> list[int]:
        runs: list[list[int]] = []
        for x, y in zip(item.reads[::2], item.reads[1::2]):
            kind, *term = self.term(x, y, at)
            if not runs or runs[-1][0] != kind:
                runs.append([kind, 0])
            runs[-1][1] += 1
            runs[-1] += term
        code = [word for run in runs for word in run]
        return [operation, len(code) + 3, self.register[item.node], *code]

    def term(self, x: int, y: int, at: dict[int, int]) -> tuple[int, int, int]:
        lane_x, lane_y = self.is_lane(x), self.is_lane(y)
        if y == self.one:
            return (
                (machine.LANE_ALONE, 0, at[x])
                if lane_x
                else (machine.UNIFORM_ALONE, self.place[x], 0)
            )
        if lane_x and lane_y:
            return machine.BOTH_LANES, at[x], at[y]
        if lane_y:
            return machine.UNIFORM_UPSTREAM, self.place[x], at[y]
        return machine.UNIFORM_LOCAL, self.place[y], at[x]


def words(values: Sequence[int] | Iterator[int]) -> array[int]:
    return array("i", values)


def fits_machine(program: Program) -> bool:
    """Tell whether the machine has an instruction for everything in the program."""
    known = {products, accumulate, lanes_sum}
    late = any(stage not in (BEFORE, LANES, AFTER) for stage in program.stages.values())
    return not late and all(row in known or has_instruction(row) for row in program.rows())


def has_instruction(row: Operator) -> bool:
    return row.code >= 0 and row.c is not None and row.gates is None
