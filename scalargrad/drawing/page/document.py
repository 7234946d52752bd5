"""The page as one file: a template, filled with the drawing, the data and the scripts."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from ..picture.colours import DARK, LIGHT
from ..steps import report
from ..steps.steps import Steps
from ..symbols.text import isolated, printable
from .data import Data
from .javascript import needed

HERE = Path(__file__).parent
STYLES = (
    "page.css",
    "controls.css",
    "cards.css",
    "tables.css",
    "drawing.css",
    "media.css",
)
SCRIPTS = (
    "floats.js",
    "typed.js",
    "model.js",
    "elements.js",
    "state.js",
    "layout.js",
    "curves.js",
    "scene.js",
    "viewport.js",
    "graph.js",
    "chip.js",
    "pointers.js",
    "conclusion.js",
    "lesson.js",
    "quiz.js",
    "sums.js",
    "downhill.js",
    "breaks.js",
    "leaves.js",
    "address.js",
    "paper.js",
    "controls.js",
    "start.js",
)
"""In the order in which they are read; the runtime and the kernels stand before them."""


COMMENT = re.compile(r"^[ \t]*(/\*.*?\*/|//[^\n]*)[ \t]*\n", re.MULTILINE | re.DOTALL)
"""A comment on lines of its own."""


END = re.compile(r"^(?!.*(?: // |`))(.*[;{},(\[])\n", re.MULTILINE)
"""The end of a line after which nothing depends on a new one. A comment beside code ends with its
line, and a text in backquotes may go over several."""
SPACED = re.compile(r" (=>|[!=]==) |(?<=\)) (?=\{)")
"""Signs of a script that need no room; no text of ours has them."""


def read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def shortened(text: str) -> str:
    """A script without comments, indentation, needless lines: a third of a page would be these."""
    plain = re.sub(r"^\s+", "", COMMENT.sub("", text), flags=re.MULTILINE)
    return SPACED.sub(r"\1", END.sub(r"\1", plain))


NEEDLESS = re.compile(r"\s*([{}>])\s*|(?<=[:;,(])\s+|;(?=\s*})")
"""Spaces that separate nothing in a style. One before a colon or a bracket does separate parts."""


def style(text: str) -> str:
    """A style without comments and needless spaces."""
    return NEEDLESS.sub(r"\1", COMMENT.sub("", text))


def colours() -> str:
    """The colours of the drawing as variables of CSS."""
    light, dark = LIGHT._asdict(), DARK._asdict()
    pairs = (f"  --{k.replace('_', '-')}: light-dark({light[k]}, {dark[k]});" for k in light)
    return "\n".join([":root {", *pairs, "}"])


def plain(table: str) -> str:
    """A table without what a browser adds: the ends of cells, and the left, where text stands."""
    sides = table.replace(' style="text-align:left"', "").replace(
        ' style="text-align:right"', " class=r"
    )
    return re.sub("</t[dhr]>", "", sides)


def document(steps: Steps) -> str:
    """Return the page that explains these steps, as one HTML text."""
    data = Data(steps)
    name, kernels = steps.names[steps.root], str(data.kernels)
    parts = {
        "title": escape(f"The backward pass of {printable(name)}"),
        "style": style("\n".join([colours(), *map(read, STYLES)])),
        "table": isolated(plain(report.table(steps))),
        "data": data.json(),
        "script": shortened("\n".join([needed(kernels), kernels, *map(read, SCRIPTS)])),
    }
    # in one pass: inserted text is not searched for places again
    template = re.sub(r"^ +", "", read("page.html"), flags=re.MULTILINE)
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], template)
