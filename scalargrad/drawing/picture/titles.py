"""A drawing in words: for screen readers, and shown where the pointer rests."""

from __future__ import annotations

from ...messages import counted
from ..symbols.text import printable
from .items import Item, Numbers
from .links import Link
from .view import View


def heading(item: Item) -> str:
    return printable(" ".join(filter(None, (item.label, item.symbol))))


def item_title(item: Item) -> str:
    """ "q +: data 3, grad −4"."""
    rows = [f"{name} {text}" for name, text in item.rows]
    hidden = [f"{counted(item.hidden, 'operand')} not drawn"] if item.hidden else []
    said = ", ".join([*item.notes, *rows, *hidden])
    return ": ".join(filter(None, (heading(item), said)))


def link_title(link: Link, names: dict[str, str], numbers: Numbers) -> str:
    """ "from q to f: local gradient −4, contribution −4"."""
    said = [
        *([counted(link.edges, "edge")] if link.edges > 1 else []),
        *([f"local gradient {numbers(link.local)}"] if link.local is not None else []),
        *([f"contribution {numbers(link.contribution)}"] if link.contribution is not None else []),
    ]
    between = f"from {names[link.tail]} to {names[link.head]}"
    return ": ".join(filter(None, (between, ", ".join(said))))


def texts(view: View, numbers: Numbers) -> tuple[str, str, dict[str, str]]:
    """Return title and description of the whole, and titles of nodes and edges by id."""
    names = {item.name: heading(item) or "a leaf" for item in view.items}
    titles = {item.name: item_title(item) for item in view.items}
    titles |= {link.name: link_title(link, names, numbers) for link in view.links}
    roots = [names[item.name] for item in view.items if item.root]
    title = f"Computation graph of {', '.join(roots[:3])}" if roots else "Computation graph"
    shown = len(view.boxes)
    total = len(view.graph)
    drawn = "" if shown == total else f"{shown:,} of "
    description = f"{drawn}{counted(total, 'node')} in {counted(len(view.items), 'box')}"
    return title, description.replace("boxs", "boxes") + cure(view), titles


def cure(view: View) -> str:
    """How to see every node, where some share a box."""
    shared = any(item.stands_for_many for item in view.items) or view.folded
    return f"; limit={len(view.boxes)} shows each node" if shared else ""
