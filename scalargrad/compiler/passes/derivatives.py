"""Derivatives of the results, computed as further nodes of the same trace."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...backward import symbolic_adjoints
from ...scalars import NOTHING, is_value
from .lane_sums import without_zero
from .record import Outputs, Recording
from .traced import Entry


def with_derivatives(recording: Recording) -> Recording:
    """Return the same with each entry of the result, divided by the lanes if the task is a mean,
    followed by its derivatives if any are wanted of it."""
    if not any(entry.linked for entry in recording.entries):
        return with_shares(recording) if recording.task.is_mean else recording
    trace, outputs = recording.trace, Outputs([], [], [])
    for i, entry in zip(recording.outputs.nodes, recording.entries):
        add(outputs, recording, trace.tracers[i], entry)
    return recording._replace(outputs=outputs).with_nodes(map(trace.index, outputs.nodes))


def with_shares(recording: Recording) -> Recording:
    """Return the same with each output divided by the lanes, of which there may be thousands."""
    trace, nodes = recording.trace, recording.outputs.nodes
    # what is summed afterwards is told to be no −0.0 then
    numbers = [i if own else without_zero(trace, i) for i, own in zip(nodes, recording.outputs.own)]
    return recording.with_nodes(
        trace.compute_each(ops.mul, numbers, [recording.inputs.share.index])
    )


def add(outputs: Outputs, recording: Recording, node: Any, entry: Entry) -> None:
    """Add the outputs for one entry, with numbers and Tracers in place of nodes."""
    task, trace = recording.task, recording.trace
    if task.is_mean:
        node = ops.mul(node, recording.inputs.share)
    outputs.add([node], [entry.own], True)
    if task.wanted is None or task.wanted.later or not entry.linked:
        return
    variables = [recording.inputs.numbers[k] for k in task.wanted.positions]
    variables += [trace.tracers[i] for i in trace.captured.values()]
    is_variable = bool(variables) and is_value(node)
    found = symbolic_adjoints(node, variables, 1.0) if is_variable else [NOTHING] * len(variables)
    always = task.has_lanes and (entry.own or not task.wanted.summed)
    lanes = [always or (task.has_lanes and trace.lanes[x.index]) for x in variables]
    outputs.add(found, lanes, False)
