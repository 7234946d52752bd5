"""From DOT to SVG, PNG or PDF: by a `dot` program where there is one, else by pygraphviz."""

from __future__ import annotations

import shutil

CURES = (
    '"dot" was not found and pygraphviz is not installed: pip install "scalargrad[draw]", or '
    "install Graphviz (apt install graphviz, brew install graphviz); .dot has the source"
)


def rendered(dot: str, form: str) -> bytes:
    """Return the picture of a graph in DOT, `form` being "svg", "png" or "pdf". Raises
    RuntimeError that names the cures where nothing can lay it out."""
    return by_program(dot, form) if shutil.which("dot") else in_process(dot, form)


def by_program(dot: str, form: str) -> bytes:
    import graphviz

    found: bytes = graphviz.Source(dot).pipe(format=form)
    return found


def in_process(dot: str, form: str) -> bytes:
    try:
        import pygraphviz
    except ImportError as missing:
        raise RuntimeError(CURES) from missing
    found: bytes = pygraphviz.AGraph(string=dot).draw(format=form, prog="dot")
    return found
