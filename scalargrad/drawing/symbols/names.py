"""One name for each node of a graph, the same in text, flat code, page and drawing.

A name is a Python identifier: the node's label, made one, where no other node has it; else the
name that it was given by the program that built it; else it is generated: L for the root, x0, x1,
… for leaves, s0, s1, … for the nodes between.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from keyword import iskeyword
from typing import Any
from unicodedata import normalize

from ...graph import topological_order
from ...rows import BUILT_IN

LONGEST_NAME = 40
"""Characters of a label that make a name: what is longer is cut, in the middle, for labels often
differ in their ends."""
LONGEST_END = 16
IMPORTED = {*BUILT_IN, "inf", "nan"}
"""Names that flat code imports."""


def identifier(label: str) -> str:
    """Return a label as an identifier, "w[0]" as w_0; empty if it cannot be one."""
    # Python itself reads identifiers in this normal form
    whole = re.sub(r"\W+", "_", normalize("NFKC", label)).strip("_")
    name = whole if len(whole) <= LONGEST_NAME else cut(whole)
    taken = iskeyword(name) or name in IMPORTED or name.startswith("grad_")
    return name if name.isidentifier() and not taken else ""


def cut(name: str) -> str:
    start = name[: LONGEST_NAME - LONGEST_END - 2].rstrip("_")
    return f"{start}__{name[-LONGEST_END:].lstrip('_')}"


def names(root: Any, given: Mapping[Any, str] | None = None) -> dict[Any, str]:
    """Return a name for each node of root's graph, parents before children. Each is unique; the
    same graph always gets the same names. `given` has those that a program gave."""
    order = topological_order(root)
    named = alone(order, lambda node: node.label)
    taken = set(named.values())
    for node, name in alone(order, (given or {}).get).items():
        if node not in named and name not in taken:
            named[node] = name
    taken = set(named.values())
    leaf, between = unused("x", taken), unused("s", taken)
    for node in order:
        if node not in named:
            is_root = node is root and "L" not in taken
            named[node] = "L" if is_root else next(between if node.parents else leaf)
    return {node: named[node] for node in order}


def alone(nodes: Iterable[Any], label: Callable[[Any], str | None]) -> dict[Any, str]:
    """Return the labels of nodes as identifiers, those that no other node has."""
    found = {node: identifier(label(node) or "") for node in nodes}
    used = Counter(found.values())
    return {node: name for node, name in found.items() if name and used[name] == 1}


def unused(letter: str, taken: set[str]) -> Iterator[str]:
    """Yield letter0, letter1, …, but for those taken."""
    return (name for name in map(f"{letter}{{}}".format, count()) if name not in taken)
