"""The boxes of a graph that is too large to be drawn node by node: `draw` sums it up so too. Where
most of a graph is loops, a box shows an operator of a body in one iteration after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..picture.scene import Scene
from ..picture.summary import in_budget, single
from ..picture.view import Options, View
from ..steps.steps import Steps
from ..symbols.text import printable

MOST_DRAWN = 1000
"""Nodes up to which each can have a box to itself, where the reader asks for that."""


def summary(steps: Steps) -> dict[str, Any] | None:
    """Return the boxes, the root's first, and for each node in backward order the place of its
    box; None for a graph that is drawn whole. A box for a single node has its place, else −1. A
    box's `parents` stand after it, its `next` are those before it, or itself, that are used too: by
    a later iteration of a loop, or where two boxes each use the other. `loops` tells of the loops
    that have a frame, and `turns` has for each node in one its iteration of the outermost."""
    view = view_of(steps)
    if view is None:
        return None
    items = {item.name: item for item in view.items}
    names = list(dict.fromkeys(view.place[node] for node in steps.nodes))
    place = {name: k for k, name in enumerate(names)}
    of = [place[view.place[node]] for node in steps.nodes]
    parents, nexts = edges(steps, view, place)
    counts = Counter(of)
    alone = {k: i for i, k in enumerate(of) if counts[k] == 1}
    turns = {i: found.turn[0] for i, found in view.folded.items()}
    return {
        "of": of,
        "boxes": [
            {
                "name": steps.names[steps.nodes[alone[k]]] if k in alone else items[name].label,
                "symbol": printable(items[name].symbol),
                "node": alone.get(k, -1),
                "parents": list(parents[k]),
                "next": list(nexts[k]),
                "loop": -1 if items[name].loop is None else items[name].loop,
            }
            for k, name in enumerate(names)
        ],
        "loops": list(view.loops),
        "turns": [turns.get(i, -1) for i in range(len(of))],
        "whole": len(of) <= MOST_DRAWN,
    }


Edges = list[dict[int, None]]
"""Of each box others, in the order in which they were found."""


def edges(steps: Steps, view: View, place: Mapping[str, int]) -> tuple[Edges, Edges]:
    """The boxes that each stands above, and those before it, or itself, that it uses too."""
    parents: Edges = [{} for _ in place]
    nexts: Edges = [{} for _ in place]
    for i, node in enumerate(steps.nodes):
        k = place[view.place[node]]
        for x in node.parents:
            j, carried = place[view.place[x]], view.is_carried(i, x)
            if carried or j < k:
                nexts[k][j] = None
            elif j > k:
                parents[k][j] = None
    return parents, nexts


def view_of(steps: Steps) -> View | None:
    """The boxes that `draw` shows of the graph; None where each node has its own."""
    options, scene = Options(), Scene(steps.root, (), None)
    if in_budget(scene.graph, single(range(len(steps.nodes))), options.limit):
        return None
    return View(scene.shown(options), options)
