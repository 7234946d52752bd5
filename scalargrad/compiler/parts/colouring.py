"""Colours of columns: those of one colour are added up, and their entries are told apart.

Columns of one colour have no row in common; of a symmetric matrix it is enough that each entry can
be read in one of its two places, which a star colouring promises: neighbours have other colours,
and each path of four has three. Sources: Curtis, Powell, Reid, On the estimation of sparse Jacobian
matrices, 1974; Gebremedhin, Manne, Pothen, What colour is your Jacobian, 2005.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def column_colours(rows: Sequence[Sequence[int]], columns: int) -> list[int]:
    """A colour for each column of a matrix, by the columns of the entries in each row: no row has
    two entries of one colour. First fit."""
    standing: list[list[int]] = [[] for _ in range(columns)]
    for i, row in enumerate(rows):
        for j in row:
            standing[j].append(i)
    taken: list[set[int]] = [set() for _ in rows]
    colours = []
    for own in standing:
        colour = first_free([taken[i] for i in own])
        colours.append(colour)
        for i in own:
            taken[i].add(colour)
    return colours


def first_free(taken: Iterable[set[int]]) -> int:
    """The first colour that is in none of these sets."""
    every = set().union(*taken)
    colour = 0
    while colour in every:
        colour += 1
    return colour


def star_colours(rows: Sequence[Sequence[int]]) -> list[int]:
    """A star colouring of a symmetric matrix, by the columns of the entries in each row."""
    around = [[j for j in row if j != i] for i, row in enumerate(rows)]
    colours = [-1] * len(rows)
    for i, own in enumerate(around):
        colours[i] = first_free([set(forbidden(i, own, around, colours))])
    return colours


def forbidden(
    i: int, own: Sequence[int], around: Sequence[Sequence[int]], colours: Sequence[int]
) -> Iterable[int]:
    """The colours that i must not have: those of its neighbours, and each that would make a path of
    four of two colours."""
    for j in own:
        if colours[j] < 0:
            # two neighbours of one that has no colour yet may not agree: it could take any
            yield from (colours[k] for k in around[j] if k != i and colours[k] >= 0)
            continue
        yield colours[j]
        for k in around[j]:
            if k != i and colours[k] >= 0 and is_joined(k, j, around, colours):
                yield colours[k]


def is_joined(k: int, j: int, around: Sequence[Sequence[int]], colours: Sequence[int]) -> bool:
    """Whether k has another neighbour of j's colour."""
    return any(m != j and colours[m] == colours[j] for m in around[k])


def read_at(
    i: int, j: int, rows: Sequence[Sequence[int]], colours: Sequence[int]
) -> tuple[int, int] | None:
    """The row, and the column whose colour tells entry i, j of a symmetric matrix from the others
    in that row; None if the colours promise nothing."""
    for row, column in ((i, j), (j, i)):
        if sum(colours[k] == colours[column] for k in rows[row]) == 1:
            return row, column
    return None
