"""Cutting: lanes that come from another path are spared what that path knows of them.

Guards whose outcome became known on the way are not checked again. The two numbers that the last
guard compared were computed on the path that the lanes left: here they are inputs.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from ..passes.traced import Traced
from ..trace.chosen import Trace
from ..trace.guards import Guard
from ..trace.recorder import Recorder
from ..trace.sources import Side
from ..trace.vocabulary import CONSTANT
from .conditions import Arrival, Condition


def spared(traced: Traced, conditions: Mapping[Guard, Condition], arrival: Arrival) -> Traced:
    """Return what lanes of this `arrival` have left to do; each guard has its condition."""
    trace = traced.trace
    trace.guards = {guard: None for guard, x in conditions.items() if x not in arrival.facts}
    lanes = trace.lanes
    given = {
        i: Side(which)
        for guard, condition in conditions.items()
        if condition in arrival.new and (lanes[guard.x] or lanes[guard.y])
        for which, i in enumerate((guard.x, guard.y))
        if lanes[i] and trace.operands[i]
    }
    return cut(traced, given) if given else traced


def cut(traced: Traced, given: Mapping[int, Side]) -> Traced:
    """Return the same with the nodes that are `given` as inputs, after the other inputs."""
    old, new = traced.trace, Trace()
    rows, operands, numbers, lanes = old.rows, old.operands, old.numbers, old.lanes
    at = {i: new.input(numbers[i], lanes[i]) for i in (*old.inputs, *given)}
    for i in sorted(needed_above(old, traced.body.wanted, at)):
        if rows[i] is CONSTANT:
            at[i] = new.tracers[new.constant(numbers[i])]
        else:
            at[i] = new.compute(old.row(i), [at[j] for j in operands[i]])
    for g in old.guards:
        new.guards[Guard(g.compare, at[g.x].index, at[g.y].index, g.outcome)] = None
    outputs = [at[i].index for i in traced.outputs]
    return traced._replace(trace=new, outputs=outputs, sources=[*traced.sources, *given.values()])


def needed_above(trace: Recorder, wanted: Iterable[int], known: Container[int]) -> set[int]:
    """The nodes that the wanted ones are computed from, themselves included, above the known."""
    operands = trace.operands
    found: set[int] = set()
    pending = list(wanted)
    while pending:
        i = pending.pop()
        if i not in known and i not in found:
            found.add(i)
            pending += operands[i]
    return found
