"""Loops in words, for a reader: how often each runs, what is in it, and what it carries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from ...messages import counted
from .items import Item, Loop, NodeAt, Reference, Run, events_in


def told(items: Sequence[Item]) -> Iterator[str]:
    """Yield a line for each loop, those within another behind it and further to the right."""
    yield from loops_told(items, 0, [])


def loops_told(items: Sequence[Item], begin: int, trips: list[int]) -> Iterator[str]:
    """The same of items whose first event has the id `begin`, in loops of these `trips`."""
    for item in items:
        if isinstance(item, Loop):
            yield "    " * len(trips) + loop_told(item, begin, len(trips))
            yield from loops_told(item.body, begin, [*trips, item.trips])
        begin += events_in([item])


def loop_told(loop: Loop, begin: int, depth: int) -> str:
    operators = sum(not isinstance(item, Loop) for item in loop.body)
    parts = [counted(operators, "operator")] if operators else []
    carried = numbers_carried(loop, begin, depth)
    if carried:
        parts.append(f"carries {counted(carried, 'number')}")
    return f"loop × {loop.trips:,}" + (f": {', '.join(parts)}" if parts else "")


def numbers_carried(loop: Loop, begin: int, depth: int) -> int:
    """How many numbers an iteration has from those before: operands that move on with the
    iterations, and are older than the loop at first, and later of it."""
    last = loop.span * (loop.trips - 1)
    found = {
        reference: count
        for reference, count in nodes_read(loop.body, [])
        if reference.strides[depth] == loop.span and reference.base < begin <= reference.base + last
    }
    return sum(found.values())


def nodes_read(items: Sequence[Item], trips: list[int]) -> Iterator[tuple[NodeAt, int]]:
    """Yield the nodes that items read, and how many each stands for within loops of these trips."""
    for item in items:
        if isinstance(item, Loop):
            yield from nodes_read(item.body, [*trips, item.trips])
        else:
            yield from (found for r in item.references for found in node_read(r, trips))


def node_read(reference: Reference, trips: list[int]) -> Iterator[tuple[NodeAt, int]]:
    first = reference.first if isinstance(reference, Run) else reference
    count = reference.count if isinstance(reference, Run) else 1
    if isinstance(first, NodeAt):
        inner = first.strides[len(first.strides) - len(trips) :]
        yield first, count * prod(n for n, stride in zip(trips, inner) if stride)
