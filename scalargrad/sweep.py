"""The numeric backward pass of the pure engine: `backward.propagate`, with its notes in the nodes.

A node notes in `_seen` the pass that found it, and in `_waiting` what of its adjoint is still to
come where several edges lead to it: half of the time that dictionaries with nodes as keys take. So
one pass runs at a time; another one meanwhile, in a thread or a signal handler, uses dictionaries.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, NamedTuple

from . import backward, doubts
from .backward import NO_GRADIENT
from .scalars import is_nothing

_is_running = Lock()


class Found(NamedTuple):
    """The nodes of a graph, `inner` ones and after them leaves, and their adjoints.

    Where nothing came, the adjoint is the very object NO_GRADIENT, which tells it from a −0.0 that
    was computed, a zero.
    """

    nodes: list[Any]
    adjoints: list[float]
    inner: int


class Later(NamedTuple):
    """In place of the operands of a node that were not asked for yet: the call that tells them, and
    the node's place in it."""

    call: Any
    place: int


Waiting = list[Any]
"""Of a node that several edges lead to: how many are still to come, and the sum of what came."""


def propagate(root: Any, seed: float) -> Found:
    """Return every node of root's graph with its adjoint ∂root/∂node · seed."""
    found = adjoints_of_all(root, seed)
    if doubts.have_nan(found.adjoints) and doubts.decide_among(found.nodes):
        return adjoints_of_all(root, seed)
    return found


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
    nodes = sorted(adjoint, key=is_leaf)
    found = [NO_GRADIENT if is_nothing(adjoint[node]) else adjoint[node] for node in nodes]
    return Found(nodes, found, list(map(is_leaf, nodes)).count(False))


def is_leaf(node: Any) -> bool:
    return node.op is None


def find(root: Any, this: object) -> None:
    """Note in each node of the graph that `this` pass found it. Both operands are spelled out, here
    and in `swept`: a loop over them takes a third longer."""
    root._seen, root._waiting = this, None
    pending, node = [None], root
    while node is not None:
        x, y = node._x, node._y
        if x is not None:
            if x._seen is not this:
                x._seen = this
                x._waiting = None
                pending.append(x)
            elif x._waiting is None:
                x._waiting = [2, NO_GRADIENT]
            else:
                x._waiting[0] += 1
        elif type(node._dy) is tuple or type(node._dy) is Later:
            pending += found_among(node, this)
            y = None
        if y is not None:
            if y._seen is not this:
                y._seen = this
                y._waiting = None
                node = y
                continue
            if y._waiting is None:
                y._waiting = [2, NO_GRADIENT]
            else:
                y._waiting[0] += 1
        node = pending.pop()


def found_among(node: Any, this: object) -> list[Any]:
    """Do the same for any number of operands; return those not found before."""
    found = []
    for x in node._parents:
        if x._seen is not this:
            x._seen, x._waiting = this, None
            found.append(x)
        elif x._waiting is None:
            x._waiting = [2, NO_GRADIENT]
        else:
            x._waiting[0] += 1
    return found


def swept(root: Any, seed: float) -> Found:
    """Handle the nodes in the order of `graph.backward_order`."""
    nodes: list[Any] = []
    leaves: list[Any] = []
    adjoints: list[float] = []
    sums: list[float] = []
    # nodes whose adjoint is complete; as Python 3.11 has it, calling a method that stands in a
    # variable takes longer than asking for it each time
    ready, complete = [None], [seed]
    node, adjoint = root, seed
    while node is not None:
        x, y = node._x, node._y
        if x is None and y is None:
            leaves.append(node)
            sums.append(adjoint)
            node, adjoint = ready.pop(), complete.pop()
            continue
        nodes.append(node)
        adjoints.append(adjoint)
        if adjoint is NO_GRADIENT:
            dx = dy = NO_GRADIENT
        else:
            dx, dy = node._dx, node._dy
        if x is not None:
            p = adjoint * dx if dx else product(adjoint, dx)
            waiting = x._waiting
            if waiting is None:
                ready.append(x)
                complete.append(p)
            else:
                if p is not NO_GRADIENT:
                    waiting[1] += p
                if waiting[0] == 1:
                    ready.append(x)
                    complete.append(waiting[1])
                    x._waiting = None
                else:
                    waiting[0] -= 1
        elif type(node._dy) is tuple:
            hand_on(node, adjoint, ready, complete)
            y = None
        if y is not None:
            p = adjoint * dy if dy else product(adjoint, dy)
            waiting = y._waiting
            if waiting is None:
                node, adjoint = y, p
                continue
            if p is not NO_GRADIENT:
                waiting[1] += p
            if waiting[0] == 1:
                node, adjoint = y, waiting[1]
                y._waiting = None
                continue
            waiting[0] -= 1
        node, adjoint = ready.pop(), complete.pop()
    return Found(nodes + leaves, adjoints + sums, len(nodes))


def product(adjoint: float, partial: float) -> float:
    """The contribution along an edge with a partial of 0, or nothing."""
    return NO_GRADIENT if is_nothing(partial) else adjoint * partial


def hand_on(node: Any, adjoint: float, ready: list[Any], complete: list[float]) -> None:
    """Do the same for any number of operands."""
    for x, partial in zip(node._parents, node._partials):
        p = NO_GRADIENT if adjoint is NO_GRADIENT else product(adjoint, partial)
        waiting = x._waiting
        if waiting is not None:
            if p is not NO_GRADIENT:
                waiting[1] += p
            p = waiting[1]
            waiting[0] -= 1
            if waiting[0]:
                continue
            x._waiting = None
        ready.append(x)
        complete.append(p)
