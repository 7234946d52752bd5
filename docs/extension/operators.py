"""The operator reference, written from the operator table whenever the site is built."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from scalargrad import ops
from scalargrad.rows import BUILT_IN, Operator

from . import curves, edges, typeset

PLACE = "<!-- the operators -->"
"""In a page: where the reference stands."""
SYMBOLS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "mod": "%",
           "floordiv": "//"}  # fmt: skip
PREFIXED = {"neg": "-{}", "abs": "abs({})"}


def sections() -> Iterator[tuple[str, list[Operator]]]:
    """The headings in the table's source, each with the rows below it."""
    title, rows = "", list[Operator]()
    for line in inspect.getsource(ops).splitlines():
        heading = re.match(r"# ------ (.*)", line)
        row = re.match(r'\w+ = (?:op|fold)\("(\w+)"', line)
        if heading and rows:
            yield title, rows
        if heading:
            title, rows = heading[1].partition(":")[0], []
        if row:
            rows.append(BUILT_IN[row[1]])
    yield title, rows


def spellings(row: Operator) -> str:
    """How it is called besides: as an operator of Python, a method, a function of NumPy."""
    names = list(row.names) or ["xs"]
    first = names[0]
    found = []
    if row.dunder in SYMBOLS:
        found.append(f" {SYMBOLS[row.dunder]} ".join(names))
    if row.dunder in PREFIXED:
        found.append(PREFIXED[row.dunder].format(first))
    if row.method:
        found.append(f"{first}.{row.name}({', '.join(names[1:])})")
    if row.method and row.numpy:
        found.append(f"np.{row.numpy}({', '.join(names)})")
    return f"Also {' · '.join(f'`{x}`' for x in found)}. " if found else ""


def formulas(row: Operator) -> Iterator[str]:
    yield rf"f = {typeset.value(row)}"
    yield from map(partial, typeset.partials(row))


def partial(pair: tuple[str, str]) -> str:
    operand, text = pair
    return rf"\frac{{\partial f}}{{\partial {operand}}} = {text}"


def displayed(formula: str) -> str:
    return f"```{{math}}\n{formula}\n```"


def computed(row: Operator) -> str:
    """The derivatives as they are computed, one click away, where a book has them otherwise."""
    found = list(map(displayed, map(partial, typeset.computed(row))))
    if not found:
        return ""
    why = "Equal in exact arithmetic; computed in this form, no digits are lost."
    return "\n\n".join([":::{dropdown} How it is computed", why, *found, ":::"])


def edge_table(row: Operator) -> str:
    many = row.arity != 1 + len(row.defaults)
    names = row.names[: len(row.names) - len(row.defaults)]
    heads = [", ".join(names) or "operands", "value", "gradients" if many else "gradient"]
    lines = [heads, ["---:"] * 3, *edges.table(row)]
    return "\n".join(f"| {' | '.join(x)} |" for x in lines)


def sentence(row: Operator) -> str:
    """What the row's docstring says beside its signature."""
    text = (row.__doc__ or "").partition(": ")[2]
    return "" if text.startswith("one node") else text.replace("`", "")


def title(row: Operator) -> str:
    return f"{row.name}" if row.symbol == row.name else f"{row.name} {row.symbol}"


def entry(row: Operator) -> str:
    """The part of the page that describes an operator, in MyST."""
    drawable = row.arity is not None and row.name != "round_to" and not row.hidden
    picture = f"```{{raw}} html\n{curves.plot(row)}\n```" if drawable else ""
    domain = f"Defined for {edges.domain(row)}. " if row.arity == 1 else ""
    math = "\n\n".join(map(displayed, formulas(row)))
    target = "" if row.hidden else function(row)
    return f"""
(operator-{row.name})=
### {row.name}

{target}

{sentence(row)}

{math}

{computed(row)}

{domain}{spellings(row)}Drawn as {row.symbol}.

::::{{container}} operator
{picture}

{edge_table(row)}
::::
"""


def function(row: Operator) -> str:
    """What makes the names known to links and to the index."""
    signature = row.signature()
    spelled = [signature, *([signature.replace(row.name, row.numpy, 1)] if row.numpy else [])]
    return "\n\n".join(f"```{{py:function}} scalargrad.{x}\n```" for x in spelled)


def overview(parts: list[tuple[str, list[Operator]]]) -> str:
    lines = ["| | |", "|---|---|"]
    for title, rows in parts:
        links = " ".join(f"[{row.name}](#operator-{row.name})" for row in rows)
        lines.append(f"| {title} | {links} |")
    return "\n".join(lines)


def reference() -> str:
    parts = list(sections())
    pages = [overview(parts)]
    for name, rows in parts:
        pages += [f"\n## {name[0].upper()}{name[1:]}\n", *map(entry, rows)]
    return "\n".join(pages)


def insert(app: Any, docname: str, source: list[str]) -> None:
    if PLACE in source[0]:
        source[0] = source[0].replace(PLACE, reference())


def outdated(app: Any, env: Any, *changes: set[str]) -> set[str]:
    """Pages to be read again in every build: the table they come from is none of Sphinx's files."""
    return {name for name in env.found_docs if PLACE in env.doc2path(name).read_text("utf-8")}


def setup(app: Any) -> None:
    app.connect("source-read", insert)
    app.connect("env-get-outdated", outdated)
