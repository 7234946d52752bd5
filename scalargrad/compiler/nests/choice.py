"""Which programs keep their loops: those where one number waits for the one before.

The machine runs a nest a number at a time. Where numbers do not wait for each other it is faster to
do many at once, which re-rolling finds in the expanded program. In long loops re-rolling finds them
in each body by itself, where that runs as quickly: then nothing is expanded.
"""

from __future__ import annotations

from collections.abc import Sequence

from ... import ops
from ...rows import Operator
from ..loops.items import Item, Loop, events_in
from .activity import reached
from .nest import CARRIED, Block, Nest

MOST_IN_BODY = 64
"""In a longer body there is much that can be done at once."""
MOST_IN_WIDE_BODY = 4096
"""The same, where a body is done many numbers at a time."""
LEAST_LONG = 500_000
"""With fewer operator calls a program is expanded soon, and its numbers stand in the cache."""
MOST_FREE_OF_LONG = 0.25
"""In a long loop with wide bodies so much work at most, for each that waits for the iteration
before, may be free of it: what is free is done in a few sums for all iterations, if the program is
expanded."""
LEAST_FUNCTIONS = 0.25
"""So many at least of the operators in wide bodies are functions: where most are sums and products,
it takes longer to begin instructions than to do them, and an expanded program has fewer."""
LEAST_IN_LOOPS = 0.75
"""Of the events so many have to lie in loops."""
MOST_AT_ONCE = 5.0
"""So many operators that wait for the iteration before may be done at the same time, on average."""
MOST_FREE = 0.75
"""So much work at most, for each that waits for the iteration before, may be free of it."""
MOST_FREE_IN_LANES = 4.0
"""The same of lanes: where hardly anything waits, sums of products are better done at once."""
MOST_SHARED = 0.05
"""So much work at most, for each that differs from lane to lane, may be the same in all lanes."""
FUNCTION = 4
"""So many times the work of a sum or a product is that of a function."""
QUICK = (ops.add, ops.sub, ops.mul, ops.neg, ops.square, ops.identity)


PARALLEL = "numbers in them do not wait for each other, and many at once are quicker"


def why_not(items: Sequence[Item], most: int) -> str:
    """Tell from the items why their loops may not stay: to stay they have to be short and without
    others in them. Empty if they may."""
    loops = [item for item in items if isinstance(item, Loop)]
    if not loops or events_in(loops) < LEAST_IN_LOOPS * events_in(items):
        return "too few of the operator calls lie in them"
    if any(x.span != len(x.body) for x in loops):
        return "a loop has others in it, whose numbers are computed many at once"
    if any(len(x.body) > most for x in loops):
        return f"a body has more than {most} operators, many of which are computed at once"
    return ""


def is_sequential(nest: Nest) -> bool:
    """Tell whether most numbers in the loops wait for those of the iteration before, one after the
    other."""
    free, waiting, steps = all_work(nest)
    return free <= MOST_FREE * waiting and waiting <= MOST_AT_ONCE * steps


def is_long(items: Sequence[Item]) -> bool:
    """Tell whether it takes long to expand the items."""
    return events_in(items) >= LEAST_LONG


def is_of_functions(nest: Nest) -> bool:
    """Tell whether most work in the loops waits for the iteration before, and a good part of it is
    that of functions: so loops with wide bodies run as quickly as the expanded program."""
    free, waiting, _ = all_work(nest)
    operators = functions = 0
    for block in nest.blocks[1:]:
        works = [work_in(nest, i) for i in block.items if isinstance(i, int)]
        operators += block.trips * (len(works) - works.count(0))
        functions += block.trips * works.count(FUNCTION)
    return free <= MOST_FREE_OF_LONG * waiting and functions >= LEAST_FUNCTIONS * operators


def is_of_lanes(nest: Nest, lanes: Sequence[bool]) -> bool:
    """Tell whether work in the loops waits for the iteration before, and almost all of it differs
    from lane to lane, if inputs do that have `lanes`: what does not is computed once for all lanes
    in the expanded program."""
    free, waiting, _ = all_work(nest)
    begin = [i for i, lane in zip(nest.inputs, lanes) if lane]
    own = reached(nest, begin, range(len(nest)))
    work = [0, 0]
    for block in nest.blocks[1:]:
        for i in block.items:
            if isinstance(i, int):
                work[i in own] += work_in(nest, i) * block.trips
    return free <= MOST_FREE_IN_LANES * waiting and work[False] <= MOST_SHARED * work[True]


def all_work(nest: Nest) -> list[int]:
    return list(map(sum, zip(*[work_of(nest, block) for block in nest.blocks])))


def work_in(nest: Nest, i: int) -> int:
    row = nest.rows[i]
    return (1 if row in QUICK else FUNCTION) if isinstance(row, Operator) else 0


def work_of(nest: Nest, block: Block) -> tuple[int, int, int]:
    """Return the work of a loop that does not wait for the iteration before; that which does; and
    how much of this has to be done one after the other."""
    nodes = [i for i in block.items if isinstance(i, int)]
    waits = waiting_for(nest, nodes)
    free = waiting = 0
    # a carried number is there when the iteration begins
    depth = {i: 0 for i in nodes if nest.rows[i] is CARRIED}
    for i in nodes:
        work = work_in(nest, i)
        if i in depth:
            continue
        if i in waits:
            waiting += work
            depth[i] = work + max([depth.get(j, 0) for j in nest.operands[i]], default=0)
        else:
            free += work
    longest = max(depth.values(), default=0)
    return free * block.trips, waiting * block.trips, longest * block.trips


def waiting_for(nest: Nest, nodes: Sequence[int]) -> set[int]:
    """The nodes of a body that wait for the iteration before: they depend on a carried number that
    is more than a sum, and that depends on one itself."""
    carried = {i for i in nodes if nest.rows[i] is CARRIED and not is_sum(nest, i, nodes)}
    while True:
        found = depending(nest, nodes, carried)
        kept = {c for c in carried if nest.next[c] in found}
        if kept == carried:
            return found
        carried = kept


def depending(nest: Nest, nodes: Sequence[int], begin: set[int]) -> set[int]:
    """The nodes of a body that depend on these of its carried numbers, themselves included."""
    found = set(begin)
    for i in nodes:
        if nest.rows[i] is not CARRIED and not found.isdisjoint(nest.operands[i]):
            found.add(i)
    return found


def is_sum(nest: Nest, carried: int, nodes: Sequence[int]) -> bool:
    """Tell whether a carried number is only added to: nothing else of the body reads it, or the
    sums on the way to the next."""
    i = carried
    while i != nest.next[carried]:
        readers = [k for k in nodes if i in nest.operands[k]]
        if len(readers) != 1 or nest.rows[readers[0]] not in (ops.add, ops.sub):
            return False
        (i,) = readers
    return i != carried
