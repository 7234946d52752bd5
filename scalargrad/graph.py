"""Walks over a graph of nodes: iterative, each O(nodes + edges), whatever the depth.

A node is anything with `_parents`, a tuple of nodes in which a parent used twice stands twice.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from typing import Any

Node = Any


def consumers(root: Node, ends: Container[Node] = ()) -> dict[Node, int]:
    """Return every node that `root` was computed from, with the number of edges leading to it. At
    `ends` the walk goes no further."""
    count = {root: 0}
    pending = [root]
    while pending:
        node = pending.pop()
        for parent in () if node in ends else node._parents:
            if parent in count:
                count[parent] += 1
            else:
                count[parent] = 1
                pending.append(parent)
    return count


def backward_order(root: Node, ends: Collection[Node] = ()) -> list[Node]:
    """Return the nodes of the graph, each after all of its consumers; `root` is the first.

    This is *the* order of accumulation: every engine handles nodes in it, the operands of a
    node from first to last, so that all engines round alike. For who wants to know about variables,
    these are `ends`: what they were computed from may be left out.
    """
    # a kind of node may bring the same walk with it, in C
    walk = getattr(root, "_backward_order", None)
    return walk(tuple(ends)) if walk else walked_backward(root, ends)


def walked_backward(root: Node, ends: Container[Node] = ()) -> list[Node]:
    waiting = consumers(root, ends)
    ready = [root]
    order = []
    while ready:
        node = ready.pop()
        order.append(node)
        for parent in () if node in ends else node._parents:
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
    return order


def topological_order(root: Node, ends: Collection[Node] = ()) -> list[Node]:
    """Return the nodes of the graph, each after all of its parents; `root` is the last."""
    return backward_order(root, ends)[::-1]


def above(roots: Sequence[Node], ends: Container[Node]) -> list[Node]:
    """Return the nodes that `roots` were computed from down to `ends`, each after all of its
    parents. The ends are not among them, nor are nodes that only the ends were computed from."""
    found: set[Node] = set()
    order: list[Node] = []
    pending = [(root, False) for root in reversed(roots)]
    while pending:
        node, done = pending.pop()
        if done:
            order.append(node)
        elif node not in found and node not in ends:
            found.add(node)
            pending.append((node, True))
            pending += [(parent, False) for parent in reversed(node._parents)]
    return order
