"""How a drawing looks: what Graphviz is told of the graph, its nodes, its edges, its clusters."""

from __future__ import annotations

from collections.abc import Sequence

from . import colours
from .boxes import CONTRIBUTION, LOCAL, SMALL, BoxTables, styled
from .colours import Theme
from .items import Item, Numbers
from .links import CARRIED, Link
from .view import View

FONT = "Helvetica,Arial,sans-serif"
EDGES = {None: (), LOCAL: (LOCAL,), CONTRIBUTION: (CONTRIBUTION,), "both": (LOCAL, CONTRIBUTION)}
"""The numbers beside edges, for each choice of the option `edges` of `draw`."""
CROWDED = 80
"""From so many edges on they run from side to side, thin, with more room between the ranks."""
QUICK = {"nslimit": "2", "nslimit1": "2", "mclimit": "0.5"}
"""Bounds on Graphviz's search for a better layout: seconds instead of minutes."""
PORTS = {"LR": ("w", "e"), "RL": ("e", "w"), "TB": ("n", "s"), "BT": ("s", "n")}
"""Where edges enter a box and where they leave it, for each direction of a drawing."""


class Look:
    """How items and links are drawn: the theme, the numbers beside `edges`, how numbers are
    written."""

    def __init__(self, view: View, theme: Theme, edges: Sequence[str], numbers: Numbers) -> None:
        self.theme, self.edges, self.numbers = theme, edges, numbers
        self.boxes = BoxTables(view, theme)
        self.crowded = len(view.links) > CROWDED
        self.clustered = view.model is not None
        self.in_loops = {item.name for item in view.items if item.loop is not None}

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
        enter, leave = PORTS[rankdir]
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
        if link.kind == CARRIED:
            found |= {"style": "dashed", "constraint": "false", "color": self.theme.faint}
        elif link.kind == "constant":
            found |= {"arrowhead": "none", "style": "dotted"}
        elif link.contribution is not None:
            found["color"] = colours.line(link.contribution, self.theme)
        lines = "<br/>".join(self._beside(link))
        return found | ({"label": f"<{lines}>"} if lines else {})

    def _beside(self, link: Link) -> list[str]:
        faint = self.theme.faint
        if link.kind == CARRIED:
            return [styled(" next ", SMALL, faint)]
        if link.edges > 1:
            # of a loop it is known how often it runs
            is_told = self.crowded or not self.in_loops.isdisjoint((link.tail, link.head))
            return [] if is_told else [styled(f"{link.edges:,} edges", SMALL, faint)]
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
