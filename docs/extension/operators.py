"""The operator reference, written from the operator table whenever the site is built."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from scalargrad import ops
from scalargrad.rows import BUILT_IN, Operator

from . import curves, edges, typeset

OVERVIEW = "<!-- the operators -->"
"""In a page: where the names of all operators stand."""
PLACE = re.compile("<!-- operators: (.+) -->")
"""In a page: where the operators of a family stand, by its heading in the table's source."""
WITHIN = "Within others"
"""The heading of operators that only partial derivatives use."""
LAST = ("Selecting", WITHIN)
"""Families that stand first in the table, for others use them, but that few readers look for."""
SYMBOLS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "mod": "%",
           "floordiv": "//"}  # fmt: skip
PREFIXED = {"neg": "-{}", "abs": "abs({})"}


def sections() -> dict[str, list[Operator]]:
    """The families of operators, by the headings in the table's source; those that are no public
    functions are a family by themselves."""
    found: dict[str, list[Operator]] = {}
    for line in inspect.getsource(ops).splitlines():
        heading = re.match(r"# ------ ([^:]*)", line)
        row = re.match(r'\w+ = (?:op|fold)\("(\w+)"', line)
        if heading:
            title = heading[1]
        if row and BUILT_IN[row[1]].hidden:
            found.setdefault(WITHIN, []).append(BUILT_IN[row[1]])
        elif row:
            found.setdefault(sentence_case(title), []).append(BUILT_IN[row[1]])
    last = {title: found.pop(title) for title in LAST}
    return {**found, **last}


def sentence_case(title: str) -> str:
    return title[0].upper() + title[1:]


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
## {row.name}

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


def overview() -> str:
    lines = ["| | |", "|---|---|"]
    for title, rows in sections().items():
        links = " ".join(f"[{row.name}](#operator-{row.name})" for row in rows)
        lines.append(f"| {title} | {links} |")
    return "\n".join(lines)


def family(title: str) -> str:
    return "\n".join(map(entry, sections()[title]))


def insert(app: Any, docname: str, source: list[str]) -> None:
    text = source[0].replace(OVERVIEW, overview())
    source[0] = PLACE.sub(lambda found: family(found[1]), text)


def outdated(app: Any, env: Any, *changes: set[str]) -> set[str]:
    """Pages to be read again in every build: the table they come from is none of Sphinx's files."""
    texts = {name: env.doc2path(name).read_text("utf-8") for name in env.found_docs}
    return {name for name, text in texts.items() if OVERVIEW in text or PLACE.search(text)}


def setup(app: Any) -> None:
    app.connect("source-read", insert)
    app.connect("env-get-outdated", outdated)
