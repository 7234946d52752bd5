"""The nodes of a graph that are drawn: all, those between two nodes, or those near the root.

Every function works on positions in the numbering of a graph and takes O(nodes + edges).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...backward import leading_to
from ...graph import backward_order


class Numbering:
    """The nodes of one graph, numbered as the backward pass meets them; roots come first.

    With several roots their graphs follow one another, each node where it is met first.
    """

    def __init__(self, roots: Sequence[Any]) -> None:
        self.roots = list(dict.fromkeys(roots))
        met = dict.fromkeys(node for root in self.roots for node in backward_order(root))
        self.nodes: list[Any] = list(met)
        self.index: dict[Any, int] = {node: i for i, node in enumerate(self.nodes)}
        self.parents = [tuple(map(self.index.__getitem__, x.parents)) for x in self.nodes]
        """Of each node the positions of its parents."""

    def __len__(self) -> int:
        return len(self.nodes)


def between(graph: Numbering, start: Any, end: Any) -> set[int]:
    """Return the nodes on all ways from `start` to `end`, both included. Raises ValueError if
    there is no way."""
    for node in (start, end):
        if node not in graph.index:
            raise ValueError(f"path needs two Values of the graph, got {node!r:.60}")
    order = backward_order(end)
    leading = leading_to(order, [start])
    if end not in leading:
        raise ValueError(
            f"there is no path from {named(start)} to {named(end)}: the second must be computed "
            "from the first"
        )
    return {graph.index[node] for node in leading.intersection(order)}


def named(node: Any) -> str:
    return f"{node.label!r:.40}" if node.label else f"{node!r:.60}"


def near(graph: Numbering, roots: Iterable[int], depth: int, among: set[int]) -> set[int]:
    """Return the nodes at most `depth` edges before a root, all `among` these."""
    ring = set(roots)
    found = set(ring)
    for _ in range(depth):
        ring = {j for i in ring for j in graph.parents[i] if j in among} - found
        if not ring:
            break
        found |= ring
    return found


def selected(graph: Numbering, path: tuple[Any, Any] | None, depth: int | None) -> set[int]:
    """Return the positions of the nodes to draw."""
    shown = set(range(len(graph)))
    roots = [graph.index[root] for root in graph.roots]
    if path is not None:
        start, end = path
        shown = between(graph, start, end)
        roots = [graph.index[end]]
    return shown if depth is None else near(graph, roots, depth, shown)
