"""Pieces: parts of one kind, and weights that are computed for them."""

from __future__ import annotations

from typing import Any, NamedTuple

from .local import Local


class Piece(NamedTuple):
    """What is computed of the parts of one kind. Of each column of its inputs `given` has which
    input of the call each part has there, or the numbers; `seeds` are the weights among those
    that are computed first."""

    local: Local
    lanes: int
    given: list[Any]
    seeds: Any


class Weights(NamedTuple):
    """Weights that are computed from inputs: sums of terms, each a number times factors. `pieces`
    compute the factors that are no inputs: their values, by slot. Of each term its `number`, the
    weight that it belongs to, and in `factors` a column for each of its factors, `divides` tells
    whether that divides. The last factor is 1."""

    count: int
    pieces: list[tuple[Piece, Any]]
    inputs: tuple[Any, Any]
    size: int
    number: Any
    owner: Any
    factors: list[Any]
    divides: list[Any]
