"""Loops in words, for a reader: how often each runs, what is in it, and what it carries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import prod

from ...messages import counted
from .items import Item, Loop, NodeAt, Reference, Run, events_in

MOST_NAMES = 8
"""Of more numbers only how many they are is told."""


def told(items: Sequence[Item], names: Mapping[int, str] | None = None) -> Iterator[str]:
    """Yield a line for each loop, those within another behind it and further to the right. `names`
    are those of some events, by their ids."""
    yield from Telling(names or {}).loops(items, 0, [])


class Telling:
    """Tells of loops in which some events have `names`."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self.names = names

    def loops(self, items: Sequence[Item], begin: int, trips: list[int]) -> Iterator[str]:
        """Tell of items whose first event has the id `begin`, in loops of these `trips`."""
        for item in items:
            if isinstance(item, Loop):
                yield "    " * len(trips) + self.loop(item, begin, len(trips))
                yield from self.loops(item.body, begin, [*trips, item.trips])
            begin += events_in([item])

    def loop(self, loop: Loop, begin: int, depth: int) -> str:
        operators = sum(not isinstance(item, Loop) for item in loop.body)
        parts = [counted(operators, "operator")] if operators else []
        carried = numbers_carried(loop, begin, depth)
        if carried:
            parts.append(f"carries {self.carried(loop, begin, carried)}")
        return f"loop × {loop.trips:,}" + (f": {', '.join(parts)}" if parts else "")

    def carried(self, loop: Loop, begin: int, bases: Mapping[int, int]) -> str:
        """The names of the carried numbers; how many these are, where some have no name."""
        known = {(id - begin) % loop.span: name for id, name in sorted(self.at_end(loop, begin))}
        names = {known.get((base - begin) % loop.span, "") for base in bases}
        count = sum(bases.values())
        listed = [name for name in dict.fromkeys(self.names.values()) if name in names]
        if not listed or len(listed) > MOST_NAMES:
            return counted(count, "number")
        # a number of two iterations ago has the name of that of the last one
        is_all = count == len(listed)
        return ", ".join(listed) if is_all else f"{counted(count, 'number')} ({', '.join(listed)})"

    def at_end(self, loop: Loop, begin: int) -> Iterator[tuple[int, str]]:
        """The named events of the last iteration, and of one that goes on behind it."""
        last = begin + loop.span * (loop.trips - 1)
        for id, name in self.names.items():
            if last <= id < last + 2 * loop.span:
                yield id, name


def numbers_carried(loop: Loop, begin: int, depth: int) -> dict[int, int]:
    """The numbers that an iteration has from those before, by the ids that the first has, with how
    many each stands for: operands that move on with the iterations, and are older than the loop at
    first, and later of it."""
    last = loop.span * (loop.trips - 1)
    found = {
        reference: count
        for reference, count in nodes_read(loop.body, [])
        if reference.strides[depth] == loop.span and reference.base < begin <= reference.base + last
    }
    bases: Counter[int] = Counter()
    for reference, count in found.items():
        bases[reference.base] += count
    return bases


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
