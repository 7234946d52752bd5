"""The edges of a drawing: each edge of the graph by itself, or all between two boxes as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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


CARRIED = "carried"
"""The kind of an edge from an iteration of a folded loop to a later one."""


def links(
    single: Single, place: Mapping[Any, str], is_carried: Callable[[Any], bool]
) -> Iterator[Link]:
    """Yield the edges to a node from operands that have a place elsewhere in the drawing, and those
    that a folded loop carries on."""
    head = place[single.node]
    for k, x, partial in single.edges():
        tail, carried = place.get(x), is_carried(x)
        if tail is not None and (tail != head or carried):
            kind = CARRIED if carried else "gradient"
            name, flow = f"edge-{single.key}-{k}", single.contribution(partial)
            yield Link(name, tail, head, kind, partial + 0.0, flow)


def merged(found: Iterable[Link], boxes: set[str]) -> list[Link]:
    """Return the links, with all links between two items made one if either item is in `boxes`."""
    alike: dict[Any, list[Link]] = {}
    for link in found:
        grouped = link.tail in boxes or link.head in boxes
        key = (link.tail, link.head, link.kind) if grouped else link.name
        alike.setdefault(key, []).append(link)
    return [
        one if not more else Link(one.name, one.tail, one.head, one.kind, edges=1 + len(more))
        for one, *more in alike.values()
    ]
