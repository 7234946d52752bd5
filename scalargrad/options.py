"""Checks of options that many functions have: counts, choices, numbers in a range."""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple, TypeVar

from .messages import described
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


class Range(NamedTuple):
    """The numbers that an option may be: in words, and as a test."""

    words: str
    holds: Callable[[Any], bool]


POSITIVE = Range("a positive number", lambda x: 0.0 < x < inf)
NOT_NEGATIVE = Range("a number from 0 up", lambda x: 0.0 <= x < inf)
BELOW_ONE = Range("at least 0 and below 1", lambda x: 0.0 <= x < 1.0)
SHARE = Range("from 0 to 1", lambda x: 0.0 <= x <= 1.0)

N = TypeVar("N")


def within(name: str, x: N, wanted: Range) -> N:
    """Return a number as it is. Raises TypeError for anything else that cannot be compared,
    ValueError unless it is in the range."""
    try:
        if wanted.holds(x):
            return x
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be {wanted.words}, got {described(x)}") from None
    raise ValueError(f"{name} must be {wanted.words}, got {x!r:.60}")


def truth(name: str, x: Any) -> bool:
    """Return a choice. Raises TypeError unless it is True or False."""
    if type(x).__name__ in ("bool", "bool_"):
        return bool(x)
    raise TypeError(f"{name} must be True or False, got {described(x)}")


def limit(name: str, x: Any) -> float:
    """Return a number to compare with. Raises TypeError if it is none, ValueError if it is NaN."""
    number = real(x)
    if number == number:
        return number
    raise ValueError(f"{name} must be a number, got nan")
