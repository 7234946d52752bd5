"""Options that many functions have: counts, choices, numbers in a range, with their checks; and
functions made of options, which tell what they were made of."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any, NamedTuple, TypeVar

from .messages import described, written
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


def function(name: str, x: Any, text: str) -> Any:
    """Return a function. Raises TypeError unless it can be called; `text` says how. A function that
    makes such functions has to be called first."""
    if not callable(x):
        raise TypeError(f"{name} must be {text}, got {described(x)}")
    if getattr(x, "makes", False):
        called = f"{x.__name__}(…)"
        raise TypeError(f"{name} must be {text}, got {x.__name__}, which makes one: {called}")
    return x


def items(name: str, x: Any, text: str) -> list[Any]:
    """Return a list. Raises TypeError unless it is one, or gives its items as one does."""
    if isinstance(x, (str, bytes, Mapping)) or not isinstance(x, Iterable):
        raise TypeError(f"{name} must be {text}, got {described(x)}")
    return list(x)


F = TypeVar("F", bound=Callable[..., Any])


class Configured:
    """A function that a call has made, and that prints as this call: cosine(1000)."""

    def __init__(self, function: Callable[..., Any], call: str) -> None:
        self.function = function
        self.call = call

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self.function(*args, **named)

    def __repr__(self) -> str:
        return self.call


def making(factory: F) -> F:
    """Decorate a function that makes functions: these print as the call that made them."""

    @functools.wraps(factory)
    def make(*args: Any, **named: Any) -> Configured:
        return Configured(factory(*args, **named), written(factory.__name__, args, named))

    make.makes = True  # type: ignore[attr-defined]
    return make  # type: ignore[return-value]
