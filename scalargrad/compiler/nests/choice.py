"""Which programs keep their loops: those where one number waits for the one before.

The machine runs a nest a number at a time. Where numbers do not wait for each other it is faster to
do many at once, which re-rolling finds in the expanded program.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..loops.items import Item, Loop, events_in
from .nest import CARRIED, Block, Nest

MOST_IN_BODY = 64
"""In a longer body there is much that can be done at once."""
LEAST_IN_LOOPS = 0.75
"""Of the events so many have to lie in loops."""
MOST_AT_ONCE = 4.0
"""So many operators of a body may be done at the same time, on average."""


def may_stay(items: Sequence[Item]) -> bool:
    """Tell from the items whether their loops may stay: these are short and have no others in
    them."""
    loops = [item for item in items if isinstance(item, Loop)]
    if not loops or events_in(loops) < LEAST_IN_LOOPS * events_in(items):
        return False
    return all(len(x.body) <= MOST_IN_BODY and x.span == len(x.body) for x in loops)


def is_sequential(nest: Nest) -> bool:
    """Tell whether the numbers in every loop wait for each other."""
    return all(operators_at_once(nest, b) <= MOST_AT_ONCE for b in nest.blocks[1:])


def operators_at_once(nest: Nest, block: Block) -> float:
    """How many operators of a loop could be done at the same time: all iterations of those that do
    not wait for the iteration before, and of the others as many as do not wait for each other."""
    nodes = [i for i in block.items if isinstance(i, int)]
    computed = [i for i in nodes if nest.rows[i] is not CARRIED]
    waits = waiting_for(nest, nodes)
    depth: dict[int, int] = {}
    for i in nodes:
        operands = nest.operands[i] if i in waits and nest.rows[i] is not CARRIED else ()
        depth[i] = (i in waits and nest.rows[i] is not CARRIED) + max(
            [depth.get(j, 0) for j in operands], default=0
        )
    longest = max(depth.values(), default=0) or 1.0 / block.trips
    return len(computed) / longest


def waiting_for(nest: Nest, nodes: Sequence[int]) -> set[int]:
    """The nodes of a body that wait for the iteration before: they depend on a carried number that
    is more than a sum."""
    found = {i for i in nodes if nest.rows[i] is CARRIED and not is_sum(nest, i, nodes)}
    for i in nodes:
        if not found.isdisjoint(nest.operands[i]) and nest.rows[i] is not CARRIED:
            found.add(i)
    return found


def is_sum(nest: Nest, carried: int, nodes: Sequence[int]) -> bool:
    """Tell whether a carried number is only added to: nothing else of the body reads it."""
    readers = [i for i in nodes if carried in nest.operands[i]]
    return readers == [nest.next[carried]] and nest.row(readers[0]).name in ("add", "sub")
