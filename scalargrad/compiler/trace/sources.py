"""Sources of the inputs that neither a call nor a captured Value gives."""

from __future__ import annotations

from typing import NamedTuple


class Draw(NamedTuple):
    """An input that is drawn: 1.0 where the k-th random number of a call is below p, else 0.0."""

    k: int
    p: float


class Side(NamedTuple):
    """An input that is what a guard compared, its side 0 or 1, in the lanes that come from another
    path because the guard does not hold in them."""

    which: int


class Told(NamedTuple):
    """An input that a lane is told by how often it goes round a loop: the count itself comes first,
    then numbers that follow from it."""

    which: int
