"""A Module in print: its parts, their settings, and how many parameters each has.

    Sequential                           2,410 parameters
      layers.0  Linear(nin=64, nout=32)  2,080
      layers.1  ReLU()
      layers.2  Linear(nin=32, nout=10)    330

Parts that follow one another and print alike share a line. A class that defines its own `__repr__`
is printed by it.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any, NamedTuple

WIDEST = 72


class Part(NamedTuple):
    name: str
    module: Any
    parts: list[Part]


class Line(NamedTuple):
    depth: int
    label: str
    text: str
    total: int


def summary(module: Any) -> str:
    """Return one line for a Module and one for each Module within, indented."""
    rows = lines(tree(module), module, 0)
    left = [f"{'  ' * row.depth}{row.label}{row.text}" for row in rows]
    counts = [f"{row.total:,}" if row.total else "" for row in rows]
    width, digits = max(map(len, left)), max(map(len, counts))
    table = [f"{text:{width}}  {count:>{digits}}".rstrip() for text, count in zip(left, counts)]
    unit = " parameters" if rows[0].total != 1 else " parameter"
    return "\n".join([table[0] + (unit if rows[0].total else ""), *table[1:]])


def tree(module: Any) -> Part:
    """The Modules within, each at the innermost Module that holds it."""
    root, *rest = (Part(name, part, []) for name, part in module.named_modules())
    around = [root]
    for part in rest:
        while around[-1].name and not part.name.startswith(around[-1].name + "."):
            around.pop()
        around[-1].parts.append(part)
        around.append(part)
    return root


def lines(part: Part, whole: Any, depth: int) -> list[Line]:
    count = len(part.module.parameters())
    own = printed_by_itself(part.module)
    if own and part.module is not whole:
        text = repr(part.module)
        return [Line(depth, "", text if len(text) < WIDEST else f"{text[:WIDEST]}…", count)]
    first = Line(depth, "", f"{type(part.module).__name__}{settings(part)}", count)
    return [first, *within(part, whole, depth + 1)]


def within(part: Part, whole: Any, depth: int) -> list[Line]:
    """The lines of the parts, those of equal ones once."""
    skip = len(part.name) + 1 if part.name else 0
    blocks = [(inner.name[skip:], lines(inner, whole, depth)) for inner in part.parts]
    found = []
    for (first, *rest), run in groupby(blocks, key=lambda block: block[1]):
        names = [name for name, _ in run]
        label = names[0] if len(names) == 1 else f"{names[0]} … {names[-1].split('.')[-1]}"
        times = "" if len(names) == 1 else f"{len(names)} × "
        count = first.total * len(names)
        found += [first._replace(label=f"{label}  {times}", total=count), *rest]
    return found


def printed_by_itself(module: Any) -> bool:
    return bool(type(module).__repr__.__module__ != f"{__package__}.module")


def settings(part: Part) -> str:
    """The plain attributes, as in a call: "(nin=64, nout=32)". Nothing for a container."""
    plain = {name: x for name, x in vars(part.module).items() if not name.startswith("_")}
    shown = [f"{name}={shown_as(x)}" for name, x in plain.items() if shown_as(x)]
    return f"({', '.join(shown)})" if shown or not part.parts else ""


def shown_as(x: Any) -> str:
    if type(x) in (int, float, str):
        return repr(x)
    if type(x) is bool or not callable(x):
        return ""
    return getattr(x, "__name__", "")
