"""Items: what a function did, operator call by operator call, with loops written as loops.

An operator call is an *event*. Events are numbered as they happen, from 0 on: the number of an
event is its id, and the id of a node is that of the event that computed it. Inputs are numbered
apart. An item is one event, an `Operation`, or a `Loop` of items. Items are notation only:
`expand` gives the very same events back.

An operation within loops says of each operand where the operand is in every iteration. There are as
many strides as loops around the operation, the outermost first: in iteration k of a single loop
around it `NodeAt(base, (stride,))` is node base + stride·k. A table has an entry for each time that
the operation runs, in the order in which it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...rows import Operator


# ------ operands
@dataclass(frozen=True, slots=True)
class NodeAt:
    """The result of an event: that with the id base + Σ strides·iterations."""

    base: int
    strides: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class InputAt:
    """The input with the number base + Σ strides·iterations; the first is 0."""

    base: int
    strides: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Constant:
    """A number of Python's, the same each time, bit for bit."""

    number: float


@dataclass(frozen=True, slots=True)
class ConstantTable:
    """A number of Python's that varies: one for each time the operation runs."""

    numbers: Sequence[float]


@dataclass(frozen=True, slots=True)
class InputTable:
    """An input without a stride: the number of the input for each time the operation runs."""

    indexes: Sequence[int]


One = NodeAt | InputAt | Constant | ConstantTable | InputTable
"""One operand."""


@dataclass(frozen=True, slots=True)
class Run:
    """`count` operands of an operator over a list, side by side: `first` and those `step`, 2·`step`
    … further on, in nodes or in inputs. With a ConstantTable as `first` the operands are
    numbers: the next `count` of the table each time, and `step` is 0."""

    first: NodeAt | InputAt | InputTable | ConstantTable
    step: int
    count: int


Reference = One | Run


# ------ items
@dataclass(frozen=True, slots=True)
class Operation:
    """An event: an operator applied to operands. It is a guard where `operator` is the name of a
    comparison ("<", "<=", "!="): then `outcome` says how that went, and no event reads its id."""

    operator: Operator | str
    references: tuple[Reference, ...]
    outcome: bool | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """The items of `body`, `trips` times; `span` events each time."""

    trips: int
    span: int
    body: tuple[Item, ...]


Item = Operation | Loop


def events_in(items: Iterable[Item]) -> int:
    """How many events these items stand for."""
    return sum(item.trips * item.span if isinstance(item, Loop) else 1 for item in items)


# ------ back to events
def expand(
    items: Iterable[Item], iterations: tuple[int, ...] = (), turn: int = 0
) -> Iterator[Operation]:
    """Yield the events that items stand for, in order: operations without strides, tables and runs.
    `iterations` are those of the loops around the items, and `turn` is how often the body of the
    innermost ran before."""
    for item in items:
        if isinstance(item, Loop):
            for k in range(item.trips):
                yield from expand(item.body, (*iterations, k), turn * item.trips + k)
        else:
            found = [x for r in item.references for x in operands(r, iterations, turn)]
            yield Operation(item.operator, tuple(found), item.outcome)


def operands(
    reference: Reference, iterations: tuple[int, ...], turn: int
) -> list[NodeAt | InputAt | Constant]:
    """The operands that a reference stands for in these iterations."""
    if not isinstance(reference, Run):
        return [operand(reference, iterations, turn)]
    first, step, count = reference.first, reference.step, reference.count
    if isinstance(first, ConstantTable):
        return [Constant(x) for x in first.numbers[turn * count : (turn + 1) * count]]
    begin = operand(first, iterations, turn)
    assert not isinstance(begin, Constant)
    return [type(begin)(begin.base + step * j) for j in range(count)]


def operand(reference: One, iterations: tuple[int, ...], turn: int) -> NodeAt | InputAt | Constant:
    """The operand that a reference to one stands for in these iterations."""
    match reference:
        case NodeAt(base, strides) | InputAt(base, strides):
            return type(reference)(base + sum(s * k for s, k in zip(strides, iterations)))
        case ConstantTable(numbers):
            return Constant(numbers[turn])
        case InputTable(indexes):
            return InputAt(indexes[turn])
    return reference
