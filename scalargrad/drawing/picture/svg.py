"""Graphviz's SVG made fit for reading aloud and for standing inside a page.

Title and description for the whole, a title for every node and edge; no comments, no doctype.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"


def accessible(svg: bytes, title: str, description: str, titles: Mapping[str, str]) -> str:
    """Return the SVG with these texts; `titles` has a title for nodes and edges, by id."""
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(svg)
    root.set("role", "graphics-document")
    root.set("aria-label", title)
    root.set("style", "max-width: 100%; height: auto")
    for tag, text in (("desc", description), ("title", title)):
        element = ElementTree.Element(f"{{{SVG}}}{tag}")
        element.text = text
        root.insert(0, element)
    for group in root.iter(f"{{{SVG}}}g"):
        found = group.find(f"{{{SVG}}}title")
        said = titles.get(group.get("id", ""))
        if found is not None and said is not None:
            found.text = said
            group.set("role", "graphics-symbol")
            group.set("aria-label", said)
        elif found is not None:
            group.remove(found)
    return ElementTree.tostring(root, encoding="unicode")
