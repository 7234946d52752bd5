"""The chain rule from the variables to the results: on numbers, or building graph.

The twin of `backward.py`. Both sweep over a recorded graph; what flows here are tangents.
"""

from __future__ import annotations

from typing import Any

from .backward import plus, symbolic_partials, times
from .graph import topological_order
from .rows import builder


def pushforward(root: Any, given: dict[Any, float]) -> dict[Any, float]:
    """Return the tangents of the nodes in root's graph, those of the variables being `given`.
    A node that is missing has tangent zero."""
    tangent = dict(given)
    for node in topological_order(root):
        total = 0.0
        for parent, partial in zip(node.parents, node.partials):
            direction = tangent.get(parent, 0.0)
            # as in the backward pass, nothing flows through a zero: no 0·inf
            if direction and partial:
                total += partial * direction
        if total:
            tangent[node] = total
    return tangent


def linked_pushforward(root: Any, given: dict[Any, Any]) -> dict[Any, Any]:
    """The same with floats or Values: the tangents are a graph, to be differentiated again."""
    tangent = dict(given)
    moving = set(given)
    for node in topological_order(root):
        if moving.isdisjoint(node.parents):
            continue
        total: Any = 0.0
        for parent, partial in symbolic_partials(node, moving):
            total = plus(total, times(tangent[parent], partial))
        if builder(total) or total:
            tangent[node] = total
            moving.add(node)
    return tangent
