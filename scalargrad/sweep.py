"""The numeric backward pass of the pure engine: `backward.propagate`, with its notes in the nodes.

A node notes in `_seen` the pass that found it, in `_waiting` how many edges are still to come where
several lead to it, and in `_adjoint` what came: half of the time that dictionaries with nodes as
keys take. So one pass runs at a time; another one meanwhile, in a thread or a signal handler, uses
dictionaries.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from . import backward, doubts
from .backward import NO_GRADIENT
from .scalars import is_nothing

_is_running = Lock()

Found = tuple[list[Any], list[float]]
"""The nodes of a graph, and their adjoints. Where nothing came, the adjoint is the very object
NO_GRADIENT, which tells it from a −0.0 that was computed, a zero."""


def propagate(root: Any, seed: float) -> Found:
    """Return every node of root's graph with its adjoint ∂root/∂node · seed."""
    nodes, adjoints = adjoints_of_all(root, seed)
    if doubts.have_nan(adjoints) and doubts.decide_among(nodes):
        return adjoints_of_all(root, seed)
    return nodes, adjoints


def adjoints_of_all(root: Any, seed: float) -> Found:
    if not _is_running.acquire(blocking=False):
        return by_dictionary(root, seed)
    # an interrupt just here keeps the lock: all passes from then on are slow, and right
    try:
        find(root, object())
        return swept(root, seed or NO_GRADIENT)
    finally:
        _is_running.release()


def by_dictionary(root: Any, seed: float) -> Found:
    adjoint = backward.adjoints_of_all(root, seed)
    return [*adjoint], [NO_GRADIENT if is_nothing(g) else g for g in adjoint.values()]


def find(root: Any, this: object) -> None:
    """Note in each node of the graph that `this` pass found it. Both operands are spelled out, here
    and in `swept`: a loop over them takes a third longer."""
    root._seen, root._waiting = this, None
    pending = [None]
    node = root
    # Python 3.11 makes the first run of `while node is not None` twice as slow
    while True:
        x, y = node._x, node._y
        if x is not None:
            if x._seen is not this:
                x._seen = this
                x._waiting = None
                pending.append(x)
            elif x._waiting is None:
                x._waiting, x._adjoint = 2, NO_GRADIENT
            else:
                x._waiting += 1
        elif type(node._dy) is tuple:
            pending += found_among(node, this)
            y = None
        if y is not None:
            if y._seen is not this:
                y._seen = this
                y._waiting = None
                node = y
                continue
            if y._waiting is None:
                y._waiting, y._adjoint = 2, NO_GRADIENT
            else:
                y._waiting += 1
        node = pending.pop()
        if node is None:
            break


def found_among(node: Any, this: object) -> list[Any]:
    """Do the same for any number of operands; return those not found before."""
    found = []
    for x in node._parents:
        if x._seen is not this:
            x._seen, x._waiting = this, None
            found.append(x)
        elif x._waiting is None:
            x._waiting, x._adjoint = 2, NO_GRADIENT
        else:
            x._waiting += 1
    return found


def swept(root: Any, seed: float) -> Found:
    """Handle the nodes in the order of `graph.backward_order`."""
    root._adjoint = seed
    nodes: list[Any] = []
    ready, node = [None], root
    while True:
        nodes.append(node)
        adjoint = node._adjoint
        x, y, following = node._x, node._y, None
        if adjoint is NO_GRADIENT:
            dx = dy = NO_GRADIENT
        else:
            dx, dy = node._dx, node._dy
        if x is not None:
            p = adjoint * dx if dx else product(adjoint, dx)
            left = x._waiting
            if left is None:
                x._adjoint = p
                following = x
            else:
                if p is not NO_GRADIENT:
                    x._adjoint += p
                if left == 1:
                    following = x
                else:
                    x._waiting = left - 1
        elif type(node._dy) is tuple:
            ready += ready_among(node, adjoint)
            y = None
        if y is not None:
            p = adjoint * dy if dy else product(adjoint, dy)
            left = y._waiting
            if left is None:
                y._adjoint = p
            elif p is not NO_GRADIENT:
                y._adjoint += p
            if left is None or left == 1:
                if following is not None:
                    ready.append(following)
                following = y
            else:
                y._waiting = left - 1
        node = ready.pop() if following is None else following
        if node is None:
            return nodes, [node._adjoint for node in nodes]


def product(adjoint: float, partial: float) -> float:
    """The contribution along an edge with a partial of 0, or nothing."""
    return NO_GRADIENT if is_nothing(partial) else adjoint * partial


def ready_among(node: Any, adjoint: float) -> list[Any]:
    """Hand their contributions to many operands; return those ready then."""
    ready = []
    for x, partial in zip(node._parents, node._partials):
        p = NO_GRADIENT if adjoint is NO_GRADIENT else product(adjoint, partial)
        left = x._waiting
        if left is None:
            x._adjoint = p
        elif p is not NO_GRADIENT:
            x._adjoint += p
        if left is None or left == 1:
            ready.append(x)
        else:
            x._waiting = left - 1
    return ready
