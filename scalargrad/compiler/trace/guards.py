"""Guards: what was decided by a comparison while a function was traced.

A program is right wherever all its guards hold: there the function decides as it did.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Guard(NamedTuple):
    """A comparison whose outcome decided what the function did next."""

    compare: str
    x: int
    y: int
    outcome: bool


COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    "!=": lambda x, y: x != y,
}
"""The comparisons of guards; > and >= are these with their sides exchanged."""
