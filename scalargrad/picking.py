"""Picking from a list by a number that may be computed, as `items[index]` does by an int."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Any

from .engine import where
from .messages import described
from .scalars import is_scalar, is_value


def pick(items: Sequence[Any], index: Any) -> Any:
    """Return `items[index]`, an index that is computed or given as a float included.

    `items` are n numbers or Values, or n lists of these, all of one length; `index` is a whole
    number from −n to n − 1: an int, a float or a Value, through which no gradient flows. A compiled
    function picks by any index with one program, whereas an int among its arguments is a constant.
    A computed index costs n operators for each number picked. Raises IndexError for any other
    number, TypeError for what is none, ValueError for lists that differ in length.
    """
    if not isinstance(items, Sized):
        raise TypeError(f"pick needs a list and an index, got {described(items)}")
    count = len(items)
    if not count:
        raise IndexError("pick needs at least one item, got none")
    if not is_scalar(index):
        raise TypeError(f"an index is a whole number, got {described(index)}")
    place = index + count if index < 0 else index
    if not 0 <= place < count or place % 1 != 0:
        raise IndexError(f"{count} items need a whole number below {count}, got {described(index)}")
    return chosen(items, place) if is_value(place) else items[int(place)]


def chosen(items: Sequence[Any], place: Any) -> Any:
    """The item at a place that is computed. All others are passed over, whatever they are."""
    if not is_scalar(items[0]):
        return [chosen(column, place) for column in zip(*items, strict=True)]
    found = items[0]
    for k in range(1, len(items)):
        found = where(place - k, found, items[k])
    return found
