"""Sparse derivatives as what is run for them: pieces, and what is added to which entry.

A *piece* are parts of one kind, its lanes: what is computed of them, and from which inputs. A part
whose weight is a number computed from inputs has that as its *seed*.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...transforms.sparse import HESSIAN, VALUE, Sought
from .assembly import Added, Wanted, placed
from .flat import NUMBER, Flat, with_numbers, without_zeros
from .kinds import OF_VARIABLE, Kind, kinds
from .linear import Linear, linear
from .local import local
from .pieces import Piece, Weights
from .together import Together


FEW_LANES = 8
"""A piece with fewer parts is computed without lanes."""
FEW_NODES = 4000
"""So many nodes at most are computed in one program without lanes if all pieces can be: what has
lanes takes some microseconds for each piece."""


MOST_LOCAL = 20_000
"""The second derivatives of a part, one adjoint after the other, are as many nodes."""


class TooMuchShared(Exception):
    """The parts of a function have so much in common that they are not to be computed apart."""


def chains(found: Linear, terms: Any) -> tuple[list[Any], list[Any]]:
    """The factors of terms, the last first, in columns; −1 for none."""
    at, columns, divides = found.factor[terms], [], []
    while (at >= 0).any():
        columns.append(numpy_where(at, found.of))
        divides.append((at >= 0) & (found.divides[at] == 1))
        at = numpy_where(at, found.before)
    return columns, divides


def numpy_where(at: Any, values: Any) -> Any:
    import numpy

    return numpy.where(at >= 0, values[at], -1)


class Parts:
    """Sparse derivatives: the places of the entries, and what gives their numbers."""

    def __init__(self, flat: Flat, sought: Sought) -> None:
        import numpy

        flat = with_numbers(flat) if sought.order == VALUE else without_zeros(flat)
        self.flat, self.sought = flat, sought
        self.variable = flat.variable
        self.order = sought.order
        found = linear(flat)
        begins = numpy.flatnonzero(
            (numpy.diff(found.output, prepend=-1) != 0) | (numpy.diff(found.node, prepend=-1) != 0)
        )
        self.output, self.node = found.output[begins], found.node[begins]
        owner = numpy.zeros(len(found.node), int)
        owner[begins[1:]] = 1
        owner = owner.cumsum()
        is_seeded = numpy.zeros(len(begins), bool)
        is_seeded[owner[found.factor >= 0]] = True
        if sought.is_square:
            # what is linear in a variable has no second derivative
            is_seeded &= self.variable[self.node] < 0
        self.number = numpy.where(is_seeded, 1.0, found.number[begins])
        self.seed = numpy.where(is_seeded, is_seeded.cumsum() - 1, -1)
        """Of each part which weight is computed for it; −1 for a number."""
        terms = numpy.flatnonzero(is_seeded[owner])
        self.weights = self.weights_of(found, terms, self.seed[owner[terms]], int(is_seeded.sum()))
        self.pieces: list[tuple[Piece, list[list[Added]]]] = []
        self.assemble()

    # ------ weights
    def weights_of(self, found: Linear, terms: Any, owner: Any, count: int) -> Weights | None:
        import numpy

        if not count:
            return None
        columns, divides = chains(found, terms)
        nodes = numpy.unique(numpy.concatenate(columns))
        nodes = nodes[nodes >= 0]
        is_input = self.flat.given[nodes] >= 0
        slots = numpy.flatnonzero(is_input)
        inputs = slots, self.flat.given[nodes[slots]]
        computed = numpy.flatnonzero(~is_input)
        pieces = [
            (self.piece(kind, kind.leaves, VALUE), computed[kind.parts])
            for kind in self.kinds(nodes[computed])
        ]
        places = [numpy.where(x >= 0, numpy.searchsorted(nodes, x), len(nodes)) for x in columns]
        number = found.number[terms]
        return Weights(count, pieces, inputs, len(nodes), number, owner, places, divides)

    # ------ pieces
    def kinds(self, nodes: Any) -> list[Kind]:
        found = kinds(self.flat, nodes) if len(nodes) else []
        if found is None:
            raise TooMuchShared
        return found

    def piece(self, kind: Kind, leaves: Any, order: int, seeds: Any = None) -> Piece:
        numbers, is_number = self.flat.number, self.flat.sort == NUMBER
        same: list[float | None] = []
        for column in leaves.T:
            own = numbers[column]
            is_same = is_number[column[0]] and (own.view("i8") == own.view("i8")[0]).all()
            same.append(float(own[0]) if is_same else None)
        variables = kind.sorts.count(OF_VARIABLE)
        if order == HESSIAN and variables * len(kind.steps) > MOST_LOCAL:
            raise TooMuchShared
        made = local(kind, self.flat.rows, same, order, seeds is not None)
        given = [
            numbers[column] if is_number[column[0]] else self.flat.given[column]
            for column in leaves.T[made.columns]
        ]
        return Piece(made, len(leaves), given, seeds)

    def split(self) -> Iterator[tuple[Kind, Any, Any]]:
        """Yield each kind with a row of leaves for each part, and parts: first the parts without a
        seed, once for all outputs that they are in, then those with one."""
        import numpy

        is_computed = self.variable[self.node] < 0
        for seeded in (False, True):
            parts = numpy.flatnonzero(is_computed & ((self.seed >= 0) == seeded))
            nodes, lane = numpy.unique(self.node[parts], return_inverse=True)
            for kind in self.kinds(nodes):
                place = numpy.full(len(nodes), -1)
                place[kind.parts] = numpy.arange(len(kind.parts))
                own = place[lane]
                order = numpy.argsort(own, kind="stable")[numpy.count_nonzero(own < 0) :]
                yield kind, own[order], parts[order]

    def assemble(self) -> None:
        import numpy

        wanted: list[Wanted] = []
        found = []
        for kind, lane, parts in self.split():
            seeds = self.seed[parts] if self.seed[parts[0]] >= 0 else None
            leaves = kind.leaves if seeds is None else kind.leaves[lane]
            piece = self.piece(kind, leaves, self.order, seeds)
            source = None if seeds is not None or is_range(lane, len(leaves)) else lane
            ends = leaves[lane] if seeds is None else leaves
            fixed = piece.local.fixed
            own = [
                self.entries(ends, place, parts, source)
                for place in (*piece.local.places, *(place for place, _ in fixed))
            ]
            found.append((piece, [len(x) for x in own]))
            wanted += [x for some in own for x in some]
        linear_ones = [] if self.sought.is_square else list(self.linear_entries())
        shape = shape_of(self.flat, self.sought)
        self.places, added = placed(shape, wanted + [x for x, _, _ in linear_ones])
        rest = iter(added)
        self.base = numpy.zeros(self.places.size)
        for piece, counts in found:
            adds = [[next(rest) for _ in range(n)] for n in counts]
            count = len(piece.local.places)
            if count:
                self.pieces.append((piece, adds[:count]))
            for (_, number), own in zip(piece.local.fixed, adds[count:]):
                for add in own:
                    add.to(self.base, number)
        self.linear: list[tuple[Added, Any, Any]] = []
        for (_, seeds, inputs), add in zip(linear_ones, rest):
            if seeds is None and inputs is None:
                add.to(self.base, 1.0)
            else:
                self.linear.append((add, seeds, inputs))
        self.put_together()

    def put_together(self) -> None:
        """Leave pieces with few lanes, or all of them if these are small, to one program."""
        import numpy

        work = sum(p.lanes * p.local.work for p, _ in self.pieces)
        is_whole = work <= FEW_NODES and not self.linear
        few = [x for x in self.pieces if is_whole or x[0].lanes < FEW_LANES]
        self.together: Together | None = None
        if few:
            self.pieces = [x for x in self.pieces if not (is_whole or x[0].lanes < FEW_LANES)]
            count = int(numpy.count_nonzero(self.flat.given >= 0))
            base = self.base if is_whole else None
            self.together = Together(count, few, self.weights, base)

    def linear_entries(self) -> Iterator[tuple[Wanted, Any, Any]]:
        """Yield what variables add to the outputs that they are parts of: weights that are
        computed for it, inputs, or, without either, numbers."""
        import numpy

        is_variable = self.variable[self.node] >= 0
        if self.order == VALUE:
            is_number = self.flat.sort[self.node] == NUMBER
            for own in map(numpy.flatnonzero, (is_variable & is_number, is_variable & ~is_number)):
                nodes, rows = self.node[own], self.output[own]
                known = self.flat.number[nodes] if len(own) and is_number[own[0]] else 1.0
                wanted = Wanted(rows, 0 * rows, self.number[own] * known)
                if len(own):
                    yield wanted, None, self.flat.given[nodes] if type(known) is float else None
            return
        for seeded in (False, True):
            own = numpy.flatnonzero(is_variable & ((self.seed >= 0) == seeded))
            columns = self.variable[self.node[own]]
            wanted = Wanted(self.output[own], columns, self.number[own])
            if len(own):
                yield wanted, self.seed[own] if seeded else None, None

    def entries(self, leaves: Any, place: tuple[int, ...], parts: Any, source: Any) -> list[Wanted]:
        """Where a derivative is added, and in a symmetric matrix its mirror image."""
        weights = self.number[parts]
        import numpy

        ends = [self.variable[leaves[:, k]] for k in place] or [numpy.zeros(len(parts), int)]
        if not self.sought.is_square:
            return [Wanted(self.output[parts], ends[0], weights, source)]

        low, high = numpy.minimum(*ends), numpy.maximum(*ends)
        both = {"lower": [(high, low)], "upper": [(low, high)], None: [(low, high), (high, low)]}
        pairs = both[self.sought.triangle][: 1 if place[0] == place[1] else 2]
        return [Wanted(*pair, weights, source) for pair in pairs]


def shape_of(flat: Flat, sought: Sought) -> tuple[int, int]:
    rows, columns = len(flat.outputs), len(flat.variables)
    return {VALUE: (rows, 1), HESSIAN: (columns, columns)}.get(sought.order, (rows, columns))


def is_range(x: Any, count: int) -> bool:
    import numpy

    return len(x) == count and bool((x == numpy.arange(count)).all())
