"""The drawing inside the page: every node by the name it has in the equations, no numbers yet."""

from __future__ import annotations

from ...messages import counted
from ..picture.colours import LIGHT
from ..picture.dot import source
from ..picture.items import Item, Numbers
from ..picture.look import Look
from ..picture.render import rendered
from ..picture.scene import Scene
from ..picture.svg import accessible
from ..picture.view import Options, View
from ..steps.steps import Steps
from .rails import railed

ROOM = "−0.0000000"
"""As wide as the numbers that the page writes into a node."""

FAR, NEAR = "0.85", "0.35"
"""Inches between ranks and between nodes: room for the number that travels along an edge."""

MANY_ITEMS = 2000
HASTE = {"nslimit": "1", "mclimit": "0.3", "splines": "line"}
"""For a layout in a third of the time, with more nodes and edges than MANY_ITEMS."""


def blank(item: Item, name: str) -> Item:
    rows = [(kind, ROOM) for kind, _ in item.rows]
    return item._replace(label=name, rows=rows, grad=None, wrong=False)


def picture(steps: Steps) -> str:
    """Return the graph as SVG, however many nodes it has: node i of the backward order is the
    element `node-i`, the edge to its operand k is `edge-i-k`. Raises RuntimeError where nothing
    can lay it out.

    A long edge is drawn from a rail on: see rails.py.
    """
    every = sum(len(node.parents) for node in steps.nodes) + len(steps.nodes)
    options = Options(limit=every)
    view = View(Scene(steps.root, (), None).shown(options), options)
    names = {f"node-{i}": steps.names[node] for i, node in enumerate(steps.nodes)}
    view.items = [blank(x, names[x.name]) if x.name in names else x for x in view.items]
    view.links = [link._replace(local=None, contribution=None) for link in view.links]
    look = Look(view, LIGHT, (), Numbers(options.precision))
    forward = [f"node-{i}" for i in reversed(range(len(steps.nodes)))]
    view.links, rails = railed(view.links, forward)
    dot = source(view, look, "LR")
    for end, point in rails:
        dot.node(point, shape="point", width="0", height="0", style="invis")
        dot.edge(end, point, arrowhead="none", **{"class": "rail"})
    dot.attr("graph", ranksep=FAR, nodesep=NEAR, **(HASTE if every > MANY_ITEMS else {}))
    root = steps.names[steps.root]
    about = f"The graph of {root}: {counted(len(steps.nodes), 'node')}"
    return accessible(rendered(dot.source, "svg"), about, "From the leaves to the root.", {})
