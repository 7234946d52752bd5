"""The page's data of a graph, as JSON: nodes, numbers, formulas, and JavaScript for its rows.

A float is written as its repr, in quotes: JSON has no infinities and no NaN.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ... import ops
from ...rows import Operator
from ...scalars import is_value
from ..steps.steps import Steps
from ..symbols.in_symbols import InSymbols
from ..symbols.patterns import PATTERNS, SUMS
from ..symbols.terms import Reading, Term
from ..symbols.text import printable, shortened
from .javascript import kernel

LONGEST_FORMULA = 120
"""Characters: nobody reads the product of 299 operands."""


class Branching(Reading):
    """Reads a formula, and notes whether the formula would differ at other numbers."""

    branched = False

    def simplified(self, op: Operator, operands: tuple[Any, ...]) -> Any:
        self.branched = self.branched or (op is ops.where and isinstance(operands[0], Term))
        return super().simplified(op, operands)


def holds_here_only(symbols: InSymbols) -> bool:
    """Tell whether the formulas of the local gradients apply at the present numbers alone."""
    algebra = Branching()
    try:
        symbols.locals(algebra)
    except Exception:  # an operator of the user's may not run on symbols: it has no formula
        return True
    return algebra.branched


class Kernels:
    """The rows of one graph in JavaScript, each row once for each choice of variable operands."""

    def __init__(self) -> None:
        self.places: dict[tuple[Operator, tuple[bool, ...]], int] = {}
        self.texts: list[str] = []

    def place(self, symbols: InSymbols) -> int:
        key = symbols.node.op, symbols.variable
        if key not in self.places:
            self.places[key] = len(self.texts)
            self.texts.append(kernel(*key))
        return self.places[key]

    def __str__(self) -> str:
        return "".join(["const KERNELS = [\n", *(f"  {text},\n" for text in self.texts), "];"])


def edges(symbols: InSymbols) -> Iterator[dict[str, str]]:
    for formula, pattern in zip(symbols.partials, symbols.patterns):
        yield {"formula": shortened(formula, LONGEST_FORMULA), "pattern": pattern}


def line(symbols: InSymbols) -> list[Any] | None:
    """Where the node was built: file, number of the line, its text."""
    found = symbols.source
    return [printable(found.name), found.line, printable(found.text)] if found else None


class Data:
    """The data of the page that explains these steps, and the kernels they refer to."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.index = {node: i for i, node in enumerate(steps.nodes)}
        self.kernels = Kernels()
        self.nodes = [self.described(node) for node in steps.nodes]

    def described(self, node: Any) -> dict[str, Any]:
        symbols = self.steps.in_symbols.get(node)
        known: dict[str, Any] = {
            "name": self.steps.names[node],
            "leaf": symbols is None,
            "label": printable(node.label),
            "data": repr(node.data),
            "partials": [repr(x) for x in node.partials],
            "operands": [self.index[x] if is_value(x) else repr(x) for x in node.operands],
        }
        return known | (self.computed(symbols) if symbols else {})

    def computed(self, symbols: InSymbols) -> dict[str, Any]:
        return {
            "formula": shortened(symbols.formula, LONGEST_FORMULA),
            "kernel": self.kernels.place(symbols),
            "here": holds_here_only(symbols),
            "edges": list(edges(symbols)),
            "source": line(symbols),
        }

    def json(self) -> str:
        """Return the data so that it can stand inside a script element, whatever the labels."""
        known = {"nodes": self.nodes, "patterns": PATTERNS, "sums": SUMS}
        text = json.dumps(known, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        for character in "<>&\u2028\u2029":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return text
