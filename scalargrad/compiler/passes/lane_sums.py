"""Sums over the lanes, moved to where they are cheapest.

A sum over lanes is linear. The sum moves through +, − and uniform factors, so that as little as
possible is computed lane by lane. It stays before a sum or a difference that has an input among its
operands, for such a number is exact: Σ(x − w) keeps digits that Σx − n·w loses.

In a sum of ∞·x the signs of all x count, in ∞·Σx only that of their sum. A sum that moved through
a factor that may be infinite is also kept as it was: the careful program computes it so.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import isfinite
from operator import itemgetter
from typing import Any

from ... import ops
from ..inputs.sources import FIRST
from ..trace import in_python
from ..trace.recorder import Recorder
from ..trace.vocabulary import CONSTANT, INPUT, handed_on, lanes_sum, moved_sum, stop_gradient
from .record import Recording

SUMS = (ops.add, ops.sub, ops.sum)
ALIKE = (ops.neg, ops.identity, stop_gradient)
PRODUCTS = (ops.mul, ops.chain, ops.choose)


def with_lane_sums(recording: Recording) -> Recording:
    """Return the same with sums over the lanes for outputs that not every lane has its own of."""
    if not recording.task.has_lanes:
        return recording
    nodes, owns, _ = recording.outputs
    shared = [i for i, own in zip(nodes, owns) if not own]
    sums = iter(lane_sums(recording.trace, shared, recording.inputs.count))
    return recording.with_nodes(i if own else next(sums) for i, own in zip(nodes, owns))


def with_zeros_told(recording: Recording) -> Recording:
    """Return the same with the outputs as they leave the program. In a sum or a derivative −0.0
    stands for no contribution at all: users see 0.0, and a node is handed on its partials. A result
    that the function returned stays as it is."""
    trace, task = recording.trace, recording.task
    if not task.has_lanes and all(recording.outputs.are_results):
        return recording
    is_seen = task.wanted is not None and task.wanted.always

    def told(nodes: list[int], own: bool, is_result: bool) -> list[int]:
        if not is_result and not is_seen:
            return trace.compute_each(handed_on, nodes)
        if is_result and (own or not task.has_lanes):
            return nodes
        return trace.compute_each(ops.add, nodes, [trace.constant(0.0)])

    # there are thousands of outputs, most of them alike
    found: list[int] = []
    for (own, is_result), alike in groupby(zip(*recording.outputs), itemgetter(1, 2)):
        found += told([node for node, _, _ in alike], own, is_result)
    return recording.with_nodes(found)


def lane_sums(trace: Recorder, nodes: Sequence[int], lane_count: Any) -> list[int]:
    """Return the sums of `nodes` over all lanes, which are new nodes."""
    if not isinstance(trace, in_python.Trace):
        in_c: Any = trace
        found: list[int] = in_c.lane_sums(nodes, [lane_count.index, *trace.inputs[:FIRST]])
        return found
    sums: dict[int, Any] = {}
    for i in reversed(order_of_sums(trace, nodes)):
        sums[i] = summed(trace, i, sums, lane_count)
    return [trace.index(sums[i]) for i in nodes]


def order_of_sums(trace: Recorder, nodes: Sequence[int]) -> list[int]:
    """The nodes whose sums are asked for, or give these: each before its operands."""
    wanted = set(nodes)
    pending = list(wanted)
    while pending:
        found = set(inner(trace, pending.pop())) - wanted
        wanted |= found
        pending += found
    return sorted(wanted, reverse=True)


def inner(trace: Recorder, i: int) -> tuple[int, ...]:
    """The operands whose sums over lanes give that of node i."""
    row, operands = trace.rows[i], trace.operands[i]
    if not trace.lanes[i]:
        return ()
    if row in ALIKE or (row in SUMS and not any(is_input(trace, j) for j in operands)):
        return operands
    varying = tuple(j for j in operands if trace.lanes[j])
    if row not in PRODUCTS and (row is not ops.div or trace.lanes[operands[1]]):
        return ()
    return varying if len(varying) == 1 else ()


def is_input(trace: Recorder, i: int) -> bool:
    return trace.lanes[i] and trace.rows[i] is INPUT


def is_surely_linear(trace: Recorder, i: int) -> bool:
    """Whether all factors of node i that are uniform are finite in every call, and no divisor 0."""
    if trace.rows[i] in SUMS or trace.rows[i] in ALIKE:
        return True
    return all(is_finite(trace, j) for j in trace.operands[i] if not trace.lanes[j])


def is_finite(trace: Recorder, i: int) -> bool:
    """Whether node i is a constant that is finite and not 0, or tells how many lanes there are."""
    if trace.rows[i] is CONSTANT:
        return trace.numbers[i] != 0.0 and isfinite(trace.numbers[i])
    return i in trace.inputs[:FIRST]


def summed(trace: Recorder, i: int, sums: dict[int, Any], lane_count: Any) -> Any:
    """The sum of node i over the lanes, where the sums of its `inner` operands are known."""
    x = trace.tracers[i]
    if not trace.lanes[i]:
        return trace.compute(ops.mul, [lane_count, x])
    moved = inner(trace, i)
    if not moved:
        return trace.compute(lanes_sum, [x])
    operands = [sums[j] if j in moved else trace.tracers[j] for j in trace.operands[i]]
    found = trace.compute(trace.row(i), operands)
    if is_surely_linear(trace, i):
        return found
    return trace.compute(moved_sum, [trace.compute(lanes_sum, [x]), found])
