"""Which variables each row of a Jacobian depends on, and rows that may be added up.

Rows that have no variable in common are told apart in their sum. Source: Curtis, Powell, Reid, On
the estimation of sparse Jacobian matrices, 1974.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

from ..parts.dependences import bits


class Pattern:
    """Of each row the variables that it depends on, a bit for each, on any path traced so far."""

    def __init__(self, rows: Sequence[int], columns: int) -> None:
        self.rows = list(rows)
        self.columns = columns

    def joined(self, rows: Sequence[int]) -> Pattern:
        """The pattern with that of another path; itself if that has nothing new."""
        both = list(map(or_, self.rows, rows))
        return self if both == self.rows else Pattern(both, self.columns)

    def transposed(self) -> Pattern:
        """Of each variable the rows that depend on it."""
        columns = [0] * self.columns
        for i, row in enumerate(self.rows):
            for j in bits(row):
                columns[j] |= 1 << i
        return Pattern(columns, len(self.rows))

    def groups(self) -> list[int]:
        """The group of each row; rows of one group have no variable in common. First fit."""
        if reduce(and_, self.rows):
            # some variable is in all of them
            return list(range(len(self.rows)))
        taken: list[int] = []
        return [first_fit(taken, row) for row in self.rows]

    def entries(self) -> tuple[list[int], list[int]]:
        """The row and the column of each entry that may be other than zero."""
        pairs = [(i, j) for i, row in enumerate(self.rows) for j in bits(row)]
        return [i for i, _ in pairs], [j for _, j in pairs]

    @property
    def widest(self) -> int:
        """The most entries that a row has: there are no fewer groups of columns."""
        return max(row.bit_count() for row in self.rows)


def first_fit(taken: list[int], row: int) -> int:
    for group, variables in enumerate(taken):
        if not variables & row:
            taken[group] |= row
            return group
    taken.append(row)
    return len(taken) - 1
