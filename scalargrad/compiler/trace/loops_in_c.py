"""The recorder of loops in C: the twin of `loops/recorder.py`, item for item."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from ..loops.growing import INPUT, NODE, NUMBER
from ..loops.items import (
    Constant,
    ConstantTable,
    InputAt,
    InputTable,
    Item,
    Loop,
    NodeAt,
    One,
    Operation,
    Reference,
    Run,
)
from ..loops.recorder import Call, Recorded
from .native import nodes


class Recorder(nodes.LoopRecorder):  # type: ignore[misc]
    """Records events."""

    def record(self, operator: Any, operands: Sequence[One], outcome: bool | None = None) -> int:
        found: int = super().record(operator, tuple(map(pair, operands)), outcome)
        return found

    def finish(self) -> Recorded:
        return Recorded(items_of(super().finish()), len(self))


def pair(operand: One) -> tuple[int, float]:
    match operand:
        case NodeAt(base):
            return NODE, base
        case InputAt(base):
            return INPUT, base
        case Constant(number):
            return NUMBER, number
    raise TypeError(f"expected a node, an input or a constant, got {operand!r}")


# ------ items, from what C hands out
def items_of(made: Iterable[Any]) -> tuple[Item, ...]:
    return tuple([item(*fields) for fields in made])


def item(*fields: Any) -> Item:
    if len(fields) == 3:
        trips, span, body = fields
        return Loop(trips, span, items_of(body))
    operator, outcome, operands, _ = fields
    return Operation(operator, tuple([reference(*x) for x in operands]), outcome)


def recorded(calls: Iterable[Call]) -> Recorded:
    """The items that a recorder makes of these calls."""
    recorder = nodes.LoopRecorder()
    for operator, pairs, outcome in calls:
        recorder.record(operator, tuple(pairs), outcome)
    return Recorded(items_of(recorder.finish()), len(recorder))


def reference(
    kind: int,
    base: int,
    strides: tuple[int, ...],
    number: float,
    table: bytes | None,
    step: int,
    count: int,
) -> Reference:
    first: One
    if table is not None:
        first = (
            ConstantTable(array("d", table)) if kind == NUMBER else InputTable(array("q", table))
        )
    elif kind == NUMBER:
        first = Constant(number)
    else:
        first = NodeAt(base, strides) if kind == NODE else InputAt(base, strides)
    if count == 1:
        return first
    assert not isinstance(first, Constant)
    return Run(first, step, count)
