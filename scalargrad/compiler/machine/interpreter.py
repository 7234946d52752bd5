"""The machine in Python, an instruction and a lane at a time: the specification of code.

The native machine computes the same to the same bits, but for its own functions on vectors, which
are right to one unit in the last place, and for the order in which it sums over lanes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ... import ops
from ..inputs.arguments import Address
from .encode import Code
from .side_by_side import SideBySide, added
from .words import NONE, EndingKind, LaneTerm

Numbers = list[float]


class RunResults(NamedTuple):
    """The results of a run: uniform ones; the outputs with lanes, by their address; and for each
    lane the first guard that does not hold, or NONE. Where a uniform guard does not hold, its
    number `failed` is the only result."""

    results: Numbers
    outputs: dict[Address, Numbers]
    broken: list[int]
    failed: int = NONE


def interpret(
    code: Code, numbers: Sequence[float], columns: Mapping[Address, Sequence[float]], count: int
) -> RunResults:
    """Run code on uniform numbers and on columns of `count` lanes."""
    machine = Interpreter(code, numbers, columns)
    failed = machine.alone(code.before)
    if failed != NONE:
        return RunResults([], {}, [], failed)
    broken = [machine.lane(lane) for lane in range(count)]
    for place, total in zip(code.totals, machine.sums):
        if place != NONE:
            machine.places[place] = total
    machine.alone(code.after)
    return RunResults([machine.places[k] for k in code.results], machine.outputs, broken)


class Interpreter(SideBySide):
    """The numbers that a run works on. A method NAME does the instruction of that name."""

    def __init__(
        self, code: Code, numbers: Sequence[float], columns: Mapping[Address, Sequence[float]]
    ) -> None:
        super().__init__(code.indexes, code.walks)
        self.code, self.columns = code, columns
        self.places = [*numbers, *code.initial[len(numbers) :]]
        self.registers: Numbers = []
        self.sums = [-0.0] * len(code.totals)
        self.inputs = list(zip(code.inputs[::2], code.inputs[1::2]))
        self.made = list(zip(code.outputs[::2], code.outputs[1::2]))
        self.outputs: dict[Address, Numbers] = {address: [] for address in self.made}
        self.which = 0
        """The number of the lane."""

    def alone(self, code: Sequence[int]) -> int:
        """Run uniform code; return the guard that does not hold, or NONE."""
        return self.done(code, self.places, False)

    def lane(self, lane: int) -> int:
        """Run one lane; return the guard that does not hold first, or NONE."""
        self.registers = [0.0] * self.code.registers
        for register, place in zip(self.code.splats[::2], self.code.splats[1::2]):
            self.registers[register] = self.places[place]
        self.which = lane
        return self.done(self.code.lanes, self.registers, True)

    def done(self, code: Sequence[int], numbers: Numbers, goes_on: bool) -> int:
        self.words, self.numbers = list(code), numbers
        self.goes_on, self.broken = goes_on, NONE
        self.run(0, len(code))
        return self.broken

    # ------ in a lane
    def spread(self, w: Any) -> None:
        self.registers[w.out] = self.places[self.walks[w.walk] + w.offset]

    def load(self, w: Any) -> None:
        for k, register in enumerate(w.registers, w.input):
            self.registers[register] = self.columns[self.inputs[k]][self.which]

    def store(self, w: Any) -> None:
        for k, register in enumerate(w.registers, w.output):
            self.outputs[self.made[k]].append(self.registers[register])

    def lane_products(self, w: Any) -> None:
        self.registers[w.out] = added((self.term(*term) for term in w.runs), -0.0)

    def term(self, kind: int, x: int, y: int) -> float:
        u, r = self.places, self.registers
        if kind == LaneTerm.LANE_ALONE:
            return r[y]
        if kind == LaneTerm.UNIFORM_ALONE:
            return u[x]
        return (r[x] if kind == LaneTerm.BOTH_LANES else u[x]) * r[y]

    def dense(self, w: Any) -> None:
        u, r = self.places, self.registers
        found = [
            added((u[numbers[row]] * r[x] for x, *numbers in w.terms), self.first(first))
            for row, first in enumerate(w.first)
        ]
        if w.ending == EndingKind.RELU:
            found = list(map(ops.relu.forward, found))
        if w.ending == EndingKind.STEP:
            found = [x * ops.step.forward(r[chooser]) for x, chooser in zip(found, w.chooser)]
        for out, x in zip(w.out, found):
            r[out] = x

    def minus(self, w: Any) -> None:
        for out, x, number in w.terms:
            self.registers[out] = self.registers[x] - self.places[number]

    def total(self, w: Any) -> None:
        self.add(w.total, self.registers[w.x])

    def totals(self, w: Any) -> None:
        r = self.registers
        for k, (y, x) in enumerate((y, x) for y in w.y for x in w.x):
            self.add(w.total + k, r[x] * (1.0 if y == NONE else r[y]))

    def add(self, total: int, x: float) -> None:
        if self.broken == NONE:
            self.sums[total] += x
