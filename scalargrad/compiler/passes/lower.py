"""Lowering: a body becomes one of the operators that the machine has instructions for.

An operator with gates is written with these, down to operators that have none. On the way the rules
of `rules.py` make something simpler of a node where they can.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...rows import BUILT_IN, Operator
from ...scalars import is_value
from ..trace import chosen
from ..trace.body import Body
from ..trace.guards import Guard
from ..trace.in_python import Trace
from ..trace.recorder import Recorder
from ..trace.vocabulary import AFTER, BEFORE, CONSTANT, LANES, TOO_LATE, lanes_sum
from .fusion import Fusion
from .rewriting import FUSED, Rewriting
from .rules import ALWAYS, BESIDE_CONSTANT, FLOWING, TABLE, rules

RULES = {careful: rules(careful) for careful in (False, True)}


class LoweredTrace(Rewriting, Trace):
    """A lowered trace in Python."""

    def __init__(self, careful: bool) -> None:
        super().__init__()
        self.rules = RULES[careful]

    def copy(self, old: Trace, wanted: Sequence[int]) -> list[int]:
        """Compute again what the nodes `wanted` of another trace need, and all its inputs; return
        the nodes that the wanted ones have become."""
        at: list[Any] = [None] * len(old)
        rows, operands = old.rows, old.operands
        for i in sorted({*old.needed(wanted), *old.inputs}):
            row = rows[i]
            if isinstance(row, Operator):
                found = self.compute(row, [at[j] for j in operands[i]])
                at[i] = found.number_if_constant if is_value(found) else found
            else:
                number = old.numbers[i]
                at[i] = (
                    number if row is CONSTANT else self.input(number, old.lanes[i], old.plain[i])
                )
        return [self.index(at[i]) for i in wanted]

    def fuse(self, wanted: Sequence[int]) -> None:
        """Turn sums of products into single nodes, in place."""
        Fusion(self, wanted).run()

    def stages(self, late_input: int) -> bytes:
        """The stage of every node, of which one input may be known after the lanes."""
        # zeros at first: the constants of fusion come after the nodes that use them
        found = bytearray(len(self))
        for i, (row, operands, lane) in enumerate(zip(self.rows, self.operands, self.lanes)):
            late = row is lanes_sum or i == late_input
            late = late or any(found[j] >= AFTER for j in operands)
            found[i] = (TOO_LATE if late else LANES) if lane else AFTER if late else BEFORE
        return bytes(found)


LOWERED: dict[Any, Any] = {Trace: LoweredTrace}
"""By the kind of trace, the kind that it is lowered to."""

if chosen.Trace is not Trace:
    HAVE_GATES = {row for row in BUILT_IN.values() if row.gates is not None}.difference(FUSED)
    SELDOM = tuple(line.operator for line in TABLE if line.asked is BESIDE_CONSTANT)
    INSTEAD = tuple((x.operator, x.quick) for x in TABLE if isinstance(x.quick, Operator))

    def always_asked(careful: bool) -> tuple[Operator, ...]:
        """The operators that have a rule of their own, or gates, wherever they stand."""
        ruled = {x.operator for x in TABLE if x.asked is ALWAYS and x.operator in RULES[careful]}
        ruled = ruled if careful else ruled.difference(row for row, _ in INSTEAD)
        return tuple((HAVE_GATES | ruled).difference(SELDOM))

    class LoweredInC(Rewriting, chosen.Trace):  # type: ignore[misc]
        """A lowered trace in C: it asks `compute` about the operators that it does not keep."""

        def __init__(self, careful: bool) -> None:
            super().__init__()
            self.rules = RULES[careful]
            self.ask(always_asked(careful), SELDOM, () if careful else INSTEAD)

    LOWERED[chosen.Trace] = LoweredInC


def lowered(body: Body, careful: bool) -> Body:
    """Return a body that computes the same, lowered; several of its guards may have become one.

    One that is `careful` keeps what does not flow apart from what is zero. Where all results are
    finite the two come to the same: then contributions may be products like any others.
    """
    old = body.trace
    new: Rewriting = LOWERED[type(old)](careful)
    new.varies = any(old.lanes)
    for i in old.guarded():
        if old.rows[i] is CONSTANT:
            # a guard is checked once both its sides are there: constants are from the start
            new.constant(old.numbers[i])
    at = new.copy(old, body.wanted)
    sides = iter(at[len(body.outputs) :])
    guards = [Guard(g.compare, next(sides), next(sides), g.outcome) for g in old.guards]
    new.guards = dict.fromkeys(guards)
    number = {guard: k for k, guard in enumerate(new.guards)}
    return Body(new, at[: len(body.outputs)], [number[guard] for guard in guards])


def needs_care(body: Body) -> bool:
    """Tell whether a body has to be lowered carefully from the start.

    A guard tells nothing of a NaN: what it compares has to be right at once. A body without
    contributions computes the same either way.
    """
    trace = body.trace
    return flows(trace, trace.guarded()) or not flows(trace, body.outputs)


def flows(trace: Recorder, wanted: Sequence[int]) -> bool:
    """Tell whether something not flowing might be something else than a zero in what is wanted."""
    rows = trace.rows
    return any(rows[i] in FLOWING for i in trace.needed(wanted))
