"""Play, and the blocks of the course that run in the browser: which these are, and what loads them.

Without the tag `play` pages load nothing of it: then `docs/build.sh` has not put it there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from docutils import nodes

from .pictures import is_code

ABSENT = {"numpy", "matplotlib", "scipy", "scalargrad.plots"}
"""What the Python of the browser does not have, or cannot use."""
RULES = "connect-src 'self'"
"""What a page's programs may ask for: files of this site, so that nothing typed leaves the tab."""


def mark(app: Any, doctree: nodes.document) -> None:
    """Mark the blocks of a page of the course that can run."""
    if not app.env.docname.startswith("learn/"):
        return
    lost: set[str] = set()
    for node in doctree.findall(is_code):
        tree = ast.parse(node.astext())
        if lost.isdisjoint(used(tree)) and ABSENT.isdisjoint(imported(tree)):
            node["classes"].append("runnable")
        else:
            lost |= set(bound(tree))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).split(".")[0]
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def used(tree: ast.AST) -> set[str]:
    found = (x for x in ast.walk(tree) if isinstance(x, ast.Name))
    return {x.id for x in found if isinstance(x.ctx, ast.Load)}


def bound(tree: ast.AST) -> Iterator[str]:
    """The names that a block leaves behind."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.split(".")[0]


def load(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Have a page load the scripts that it needs."""
    script = "play" if page == "play" else "course" if page.startswith("learn/") else ""
    if not script or not app.tags.has("play"):
        return
    app.add_css_file("play/play.css")
    app.add_js_file(f"play/{script}.js", type="module")
    rules = f'<meta http-equiv="Content-Security-Policy" content="{RULES}">'
    context["metatags"] = context.get("metatags", "") + rules


def setup(app: Any) -> None:
    app.connect("doctree-read", mark)
    app.connect("html-page-context", load)
