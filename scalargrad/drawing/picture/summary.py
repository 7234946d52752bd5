"""Boxes that nodes share, so that a graph of any size becomes a picture of a few boxes.

A collapsed module is one box. If there are still too many boxes, nodes that play the same part
share one: the same operator, in the same module, at the same distance from the root.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, cast

from .modules import ModuleTree
from .selection import Numbering

Box = Hashable
"""A node's number; ("module", name); ("like", …) for nodes that play the same part;
("loop", …) for those of an operator in a loop."""
Boxes = Mapping[int, Box]
"""The box of each node that is drawn."""

COARSE = 4
"""A summary by bands of levels, which could have any number of boxes, has `limit` ÷ 4."""
LINKS = 9
"""Most edges a box in a picture: with more, layout takes longer than a reader waits."""


def too_many(links: int, boxes: int, limit: int) -> bool:
    return links > max(limit, LINKS * boxes)


def levels(graph: Numbering, shown: Collection[int]) -> dict[int, int]:
    """Return the length of the longest way from a root to each node."""
    level = dict.fromkeys(sorted(shown), 0)
    for i in level:
        for j in graph.parents[i]:
            if j in level and level[j] <= level[i]:
                level[j] = level[i] + 1
    return level


def single(shown: Collection[int]) -> Boxes:
    return {i: i for i in shown}


def in_modules(
    graph: Numbering, boxes: Boxes, model: ModuleTree, module_of: Mapping[Any, str], names: set[str]
) -> Boxes:
    """Return boxes in which each of these modules is one box, or is in the outermost of them."""
    box_of: dict[str | None, str] = {}
    for name in model.parts:
        for around in model.around(name):
            if around in names:
                box_of[name] = around
    found = {i: box_of.get(module_of.get(graph.nodes[i])) for i in boxes}
    return {i: boxes[i] if name is None else ("module", name) for i, name in found.items()}


def in_budget(graph: Numbering, boxes: Boxes, limit: int) -> bool:
    """Tell whether there are at most `limit` boxes, and edges in proportion."""
    count = len(set(boxes.values()))
    if count > limit:
        return False
    ends = {(boxes[j], boxes[i]) for i in boxes for j in graph.parents[i] if j in boxes}
    return not too_many(sum(tail != head for tail, head in ends), count, limit)


def alike(boxes: Boxes, role: Callable[[int], Any]) -> Boxes:
    """Return boxes that nodes of one role share; nodes in a module's box stay there."""
    shared = {
        i: ("like", role(i)) if box == i or cast(Any, box)[0] == "like" else box
        for i, box in boxes.items()
    }
    size = Counter(shared.values())
    return {i: i if size[box] == 1 else box for i, box in shared.items()}


def roles(
    graph: Numbering, shown: Collection[int], module_of: Mapping[Any, str], limit: int
) -> Iterator[Callable[[int], Any]]:
    """Yield what nodes may have in common to share a box: first the operator, the module and the
    distance from the root, then ever less."""
    level = levels(graph, shown)
    deepest = max(level.values(), default=0)

    def operator(i: int) -> str:
        node = graph.nodes[i]
        return node.op.name if node.op else ""

    def in_band(width: int, i: int) -> Any:
        return level[i] // width, operator(i), module_of.get(graph.nodes[i])

    width = 1
    while width <= 2 * deepest:
        yield partial(in_band, width)
        # bands of fewer levels than this would be more bands than boxes
        width = max(2 * width, deepest // limit)
    yield operator
    yield lambda i: not operator(i)


def fitting(
    graph: Numbering, stages: Iterable[Boxes], module_of: Mapping[Any, str], limit: int
) -> Boxes:
    """Return the first of these boxes, ever fewer, within the budget for `limit`. If none are,
    the last of them with nodes alike in one box, and where need be in bands of levels."""
    for boxes in stages:
        if in_budget(graph, boxes, limit):
            return boxes
    for k, role in enumerate(roles(graph, boxes, module_of, limit)):
        found = alike(boxes, role)
        if in_budget(graph, found, limit // COARSE if k else limit):
            break
    return found
