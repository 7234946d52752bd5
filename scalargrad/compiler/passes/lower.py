"""Lowering: a body becomes one of the operators that the machine has instructions for.

An operator that has an elementary form is written in that form, down to operators that have none.
On the way the rules of `rules.py` make something simpler of a node where they can.
"""

from __future__ import annotations

from ..trace.body import Body
from ..trace.guards import Guard
from ..trace.vocabulary import CONSTANT
from .lowered_trace import lowered_trace
from .rules import FLOWING


def lowered(body: Body, careful: bool) -> Body:
    """Return a body that computes the same, lowered; several of its guards may have become one.

    A `careful` body tells what does not flow from what is zero. Any other takes both for zero, and
    contributions for products like any others: this is right where all results are finite.
    """
    old = body.trace
    new = lowered_trace(old, careful)
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

    A quick program is run again, carefully, where a result is not finite. That comes too late for a
    guard: what it compares has to be right in the first run. Without contributions the quick
    program is the careful one. Where no such operator is, nothing not flowing can be anything else
    than a zero.
    """
    trace = body.trace
    guarded = trace.need_some(trace.guarded(), FLOWING)
    return guarded or not trace.need_some(body.outputs, FLOWING)
