"""All ways through the branches of a function, as far as they are few: each a trace of its own.

A way is found by turning a comparison of another one around. The function then runs on the same
numbers, which would not go there themselves: it is told how each comparison up to that one comes
out. A trace is right wherever its guards hold, whatever numbers it was made with.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

from .. import pipeline
from ..inputs.arguments import Arguments
from ..passes.task import Task
from ..passes.traced import Traced
from ..surroundings.search import Surroundings
from ..trace.guards import Comparison, Guard
from .lanes import Lanes

MOST_WAYS = 64
MOST_NODES = 200_000
"""Of all ways together."""
MOST_COMPARISONS = 2_000
"""A function that has made so many on one way may go on for ever."""

Around = Callable[[Arguments], Surroundings]
Outcome = tuple[Comparison, bool]
"""A comparison of two nodes, and how it comes out."""


class TooLong(Exception):
    """The function goes on and on, with numbers that do not belong there."""


class Outcomes(dict[Comparison, bool]):
    """Outcomes of comparisons that are known, for a trace that makes not too many others."""

    def __init__(self, known: Mapping[Comparison, bool]) -> None:
        super().__init__(known)
        self.asked = 0

    def get(self, key: Comparison, default: bool | None = None) -> bool | None:  # type: ignore[override]
        self.asked += 1
        if self.asked > MOST_COMPARISONS:
            raise TooLong
        return super().get(key, default)


def ways(task: Task, arguments: Arguments, around: Around) -> Iterator[Traced]:
    """Yield the ways through a function, first that of the first lane of these arguments, then
    those that turn off nearest to their beginning. A way on which the function raises is none.
    `around` tells what the function uses."""
    waiting = deque[Sequence[Outcome]]([()])
    count = nodes = 0
    while waiting and count < MOST_WAYS and nodes < MOST_NODES:
        known = waiting.popleft()
        traced = way(task, arguments, around(arguments), known)
        if traced is None:
            continue
        count, nodes = count + 1, nodes + len(traced.trace)
        yield traced
        waiting += turned(list(traced.trace.guards), len(known))


def way(
    task: Task, arguments: Arguments, around: Surroundings, known: Sequence[Outcome]
) -> Traced | None:
    """The way on which these comparisons come out so; None if the function raises there."""
    lane = Lanes(arguments).lane(0, Outcomes(dict(known)))
    try:
        return pipeline.traced(task, lane, around).as_nodes
    except Exception:
        if not known:
            raise
        return None


def turned(guards: Sequence[Guard], begin: int) -> Iterator[Sequence[Outcome]]:
    """Yield what is decided on each way that leaves this one at a guard, from a guard on."""
    decided = [((g.compare, g.x, g.y), g.outcome) for g in guards]
    for k in range(begin, len(decided)):
        comparison, outcome = decided[k]
        yield (*decided[:k], (comparison, not outcome))
