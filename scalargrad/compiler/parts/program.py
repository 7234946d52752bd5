"""Sparse derivatives as what is run for them: pieces, and what is added to which entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...transforms.sparse import HESSIAN, VALUE, Sought
from .assembly import Added, Wanted, placed
from .flat import NUMBER, Flat, with_numbers, without_zeros
from .kinds import Kind
from .pieces import Piece, known_kinds, piece, weights
from .summands import Summands, summands
from .together import Together

FEW_LANES = 8
"""A piece with fewer parts is computed without lanes."""
FEW_NODES = 4000
"""So many nodes at most are computed in one program without lanes if all pieces can be: what has
lanes takes some microseconds for each piece."""


class Group(NamedTuple):
    """Parts of one kind: a row of `leaves` for each lane; and of all places where these are added
    the summand, and the lane."""

    kind: Kind
    leaves: Any
    summands: Any
    lane: Any
    seeds: Any


class Plain(NamedTuple):
    """Numbers that are added without being differentiated: the weights that are computed for it, or
    the inputs; numbers alone if there are neither."""

    wanted: Wanted
    seeds: Any = None
    inputs: Any = None


def shape_of(flat: Flat, sought: Sought) -> tuple[int, int]:
    rows, columns = len(flat.outputs), len(flat.variables)
    return {VALUE: (rows, 1), HESSIAN: (columns, columns)}.get(sought.order, (rows, columns))


# ------ what is to be added
def groups(flat: Flat, found: Summands) -> Iterator[Group]:
    """Yield the parts by kind: those without a seed once for all outputs that they are in, then
    each of those with one."""
    import numpy

    is_computed = flat.variable[found.node] < 0
    for seeded in (False, True):
        own = numpy.flatnonzero(is_computed & ((found.seed >= 0) == seeded))
        nodes, number = numpy.unique(found.node[own], return_inverse=True)
        for kind in known_kinds(flat, nodes):
            lane_of = numpy.full(len(nodes), -1)
            lane_of[kind.parts] = numpy.arange(len(kind.parts))
            lane = lane_of[number]
            order = numpy.argsort(lane, kind="stable")[numpy.count_nonzero(lane < 0) :]
            lane, parts = lane[order], own[order]
            if seeded:
                yield Group(kind, kind.leaves[lane], parts, None, found.seed[parts])
            else:
                is_same = len(lane) == len(kind.leaves)
                yield Group(kind, kind.leaves, parts, None if is_same else lane, None)


def ends(
    flat: Flat, sought: Sought, found: Summands, group: Group, which: tuple[int, ...]
) -> list[Wanted]:
    """Where a derivative of a group in these leaves is added; in a symmetric matrix there is a
    mirror image."""
    import numpy

    number, lane = found.number[group.summands], group.lane
    leaves = group.leaves if lane is None else group.leaves[lane]
    own = [flat.variable[leaves[:, k]] for k in which] or [numpy.zeros(len(leaves), int)]
    if sought.order != HESSIAN:
        return [Wanted(found.output[group.summands], own[0], number, lane)]
    low, high = numpy.minimum(*own), numpy.maximum(*own)
    both = {"lower": [(high, low)], "upper": [(low, high)], None: [(low, high), (high, low)]}
    pairs = both[sought.triangle][: 1 if which[0] == which[1] else 2]
    return [Wanted(*pair, number, lane) for pair in pairs]


def plain_slopes(flat: Flat, found: Summands) -> Iterator[Plain]:
    """Yield what variables that are parts themselves add to a Jacobian."""
    import numpy

    for seeded in (False, True):
        is_own = (flat.variable[found.node] >= 0) & ((found.seed >= 0) == seeded)
        own = numpy.flatnonzero(is_own)
        if len(own):
            columns = flat.variable[found.node[own]]
            wanted = Wanted(found.output[own], columns, found.number[own])
            yield Plain(wanted, found.seed[own] if seeded else None)


def plain_values(flat: Flat, found: Summands) -> Iterator[Plain]:
    """Yield what inputs, and numbers of Python's, that are parts themselves add to values."""
    import numpy

    is_own, is_number = flat.variable[found.node] >= 0, flat.sort[found.node] == NUMBER
    for numbers in (False, True):
        own = numpy.flatnonzero(is_own & (is_number == numbers))
        node, rows = found.node[own], found.output[own]
        known = flat.number[node] if numbers else 1.0
        wanted = Wanted(rows, numpy.zeros(len(own), int), found.number[own] * known)
        if len(own):
            yield Plain(wanted, None, None if numbers else flat.input[node])


def plain(flat: Flat, sought: Sought, found: Summands) -> list[Plain]:
    if sought.order == HESSIAN:
        return []
    return list((plain_values if sought.order == VALUE else plain_slopes)(flat, found))


# ------ all of it
def pieces(
    flat: Flat, sought: Sought, found: Summands
) -> Iterator[tuple[Piece, list[list[Wanted]]]]:
    """Yield the piece of each group of parts, and of each derivative it gives where it is added."""
    for group in groups(flat, found):
        own = piece(flat, group.kind, group.leaves, sought.order, group.seeds)
        yield own, [ends(flat, sought, found, group, leaves) for leaves in own.local.all_leaves]


class Parts:
    """Sparse derivatives: the `cells` of the entries, and what gives their numbers. `base` are the
    numbers that are there beforehand; `pieces` and `plain` are added to them; `together` are pieces
    that one program computes, and `weights` what is computed before all of these."""

    def __init__(self, flat: Flat, sought: Sought) -> None:
        import numpy

        flat = (with_numbers if sought.order == VALUE else without_zeros)(flat)
        self.flat = flat
        found = summands(flat, sought.order)
        self.weights = weights(flat, found.terms)
        made = list(pieces(flat, sought, found))
        alone = plain(flat, sought, found)
        every = [x for _, derivatives in made for one in derivatives for x in one]
        self.cells, added = placed(shape_of(flat, sought), every + [x.wanted for x in alone])
        self.base = numpy.zeros(self.cells.size)
        self.pieces: list[tuple[Piece, list[list[Added]]]] = []
        self.plain: list[tuple[Added, Plain]] = []
        adds = iter(added)
        for own, derivatives in made:
            self.take(own, [[next(adds) for _ in one] for one in derivatives])
        for x in alone:
            self.take_plain(next(adds), x)
        self.together = self.put_together()

    def take(self, own: Piece, adds: list[list[Added]]) -> None:
        """Know what a piece adds; what is the same in all lanes is there beforehand."""
        count = len(own.local.leaves)
        if count:
            self.pieces.append((own, adds[:count]))
        for (_, number), same in zip(own.local.fixed, adds[count:]):
            for add in same:
                add.to(self.base, number)

    def take_plain(self, add: Added, own: Plain) -> None:
        if own.seeds is None and own.inputs is None:
            add.to(self.base, 1.0)
        else:
            self.plain.append((add, own))

    def put_together(self) -> Together | None:
        """Leave pieces with few lanes, or all of them if these are small, to one program."""
        import numpy

        work = sum(own.lanes * own.local.work for own, _ in self.pieces)
        is_whole = work <= FEW_NODES and not self.plain
        few = [x for x in self.pieces if is_whole or x[0].lanes < FEW_LANES]
        self.pieces = [x for x in self.pieces if not (is_whole or x[0].lanes < FEW_LANES)]
        if not few:
            return None
        count = int(numpy.count_nonzero(self.flat.input >= 0))
        return Together(count, few, self.weights, self.base if is_whole else None)
