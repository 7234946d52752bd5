"""Guards: what was decided by a comparison while a function was traced.

A program is right wherever all its guards hold: there the function decides as it did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Guard(NamedTuple):
    """A comparison whose outcome decided what the function did next."""

    compare: str
    x: int
    y: int
    outcome: bool


class Expected(NamedTuple):
    """The outcome of a comparison on another path, which is not known here. Where it comes out
    otherwise, the function goes on in another way, and other nodes have the numbers of those that
    came after it."""

    outcome: bool


Comparison = tuple[str, int, int]
"""How two nodes are compared, and which."""
Decided = Mapping[Comparison, bool | Expected]
"""The outcomes known of comparisons of two nodes before they are made, in their order on another
path."""


COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    "!=": lambda x, y: x != y,
}
"""The comparisons of guards; > and >= are these with their sides exchanged."""
