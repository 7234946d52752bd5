"""Pictures and explain pages that the library makes while the site is built.

`{picture}` and `{explain}` hold Python that ends with an expression: a drawing or a plot, or an
explanation, whose page opens in the state `:at:` which its address would have behind #. Its code
runs in the order of the page, after all `{testcode}` before it, in one namespace; and again, with
its outputs compared, when the doctests run.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import linecache
import traceback
from collections.abc import Iterator
from html import escape
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

FOLDER = "_made"
"""Beneath the site's root: the files that pictures and pages are."""
THEMES = ("light", "dark")


class made(nodes.General, nodes.Element):
    """What a block of code made: `files` by their names, and the `html` that shows them."""


class Made(SphinxDirective):
    """A block of Python whose last expression is shown."""

    has_content = True
    option_spec: ClassVar[Any] = {
        "hide-code": directives.flag,
        "height": directives.nonnegative_int,
        "at": directives.unchanged,
        "alt": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        code = "\n".join(self.content)
        kind = nodes.comment if "hide-code" in self.options else nodes.literal_block
        block = kind(code, code, testnodetype="testcode", groups=["default"], language="python")
        self.set_source_info(block)
        # what doctest looks at
        block["options"] = {}
        place = made(code=code, kind=self.name, height=self.options.get("height", 760),
                     at=self.options.get("at", ""), alt=self.options.get("alt", ""))  # fmt: skip
        self.set_source_info(place)
        return [block, place]


# ------ running


def readable(code: str) -> str:
    """Return a file name under which the code can be read line by line, as explain pages do."""
    name = f"block {1 + sum(name.startswith('block ') for name in linecache.cache)}"
    linecache.cache[name] = len(code), None, code.splitlines(keepends=True), name
    return name


def last_value(code: str, names: dict[str, Any]) -> tuple[Any, ast.Expression]:
    """Run code, and return what its last line comes to, with that line to run it again."""
    tree = ast.parse(code)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr), "a picture's code ends with an expression"
    file = readable(code)
    exec(compile(tree, file, "exec"), names)
    expression = ast.Expression(last.value)
    return eval(compile(expression, file, "eval"), names), expression


@contextlib.contextmanager
def drawn(theme: str) -> Iterator[None]:
    """Within it `sg.draw` draws for a light or a dark page."""
    import scalargrad

    draw = scalargrad.draw
    scalargrad.draw = functools.partial(draw, theme=theme)
    try:
        yield
    finally:
        scalargrad.draw = draw


def plot(shown: Any) -> str:
    """Axes or a Figure of matplotlib as SVG, on white."""
    import matplotlib

    file = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "scalargrad"}):
        getattr(shown, "figure", shown).savefig(
            file, format="svg", bbox_inches="tight", facecolor="white", metadata={"Date": None}
        )
    return file.getvalue()


def picture(place: made, name: str, names: dict[str, Any]) -> None:
    """A drawing in light and dark, or a plot, which is the same in both."""
    with drawn("light"):
        shown, expression = last_value(place["code"], names)
    if not hasattr(shown, "svg"):
        place["files"] = {f"{name}.svg": plot(shown)}
        place["html"] = image(f"{name}.svg", place["alt"] or "A plot", "plot")
        return
    with drawn("dark"):
        dark = eval(compile(expression, "<picture>", "eval"), names)
    place["files"] = {f"{name}-light.svg": shown.svg, f"{name}-dark.svg": dark.svg}
    alt = place["alt"] or repr(shown).strip("<>")
    place["html"] = "".join(image(f"{name}-{x}.svg", alt, f"only-{x}") for x in THEMES)


def image(file: str, alt: str, kind: str) -> str:
    return f'<img class="picture {kind}" src="ROOT/{file}" alt="{escape(alt)}">'


def explained(place: made, name: str, names: dict[str, Any]) -> None:
    steps, _ = last_value(place["code"], names)
    place["files"] = {f"{name}.html": steps.page()}
    at = f"#{escape(place['at'])}" if place["at"] else ""
    place["html"] = (
        f'<div class="explained"><iframe src="ROOT/{name}.html{at}" title="The backward pass, step '
        f'by step" loading="lazy" style="height: {place["height"]}px"></iframe>'
        f'<p><a href="ROOT/{name}.html{at}" target="_blank">Open it in a window of its own</a></p>'
        "</div>"
    )


MAKERS = {"picture": picture, "explain": explained}


def fill(app: Any, doctree: nodes.document) -> None:
    """Run the code of a page that has something to show."""
    places = list(doctree.findall(made))
    if not places:
        return
    names: dict[str, Any] = {"__name__": "page"}
    for name in [name for name in linecache.cache if name.startswith("block ")]:
        del linecache.cache[name]
    page = app.env.docname.replace("/", "-")
    own = {place["code"] for place in places}
    for node in doctree.findall(lambda n: is_code(n) or isinstance(n, made)):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                if isinstance(node, made):
                    MAKERS[node["kind"]](node, f"{page}-{places.index(node) + 1}", names)
                elif node.astext() not in own:
                    exec(compile(node.astext(), readable(node.astext()), "exec"), names)
        except Exception:
            logger.warning("this code failed\n%s", traceback.format_exc(), location=node)


def is_code(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Element) and node.get("testnodetype") in ("testcode", "testsetup")


# ------ writing


def write(translator: Any, node: made) -> None:
    builder = translator.builder
    folder = builder.outdir / FOLDER
    folder.mkdir(exist_ok=True)
    files: dict[str, str] = node.get("files", {})
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    root = "../" * builder.current_docname.count("/") + FOLDER
    translator.body.append(node.get("html", "").replace("ROOT", root))
    raise nodes.SkipNode


def skip(translator: Any, node: made) -> None:
    raise nodes.SkipNode


def outdated(app: Any, env: Any, *changes: set[str]) -> set[str]:
    """Pages to be read again in every build: the library that draws is none of Sphinx's files."""
    return {
        name
        for name in env.found_docs
        if any(f"```{{{kind}}}" in env.doc2path(name).read_text("utf-8") for kind in MAKERS)
    }


def setup(app: Any) -> None:
    app.add_node(made, html=(write, None), text=(skip, None))
    for name in MAKERS:
        app.add_directive(name, Made)
    app.connect("doctree-read", fill)
    app.connect("env-get-outdated", outdated)
