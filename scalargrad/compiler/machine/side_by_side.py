"""Instructions on numbers in places, many of them done side by side: what the interpreters of
uniform numbers and of nests share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .looping import ROWS, Looping
from .words import NONE, WideTerm


class SideBySide(Looping):
    """Runs words of code on `places`."""

    places: list[float]

    def products(self, w: Any) -> None:
        u = self.places
        u[w.out] = added((u[x] * u[y] for x, y in w.terms), -0.0)

    def pack(self, w: Any) -> None:
        self.put(w.out, [self.places[k] for k in w.numbers])

    def wide_products(self, w: Any) -> None:
        sums = (added((self.wide_term(k, *t) for t in w.runs), -0.0) for k in range(w.count))
        self.put(w.out, list(sums))

    def wide_term(self, k: int, kind: int, x: int, y: int) -> float:
        is_y_stretch = kind in (WideTerm.NUMBER_STRETCH, WideTerm.STRETCH_STRETCH)
        u, is_x_stretch = self.places, kind >= WideTerm.STRETCH_NUMBER
        return u[x + k * is_x_stretch] * u[y + k * is_y_stretch]

    def wide_row(self, w: Any) -> None:
        moves = [w.stretches >> k & 1 for k in range(len(w.operands))]
        read = [[j + move * k for j, move in zip(w.operands, moves)] for k in range(w.count)]
        forward = ROWS[w.row].forward
        self.put(w.out, [forward(*[self.places[j] for j in operands]) for operands in read])

    def wide_tile(self, w: Any) -> None:
        for row, (out, first) in enumerate(zip(w.out, w.first)):
            self.put(out, [self.tiled(w.terms, row, first, k) for k in range(w.count)])

    def tiled(self, terms: Sequence[Any], row: int, first: int, k: int) -> float:
        u = self.places
        return added((u[x + k] * u[numbers[row]] for x, *numbers in terms), self.first(first))

    def first(self, place: int) -> float:
        return -0.0 if place == NONE else self.places[place]

    def put(self, out: int, numbers: list[float]) -> None:
        self.places[out : out + len(numbers)] = numbers


def added(terms: Iterable[float], first: float) -> float:
    for x in terms:
        first += x
    return first
