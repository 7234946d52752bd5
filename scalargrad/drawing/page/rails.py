"""Long edges as rails: the edges from a node to many others far away share one line.

Graphviz lays an edge through every rank that it passes: a leaf that is used all along a chain of n
nodes costs it time in n². A rail is one line through the ranks, with a point wherever an edge
branches off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..picture.links import Link

SPAN = 6
"""So many ranks an edge may pass without a rail."""
MOST = 2000
"""If all edges together pass fewer ranks there are no rails: Graphviz is quick enough."""


def ranks(links: Sequence[Link], forward: Iterable[str]) -> dict[str, int]:
    """How many edges lead to each item at most; `forward` has operands before what uses them."""
    tails: dict[str, list[str]] = {}
    for link in links:
        tails.setdefault(link.head, []).append(link.tail)
    found: dict[str, int] = {}
    for name in forward:
        found[name] = 1 + max((found.get(tail, 0) for tail in tails.get(name, ())), default=-1)
    return found


def railed(
    links: Sequence[Link], forward: Iterable[str]
) -> tuple[list[Link], list[tuple[str, str]]]:
    """Return the links, long ones beginning at a point of a rail, and the pieces of the rails."""
    rank = ranks(links, forward)

    def place(link: Link) -> int:
        return rank.get(link.head, 0)

    if sum(place(link) - rank.get(link.tail, 0) for link in links) < MOST:
        return list(links), []
    near: list[Link] = []
    pieces: list[tuple[str, str]] = []
    ends: dict[str, tuple[str, int]] = {}
    for link in sorted(links, key=place):
        end, at = ends.get(link.tail, (link.tail, rank.get(link.tail, 0)))
        if place(link) - at > SPAN:
            point = f"rail-{len(pieces)}"
            pieces.append((end, point))
            end, at = ends[link.tail] = point, place(link) - 1
        near.append(link._replace(tail=end))
    return near, pieces
