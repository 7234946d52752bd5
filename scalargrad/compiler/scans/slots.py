"""One step of a scan, as operators on slots; and all steps, written into a trace.

The *slots* of a step have first the numbers of the state, then those of `x`, then those that
stay the same, then what its steps compute, one each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ... import modes, ops
from ...rows import BUILT_IN, Operator
from ...scalars import is_value, real
from ..trace.guards import COMPARE, Guard
from ..trace.in_python import forward
from ..trace.recorder import Recorder
from ..trace.vocabulary import CONSTANT, INPUT
from .body import BodyTrace


class Step(NamedTuple):
    """An operator on slots. A leaf is a Value that the body makes; of one that is `taken` the
    gradient was left behind."""

    row: Operator
    operands: tuple[int, ...]
    is_leaf: bool = False
    is_taken: bool = False


class Turn(NamedTuple):
    """A comparison of two slots, which has to come out the same in every step; no slot."""

    compare: str
    x: int
    y: int
    outcome: bool


class StepOnSlots(NamedTuple):
    """The work of one step. `state` and `ys` are the slots of what the body returned."""

    fixed: list[Any]
    steps: list[Step | Turn]
    state: list[int]
    ys: list[int]

    @property
    def is_plain(self) -> bool:
        """Whether all steps are operators of the table, which a trace in C repeats by itself."""
        return all(isinstance(step, Step) and is_plain(step) for step in self.steps)


def is_plain(step: Step) -> bool:
    return BUILT_IN.get(step.row.name) is step.row and step.row is not ops.identity


class Writing:
    """Writes down what a body does, whose first `width` inputs are the state, then `x`."""

    def __init__(self, trace: BodyTrace, width: int) -> None:
        self.trace = trace
        self.slot: dict[int, int] = dict(zip(trace.inputs[:width], range(width)))
        self.fixed: list[Any] = []
        self.steps: list[Step | Turn] = []
        self.width = width
        self.number = 0
        """The slot of the next step."""
        self.linked: dict[int, bool] = {}
        self.shown: set[int] = set()

    def written(self, state: Sequence[Any], ys: Sequence[Any]) -> StepOnSlots:
        """Return what a step does, for what the body returned: numbers of its trace, and others."""
        trace = self.trace
        wanted = [x.index for x in (*state, *ys) if self.is_own(x)]
        order = trace.needed([*wanted, *(i for g in trace.turns for i in (g.x, g.y))])
        self.shown = self.reaching(wanted)
        self.take_fixed(order)
        ends = [self.slot_outside(x) if not self.is_own(x) else -1 for x in (*state, *ys)]
        self.number = self.width + len(self.fixed)
        self.take_steps(order)
        slots = [
            self.slot[x.index] if self.is_own(x) else end for x, end in zip((*state, *ys), ends)
        ]
        return StepOnSlots(self.fixed, self.steps, slots[: len(state)], slots[len(state) :])

    def is_own(self, x: Any) -> bool:
        return getattr(x, "trace", None) is self.trace

    def take_fixed(self, order: Sequence[int]) -> None:
        trace = self.trace
        outside = {i: x for x, i in trace.captured.items()}
        for i in order:
            if i not in self.slot and trace.rows[i] in (INPUT, CONSTANT):
                is_constant = trace.rows[i] is CONSTANT
                self.slot[i] = self.slot_outside(trace.numbers[i] if is_constant else outside[i])

    def slot_outside(self, x: Any) -> int:
        """A slot for what is the same in every step."""
        self.fixed.append(x)
        return self.width + len(self.fixed) - 1

    def take_steps(self, order: Sequence[int]) -> None:
        turns = list(self.trace.turns.items())
        for i in order:
            while turns and turns[0][1] <= i:
                self.take_turn(turns.pop(0)[0])
            self.linked[i] = self.link(i)
            if isinstance(self.trace.rows[i], Operator):
                self.take(i)
        for guard, _ in turns:
            self.take_turn(guard)

    def take_turn(self, guard: Guard) -> None:
        self.steps.append(
            Turn(guard.compare, self.slot[guard.x], self.slot[guard.y], guard.outcome)
        )

    def reaching(self, wanted: Sequence[int]) -> set[int]:
        """The nodes that are computed into what the body returns, other than by a number taken off
        a Value."""
        trace, waiting, found = self.trace, [*wanted], set[int]()
        while waiting:
            i = waiting.pop()
            if i not in found and i not in trace.taken:
                found.add(i)
                waiting += trace.operands[i]
        return found

    def is_idle(self, i: int) -> bool:
        """Whether a node is its operand for all that is seen of it: a copy to take a derivative in,
        which was taken, and the number of what was never a Value besides."""
        (j,) = self.trace.operands[i][:1]
        if self.trace.row(i) is ops.identity:
            return self.trace.is_linked(self.trace.tracers[j]) or i not in self.shown
        return i in self.trace.taken and not self.linked[j]

    def link(self, i: int) -> bool:
        """Whether a node is a Value, once idle ones are left out."""
        trace, row = self.trace, self.trace.rows[i]
        if not isinstance(row, Operator):
            return i in trace.values
        is_made = row is ops.identity and i in trace.leaves and i in self.shown
        is_other = i not in trace.taken and any(self.linked[j] for j in trace.operands[i])
        return is_made or is_other

    def take(self, i: int) -> None:
        trace, row = self.trace, self.trace.row(i)
        operands = trace.operands[i]
        if self.is_idle(i):
            self.slot[i] = self.slot[operands[0]]
            return
        slots = tuple([self.slot[j] for j in operands])
        self.steps.append(Step(row, slots, i in trace.leaves, i in trace.taken))
        self.slot[i] = self.number
        self.number += 1


# ------ all steps, as they are
def repeated(
    trace: Recorder, one: StepOnSlots, state: list[Any], xs: Sequence[list[Any]], steps: range
) -> tuple[list[Any], list[list[Any]]]:
    """Write steps into a trace: of the state, and of columns of which each has a number for every
    step of the scan. Return the state after them, and a list for each number of `y`."""
    repeat = getattr(trace, "repeat", None)
    if repeat is not None and one.is_plain:
        return in_c(repeat, one, state, xs, steps)
    ys: list[list[Any]] = [[] for _ in one.ys]
    for k in steps:
        slots = [*state, *(column[k] for column in xs), *one.fixed]
        for step in one.steps:
            if isinstance(step, Turn):
                take_turn(trace, step, slots, k)
            else:
                slots.append(applied(trace, step, [slots[i] for i in step.operands]))
        state = [slots[i] for i in one.state]
        for found, i in zip(ys, one.ys):
            found.append(slots[i])
    return state, ys


def applied(trace: Recorder, step: Step, operands: list[Any]) -> Any:
    if step.row is ops.identity:
        # a variable of its own, whatever it is a copy of
        return trace.variable(*operands) if step.is_leaf else trace.compute(step.row, operands)
    if not any(map(is_value, operands)):
        return forward(step.row, operands)
    found = trace.compute(step.row, operands)
    if step.is_taken:
        trace.taken.add(found.index)
    return found


def take_turn(trace: Recorder, turn: Turn, slots: Sequence[Any], k: int) -> None:
    x, y = slots[turn.x], slots[turn.y]
    is_known = not is_value(x) and not is_value(y)
    outcome = COMPARE[turn.compare](x, y) if is_known else trace.branch(turn.compare, x, y)
    if outcome is not turn.outcome:
        raise modes.refusal(
            f"compile cannot follow a scan whose body compares numbers and then does something "
            f"else in step {k} than in the first: choose with scalargrad.where, or write the loop "
            "with for"
        )


def in_c(
    repeat: Any, one: StepOnSlots, state: list[Any], xs: Sequence[list[Any]], steps: range
) -> tuple[list[Any], list[list[Any]]]:
    calls = tuple([(step.row, step.operands) for step in one.steps if isinstance(step, Step)])
    fixed = tuple([x if is_value(x) else real(x) for x in one.fixed])
    slots = tuple(one.state), tuple(one.ys)
    found, ys = repeat(calls, tuple(state), tuple(xs), fixed, *slots, steps.start, steps.stop)
    first = len(state) + len(xs)
    return found, [
        as_given(y, one.fixed[i - first], len(steps)) if first <= i < first + len(fixed) else y
        for y, i in zip(ys, one.ys)
    ]


def as_given(made: list[Any], x: Any, count: int) -> list[Any]:
    """The number that every step returned: an int, if it was one."""
    return made if is_value(x) else [x] * count
