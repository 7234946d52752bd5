"""Folding: three rounds of items that follow one law become a loop.

The law of a loop gives for every operand the base and a stride: nodes are found by it alone, inputs
by it or by a table, numbers are the same or stand in a table.
"""

from __future__ import annotations

from collections.abc import Sequence

from .growing import (
    NODE,
    NUMBER,
    Event,
    Growing,
    Operand,
    Repeat,
    events_within,
    same,
)

DEEPEST = 4
"""How many loops there may be around an event."""


# ------ whether there is a law
def last_without_law(a: list[Growing], b: list[Growing], c: list[Growing]) -> int | None:
    """The last place in three rounds of items at which these follow no law; None if they do."""
    return next((i for i in reversed(range(len(a))) if not alike(a[i], b[i], c[i])), None)


def alike(a: Growing, b: Growing, c: Growing) -> bool:
    """Whether three items are the same thing in successive iterations of a loop around them."""
    if not a.outline() == b.outline() == c.outline():
        return False
    events = [[x for x, _ in events_within(item, [])] for item in (a, b, c)]
    return depth(a) < DEEPEST and all(map(of_one_law, *events))


def depth(item: Growing) -> int:
    """How many loops are around the innermost event of an item."""
    return 0 if isinstance(item, Event) else 1 + max(map(depth, item.body))


def of_one_law(a: Event, b: Event, c: Event) -> bool:
    operands = zip(a.operands, b.operands, c.operands)
    return all(x.kind != NODE or in_line(x, y, z) for x, y, z in operands)


def in_line(x: Operand, y: Operand, z: Operand) -> bool:
    return y.base - x.base == z.base - y.base and x.strides == y.strides == z.strides


def newest(a: list[Growing], b: list[Growing]) -> int:
    """The newest node that every iteration of a loop reads whose first iterations are `a` and `b`;
    −1 if there is none. It has to be older than the loop: else an iteration would read from a
    certain other one."""
    return max(max(map(newest_read, a, b)), -1)


def newest_read(a: Growing, b: Growing) -> int:
    """The same of one item."""
    both = zip(events_within(a, []), events_within(b, []))
    return max(
        (
            last_id(x, trips)
            for (one, trips), (other, _) in both
            for x, y in zip(one.operands, other.operands)
            if x.kind == NODE and x.base == y.base
        ),
        default=-1,
    )


def last_id(x: Operand, trips: Sequence[int]) -> int:
    """The largest id that an operand is in inner loops of these trips."""
    ends = sum(s * (n - 1) for s, n in zip(x.strides, trips) if s > 0)
    return x.base + ends + max(x.step, 0) * (x.count - 1)


# ------ the loop of a law
def fold(a: list[Growing], b: list[Growing], c: list[Growing]) -> Repeat:
    """Return the loop whose first three iterations these are; what it keeps is `a`."""
    for of_items in zip(a, b, c):
        for (x, trips), (y, _), (z, _) in zip(*[events_within(item, []) for item in of_items]):
            for operands in zip(x.operands, y.operands, z.operands):
                merge(*operands, trips)
    return Repeat(a[0].id, 3, a)


def merge(x: Operand, y: Operand, z: Operand, trips: Sequence[int]) -> None:
    """Make `x` what it is in three iterations of a new loop."""
    if needs_table(x, y, z):
        x.table = [*x.entries(trips), *y.entries(trips), *z.entries(trips)]
        x.lawful = 0
    x.strides.append(y.base - x.base)


def needs_table(x: Operand, y: Operand, z: Operand) -> bool:
    if any(operand.table is not None for operand in (x, y, z)):
        return True
    if x.kind == NUMBER:
        return not (same(x.number, y.number) and same(x.number, z.number))
    return not in_line(x, y, z)


# ------ to the left
def take_before(before: list[Growing], loop: Repeat, oldest: int) -> int:
    """Take into a new loop the items `before` it that follow its law, all younger than the node
    `oldest`, so that the loop begins where the law does, wherever it was noticed. Return how many
    items of its body lie behind the last whole iteration."""
    size, taken = len(loop.body), 0
    while before and before[-1].id > oldest:
        item = loop.body[-1 - taken % size]
        if not precedes(before[-1], item, taken // size + 1):
            break
        loop.id = before[-1].id
        take(before.pop(), item)
        taken += 1
    loop.trips += taken // size
    return begin_earlier(loop, taken)


def precedes(earlier: Growing, item: Growing, back: int) -> bool:
    """Whether one item is another as it was some iterations `back` of the loop around it."""
    if earlier.outline() != item.outline():
        return False
    events = zip(events_within(earlier, []), events_within(item, []))
    return all(
        operand_precedes(x, y, back)
        for (one, _), (other, _) in events
        for x, y in zip(one.operands, other.operands)
    )


def operand_precedes(x: Operand, y: Operand, back: int) -> bool:
    if y.table is not None:
        return True
    if x.table is not None:
        return False
    if x.kind == NUMBER:
        return same(x.number, y.number)
    return x.base == y.base - back * y.strides[-1] and x.strides == y.strides[:-1]


def take(earlier: Growing, item: Growing) -> None:
    """Put what an item was an iteration earlier before the rest in its tables."""
    events = zip(events_within(earlier, []), events_within(item, []))
    for (one, trips), (other, _) in events:
        for x, y in zip(one.operands, other.operands):
            if y.table is not None:
                y.table = x.entries(trips) + y.table


def begin_earlier(loop: Repeat, taken: int) -> int:
    """Move the law back to where the first taken item is at the begin of the body."""
    size = len(loop.body)
    whole, rest = divmod(taken, size)
    for i, item in enumerate(loop.body):
        move(item, whole + (i >= size - rest))
    loop.body = loop.body[size - rest :] + loop.body[: size - rest]
    return rest


def move(item: Growing, back: int) -> None:
    for event, _ in events_within(item, []):
        for x in event.operands:
            x.base -= back * x.strides[-1]
