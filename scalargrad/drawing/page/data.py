"""The page's data of a graph, as JSON: nodes, numbers, formulas, and JavaScript for its rows.

A float is written as its repr, in quotes: JSON has no infinities and no NaN.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ... import ops
from ...messages import counted
from ...rows import Operator
from ...scalars import is_value
from ..picture.elementary import taken_apart
from ..picture.items import Numbers, Single
from ..steps.steps import Steps
from ..symbols.formula import place
from ..symbols.in_symbols import InSymbols
from ..symbols.patterns import PATTERNS, SUMS
from ..symbols.terms import Reading, Term
from ..symbols.text import DIGITS, isolated, printable, shortened
from .javascript import kernel
from .summary import summary

LONGEST_FORMULA = 120
"""Characters: nobody reads the product of 299 operands."""
LONGEST_HEADING = 60
MOST_GATES = 24
"""A fused node of more gates is not opened on the page."""


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
        symbols.readable_locals(algebra)
    except Exception:  # an operator of the user's may not run on symbols: it has no formula
        return True
    return algebra.branched


class Kernels:
    """The rows of one graph in JavaScript, each row once for each choice of variable operands."""

    def __init__(self) -> None:
        self.places: dict[tuple[Operator, tuple[bool, ...]], int] = {}
        self.texts: list[str] = []

    def place(self, op: Operator, variable: tuple[bool, ...]) -> int:
        key = op, variable
        if key not in self.places:
            self.places[key] = len(self.texts)
            self.texts.append(kernel(*key))
        return self.places[key]

    def __str__(self) -> str:
        return "".join(["const KERNELS = [\n", *(f"  {text},\n" for text in self.texts), "];"])


def edges(symbols: InSymbols) -> Iterator[dict[str, Any]]:
    found = zip(symbols.partials, symbols.computed, symbols.patterns)
    for formula, computed, pattern in found:
        yield filled(
            {
                "formula": shortened(formula, LONGEST_FORMULA),
                "computed": shortened(computed, LONGEST_FORMULA),
                "pattern": pattern,
            }
        )


def filled(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts that say something: the others would weigh on every node and edge of a page."""
    return {name: fact for name, fact in facts.items() if fact not in ("", None, [])}


def line(symbols: InSymbols) -> list[Any] | None:
    """Where the node was built: file, number of the line, its text."""
    found = symbols.source
    return [printable(found.name), found.line, printable(found.text)] if found else None


def template(symbols: InSymbols) -> str:
    """The node's formula with places for the numbers of its operands; empty where it is too long
    to be shown."""
    places = {x: place(k) for k, x in enumerate(symbols.operands) if is_value(x)}
    text = InSymbols(symbols.node, places).formula
    return text if len(text) <= LONGEST_FORMULA else ""


def about(op: Operator) -> str:
    """The text of what a row computes, without its signature."""
    return (op.__doc__ or "").partition("): ")[2].replace("`", "")


def told(x: Any) -> Any:
    """The data with names that are written from right to left set apart."""
    if isinstance(x, str):
        return isolated(x)
    if isinstance(x, dict):
        return {name: told(one) for name, one in x.items()}
    return list(map(told, x)) if isinstance(x, list) else x


class Data:
    """The data of the page that explains these steps, and the kernels they refer to."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.index = {node: i for i, node in enumerate(steps.nodes)}
        self.kernels = Kernels()
        self.numbers = Numbers(DIGITS)
        self.nodes = [self.described(node) for node in steps.nodes]

    def described(self, node: Any) -> dict[str, Any]:
        symbols = self.steps.in_symbols.get(node)
        known: dict[str, Any] = {
            "name": self.steps.names[node],
            "leaf": symbols is None,
            "label": printable(node.label),
            "symbol": printable(Single("", "", node, None).symbol(self.numbers, inline=True)),
            "data": repr(node.data),
            "partials": [repr(x) for x in node.partials],
            "operands": [self.index[x] if is_value(x) else repr(x) for x in node.operands],
        }
        if node in self.steps.parameters:
            known["parameter"] = True
        return known | (self.computed(symbols) if symbols else {})

    def computed(self, symbols: InSymbols) -> dict[str, Any]:
        facts = {
            "formula": shortened(symbols.formula, LONGEST_FORMULA),
            "kernel": self.kernels.place(symbols.node.op, symbols.variable),
            "here": holds_here_only(symbols),
            "edges": list(edges(symbols)),
            "source": line(symbols),
            "gates": list(self.gates(symbols.node)),
            "about": about(symbols.node.op) if symbols.node.op.arity is None else "",
        }
        return {"template": template(symbols), **filled(facts)}

    def gates(self, node: Any) -> Iterator[dict[str, Any]]:
        """The gates that a node over a list stands for, each after its operands: names, formulas,
        kernels, and operands that are places of nodes, places of gates, or constants."""
        found = taken_apart(node, MOST_GATES) if node.op.arity is None else None
        if found is None:
            return
        order = list(reversed(found.nodes))
        names: Mapping[Any, str] = {
            **{copy: self.steps.names[x] for copy, x in found.outside.items()},
            **{gate: f"t{k}" for k, gate in enumerate(order)},
            order[-1]: self.steps.names[node],
        }
        places: dict[Any, Any] = {copy: self.index[x] for copy, x in found.outside.items()}
        places |= {gate: {"gate": k} for k, gate in enumerate(order)}
        for gate in order:
            symbols = InSymbols(gate, names)
            yield {
                "name": names[gate],
                "formula": shortened(symbols.formula, LONGEST_FORMULA),
                "kernel": self.kernels.place(gate.op, symbols.variable),
                "operands": [places[x] if is_value(x) else repr(x) for x in gate.operands],
            }

    def heading(self) -> str:
        """The whole function as one formula, where that is short enough for a heading."""
        formula = self.steps.formula
        shown = self.steps.root.op and len(formula) <= LONGEST_HEADING and " with " not in formula
        return formula if shown else ""

    def json(self) -> str:
        """Return the data so that it can stand inside a script element, whatever the labels."""
        root = self.steps.names[self.steps.root]
        known = {
            "about": f"The graph of {root}: {counted(len(self.nodes), 'node')}",
            "formula": self.heading(),
            "nodes": self.nodes,
            "compared": self.steps.compared,
            "summary": summary(self.steps),
            "patterns": PATTERNS,
            "sums": SUMS,
        }
        text = json.dumps(told(known), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        for character in "<>&\u2028\u2029":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return text
