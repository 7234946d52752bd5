"""A view as DOT, built with the `graphviz` package."""

from __future__ import annotations

from typing import Any

from .look import FONT, Look
from .view import View


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
    framed = view.drawn_loops()
    for item in view.items:
        if item.module == module and item.loop not in framed:
            graph.node(item.name, **look.node(item))
    for k in framed:
        with graph.subgraph(name=f"cluster_loop_{k}") as inner:
            inner.attr(**look.cluster(f"loop-{k}", look.boxes.loop_title(view.loops[k])))
            for item in view.items:
                if item.loop == k:
                    inner.node(item.name, **look.node(item))
    for k, part in enumerate(view.modules()):
        if part.parent == module:
            with graph.subgraph(name=f"cluster_{k}") as inner:
                inner.attr(**look.cluster(f"module-{k}", look.boxes.title(part)))
                fill(inner, view, look, part.name)
