"""A program as a graph of Values: to be drawn as any other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ...engine import Value
from ...rows import Operator
from ...scalars import is_value
from ..passes.traced import Traced
from ..pipeline import program_of
from ..text.names import Names
from ..trace.recorder import Recorder
from ..trace.vocabulary import CONSTANT

if TYPE_CHECKING:
    from ...drawing.picture.drawing import Drawing


def drawn(traced: Traced, names: Names, simplified: bool, options: dict[str, Any]) -> Drawing:
    from ...drawing import draw

    trace, outputs = traced.trace, traced.outputs
    if simplified:
        program = program_of(traced.body)
        trace, outputs = program.trace, program.outputs
    labels = dict(zip(trace.inputs, names.inputs))
    nodes = graph(trace, trace.needed(outputs), labels.get)
    for i, name in zip(outputs, names.outputs):
        nodes[i].label = nodes[i].label or name
    return draw([nodes[i] for i in dict.fromkeys(outputs)], **options)


def graph(
    trace: Recorder, order: Iterable[int], label: Callable[[int], str | None]
) -> dict[int, Any]:
    """Return the nodes of a trace as Values with the numbers of the lane that was traced."""
    nodes: dict[int, Any] = {}
    for i in order:
        row = trace.rows[i]
        if isinstance(row, Operator):
            nodes[i] = built(row, [operand(trace, nodes, j) for j in trace.operands[i]])
        else:
            nodes[i] = Value(trace.numbers[i], label=label(i) or "")
    return nodes


def operand(trace: Recorder, nodes: dict[int, Any], i: int) -> Any:
    return trace.numbers[i] if trace.rows[i] is CONSTANT else nodes[i]


def built(row: Operator, operands: Sequence[Any]) -> Any:
    if not any(map(is_value, operands)):
        return Value(row.forward(*operands))
    return Value.__operator__(row, tuple(operands))
