"""What an operator gives at the edges, by running it there; and where it is defined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isnan, nan
from typing import Any

import scalargrad as sg
from scalargrad.rows import Operator

ONE = (-inf, -1.0, -0.0, 0.0, 1.0, inf, nan)
TWO = ((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.5), (inf, inf), (nan, 1.0))
LISTS = ((1.0, 1.0), (0.0, 0.0, 2.0), (inf, inf), (inf, -inf), (nan, 1.0))
PROBES = sorted(
    {s * m * 10.0**e for s in (-1.0, 1.0) for m in (1.0, 2.5, 5.0) for e in range(-12, 13)}
)


def spelled(x: float) -> str:
    if isnan(x):
        return "NaN"
    if abs(x) == inf:
        return "∞" if x > 0 else "−∞"
    return f"{x:.6g}".replace("-", "−")


def cells(operands: Sequence[float], row: Operator) -> tuple[str, str, str]:
    """The operands, the value, and the gradient in each operand."""
    leaves = [sg.Value(x) for x in operands]
    out = called(row, leaves)
    out.backward()
    # one that is made of others, such as clamp with bounds that are Values, ends in another's node
    slopes = [p + 0.0 for p in out.partials] if out.op is row else [leaf.grad for leaf in leaves]
    return tuple(", ".join(map(spelled, numbers)) for numbers in (operands, [out.data], slopes))  # type: ignore[return-value]


def called(row: Operator, operands: Sequence[object]) -> Any:
    if row.arity is not None:
        return row(*operands)
    if row.name == "dot":
        half = len(operands) // 2
        return row(operands[:half], operands[half : 2 * half])
    return row(operands)


def table(row: Operator) -> list[tuple[str, str, str]]:
    """Rows of operands, value and gradients, at the points where operators are peculiar."""
    if row.arity is None:
        found: Sequence[Sequence[float]] = [x for x in LISTS if row.name != "dot" or len(x) == 2]
    elif row.arity == 1 + len(row.defaults):
        found = [(x,) for x in ONE]
    elif row.arity == 2:
        found = TWO
    else:
        found = [sample for sample in row.samples if isinstance(sample, tuple)]
    return [cells(operands, row) for operands in found]


# ------ domains


def defined(row: Operator, x: float) -> bool:
    return not isnan(row(x))


def border(row: Operator, inside: float, outside: float) -> float:
    """The last point where it is defined, on the way out; by bisection, down to neighbours."""
    while True:
        middle = inside + (outside - inside) / 2.0
        if middle in (inside, outside):
            return inside
        if defined(row, middle):
            inside = middle
        else:
            outside = middle


def domain(row: Operator) -> str:
    """The interval where an operator on one number is defined, found by running it."""
    inner = [x for x in PROBES if defined(row, x)]
    if len(inner) == len(PROBES):
        return "every number"
    low, high = min(inner), max(inner)
    left = low if low == PROBES[0] else border(row, low, PROBES[PROBES.index(low) - 1])
    right = high if high == PROBES[-1] else border(row, high, PROBES[PROBES.index(high) + 1])
    said: list[str] = []
    test: Callable[[float, str], str] = lambda x, sign: f"x {sign} {spelled(x)}"  # noqa: E731
    said += [test(left + 0.0 if abs(left) > 1e-300 else 0.0, "≥")] if left != PROBES[0] else []
    said += [test(right, "≤")] if right != PROBES[-1] else []
    return " and ".join(said)
