"""The public names of a module, listed for autodoc from the module itself: none is forgotten."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from inspect import isclass, ismodule
from typing import Any

PLACE = re.compile(r"^<!-- names of ([\w.]+) -->$", re.M)
"""In a page: where the public names of a module stand."""


def public(module: Any) -> Iterator[str]:
    """The names that a module hands on; of a file those that it defines."""
    is_package = hasattr(module, "__path__")
    for name, found in vars(module).items():
        home = getattr(found, "__module__", "")
        if name.startswith("_") or ismodule(found) or not str(home).startswith("scalargrad"):
            continue
        if is_package or home == module.__name__:
            yield name


def directive(module: Any, name: str) -> str:
    found = getattr(module, name)
    if isclass(found):
        kind = "autoexception" if issubclass(found, Exception) else "autoclass"
        options = "   :members:\n"
    else:
        kind, options = "autofunction", ""
    return f".. {kind}:: {module.__name__}.{name}\n{options}"


def listing(module: Any) -> str:
    """All names of a module; rows of the operator table made into layers stand in one list."""
    made = importlib.import_module("scalargrad.nn.activations").TableActivation
    rows = [n for n in public(module) if isclass(x := getattr(module, n)) and issubclass(x, made)]
    entries = [directive(module, n) for n in public(module) if n not in rows]
    if not rows:
        return block(entries)
    names = "\n".join(f".. py:class:: {n}(*settings)\n" for n in rows)
    intro = (
        "Each operator on one number is a layer too, which applies it to every number; settings "
        "are those of the operator, as in LeakyReLU(0.1).\n"
    )
    current = f".. py:currentmodule:: {module.__name__}\n"
    return block([*entries, intro, current, names])


def block(entries: list[str]) -> str:
    return "\n".join(["```{eval-rst}", *entries, "```"])


def insert(app: Any, docname: str, source: list[str]) -> None:
    source[0] = PLACE.sub(lambda place: listing(importlib.import_module(place[1])), source[0])


def setup(app: Any) -> None:
    app.connect("source-read", insert)
