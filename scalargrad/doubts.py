"""Zeros that may stand for nothing: which do is found only where it makes a difference.

A compiled function computes its partials quickly, and takes nothing for a zero. To tell the two
apart it has to run again. They differ in what they make of an infinity or a NaN above or below:
nothing stays nothing, a zero becomes NaN. So as long as no NaN comes, every gradient is right.

An operator with such zeros has a method `decided(node, known)`, which returns the partials of a
node with NOTHING in its place; what it computed for one node it may keep in `known` for others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from math import isnan
from typing import Any


def without(sweep: Callable[[], dict[Any, float]]) -> dict[Any, float]:
    """Return the gradients or tangents of a sweep over a graph, where a NaN came those of another
    one, after all zeros are decided."""
    found = sweep()
    return sweep() if have_nan(found.values()) and decide_among(found) else found


def have_nan(numbers: Collection[float]) -> bool:
    # the sum may be NaN for infinities too, but it is quick
    return isnan(sum(numbers)) and any(map(isnan, numbers))


def decide_among(nodes: Iterable[Any]) -> bool:
    """Decide the zeros of these nodes; return whether there were any."""
    doubtful = list(filter(is_doubtful, nodes))
    decide(doubtful)
    return bool(doubtful)


def is_doubtful(node: Any) -> bool:
    return hasattr(node.op, "decided") and any(p == 0.0 for p in node._partials)


def decide(nodes: Iterable[Any]) -> None:
    """Put NOTHING in the place of the zeros that stand for it. All or nothing."""
    known: dict[Any, Any] = {}
    found = [(node, tuple(node.op.decided(node, known))) for node in nodes]
    for node, partials in found:
        node._decide(partials)
