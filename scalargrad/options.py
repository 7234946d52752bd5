"""Options that many functions take: what they may be."""

from __future__ import annotations

import operator
from typing import Any

from .scalars import real


def whole(name: str, x: Any) -> int:
    """Return a count. Raises ValueError unless it is a whole number from 1 up."""
    try:
        found = 0 if isinstance(x, bool) else operator.index(x)
    except TypeError:
        found = 0
    if found > 0:
        return found
    raise ValueError(f"{name} must be a whole number from 1 up, got {x!r:.60}")


def truth(name: str, x: Any) -> bool:
    """Return a choice. Raises TypeError unless it is True or False."""
    if type(x).__name__ in ("bool", "bool_"):
        return bool(x)
    raise TypeError(f"{name} must be True or False, got {type(x).__name__} {x!r:.60}")


def limit(name: str, x: Any) -> float:
    """Return a number to compare with. Raises TypeError if it is none, ValueError if it is NaN."""
    number = real(x)
    if number == number:
        return number
    raise ValueError(f"{name} must be a number, got nan")
