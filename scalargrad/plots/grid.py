"""A function of two numbers, looked at on a grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Span = tuple[float, float]
MARGIN = 0.12


def span(values: Sequence[float]) -> Span:
    """Return the range of `values`, with a margin of an eighth on either side."""
    low, high = min(values), max(values)
    margin = MARGIN * ((high - low) or 1.0)
    return low - margin, high + margin


def ticks(ends: Span, count: int) -> list[float]:
    low, high = ends
    return [low + (high - low) * i / (count - 1) for i in range(count)]


def over(
    x_span: Span, y_span: Span, resolution: int, f: Callable[[list[float]], Any]
) -> tuple[list[float], list[float], list[list[Any]]]:
    """Return x ticks, y ticks, and f([x, y]) as one row for each y."""
    xs, ys = ticks(x_span, resolution), ticks(y_span, resolution)
    return xs, ys, [[f([x, y]) for x in xs] for y in ys]
