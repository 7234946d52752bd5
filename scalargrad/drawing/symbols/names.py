"""One name for each node of a graph, the same in text, flat code, page and drawing.

A name is a Python identifier: the node's label, made one, where no other node has it; else it is
generated: L for the root, x0, x1, … for leaves, s0, s1, … for the nodes between.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import count
from keyword import iskeyword
from typing import Any
from unicodedata import normalize

from ...graph import topological_order
from ...rows import BUILT_IN

LONGEST_NAME = 40
"""A label of more characters is a description, not a name."""
IMPORTED = {*BUILT_IN, "inf", "nan"}
"""Names that flat code imports."""


def identifier(label: str) -> str:
    """Return a label as an identifier, "w[0]" as w_0; empty if it cannot be one."""
    if len(label) > LONGEST_NAME:
        return ""
    # Python itself reads identifiers in this normal form
    name = re.sub(r"\W+", "_", normalize("NFKC", label)).strip("_")
    taken = iskeyword(name) or name in IMPORTED or name.startswith("grad_")
    return name if name.isidentifier() and not taken else ""


def names(root: Any) -> dict[Any, str]:
    """Return a name for each node of root's graph, parents before children. Each is unique; the
    same graph always gets the same names."""
    order = topological_order(root)
    labelled = {node: identifier(node.label) for node in order if node.label}
    used = Counter(labelled.values())
    named = {node: name for node, name in labelled.items() if name and used[name] == 1}
    taken = set(named.values())
    leaf, between = unused("x", taken), unused("s", taken)
    for node in order:
        if node not in named:
            is_root = node is root and "L" not in taken
            named[node] = "L" if is_root else next(between if node.parents else leaf)
    return {node: named[node] for node in order}


def unused(letter: str, taken: set[str]) -> Iterator[str]:
    """Yield letter0, letter1, …, but for those taken."""
    return (name for name in map(f"{letter}{{}}".format, count()) if name not in taken)
