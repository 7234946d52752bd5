"""Operators over a list: their forward functions on floats, and how their calls are arranged.

Forward functions add from left to right, so that every engine rounds alike. The rows that use
these stand in `ops.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from .ieee import exp_difference, larger, smaller
from .messages import described

# ------ from a call's arguments to operands


def listed(operands: Iterable[Any]) -> tuple[Any, ...]:
    try:
        items = iter(operands)
    except TypeError:
        came = described(operands)
        raise TypeError(f"expected a list of numbers or Values, got {came}") from None
    return tuple(items)


def at_least_one(operands: Iterable[Any]) -> tuple[Any, ...]:
    found = listed(operands)
    if not found:
        raise ValueError("expected at least one operand, got an empty list")
    return found


def weights_then_inputs(weights: Iterable[Any], inputs: Iterable[Any], bias: Any = None) -> Any:
    ws, xs = listed(weights), listed(inputs)
    if len(ws) != len(xs):
        raise ValueError(f"dot needs lists of one length, got {len(ws)} weights, {len(xs)} inputs")
    return ws + xs if bias is None else (*ws, *xs, bias)


# ------ forward


def sum(*xs: float) -> float:
    # left to right and uncompensated, as C does; builtins.sum compensates from Python 3.12 on
    total = 0.0
    for x in xs:
        total += x
    return total


def mean(*xs: float) -> float:
    return sum(*xs) / len(xs)


def prod(*xs: float) -> float:
    total = 1.0
    for x in xs:
        total *= x
    return total


def max(*xs: float) -> float:
    largest = xs[0]
    for x in xs:
        largest = larger(largest, x)
    return largest


def min(*xs: float) -> float:
    smallest = xs[0]
    for x in xs:
        smallest = smaller(smallest, x)
    return smallest


def logsumexp(*xs: float) -> float:
    largest = max(*xs)
    if not math.isfinite(largest):
        return largest
    # the largest is the 1 of log1p: other terms count, however small they are beside it
    at = xs.index(largest)
    others = xs[:at] + xs[at + 1 :]
    return largest + math.log1p(sum(*[exp_difference(x, largest) for x in others]))


def dot(*operands: float) -> float:
    n = len(operands) // 2
    total = operands[-1] if len(operands) % 2 else 0.0
    for w, x in zip(operands[:n], operands[n:]):
        total += w * x
    return total
