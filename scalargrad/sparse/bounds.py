"""Bounds: how small and how large numbers in a structure may be, as two arrays."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple

from ..messages import described
from ..scalars import is_scalar
from ..transforms.trees import Structure, flatten, is_array, matching


class Bounds(NamedTuple):
    """The least and the greatest of each number, in order; infinite where there is none."""

    lower: Any
    upper: Any

    @property
    def are_there(self) -> bool:
        """Whether any number is bounded."""
        import numpy

        return bool(numpy.isfinite(self.lower).any() or numpy.isfinite(self.upper).any())


def bounds(lower: Any, upper: Any, like: Structure, what: Sequence[str]) -> Bounds:
    """Bounds of the numbers of a structure. Each is a number for all of them, or has that
    structure, or is one row of as many numbers; None for none. `what` has the names of the lower
    bound, of the upper, and of the bounded thing. Raises ValueError where they leave no room."""
    found = Bounds(expanded(lower, -inf, like, what[0]), expanded(upper, inf, like, what[1]))
    # not lower > upper, which NaN is not
    wrong = ~((found.lower <= found.upper) & (found.lower < inf) & (found.upper > -inf))
    if wrong.any():
        k = int(wrong.argmax())
        low, high = float(found.lower[k]), float(found.upper[k])
        raise ValueError(
            f"{what[0]} and {what[1]} leave no room for {list(like.names(what[2]))[k]}: expected "
            f"a lower bound that is at most the upper one, got {low!r} and {high!r}"
        )
    return found


def expanded(bound: Any, otherwise: float, like: Structure, what: str) -> Any:
    import numpy

    if bound is None or is_scalar(bound):
        return numpy.full(like.size, otherwise if bound is None else float(bound))
    if is_array(bound) and bound.shape == (like.size,):
        return bound.astype(float)
    try:
        entries = matching(bound, like, what)
    except ValueError:
        entries = in_a_row(bound, like, what)
    return numpy.array([float(x) for x in entries])


def in_a_row(bound: Any, like: Structure, what: str) -> Any:
    entries, found = flatten(bound, what)
    if isinstance(bound, (list, tuple)) and len(bound) == len(entries) == like.size:
        return entries
    raise ValueError(
        f"expected a number for {what}, or {like.size} numbers in a row or in the structure "
        f"{like}, got {found if entries else described(bound)}"
    )
