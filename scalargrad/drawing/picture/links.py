"""The edges of a drawing: each edge of the graph by itself, or all between two boxes as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .items import Single


class Link(NamedTuple):
    """An edge from an operand to the node above it; or several `edges`, drawn as one."""

    name: str
    tail: str
    head: str
    kind: str = "gradient"
    local: float | None = None
    contribution: float | None = None
    edges: int = 1


def links(single: Single, place: Mapping[Any, str]) -> Iterator[Link]:
    """Yield the edges to a node from operands that have a place elsewhere in the drawing."""
    head = place[single.node]
    for k, x, partial in single.edges():
        tail = place.get(x)
        if tail is not None and tail != head:
            flow = single.contribution(partial)
            yield Link(f"edge-{single.key}-{k}", tail, head, local=partial + 0.0, contribution=flow)


def merged(found: Iterable[Link], boxes: set[str]) -> list[Link]:
    """Return the links, with all links between two items made one if either item is in `boxes`."""
    alike: dict[Any, list[Link]] = {}
    for link in found:
        grouped = link.tail in boxes or link.head in boxes
        alike.setdefault((link.tail, link.head) if grouped else link.name, []).append(link)
    return [
        one if not more else Link(one.name, one.tail, one.head, edges=1 + len(more))
        for one, *more in alike.values()
    ]
