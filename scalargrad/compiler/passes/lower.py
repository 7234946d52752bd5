"""Lowering: a body becomes one of the operators that the machine has instructions for.

An operator that has an elementary form is written in that form, down to operators that have none.
On the way the rules of `rules.py` make something simpler of a node where they can.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..trace.body import Body
from ..trace.guards import Guard
from ..trace.recorder import Recorder
from ..trace.vocabulary import CONSTANT
from .lowered_trace import lowered_trace
from .rules import FLOWING


def lowered(body: Body, careful: bool) -> Body:
    """Return a body that computes the same, lowered; several of its guards may have become one.

    One that is `careful` keeps what does not flow apart from what is zero. Where all results are
    finite the two come to the same: then contributions may be products like any others.
    """
    old = body.trace
    new = lowered_trace(old, careful)
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
