"""Wide sums that follow each other and share their stretches, done together: of each stretch of
numbers a vector is read once for all of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .instructions import WIDE_PRODUCTS, WIDE_TILE
from .tiles import tile_height
from .words import NONE, WideTerm

Words = Sequence[int]


class Sum(NamedTuple):
    """A wide sum of products of numbers and stretches; the sum begins with the number `first`, or
    with NONE. Two sums whose `alike` are equal share their stretches."""

    out: int
    first: int
    alike: tuple[int, Words]
    """How many sums it is, the stretches."""
    numbers: Words

    @property
    def end(self) -> int:
        return self.out + self.alike[0]


def tiled(code: array[int], one: int) -> array[int]:
    """Return code that does the same as `code` in fewer instructions; `one` is where 1.0 stands."""
    found = array("i")
    tile: list[Sum] = []
    waiting = array("i")
    for words in instructions(code):
        wide = sum_of(words, one) if words[0] == WIDE_PRODUCTS.code else None
        if tile and not (wide and fits(tile, wide)):
            found += instruction(tile) if len(tile) > 1 else waiting
            tile, waiting = [], array("i")
        if wide:
            tile.append(wide)
            waiting = words
        else:
            found += words
    return found + (instruction(tile) if len(tile) > 1 else waiting)


def instructions(code: array[int]) -> Iterator[array[int]]:
    """The code cut up; what is no wide sum may be several instructions."""
    begin = at = 0
    while at < len(code):
        end = at + code[at + 1]
        if code[at] == WIDE_PRODUCTS.code:
            yield from filter(None, (code[begin:at], code[at:end]))
            begin = end
        at = end
    if begin < at:
        yield code[begin:]


def sum_of(words: array[int], one: int) -> Sum | None:
    """A wide sum as one of products of a number and a stretch, after at most one number alone; None
    if it has other terms."""
    at, first = WIDE_PRODUCTS.head, NONE
    if tuple(words[at : at + 2]) == (WideTerm.NUMBER_NUMBER, 1) and words[at + 3] == one:
        at, first = at + 4, words[at + 2]
    kind = words[at] if at < len(words) else NONE
    if kind not in ONE_STRETCH or len(words) != at + 2 + 2 * words[at + 1]:
        return None
    x, y = words[at + 2 :: 2], words[at + 3 :: 2]
    numbers, stretches = (x, y) if kind == WideTerm.NUMBER_STRETCH else (y, x)
    return Sum(words[2], first, (words[3], stretches), numbers)


ONE_STRETCH = (WideTerm.NUMBER_STRETCH, WideTerm.STRETCH_NUMBER)


def fits(tile: Sequence[Sum], wide: Sum) -> bool:
    """Tell whether a sum can be one more of a tile: it stands behind the last, as vectors reach
    over what comes later; and reads nothing that the tile computes."""
    begin, end = tile[0].out, tile[-1].end
    return (
        len(tile) < tile_height()
        and wide.out == end
        and wide.alike == tile[0].alike
        and not any(begin <= x < end for x in (wide.first, *wide.numbers))
    )


def instruction(tile: Sequence[Sum]) -> array[int]:
    count, stretches = tile[0].alike
    words = [count, len(tile), *(s.out for s in tile), *(s.first for s in tile)]
    for term in zip(stretches, *(s.numbers for s in tile)):
        words += term
    return array("i", WIDE_TILE(*words))
