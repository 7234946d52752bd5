"""Docstrings as they stand in the code, made into reStructuredText: plain text, and code between
single backticks."""

from __future__ import annotations

import re
from typing import Any

SPECIAL = re.compile(r"([\\*|]|_(?=\W|$))")


def line(text: str) -> str:
    """Code between backticks becomes a literal, all else is text."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return SPECIAL.sub(r"\\\1", text).replace("`", r"\`")
    plain = [SPECIAL.sub(r"\\\1", part) for part in parts]
    return "".join(f"``{x}``" if k % 2 else y for k, (x, y) in enumerate(zip(parts, plain)))


def is_code(lines: list[str], k: int) -> bool:
    return lines[k].startswith("    ")


def rewritten(lines: list[str]) -> list[str]:
    """Lines that stand further in than the text are code."""
    # a backtick may be closed on the next line
    found: list[str] = []
    paragraph: list[str] = []

    def close() -> None:
        found.extend(line("\n".join(paragraph)).split("\n") if paragraph else [])
        paragraph.clear()

    for k, text in enumerate(lines):
        if not text.strip() or is_code(lines, k):
            close()
            if is_code(lines, k) and (not found or not found[-1].startswith("    ")):
                found += [".. code-block:: python", ""]
            found.append(text)
        else:
            paragraph.append(text)
    close()
    return found


def process(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = rewritten(lines)


def setup(app: Any) -> None:
    app.connect("autodoc-process-docstring", process)
