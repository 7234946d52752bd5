"""What is left to do in lanes that come from another path: what is known of them is not checked,
and what the guard compared that they broke there is not computed, again."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any, NamedTuple

from ..passes.task import Traced
from ..trace.chosen import Trace
from ..trace.recorder import CONSTANT, Guard
from .conditions import Condition, Way


class Side(NamedTuple):
    """An input that is what a guard compared, in the lanes that come from another path because it
    did not hold: its side 0 or 1."""

    which: int


def shortened(traced: Traced, asked: Mapping[Guard, Condition], way: Way) -> Traced:
    """Return what lanes that come this `way` have left to do; `asked` is each guard's condition."""
    trace = traced.trace
    trace.guards = {guard: None for guard in asked if asked[guard] not in way.facts}
    lanes = trace.lanes
    given = {
        i: Side(which)
        for guard, condition in asked.items()
        if condition in way.new and (lanes[guard.x] or lanes[guard.y])
        for which, i in enumerate((guard.x, guard.y))
        if lanes[i] and trace.operands[i]
    }
    return cut(traced, given) if given else traced


def cut(traced: Traced, given: Mapping[int, Side]) -> Traced:
    """Return the same with the nodes that are `given` as inputs, after those that there were."""
    old, new = traced.trace, Trace()
    rows, operands, numbers, lanes = old.rows, old.operands, old.numbers, old.lanes
    at = {i: new.input(numbers[i], lanes[i]) for i in (*old.inputs, *given)}
    for i in sorted(needed_above(old, [*traced.outputs, *old.guarded()], at)):
        if rows[i] is CONSTANT:
            at[i] = new.tracers[new.constant(numbers[i])]
        else:
            at[i] = new.compute(rows[i], [at[j] for j in operands[i]])
    for g in old.guards:
        new.guards[Guard(g.compare, at[g.x].index, at[g.y].index, g.outcome)] = None
    outputs = [at[i].index for i in traced.outputs]
    return traced._replace(trace=new, outputs=outputs, sources=[*traced.sources, *given.values()])


def needed_above(trace: Any, wanted: Iterable[int], known: Container[int]) -> set[int]:
    """The nodes that these are computed from, themselves included, but for those known."""
    operands = trace.operands
    found: set[int] = set()
    pending = list(wanted)
    while pending:
        i = pending.pop()
        if i not in known and i not in found:
            found.add(i)
            pending += operands[i]
    return found
