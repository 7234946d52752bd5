"""The operator at fault where a gradient is wrong: those of its graph are judged one by one.

A partial is judged by the slope of its operator's own forward function. At a kink a partial may be
any number between the slopes of the two sides. How far the gradients of the leaves are open then
follows from the chain rule on intervals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite, nan
from typing import Any, NamedTuple

from ..graph import topological_order
from ..modes import outermost
from ..scalars import is_value
from ..transforms.variables import number
from .roundoff import Line
from .sides import Interval, between_sides
from .slopes import NOT_SMOOTH, point
from .verdicts import NOISY, RIGHT, SLACK, WRONG, Checked, judge


def explained(
    root: Any, leaves: Sequence[Any], found: list[Checked]
) -> tuple[list[Checked], list[str]]:
    """Return the operands with final verdicts, and notes on what is wrong, none if nothing is.

    An operator at a kink makes a derivative a matter of convention, not wrong, within what its
    one-sided slopes allow.
    """
    partials = judged_partials(root, any(x.verdict == WRONG for x in found))
    wrong = [x for x in partials if x.verdict == WRONG]
    if wrong:
        behind = {leaf for x in wrong for leaf in topological_order(x.node.operands[x.i])}
        blamed = [
            x._replace(verdict=WRONG) if x.verdict == NOISY and leaf in behind else x
            for x, leaf in zip(found, leaves)
        ]
        return blamed, list(dict.fromkeys(map(fault_text, wrong)))[:MOST_NOTES]
    if all(x.verdict != WRONG for x in found):
        return found, []
    allowed = intervals(root, leaves, partials)
    final = [
        x._replace(verdict=NOT_SMOOTH) if x.verdict == WRONG and excused(x, interval) else x
        for x, interval in zip(found, allowed)
    ]
    return final, [DETACHED] if any(x.verdict == WRONG for x in final) else []


MOST_NOTES = 5
ELSEWHERE = (2.0**-20, 2.0**-80, -64.0, 64.0)
"""Factors for the other operands, where these drown the operand that is judged."""
DETACHED = (
    "Every operator's own derivative is right: the function leaves the graph somewhere (with "
    ".data or detach), or depends on a number that was computed from its arguments elsewhere."
)


class Judged(NamedTuple):
    """The verdict on the partial in operand `i` of an operator, as measured at `numbers`; at a
    kink `interval` is what lies between the slopes of both sides."""

    i: int
    numbers: Sequence[float]
    measured: Checked
    interval: Interval


class Suspect(NamedTuple):
    """A stored partial of a node that is wrong, or no slope of a smooth function."""

    node: Any
    judged: Judged

    @property
    def i(self) -> int:
        return self.judged.i

    @property
    def verdict(self) -> str:
        return self.judged.measured.verdict


def judged_partials(root: Any, built_in: bool) -> list[Suspect]:
    """Return the partials of a graph that are wrong, or no slopes of a smooth function. Operators
    of the user's own are judged, and all others too if `built_in`."""
    known: dict[Any, list[Judged]] = {}
    found = []
    for node in topological_order(root) if is_value(root) else ():
        if node.parents and (built_in or is_own(node.op)):
            variable = tuple(i for i, x in enumerate(node.operands) if is_value(x))
            key = (node.op, variable, *map(number, node.operands))
            if key not in known:
                known[key] = list(judged(node, variable))
            found += [Suspect(node, x) for x in known[key]]
    return found


def is_own(op: Any) -> bool:
    """Tell whether an operator is the user's own. A compiled function, or a checkpoint, is none,
    though its operator does not stand in the table either."""
    return op.code < 0 and op.arrange is None


def judged(node: Any, variable: Sequence[int]) -> Iterator[Judged]:
    numbers = list(map(number, node.operands))
    for i, partial in zip(variable, node.partials):
        found = Judged(i, numbers, *at_kink(node.op, numbers, i, partial))
        # a slope of 0 beside one that is far larger is noise too
        hidden = found.measured.verdict == NOISY or (partial == 0.0 and len(numbers) > 1)
        if hidden and is_own(node.op):
            found = elsewhere(node.op, found)
        if found.measured.verdict not in (RIGHT, NOISY):
            yield found


