"""Reading drawings back: what stands in their SVG."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"


def elements(drawing: Any, kind: str) -> dict[str, Any]:
    """The groups of the SVG that have this class, by id."""
    groups = ElementTree.fromstring(drawing.svg).iter(f"{SVG}g")
    return {g.get("id"): g for g in groups if kind in g.get("class", "").split()}


def texts(element: Any) -> list[str]:
    return [t.text for t in element.iter(f"{SVG}text")]


def titles(drawing: Any, kind: str = "node") -> list[str]:
    return [g.findtext(f"{SVG}title") for g in elements(drawing, kind).values()]
