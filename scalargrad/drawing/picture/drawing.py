"""Drawing: the picture of a view, as text and as files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from .colours import THEMES
from .dot import source
from .items import Numbers
from .look import EDGES, Look
from .render import rendered
from .scene import Scene
from .svg import accessible
from .titles import texts
from .view import Options, View

RANKDIRS = ("LR", "RL", "TB", "BT")
BINARY = (".png", ".pdf")


class Drawing:
    """A picture of a graph: `dot` is its source, `svg` its picture, both text.

    Jupyter shows it by itself. Laying it out takes a `dot` program or pygraphviz (the extra
    `draw`); the source takes neither.
    """

    def __init__(self, dot: str, title: str, description: str, titles: Mapping[str, str]) -> None:
        self.dot = dot
        self._texts = title, description, titles

    @cached_property
    def svg(self) -> str:
        return accessible(rendered(self.dot, "svg"), *self._texts)

    def save(self, path: str | PathLike[str]) -> None:
        """Write a file: .svg, .png, .pdf or .dot, by the suffix of `path`. Raises ValueError for
        another suffix, RuntimeError where nothing can lay the graph out."""
        file = Path(path)
        suffix = file.suffix.lower()
        if suffix in BINARY:
            file.write_bytes(rendered(self.dot, suffix[1:]))
        elif suffix in (".svg", ".dot"):
            file.write_text(self.svg if suffix == ".svg" else self.dot, encoding="utf-8")
        else:
            raise ValueError(f"expected a path that ends in .svg, .png, .pdf or .dot, got {path}")

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.svg, "text/plain": repr(self)}
        except RuntimeError as cure:
            # in a notebook a traceback of forty lines would hide it
            return {"text/plain": f"{self!r}\n{cure}"}

    def _repr_svg_(self) -> str | None:
        return self._repr_mimebundle_().get("image/svg+xml")

    def __repr__(self) -> str:
        return f"<Drawing: {self._texts[1]}>"


def drawing(
    scene: Scene,
    options: Options,
    edges: str | None,
    rankdir: str,
    theme: str,
    legend: bool,
) -> Drawing:
    """Return the drawing of a scene. Raises ValueError for an option there is not."""
    check(edges=(edges, EDGES), rankdir=(rankdir, RANKDIRS), theme=(theme, THEMES))
    check_least(
        depth=(options.depth, 0), limit=(options.limit, 1), precision=(options.precision, 1)
    )
    view = View(scene.shown(options), options)
    numbers = Numbers(options.precision)
    look = Look(view, THEMES[theme], EDGES[edges], numbers)
    return Drawing(source(view, look, rankdir, legend).source, *texts(view, numbers))


def check(**options: Any) -> None:
    for name, (value, allowed) in options.items():
        if value not in allowed:
            expected = ", ".join(map(repr, allowed))
            raise ValueError(f"{name} must be one of {expected}, got {value!r}")


def check_least(**options: tuple[int | None, int]) -> None:
    for name, (value, least) in options.items():
        if value is not None and value < least:
            raise ValueError(f"{name} must be {least} or more, got {value}")
