"""Sums over the lanes, moved to where they are cheapest.

A sum over lanes is linear. The sum moves through +, − and uniform factors, so that as little as
possible is computed lane by lane. It stays before a sum or a difference that has an input among its
operands, for such a number is exact: Σ(x − w) keeps digits that Σx − n·w loses.

In a sum of ∞·x the signs of all x count, in ∞·Σx only that of their sum. A sum that moved through
a factor that may be infinite is also kept as it was: the careful program computes it so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress, groupby
from math import isfinite
from typing import Any

from ... import ops
from ..inputs.sources import FIRST
from ..trace import in_python
from ..trace.recorder import Recorder
from ..trace.vocabulary import (
    CONSTANT,
    INPUT,
    accumulate,
    handed_on,
    lanes_sum,
    moved_sum,
    stop_gradient,
)
from .record import Outputs, Recording

SUMS = (ops.add, ops.sub, ops.sum)
SAME = (ops.identity, stop_gradient)
ALIKE = (ops.neg, *SAME)
PRODUCTS = (ops.mul, ops.chain, ops.choose)


def with_lane_sums(recording: Recording) -> Recording:
    """Return the same with sums over the lanes for outputs that not every lane has its own of."""
    if not recording.task.has_lanes:
        return recording
    nodes, owns, are_results = recording.outputs
    for is_told in (True, False):
        which = [not own and is_one is is_told for own, is_one in zip(owns, are_results)]
        asked = list(compress(nodes, which))
        if asked:
            sums = iter(lane_sums(recording.trace, asked, recording.inputs.count, is_told))
            nodes = [next(sums) if is_asked else i for i, is_asked in zip(nodes, which)]
    return recording.with_nodes(nodes)


def alike(outputs: Outputs) -> Iterator[tuple[bool, bool, list[int]]]:
    """Yield the nodes of outputs that follow each other, and are alike: whether every lane has its
    own, and whether they are results."""
    end = 0
    # there are thousands of outputs, most of them alike
    for (own, is_result), run in groupby(zip(outputs.own, outputs.are_results)):
        begin, end = end, end + sum(1 for _ in run)
        yield own, is_result, outputs.nodes[begin:end]


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

    found: list[int] = []
    for own, is_result, nodes in alike(recording.outputs):
        found += told(nodes, own, is_result)
    return recording.with_nodes(found)


def lane_sums(
    trace: Recorder, nodes: Sequence[int], lane_count: Any, is_told: bool = False
) -> list[int]:
    """Return the sums of `nodes` over all lanes, which are new nodes. Where it `is_told` of them
    afterwards that a −0.0 is 0.0, those that are a number + 0.0 count as that number."""
    if not isinstance(trace, in_python.Trace):
        in_c: Any = trace
        counts = [lane_count.index, *trace.inputs[:FIRST]]
        found: list[int] = in_c.lane_sums(nodes, counts, is_told)
        return found
    nodes = [without_zero(trace, i) if is_told else i for i in nodes]
    sums: dict[int, Any] = {}
    for i in reversed(order_of_sums(trace, nodes)):
        sums[i] = summed(trace, i, sums, lane_count)
    return [trace.index(sums[i]) for i in nodes]


def without_zero(trace: Recorder, i: int) -> int:
    """The node x where node i is x + 0.0, or the same number as that; else i."""
    while trace.rows[i] in SAME or is_plus_zero(trace, i):
        i = trace.operands[i][0]
    return i


def is_plus_zero(trace: Recorder, i: int) -> bool:
    if trace.rows[i] is not ops.add:
        return False
    _, y = trace.operands[i]
    return trace.rows[y] is CONSTANT and str(trace.numbers[y]) == "0.0"


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
    if row is accumulate:
        return varying if is_linear(trace, operands) else ()
    if row not in PRODUCTS and (row is not ops.div or trace.lanes[operands[1]]):
        return ()
    return varying if len(varying) == 1 else ()


def is_linear(trace: Recorder, factors: Sequence[int]) -> bool:
    """Tell whether the sum of products over lanes is one of the sums of their factors: no product
    is of two numbers with lanes, and none is an input alone."""
    return not any(
        (trace.lanes[x] and trace.lanes[y])
        or (is_input(trace, x) and is_one(trace, y))
        or (is_input(trace, y) and is_one(trace, x))
        for x, y in zip(factors[::2], factors[1::2])
    )


def is_one(trace: Recorder, i: int) -> bool:
    return trace.rows[i] is CONSTANT and trace.numbers[i] == 1.0


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
    those = set(moved)
    operands = [sums[j] if j in those else trace.tracers[j] for j in trace.operands[i]]
    if trace.rows[i] is accumulate:
        counted(trace, i, operands, lane_count)
    found = trace.compute(trace.row(i), operands)
    if is_surely_linear(trace, i):
        return found
    return trace.compute(moved_sum, [trace.compute(lanes_sum, [x]), found])


def counted(trace: Recorder, i: int, operands: list[Any], lane_count: Any) -> None:
    """Have each product of node i that is the same in all lanes be one of them all."""
    lanes, factors = trace.lanes, trace.operands[i]
    for k in range(0, len(factors) - 1, 2):
        if not (lanes[factors[k]] or lanes[factors[k + 1]]):
            operands[k] = trace.compute(ops.mul, [lane_count, operands[k]])
