"""Short loops within loops written out: the same events, with fewer loops."""

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


def unrolled(items: Sequence[Item], most: int) -> list[Item]:
    """Return items for the same events in which no body of at most so many events has loops."""
    return [within(item, most) if isinstance(item, Loop) else item for item in items]


def within(loop: Loop, most: int) -> Loop:
    """The loop with its inner loops written out, where all of them are short."""
    if loop.span > most:
        return Loop(loop.trips, loop.span, tuple(unrolled(loop.body, most)))
    return Loop(loop.trips, loop.span, tuple(operations(loop.body)))


def operations(items: Sequence[Item]) -> Iterator[Operation]:
    """Yield the operations of the items, those of loops once for each iteration."""
    for item in items:
        if isinstance(item, Loop):
            body = list(operations(item.body))
            yield from (fixed(x, k, item.trips) for k in range(item.trips) for x in body)
        else:
            yield item


def fixed(operation: Operation, k: int, trips: int) -> Operation:
    """The operation in iteration k of its innermost loop, of so many trips."""
    references = tuple([reference_at(x, k, trips) for x in operation.references])
    return Operation(operation.operator, references, operation.outcome)


def reference_at(x: Reference, k: int, trips: int) -> Reference:
    if not isinstance(x, Run):
        return one_at(x, k, trips)
    if isinstance(x.first, ConstantTable):
        numbers, n = x.first.numbers, x.count
        turns = range(k * n, len(numbers), trips * n)
        return Run(ConstantTable([y for at in turns for y in numbers[at : at + n]]), x.step, n)
    first = one_at(x.first, k, trips)
    assert not isinstance(first, Constant)
    return Run(first, x.step, x.count)


def one_at(x: One, k: int, trips: int) -> One:
    match x:
        case NodeAt(base, (*outer, stride)) | InputAt(base, (*outer, stride)):
            return type(x)(base + k * stride, tuple(outer))
        case ConstantTable(numbers):
            return ConstantTable(numbers[k::trips])
        case InputTable(indexes):
            own = indexes[k::trips]
            # in a loop within loops the same inputs often come again
            return InputAt(own[0]) if min(own) == max(own) else InputTable(own)
    return x
