"""What the page knows of a graph, as JSON: nodes, numbers, formulas, and JavaScript for its rows.

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
from ..symbols.in_symbols import Gate
from ..symbols.patterns import PATTERNS, SUMS
from ..symbols.terms import Reading, Term
from ..symbols.text import printable, shortened
from .javascript import kernel

WIDEST = 120
"""Characters of a formula: the product of the 299 others is a formula nobody reads."""


class Branching(Reading):
    """Reads a formula, and notes whether it would read otherwise at other numbers."""

    branched = False

    def simplified(self, op: Operator, operands: tuple[Any, ...]) -> Any:
        self.branched = self.branched or (op is ops.where and isinstance(operands[0], Term))
        return super().simplified(op, operands)


def holds_here_only(gate: Gate) -> bool:
    """Tell whether the formulas of the local gradients apply at the present numbers alone."""
    tape = Branching()
    try:
        gate.locals(tape)
    except Exception:  # an operator of the user's may not run on symbols: it has no formula
        return True
    return tape.branched


class Kernels:
    """The rows of one graph in JavaScript, each once for the operands that are variable."""

    def __init__(self) -> None:
        self.places: dict[tuple[Operator, tuple[bool, ...]], int] = {}
        self.texts: list[str] = []

    def place(self, gate: Gate) -> int:
        key = gate.node.op, gate.variable
        if key not in self.places:
            self.places[key] = len(self.texts)
            self.texts.append(kernel(*key))
        return self.places[key]

    def __str__(self) -> str:
        return "".join(["const KERNELS = [\n", *(f"  {text},\n" for text in self.texts), "];"])


def edges(gate: Gate) -> Iterator[dict[str, str]]:
    for formula, pattern in zip(gate.partials, gate.patterns):
        yield {"formula": shortened(formula, WIDEST), "pattern": pattern}


def line(gate: Gate) -> list[Any] | None:
    """Where the node was built: file, number of the line, its text."""
    found = gate.source
    return [printable(found.name), found.line, printable(found.text)] if found else None


class Data:
    """The data of the page that explains these steps, and the kernels they refer to."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.index = {node: i for i, node in enumerate(steps.nodes)}
        self.kernels = Kernels()
        self.nodes = [self.described(node) for node in steps.nodes]

    def described(self, node: Any) -> dict[str, Any]:
        gate = self.steps.gates.get(node)
        known: dict[str, Any] = {
            "name": self.steps.names[node],
            "leaf": gate is None,
            "label": printable(node.label),
            "data": repr(node.data),
            "partials": [repr(x) for x in node.partials],
            "operands": [self.index[x] if is_value(x) else repr(x) for x in node.operands],
        }
        return known | (self.computed(gate) if gate else {})

    def computed(self, gate: Gate) -> dict[str, Any]:
        return {
            "formula": shortened(gate.formula, WIDEST),
            "kernel": self.kernels.place(gate),
            "here": holds_here_only(gate),
            "edges": list(edges(gate)),
            "source": line(gate),
        }

    def json(self) -> str:
        """Return the data so that it can stand inside a script element, whatever the labels."""
        known = {"nodes": self.nodes, "patterns": PATTERNS, "sums": SUMS}
        text = json.dumps(known, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        for character in "<>&\u2028\u2029":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return text
