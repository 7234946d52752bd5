"""Which programs keep their loops: those where one number waits for the one before.

The machine runs a nest a number at a time. Where numbers do not wait for each other it is faster to
do many at once, which re-rolling finds in the expanded program.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...rows import Operator
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
    """Tell whether most numbers in the loops wait for each other."""
    operators = steps = 0
    for block in nest.blocks[1:]:
        computed, depth, waits = work_of(nest, block)
        operators += computed * block.trips
        steps += depth * (block.trips if waits else 1)
    return operators <= MOST_AT_ONCE * steps


def work_of(nest: Nest, block: Block) -> tuple[int, int, bool]:
    """Return how many operators an iteration of a loop has, how many of them wait for each other,
    and whether these wait for the iteration before."""
    nodes = [i for i in block.items if isinstance(i, int)]
    computed = [i for i in nodes if isinstance(nest.rows[i], Operator)]
    waiting = waiting_for(nest, nodes)
    depth: dict[int, int] = {}
    for i in computed:
        if i in waiting or not waiting:
            depth[i] = 1 + max([depth.get(j, 0) for j in nest.operands[i]], default=0)
    return len(computed), max(depth.values(), default=0), bool(waiting)


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
