"""Steps as a report: the computation, a table of the steps, and whether the gradients are right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..symbols.patterns import PATTERNS
from ..symbols.text import brief, printable, shortened
from .table import aligned, html

HEADINGS = (
    *("step", "", "= upstream × local", "=", "sum so far", "arrived"),
    *("local gradient", "pattern", "built at", "order"),
)
ALIGNED = "><<>><<<<<"
MOST_ROWS = 300
"""A notebook shows so many steps; the text shows all."""
MOST_CHECKED = 200_000
"""Leaves times nodes up to which the text has the finite differences: a second or two."""
MOST_WALKED = 10_000
"""Steps up to which the text tells what a naive order gets wrong."""
MOST_MISTAKES = 5
WIDEST = 50


def cells(i: int, step: Any) -> tuple[str, ...]:
    """One row of the table, for the step with number `i`; a sum of one is not shown."""
    is_sum = step.expected > 1
    return (
        str(i),
        step.rule,
        f"= {step.product}" if step.propagates else step.product,
        brief(step.contribution),
        brief(step.total) if is_sum else "",
        f"{step.arrived} of {step.expected}" if is_sum else "",
        shortened(step.formula, WIDEST),
        ", ".join(step.patterns),
        place(step.source),
        "" if step.ready else f"too early: {step.consumer_name} is not complete",
    )


def place(source: Any) -> str:
    return f"{printable(source.name)}:{source.line}" if source else ""


def computation(steps: Any) -> Iterator[tuple[str, ...]]:
    """The forward pass, a row for each node: "q", "= x + y", "= −2.0 + 5.0", "= 3.0", and the line
    that built the node, where the line is not the same as in the row before."""
    before = None
    for node, symbols in steps.in_symbols.items():
        source = symbols.source
        formulas = (shortened(x, WIDEST) for x in (symbols.formula, symbols.in_numbers))
        built = f"{place(source)}: {shortened(printable(source.text), WIDEST)}" if source else ""
        shown = built if source != before else ""
        yield (steps.names[node], *map("= {}".format, (*formulas, brief(node.data))), shown)
        before = source


def checks(steps: Any) -> Iterator[str]:
    if len(steps.leaves) * len(steps.nodes) > MOST_CHECKED:
        yield "too many to measure here: see .checks"
        return
    head = ("leaf", "gradient", "measured", "±", "order", "verdict")
    yield from aligned([head, *map(measured, steps.checks)], "<>>>><")
    if len(steps.checks) < len(steps.leaves):
        yield "the others lead through a node given by its number and partials: nothing to measure"


def measured(found: Any) -> tuple[str, ...]:
    """One row of the slopes, with the signs that all numbers have here."""
    name, *numbers, verdict = found.cells()
    shown = [x.replace("-", "−").replace("nan", "NaN").replace("inf", "∞") for x in numbers]
    return (name, *shown, verdict)


def patterns(steps: Any) -> Iterator[str]:
    """The meaning of each pattern that occurs."""
    found = {name for step in steps for name in step.patterns}
    yield from (f"{name}: {PATTERNS[name]}" for name in PATTERNS if name in found)


def mistakes(steps: Any) -> Iterator[str]:
    if len(steps) > MOST_WALKED:
        return
    yield from map(str, steps.mistakes[:MOST_MISTAKES])
    if len(steps.mistakes) > MOST_MISTAKES:
        yield f"… and {len(steps.mistakes) - MOST_MISTAKES} more: see .mistakes"


def columns(steps: Iterable[Any]) -> tuple[list[tuple[str, ...]], str]:
    """Return the table of the steps, its head first, without empty columns; and the sides to
    which the columns are aligned."""
    rows = [cells(i, step) for i, step in enumerate(steps, 1)]
    kept = [i for i in range(len(HEADINGS)) if any(row[i] for row in rows)]
    return [tuple(row[i] for i in kept) for row in (HEADINGS, *rows)], "".join(
        ALIGNED[i] for i in kept
    )


def text(steps: Any) -> str:
    """Return all there is to say about the steps, as lines of a terminal."""
    root = steps.names[steps.root]
    parts = {
        "forward": aligned(computation(steps), "<<<<<"),
        f"backward, from ∂{root}/∂{root} = 1": aligned(*columns(steps)) if steps else [],
        "patterns": patterns(steps),
        "gradients, measured by finite differences": checks(steps),
        "in a naive order, where nodes pass on a gradient before it is complete": mistakes(steps),
    }
    shown = {head: list(lines) for head, lines in parts.items()}
    return "\n\n".join("\n  ".join([head, *lines]) for head, lines in shown.items() if lines)


def walk(steps: Iterable[Any]) -> str:
    """Return the table of the steps alone."""
    return "\n".join(aligned(*columns(steps)))


def table(steps: Any) -> str:
    """Return the steps as an HTML table."""
    (head, *rows), sides = columns(steps[:MOST_ROWS])
    more = len(steps) - len(rows)
    note = f"<p>… and {more} more steps: print them, or save them as a page.</p>\n" if more else ""
    return html(head, rows, sides) + note
