"""The backward pass taken apart: one contribution for each edge, in the order of the engine.

A naive order, depth first, shows what goes wrong: there a node passes its gradient on as soon as
the node is reached, before all contributions have arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...graph import backward_order, consumers
from ...ieee import choose
from ...scalars import NOTHING, is_nothing

Edge = tuple[Any, int, Any, float]
"""A node, a position among its parents, that parent, and ∂node/∂parent."""
Order = Callable[[Any], Iterator[Edge]]
"""From a root to all edges below it."""


@dataclass(frozen=True)
class Contribution:
    """The contribution of one edge to the gradient of a parent: upstream · local, to the bit.

    `edge` is its position among the parents of the consumer. `total` is the gradient of the
    parent after the contribution, of which `arrived` of `expected` contributions are in.
    """

    consumer: Any
    parent: Any
    edge: int
    upstream: float
    local: float
    contribution: float
    total: float
    arrived: int
    expected: int
    ready: bool
    """Whether the consumer's own gradient was complete: in the naive order it may not be."""
    propagates: bool
    """Whether anything was passed on: nothing is not a zero, though both are shown as 0.0."""


def edges(node: Any) -> Iterator[Edge]:
    for k, (parent, partial) in enumerate(zip(node.parents, node.partials)):
        yield node, k, parent, partial


def engine_order(root: Any) -> Iterator[Edge]:
    """The edges as the engine handles them: each node after all of its consumers."""
    for node in backward_order(root):
        yield from edges(node)


def depth_first(root: Any) -> Iterator[Edge]:
    """The edges as a recursion visits them, which enters each node when it first meets it."""
    seen = {root}
    path = [edges(root)]
    while path:
        edge = next(path[-1], None)
        if edge is None:
            path.pop()
            continue
        yield edge
        parent = edge[2]
        if parent not in seen:
            seen.add(parent)
            path.append(edges(parent))


def walk(root: Any, order: Order = engine_order) -> Iterator[Contribution]:
    """Yield the contributions in an order of edges. In the engine's they are bit for bit those
    of `backward()`, from gradients of nothing. No node's `grad` changes."""
    expected = consumers(root)
    arrived = dict.fromkeys(expected, 0)
    adjoint = dict.fromkeys(expected, NOTHING)
    adjoint[root] = 1.0
    for node, k, parent, local in order(root):
        upstream = adjoint[node]
        contribution = choose(upstream, local)
        adjoint[parent] += contribution
        arrived[parent] += 1
        yield Contribution(
            node,
            parent,
            k,
            upstream + 0.0,
            local + 0.0,
            contribution + 0.0,
            adjoint[parent] + 0.0,
            arrived[parent],
            expected[parent],
            arrived[node] == expected[node],
            not is_nothing(contribution),
        )
