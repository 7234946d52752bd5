"""A view as DOT, built with the `graphviz` package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import colours
from .colours import Theme
from .items import Item, Numbers
from .links import Link
from .look import CONTRIBUTION, LOCAL, SMALL, Boxes, styled
from .view import View

FONT = "Helvetica,Arial,sans-serif"
EDGES = {None: (), LOCAL: (LOCAL,), CONTRIBUTION: (CONTRIBUTION,), "both": (LOCAL, CONTRIBUTION)}
"""What the option `edges` of `draw` shows beside edges."""
CROWDED = 80
"""From so many edges on they run from side to side, thin, with more room between the ranks."""
QUICK = {"nslimit": "2", "nslimit1": "2", "mclimit": "0.5"}
"""Bounds on Graphviz's search for a better layout: seconds instead of minutes."""
SIDES = {"LR": ("w", "e"), "RL": ("e", "w"), "TB": ("n", "s"), "BT": ("s", "n")}
"""Where edges enter a box and where they leave it, for each direction of a drawing."""


class Look:
    """How items and links are drawn: theme, what stands beside `edges`, and how numbers do."""

    def __init__(self, view: View, theme: Theme, edges: Sequence[str], numbers: Numbers) -> None:
        self.theme, self.edges, self.numbers = theme, edges, numbers
        self.boxes = Boxes(view, theme)
        self.crowded = len(view.links) > CROWDED
        self.clustered = view.model is not None

    def graph(self, rankdir: str) -> dict[str, str]:
        return {
            "rankdir": rankdir,
            "bgcolor": self.theme.paper,
            "fontname": FONT,
            "pad": "0.15",
            # operands from top to bottom in their order; with clusters Graphviz reverses them
            "ordering": "" if self.crowded or self.clustered else "in",
            "nodesep": "0.12" if self.crowded else "0.25",
            "ranksep": "1.3" if self.crowded else "0.5",
            **(QUICK if self.crowded else {}),
        }

    def every_edge(self, rankdir: str) -> dict[str, str]:
        enter, leave = SIDES[rankdir]
        plain = {"fontname": FONT, "fontsize": f"{SMALL}", "color": self.theme.line}
        if not self.crowded:
            return plain | {"arrowsize": "0.6", "penwidth": "1.1"}
        ports = {"headport": enter, "tailport": leave}
        return plain | ports | {"arrowsize": "0.4", "penwidth": "0.6"}

    def node(self, item: Item) -> dict[str, str]:
        marks = {"root": item.root, "wrong": item.wrong, "hidden-operands": item.hidden > 0}
        classes = [item.kind, *(name for name, has in marks.items() if has)]
        return {
            "label": f"<{self.boxes.label(item)}>",
            "id": item.name,
            "class": " ".join(classes),
        }

    def edge(self, link: Link) -> dict[str, str]:
        found = {"id": link.name, "class": link.kind}
        if link.kind == "constant":
            found |= {"arrowhead": "none", "style": "dotted"}
        elif link.contribution is not None:
            found["color"] = colours.line(link.contribution, self.theme)
        lines = "<br/>".join(self._beside(link))
        return found | ({"label": f"<{lines}>"} if lines else {})

    def _beside(self, link: Link) -> list[str]:
        faint = self.theme.faint
        if link.edges > 1:
            return [] if self.crowded else [styled(f"{link.edges:,} edges", SMALL, faint)]
        found = []
        if LOCAL in self.edges and link.local is not None:
            found.append(styled(f" ∂ {self.numbers(link.local)} ", SMALL, faint))
        if CONTRIBUTION in self.edges and link.contribution is not None:
            colour = colours.line(link.contribution, self.theme)
            found.append(styled(f" += {self.numbers(link.contribution)} ", SMALL, colour))
        return found

    def cluster(self, name: str, title: str) -> dict[str, str]:
        return {
            "label": f"<{title}>",
            "id": name,
            "class": "module",
            "style": "rounded,filled",
            "color": self.theme.cluster_line,
            "fillcolor": self.theme.cluster,
            "labeljust": "l",
            "margin": "10",
        }


def source(view: View, look: Look, rankdir: str, legend: bool = False) -> Any:
    """Return a graphviz.Digraph of the view."""
    import graphviz

    graph = graphviz.Digraph(
        graph_attr=look.graph(rankdir),
        node_attr={"shape": "plain", "fontname": FONT},
        edge_attr=look.every_edge(rankdir),
    )
    if legend:
        graph.attr(label=f"<{look.boxes.legend(look.edges)}>", labelloc="b")
    fill(graph, view, look, None)
    for link in view.links:
        graph.edge(link.tail, link.head, **look.edge(link))
    return graph


def fill(graph: Any, view: View, look: Look, module: str | None) -> None:
    """Add the items of a module, or those outside all; the modules in it become clusters."""
    for item in view.items:
        if item.module == module:
            graph.node(item.name, **look.node(item))
    for k, part in enumerate(view.modules()):
        if part.parent == module:
            with graph.subgraph(name=f"cluster_{k}") as inner:
                inner.attr(**look.cluster(f"module-{k}", look.boxes.title(part)))
                fill(inner, view, look, part.name)