def at_kink(op: Any, numbers: Sequence[float], i: int, partial: float) -> tuple[Checked, Interval]:
    line = along_operand(op, numbers, i)
    found = judge("", line, numbers[i], partial, 0.0)
    if found.verdict in (RIGHT, NOISY):
        return found, Interval(partial, partial)
    return found, between_sides(point(line, numbers[i], 0.0)) or Interval()


def elsewhere(op: Any, drowned: Judged) -> Judged:
    """Judge the rule of an operator at other numbers for the other operands, until these do not
    drown the one that is judged. Return a fault found there, else the verdict that was given."""
    i = drowned.i
    for scale in ELSEWHERE:
        numbers = [x if j == i else x * scale for j, x in enumerate(drowned.numbers)]
        partial = partial_at(op, numbers, i)
        found = Judged(i, numbers, *at_kink(op, numbers, i, partial))
        if found.measured.verdict == WRONG and isfinite(partial):
            return found
        if found.measured.verdict == RIGHT and partial:
            break
    return drowned


def partial_at(op: Any, numbers: Sequence[float], i: int) -> float:
    """The partial in operand `i` by the operator's rule; NaN outside of its domain."""
    with outermost():
        try:
            out = float(op.forward(*numbers))
            return float(op.local(out, numbers, [j == i for j in range(len(numbers))])[i])
        except (ArithmeticError, ValueError):
            return nan


def along_operand(op: Any, numbers: Sequence[float], i: int) -> Line:
    before, after = numbers[:i], numbers[i + 1 :]
    return lambda x: float(op.forward(*before, x, *after))


def fault_text(partial: Suspect) -> str:
    i, numbers, found, interval = partial.judged
    name = partial.node.op.name
    shown = ", ".join([*map(repr, numbers[:8]), *(["…"] if len(numbers) > 8 else [])])
    measured = f"measured {found.measured:.10g} ± {found.error:.1e}"
    if found.measured != found.measured:
        measured = f"the slopes on both sides are {interval.low:.10g} and {interval.high:.10g}"
    return (
        f"The operator {name!r} is wrong: ∂/∂operand {i} of {name}({shown}) is "
        f"{found.gradient:.10g}, {measured}"
    )


# ------ how far kinks leave a gradient open


def intervals(root: Any, leaves: Sequence[Any], kinks: Sequence[Suspect]) -> list[Interval]:
    """Return between which numbers each gradient may lie, if at a kink a partial may be any
    number between the slopes of its two sides."""
    open_ = {(id(x.node), x.i): x.judged.interval for x in kinks}
    upstream = {root: Interval(1.0, 1.0)}
    for node in reversed(topological_order(root)) if is_value(root) else ():
        around = upstream.get(node, Interval(0.0, 0.0))
        variable = [i for i, x in enumerate(node.operands) if is_value(x)]
        for i, partial in zip(variable, node.partials):
            own = open_.get((id(node), i), Interval(partial, partial))
            flows, parent = times(around, own), node.operands[i]
            upstream[parent] = plus(upstream[parent], flows) if parent in upstream else flows
    return [upstream.get(leaf, Interval(0.0, 0.0)) for leaf in leaves]


def times(x: Interval, y: Interval) -> Interval:
    ends = [a * b for a in x for b in y]
    return Interval() if any(e != e for e in ends) else Interval(min(ends), max(ends))


def plus(x: Interval, y: Interval) -> Interval:
    low, high = x.low + y.low, x.high + y.high
    return Interval() if low != low or high != high else Interval(low, high)


def excused(found: Checked, allowed: Interval) -> bool:
    """Tell whether kinks explain why a gradient is not the slope that was measured."""
    if allowed.low == allowed.high:
        return False
    if found.measured != found.measured:
        return True
    return allowed.holds(found.measured, found.error + SLACK * abs(found.measured))
