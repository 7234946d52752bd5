"""The boxes of a graph that is too large to be drawn node by node: `draw` sums it up so too."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..picture.scene import Scene
from ..picture.view import Options, View
from ..steps.steps import Steps
from ..symbols.text import printable

MOST_DRAWN = 1000
"""Nodes up to which each has a box to itself."""


def summary(steps: Steps) -> dict[str, Any] | None:
    """Return the boxes, the root's first, and for each node in backward order the place of its
    box; None for a graph that is drawn whole. A box for a single node has its place, else −1. A
    box's `parents` are those that stand after it: an edge the other way, between boxes that each
    use the other, is not drawn."""
    if len(steps.nodes) <= MOST_DRAWN:
        return None
    options = Options()
    view = View(Scene(steps.root, (), None).shown(options), options)
    items = {item.name: item for item in view.items}
    names = list(dict.fromkeys(view.place[node] for node in steps.nodes))
    place = {name: k for k, name in enumerate(names)}
    of = [place[view.place[node]] for node in steps.nodes]
    parents: list[dict[int, None]] = [{} for _ in names]
    for node, k in zip(steps.nodes, of):
        above = (place[view.place[x]] for x in node.parents)
        parents[k].update((j, None) for j in above if j > k)
    counts = Counter(of)
    single = {k: i for i, k in enumerate(of) if counts[k] == 1}
    boxes = [
        {
            "name": steps.names[steps.nodes[single[k]]] if k in single else items[name].label,
            "symbol": printable(items[name].symbol),
            "node": single.get(k, -1),
            "parents": list(parents[k]),
        }
        for k, name in enumerate(names)
    ]
    return {"of": of, "boxes": boxes}
