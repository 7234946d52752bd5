"""Iterations that read numbers of several iterations ago written together: as one iteration of a
longer body, which reads those of the iteration before.

A loop over the parts of a state comes out so: part k reads what was computed for it so many
iterations ago as there are parts. Side by side in a body, parts do not wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .items import (
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
from .unrolling import fixed, operations

LEAST_TURNS = 4
"""So many iterations there are at least of a body that was made longer."""


def in_turns(items: Sequence[Item], most: int) -> list[Item]:
    """Return items for the same events. Loops without others in them whose iterations read what was
    computed several iterations ago have that many in a body, if it gets at most so many events."""
    found: list[Item] = []
    first = 0
    for item in items:
        if not isinstance(item, Loop):
            found.append(item)
            first += 1
            continue
        turns = oldest(item, first) if item.span == len(item.body) else 1
        is_short = turns * item.span <= most and turns * LEAST_TURNS <= item.trips
        found += grouped(item, turns) if turns > 1 and is_short else [item]
        first += item.trips * item.span
    return found


def oldest(loop: Loop, first: int) -> int:
    """How many iterations ago the oldest number was computed that an iteration of the loop reads;
    `first` is the id of the loop's first event."""
    bases = [base for x in operations(loop.body) for base in carried(x, loop.span)]
    return max((-((base - first) // loop.span) for base in bases), default=1)


def carried(operation: Operation, span: int) -> Iterator[int]:
    """Yield which nodes the first iteration reads in place of those of iterations before."""
    for x in operation.references:
        first, steps = (x.first, x.step * (x.count - 1)) if isinstance(x, Run) else (x, 0)
        if isinstance(first, NodeAt) and first.strides == (span,):
            yield from (first.base, first.base + steps)


def grouped(loop: Loop, turns: int) -> Iterator[Item]:
    """Yield the loop with so many iterations in each, and those that are left over."""
    trips = loop.trips // turns
    body = [divided(x, turns, trips) for x in operations(loop.body)]
    yield Loop(trips, loop.span * turns, tuple(operations([Loop(turns, loop.span, tuple(body))])))
    for k in range(trips * turns, loop.trips):
        yield from (fixed(x, k, loop.trips) for x in operations(loop.body))


def divided(operation: Operation, turns: int, trips: int) -> Operation:
    """The operation of a loop as one of a loop of so many turns, in another of so many trips."""
    references = [reference_of(x, turns, trips) for x in operation.references]
    return Operation(operation.operator, tuple(references), operation.outcome)


def reference_of(x: Reference, turns: int, trips: int) -> Reference:
    if not isinstance(x, Run):
        return spread(x, turns, trips)
    # of numbers there are as many in a table as operands
    each = x.count if isinstance(x.first, ConstantTable) else 1
    first = spread(x.first, turns, trips * each)
    assert not isinstance(first, Constant)
    return Run(first, x.step, x.count)


def spread(x: One, turns: int, entries: int) -> One:
    match x:
        case NodeAt(base, (stride,)) | InputAt(base, (stride,)):
            return type(x)(base, (turns * stride, stride))
        case ConstantTable(numbers):
            return ConstantTable(numbers[: turns * entries])
        case InputTable(indexes):
            return InputTable(indexes[: turns * entries])
    return x
