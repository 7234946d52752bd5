"""From DOT to SVG, PNG or PDF: by a `dot` program where there is one, else by pygraphviz."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from threading import Lock

CURES = (
    '"dot" was not found and pygraphviz is not installed: pip install pygraphviz, or '
    "install Graphviz (apt install graphviz, brew install graphviz); .dot has the source"
)


own: Callable[[str, str], bytes] | None = None
"""Lays a graph out where neither can be, as in a browser: set by who runs Python there."""
alone = Lock()
"""Held while this process lays a graph out: neither Graphviz nor its stderr can be shared."""


def rendered(dot: str, form: str) -> bytes:
    """Return the picture of a graph in DOT, `form` being "svg", "png" or "pdf". Raises
    RuntimeError that names the cures where nothing can lay it out."""
    if own is not None:
        return own(dot, form)
    return by_program(dot, form) if shutil.which("dot") else in_process(dot, form)


def by_program(dot: str, form: str) -> bytes:
    import graphviz

    found: bytes = graphviz.Source(dot).pipe(format=form)
    return found


def in_process(dot: str, form: str) -> bytes:
    try:
        import pygraphviz
    except ImportError:
        raise RuntimeError(CURES) from None
    with alone:
        return without_font_warnings(
            lambda: pygraphviz.AGraph(string=dot).draw(format=form, prog="dot")
        )


def without_font_warnings(draw: Callable[[], bytes]) -> bytes:
    """Return `draw()`, without the warnings of the library that pygraphviz brings along about
    font settings that are missing, or newer than itself. All other text for stderr comes at the
    end."""
    try:
        stderr = os.dup(2)
    except OSError:  # a program without a console has none
        return draw()
    with tempfile.TemporaryFile() as written:
        try:
            os.dup2(written.fileno(), 2)
            return draw()
        finally:
            # first, for Ctrl-C may come after any call
            os.dup2(stderr, 2)
            os.close(stderr)
            written.seek(0)
            for line in written:
                if not line.startswith(b"Fontconfig "):
                    os.write(2, line)
