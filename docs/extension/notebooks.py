"""The notebooks of examples/ as pages: their text, their code, and the outputs that are stored.

Nothing is run here: that the outputs are right is a test of its own.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"
PLACE = re.compile(r"^<!-- notebook: (\w+) -->$", re.M)
"""In a page: where a notebook stands, by its file's name."""
FENCE = "`" * 8
"""Longer than any in a notebook."""
Output = dict[str, Any]


def page(name: str) -> str:
    """A notebook in MyST; after its title where to find it."""
    cells = json.loads((EXAMPLES / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    title, *rest = [part for cell in cells for part in parts(cell)]
    heading, _, text = title.partition("\n")
    file = f"[{name}.ipynb](../../examples/{name}.ipynb)"
    where = f"*A notebook, with the outputs of its last run: {file}*"
    return "\n\n".join([heading, where, text, *rest])


def parts(cell: dict[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield linked(source)
        return
    yield block("code-block", "python", source)
    yield from (html for output in cell["outputs"] if (html := shown(output)))


def linked(text: str) -> str:
    """The text with links from examples/ as links from a page."""
    return text.replace(".ipynb)", ".md)").replace("(../docs/", "(../")


def block(kind: str, argument: str, content: str) -> str:
    return f"{FENCE}{{{kind}}} {argument}\n{content}\n{FENCE}"


def shown(output: Output) -> str:
    """An output in MyST: what a cell printed, or the first kind of picture that is known."""
    if output["output_type"] == "stream":
        return printed("".join(output["text"]))
    data = output["data"]
    for kind, make in KINDS.items():
        if kind in data:
            return block("raw", "html", make("".join(data[kind])))
    return printed("".join(data["text/plain"]))


def printed(text: str) -> str:
    return block("code-block", "text\n:class: printed\n", text.rstrip())


def explained(html: str) -> str:
    return f'<div class="explained">{html}</div>'


def drawn(svg: str) -> str:
    """A drawing, apart from the page, whose names of parts others may have too."""
    label = re.search(r'aria-label="([^"]*)"', svg)
    return image("svg+xml", svg.encode(), unescape(label[1]) if label else "A drawing")


def plotted(png: str) -> str:
    return f'<img class="picture plot" alt="A plot" src="data:image/png;base64,{png.strip()}">'


def image(kind: str, data: bytes, alt: str) -> str:
    source = f"data:image/{kind};base64,{b64encode(data).decode()}"
    return f'<img class="picture plot" alt="{escape(alt)}" src="{source}">'


KINDS: dict[str, Callable[[str], str]] = {
    "text/html": explained,
    "image/svg+xml": drawn,
    "image/png": plotted,
}
"""How outputs are shown, the best first."""


def insert(app: Any, docname: str, source: list[str]) -> None:
    for name in PLACE.findall(source[0]):
        for file in (EXAMPLES / f"{name}.ipynb", Path(__file__)):
            app.env.note_dependency(str(file))
    source[0] = PLACE.sub(lambda place: page(place[1]), source[0])


def setup(app: Any) -> None:
    app.connect("source-read", insert)
