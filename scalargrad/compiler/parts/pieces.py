"""Pieces: parts of one kind, and what is computed of them; weights that are computed for them."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...transforms.sparse import HESSIAN, VALUE
from .flat import NUMBER, Flat
from .kinds import OF_VARIABLE, Kind, kinds
from .local import Local, local
from .summands import Terms

MOST_LOCAL = 5_000
"""So many nodes may the second derivatives of a part be, which come by an adjoint for each
variable."""


class TooMuchShared(Exception):
    """The parts of a function have so much in common that they are not to be computed apart."""


class Piece(NamedTuple):
    """The computation for the parts of one kind, a lane for each. Of each column of its inputs,
    `inputs` has which input of the call each part has there, or the numbers; `seeds` are the
    weights that are computed for the parts."""

    local: Local
    lanes: int
    inputs: list[Any]
    seeds: Any


class Weights(NamedTuple):
    """Weights that are computed from inputs: sums of terms, each a number times factors. Factors
    have slots: `inputs` are slots and the inputs there, `pieces` compute the others, with their
    slots; in the last slot, number `slots`, is 1. The `terms` have slots in place of nodes."""

    pieces: list[tuple[Piece, Any]]
    inputs: tuple[Any, Any]
    slots: int
    terms: Terms


def known_kinds(flat: Flat, nodes: Any) -> list[Kind]:
    """The kinds of parts with these nodes. Raises TooMuchShared."""
    found = kinds(flat, nodes) if len(nodes) else []
    if found is None:
        raise TooMuchShared
    return found


def piece(flat: Flat, kind: Kind, leaves: Any, order: int, seeds: Any = None) -> Piece:
    """The piece of parts with these leaves, a row for each. Raises TooMuchShared where it would
    have too many nodes."""
    if order == HESSIAN and kind.sorts.count(OF_VARIABLE) * len(kind.steps) > MOST_LOCAL:
        raise TooMuchShared
    is_number = flat.sort == NUMBER
    same = [same_number(flat, column) if is_number[column[0]] else None for column in leaves.T]
    made = local(kind, flat.rows, same, order, seeds is not None)
    given = [
        (flat.number if is_number[column[0]] else flat.input)[column]
        for column in leaves.T[made.columns]
    ]
    return Piece(made, len(leaves), given, seeds)


def same_number(flat: Flat, nodes: Any) -> float | None:
    """The number of Python's that all of these nodes are; None if they differ."""
    bits = flat.number[nodes].view("i8")
    return float(flat.number[nodes[0]]) if (bits == bits[0]).all() else None


def weights(flat: Flat, terms: Terms) -> Weights | None:
    """How weights are computed; None if there are none."""
    import numpy

    if not terms.total:
        return None
    nodes = numpy.unique(numpy.concatenate(terms.factors))
    nodes = nodes[nodes >= 0]
    is_input = flat.input[nodes] >= 0
    inputs, computed = numpy.flatnonzero(is_input), numpy.flatnonzero(~is_input)
    pieces = [
        (piece(flat, kind, kind.leaves, VALUE), computed[kind.parts])
        for kind in known_kinds(flat, nodes[computed])
    ]
    slots = [numpy.where(x >= 0, numpy.searchsorted(nodes, x), len(nodes)) for x in terms.factors]
    of_inputs = inputs, flat.input[nodes[inputs]]
    return Weights(pieces, of_inputs, len(nodes), terms._replace(factors=slots))
