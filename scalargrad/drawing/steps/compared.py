"""The numbers that a program compared while it ran: at other numbers it may go another way, which
no graph knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...scalars import is_value
from ..symbols.text import brief, printable, shortened_label

MOST_NOTED = 100
"""Comparisons that are kept, with the Values in them."""
MOST_TOLD = 3


class Compared:
    """Notes the comparisons of Values with numbers, the first of them."""

    def __init__(self) -> None:
        self.pairs: list[tuple[Any, Any]] = []

    def note(self, x: Any, y: Any) -> None:
        if len(self.pairs) < MOST_NOTED:
            self.pairs.append((x, y))

    def told(self, names: Mapping[Any, str]) -> str:
        """The comparisons in words, as "x with 0, y with x"; empty if there was none."""
        pairs = (f"{side(x, names)} with {side(y, names)}" for x, y in self.pairs)
        found = list(dict.fromkeys(pairs))
        more = ["more"] if len(found) > MOST_TOLD else []
        return ", ".join([*found[:MOST_TOLD], *more])


def side(x: Any, names: Mapping[Any, str]) -> str:
    """A side of a comparison; a Value outside of the graph by its label or its number."""
    if is_value(x):
        return names.get(x) or shortened_label(printable(x.label)) or brief(x.data)
    try:
        return brief(float(x))
    except OverflowError:
        return "a number beyond the floats"
