"""Derivatives of the results, computed as further nodes of the same trace."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Any

from ... import ops
from ...backward import symbolic_adjoints
from ...scalars import NOTHING, is_value
from .record import Output, Recording
from .traced import Entry


def with_derivatives(recording: Recording) -> Recording:
    """Return the same with each entry of the result, divided by the lanes if the task is a mean,
    followed by its derivatives if any are wanted of it."""
    if not recording.task.is_mean and not any(entry.linked for entry in recording.entries):
        return recording
    tracers, index = recording.trace.tracers, recording.trace.index
    pairs = zip(recording.outputs, recording.entries)
    found = [x for out, entry in pairs for x in outputs(recording, tracers[out.node], entry)]
    return recording._replace(
        outputs=[Output(index(x), own, is_result) for x, own, is_result in found]
    )


def outputs(recording: Recording, node: Any, entry: Entry) -> Iterator[tuple[Any, bool, bool]]:
    """Yield the fields of the Outputs for one entry, with numbers and Tracers in place of nodes."""
    task, trace = recording.task, recording.trace
    if task.is_mean:
        node = ops.mul(node, recording.inputs.share)
    yield node, entry.own, True
    if task.wanted is None or not entry.linked:
        return
    variables = [recording.inputs.numbers[k] for k in task.wanted.positions]
    variables += [trace.tracers[i] for i in trace.captured.values()]
    is_variable = bool(variables) and is_value(node)
    found = symbolic_adjoints(node, variables, 1.0) if is_variable else repeat(NOTHING)
    lanes = trace.lanes
    for x, adjoint in zip(variables, found):
        own = task.has_lanes and (entry.own or lanes[x.index] or not task.wanted.summed)
        yield adjoint, own, False
