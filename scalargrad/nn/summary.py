"""A Module in print: its parts, their settings, and how many parameters each has.

    Sequential                           2,410 parameters
      layers.0  Linear(nin=64, nout=32)  2,080
      layers.1  ReLU()
      layers.2  Linear(nin=32, nout=10)    330

Parts that follow one another and print alike share a line. A class that defines its own `__repr__`
is printed by it.
"""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import Any, NamedTuple

WIDEST_LINE = 72


class Nested(NamedTuple):
    name: str
    module: Any
    parts: list[Nested]


class Line(NamedTuple):
    depth: int
    label: str
    text: str
    total: int


def summary(module: Any) -> str:
    """Return one line for a Module and one for each Module within, indented."""
    rows = lines_of(module)
    left = [f"{'  ' * row.depth}{row.label}{row.text}" for row in rows]
    counts = [f"{row.total:,}" if row.total else "" for row in rows]
    width, digits = max(map(len, left)), max(map(len, counts))
    table = [f"{text:{width}}  {count:>{digits}}".rstrip() for text, count in zip(left, counts)]
    unit = " parameters" if rows[0].total != 1 else " parameter"
    return "\n".join([table[0] + (unit if rows[0].total else ""), *table[1:]])


def table(module: Any) -> str:
    """Return the same in HTML, for a notebook."""
    rows = "".join(map(table_row, lines_of(module)))
    head = '<th style="text-align: left">part</th><th></th><th>parameters</th>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def table_row(row: Line) -> str:
    count = f"{row.total:,}" if row.total else ""
    indent = f"text-align: left; padding-left: {row.depth + 0.5}em"
    label = row.label.strip() or ("the whole" if not row.depth else "")
    return (
        f'<tr><td style="{indent}">{escape(label)}</td>'
        f'<td style="text-align: left">{escape(row.text)}</td><td>{count}</td></tr>'
    )


def lines_of(module: Any) -> list[Line]:
    """The lines of a Module by its parts, even if it prints otherwise by itself."""
    return lines(tree(module), module, 0)


def tree(module: Any) -> Nested:
    """The Modules within, each at the innermost Module that holds it."""
    root, *rest = (Nested(name, part, []) for name, part in module.named_modules())
    around = [root]
    for part in rest:
        while around[-1].name and not part.name.startswith(around[-1].name + "."):
            around.pop()
        around[-1].parts.append(part)
        around.append(part)
    return root


def parts_of(whole: Nested) -> list[tuple[str, Nested]]:
    """The parts of a Module with their names in it, in its order. A function in a list, as among
    layers, is a part too."""
    skip = len(whole.name) + 1 if whole.name else 0
    attributes = vars(whole.module)
    functions = [
        (f"{name}.{i}", Nested("", x, []))
        for name, items in attributes.items()
        if isinstance(items, list) and not name.startswith("_")
        for i, x in enumerate(items)
        if is_function(x)
    ]
    modules = [(part.name[skip:], part) for part in whole.parts]
    order = {name: i for i, name in enumerate(attributes)}
    return sorted(modules + functions, key=lambda named: place(named[0], order))


def place(name: str, order: dict[str, int]) -> tuple[int, int]:
    attribute, _, rest = name.partition(".")
    index = rest.partition(".")[0]
    return order.get(attribute, len(order)), int(index) if index.isdigit() else 0


def is_function(x: Any) -> bool:
    return callable(x) and not hasattr(x, "named_modules")


def lines(part: Nested, whole: Any, depth: int) -> list[Line]:
    if is_function(part.module):
        return [Line(depth, "", getattr(part.module, "__name__", type(part.module).__name__), 0)]
    count = len(part.module.parameters())
    own = printed_by_itself(part.module)
    if own and part.module is not whole:
        text = repr(part.module)
        return [
            Line(depth, "", text if len(text) < WIDEST_LINE else f"{text[:WIDEST_LINE]}…", count)
        ]
    first = Line(depth, "", f"{type(part.module).__name__}{settings(part)}", count)
    return [first, *within(part, whole, depth + 1)]


def within(part: Nested, whole: Any, depth: int) -> list[Line]:
    """The lines of the parts; equal parts that follow one another share theirs."""
    printed = [(name, lines(inner, whole, depth)) for name, inner in parts_of(part)]
    found = []
    for (first, *rest), run in groupby(printed, key=lambda named: named[1]):
        names = [name for name, _ in run]
        label = names[0] if len(names) == 1 else f"{names[0]} … {names[-1].split('.')[-1]}"
        times = "" if len(names) == 1 else f"{len(names)} × "
        count = first.total * len(names)
        found += [first._replace(label=f"{label}  {times}", total=count), *rest]
    return found


def printed_by_itself(module: Any) -> bool:
    return bool(type(module).__repr__.__module__ != f"{__package__}.module")


def settings(part: Nested) -> str:
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
