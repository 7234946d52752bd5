"""The chain rule from the variables to the results: on numbers, or building graph.

The twin of `backward.py`: both sweep over a recorded graph. Tangents flow here, adjoints there.
"""

from __future__ import annotations

from typing import Any

from . import doubts, ops
from .backward import is_no_contribution, plus, symbolic_partials, times
from .graph import topological_order
from .ieee import choose
from .scalars import NOTHING, is_nothing


def pushforward(root: Any, given: dict[Any, float]) -> dict[Any, float]:
    """Return the tangents of the nodes in root's graph; the variables have the tangents `given`.
    A node without an entry does not move: its tangent is NOTHING."""
    return doubts.without(lambda: tangents(root, given))


def tangent_of(node: Any, tangent: dict[Any, Any]) -> Any:
    """The tangent of a result of a function for its caller, who sees 0.0 where nothing moves. Where
    numbers are traced, the result may be another object than the node that was walked."""
    return tangent.get(getattr(node, "_as_walked", node), 0.0) + 0.0


def tangents(root: Any, given: dict[Any, float]) -> dict[Any, float]:
    tangent = {node: ops.start(direction) for node, direction in given.items()}
    for node in topological_order(root, given):
        total = NOTHING
        for parent, partial in zip(node._parents, node._partials):
            total += choose(tangent.get(parent, NOTHING), partial)
        if not is_nothing(total):
            tangent[node] = total
    return tangent


def linked_pushforward(root: Any, given: dict[Any, Any]) -> dict[Any, Any]:
    """The same with floats or Values: the tangents are a graph, to be differentiated again."""
    tangent = {node: ops.start(direction) for node, direction in given.items()}
    moving = set(given)
    for node in topological_order(root, given):
        if moving.isdisjoint(node._parents):
            continue
        total: Any = NOTHING
        for parent, partial, selects in symbolic_partials(node, moving):
            total = plus(total, times(tangent[parent], partial, selects))
        if not is_no_contribution(total):
            tangent[node] = total
            moving.add(node)
    return tangent
