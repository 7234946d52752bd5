"""Loops of a trace: when they are looked for, and why there are none.

A trace begins with a log of the operator calls. After FIRST_LOOK of these, and if need be once
more, the log goes to a recorder of loops. If most of the calls lie in loops the trace is *rolled*:
what is computed from then on is recorded as loops. The trace in C keeps no nodes meanwhile, and
makes them when somebody asks for one; then the trace is no longer rolled. That in Python keeps
both.

A function that differentiates within asks for nodes. The loops of such a trace are found when it is
finished (`of_nodes`): those of what was differentiated, and those of the derivatives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from ... import ops
from ...rows import BUILT_IN, Operator
from ..loops.items import Constant, InputAt, NodeAt, One
from ..loops.recorder import Recorded, Recorder
from .vocabulary import CONSTANT, INPUT, STRUCTURE, accumulate, lanes_sum, moved_sum, products

FIRST_LOOK, NEXT_LOOK, LAST_LOOK = 2048, 8, 16384
"""After how many calls loops are looked for at first; how many times as many later; and the last
time."""

LONG_SUM = 16
"""Operands of a sum of products that is taken while its numbers come."""

MOST_ITEMS = 4096
"""Of a trace with more items than these nobody is given the loops."""

NOT_LOOKED, SHORT, OTHER, IRREGULAR, ASKED, BRANCHES = range(6)
"""Why a trace is not rolled."""
WHY = {
    OTHER: "it makes Values, stops gradients, or uses an operator of its own",
    IRREGULAR: "most of its operator calls lie in no loop",
    ASKED: "it takes derivatives itself, or asks what a number was computed from, and is short",
    BRANCHES: "comparisons of numbers decide what it does next",
}
"""The reasons that a reader is told."""


class Rolled(NamedTuple):
    """The items recorded of a function, its results among them, and which of them are
    Values in eager mode."""

    recorded: Recorded
    results: tuple[One, ...]
    linked: tuple[bool, ...]


class Loops(NamedTuple):
    """The state of knowledge about the loops of a function. `why` tells a reader why there are
    none, and `expanded` why those that were found are not in its program."""

    rolled: Rolled | None = None
    why: str = ""
    expanded: str = ""


class Log:
    """The operator calls of a trace in Python, recorded as events."""

    def __init__(self, calls: int) -> None:
        self.recorder = Recorder()
        self.look = calls
        self.is_rolled = False
        self.why = SHORT
        self.events: dict[int, One] = {}
        """Of each input and computed node what it is as an operand: of a node that was computed
        more than once, the last time."""

    def note(self, trace: Any, row: Operator, operands: tuple[int, ...], index: int) -> None:
        """Take note of what was computed, with the node that came of it."""
        if self.why != SHORT or trace.rows[index] is CONSTANT:
            return
        if self.is_rolled and self.recorder.is_hopeless(LAST_LOOK):
            self.give_up(IRREGULAR)
        elif BUILT_IN.get(row.name) is not row or (self.is_rolled and row is ops.identity):
            # an identity is a variable of its own: in C others know it by its node
            self.give_up(OTHER)
        else:
            given = [self.operand(trace, i) for i in operands]
            self.events[index] = NodeAt(self.recorder.record(row, given))
            self.look_again()

    def operand(self, trace: Any, i: int) -> One:
        if trace.rows[i] is CONSTANT:
            return Constant(trace.numbers[i])
        if trace.rows[i] is INPUT and i not in self.events:
            self.events[i] = InputAt(trace.inputs.index(i))
        return self.events[i]

    def look_again(self) -> None:
        if self.is_rolled or len(self.recorder) != self.look:
            return
        self.is_rolled = self.recorder.is_rolled
        if not self.is_rolled and self.look >= LAST_LOOK:
            self.give_up(IRREGULAR)
        self.look *= NEXT_LOOK

    def give_up(self, why: int) -> None:
        if self.why == SHORT:
            self.is_rolled, self.why, self.recorder = False, why, Recorder()


def of_nodes(trace: Any, results: Sequence[int]) -> Rolled | None:
    """The nodes of a finished trace, recorded in order, and its results, not yet told which of them
    are linked. None where most nodes lie in no loop, or one has no place in any."""
    log = Log(0)
    products_after = placed_products(trace)
    for index, row in enumerate(trace.rows):
        if row is not CONSTANT and row is not INPUT and not is_sum_of_products(row):
            if not may_be_repeated(row):
                return None
            given = [log.operand(trace, i) for i in trace.operands[index]]
            log.events[index] = NodeAt(log.recorder.record(row, given))
        for which, first in products_after[index]:
            record_product(log, trace, which, first)
        if log.recorder.is_hopeless(LAST_LOOK):
            return None
    recorded = log.recorder.finish()
    if not log.recorder.is_rolled or len(recorded.items) > MOST_ITEMS:
        return None
    found = tuple([log.operand(trace, i) for i in results])
    return Rolled(recorded, found, ())


# ------ sums of products


def is_sum_of_products(row: Operator) -> bool:
    return row is accumulate or row is products


def placed_products(trace: Any) -> dict[int, list[tuple[int, int]]]:
    """The products of all sums, by the node after which each is recorded, as (the sum, which of its
    operands is the first of the two). So they may be loops: those of a long sum are recorded as
    soon as both numbers are there, within the loop that computes these."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for i, row in enumerate(trace.rows):
        if is_sum_of_products(row):
            operands = trace.operands[i]
            ready = list(map(max, operands[::2], operands[1::2]))
            in_order = len(operands) >= LONG_SUM and ready == sorted(ready)
            for k, at in enumerate(ready):
                found[at if in_order else i].append((i, 2 * k))
    return found


def record_product(log: Log, trace: Any, which: int, first: int) -> None:
    """Add a product to what there is of its sum."""
    product = ops.chain if trace.rows[which] is accumulate else ops.mul
    both = [log.operand(trace, i) for i in trace.operands[which][first : first + 2]]
    added = NodeAt(log.recorder.record(product, both))
    if which in log.events:
        added = NodeAt(log.recorder.record(ops.add, [log.events[which], added]))
    log.events[which] = added


def may_be_repeated(row: Operator) -> bool:
    """Tell whether a row may be in a loop: one of a trace's own may do anything, and a sum over
    lanes is for the passes that come later."""
    is_known = BUILT_IN.get(row.name) is row or row in STRUCTURE
    return is_known and row is not lanes_sum and row is not moved_sum
