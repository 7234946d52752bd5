"""The steps of a gradient, to be read as text, in a notebook or as a page. They are made from a
Value, or from a function and its arguments."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from ..messages import described
from ..modes import explaining
from ..scalars import is_value
from ..transforms.trees import is_model
from ..transforms.variables import one_number
from .page import document
from .steps import report
from .steps.compared import Compared
from .steps.given_names import Watch
from .steps.steps import Steps
from .symbols.arguments import called

MOST_FRAMED = 200
"""Nodes up to which a notebook shows the page itself: it keeps what it shows."""
FRAME = "width: 100%; height: 60em; border: 0"


class Explanation(Steps):
    """The backward pass from a Value, a sequence of steps. Prints as a table; `save` writes a page
    to step through."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a page for a browser (.html) or the text (.txt). Raises ValueError for a file of
        another kind."""
        kind = os.path.splitext(path)[1].lower()
        if kind not in WRITERS:
            raise ValueError(f"expected a path that ends in .html or .txt, got {os.fspath(path)}")
        text = WRITERS[kind](self)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def page(self) -> str:
        """Return a page for a browser, one file in HTML that needs no other."""
        return document(self)

    def _repr_html_(self) -> str:
        """The page in a frame; below it the table, for where no scripts run."""
        if len(self.nodes) > MOST_FRAMED:
            return report.table(self)
        frame = (
            f'<iframe srcdoc="{escape(self.page())}" title="The backward pass, step by step" '
            f'style="{FRAME}"></iframe>'
        )
        return f"{frame}\n<details><summary>As a table</summary>\n{report.table(self)}</details>\n"

    def __str__(self) -> str:
        return report.text(self)

    def __repr__(self) -> str:
        return f"<{len(self)} steps from {self.names[self.root]}, {len(self.nodes)} nodes>"


WRITERS: dict[str, Callable[[Explanation], str]] = {
    ".html": Explanation.page,
    ".txt": lambda steps: f"{steps}\n",
}


def explanation(f: Any, args: Sequence[Any], model: Any = None) -> Explanation:
    """Return what `explain` returns."""
    watch = Watch(f, args, model)
    if is_value(f) and not args:
        return Explanation(f, watch.names(), watch.parameters())
    if callable(f):
        compared = Compared()
        root = recorded(f, args, watch, compared)
        return Explanation(root, watch.names(), watch.parameters(), compared)
    came = "a Value and arguments" if is_value(f) else described(f)
    raise TypeError(f"explain needs a Value, or a function and its arguments, got {came}")


def recorded(f: Callable[..., Any], args: Sequence[Any], watch: Watch, compared: Compared) -> Any:
    """Return f(*args) as a graph whose nodes know their source lines, and note what f compares. A
    model may return a list of one number."""
    with explaining(compared.note), watch.running():
        out = called("explain", f, args)
    alone = is_model(f) and isinstance(out, list) and len(out) == 1
    root = one_number(out[0] if alone else out, f)
    if is_value(root):
        return root
    raise TypeError(f"explain needs a Value, but the function returned the number {root!r}")
