"""The patterns of back-propagation, found by looking at the operator table.

The effect of an operator on the gradient that comes back follows from its row: from its partials,
run on symbols, and from the operand that it returns at each of the row's sample points.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ...ops import start
from ...rows import BUILT_IN, Operator
from .terms import Algebra, Term

DISTRIBUTES, SWAPS = "add distributes", "multiply swaps"
ROUTES, SUMS = "max routes", "copy sums"

PATTERNS = {
    DISTRIBUTES: "Every operand gets the gradient that comes back, unchanged or with its sign "
    "turned, whatever the numbers are.",
    SWAPS: "The local gradient for one operand is the other operand.",
    ROUTES: "The gradient goes where the result came from: to the operand that was chosen, and "
    "nothing to the others. Operands that are equal share it.",
    SUMS: "A node used more than once gets the sum of what comes back from each use.",
}
"""Each pattern with its meaning."""


def of_operator(op: Operator, variable: tuple[bool, ...]) -> tuple[str, ...]:
    """Return the pattern for each operand, "" where there is none. `variable` tells which
    operands are Values."""
    # only rows of the table are kept: an operator of the user's may hold a graph
    return (of_row if BUILT_IN.get(op.name) is op else looked_for)(op, variable)


def looked_for(op: Operator, variable: tuple[bool, ...]) -> tuple[str, ...]:
    if routes(op):
        return (ROUTES,) * len(variable)
    algebra = Algebra()
    out, *operands = (algebra.variable("", 1.0) for _ in (0, *variable))
    try:
        local = op.local(out, operands, variable)
    except Exception:  # an operator of the user's may not run on symbols: then none is seen
        return ("",) * len(variable)
    return tuple(found(partial, x, operands) for partial, x in zip(local, operands))


of_row = lru_cache(maxsize=512)(looked_for)


def found(partial: Any, operand: Term, operands: Sequence[Term]) -> str:
    if partial is None:
        return ""
    if isinstance(partial, float):
        return DISTRIBUTES if abs(partial) == 1.0 and len(operands) > 1 else ""
    others = {id(x) for x in operands if x is not operand}
    # beside a constant the partial is start(factor), which is nothing for 0
    other = partial.operands[0] if partial.op is start else partial
    return SWAPS if id(other) in others else ""


def routes(op: Operator) -> bool:
    """Tell whether the operator returns one of its operands or 0, and not always the same."""
    chosen = set()
    for sample in op.samples:
        operands = sample if isinstance(sample, tuple) else (sample,)
        choices = [*operands, 0.0]
        out = op.forward(*operands)
        if out not in choices:
            return False
        chosen.add(choices.index(out) - (out == 0.0 and len(choices)))
    return len(chosen) > 1
