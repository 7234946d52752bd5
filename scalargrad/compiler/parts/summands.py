"""Outputs as sums: parts with weights, of which some are computed from inputs."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...transforms.sparse import HESSIAN
from .flat import Flat
from .linear import Linear, linear


class Terms(NamedTuple):
    """Weights that are computed from inputs: `total` of them, each a sum of terms. Of each term its
    `number`, the weight that it belongs to, and in `factors` a column for each of its factors,
    nodes, −1 for none; `divides` tells whether that divides."""

    total: int
    number: Any
    owner: Any
    factors: list[Any]
    divides: list[Any]


class Summands(NamedTuple):
    """Of each part its output, its node, and its weight: a `number`, times a `seed`, the number of
    a weight that is computed for it, if that is not −1."""

    output: Any
    node: Any
    number: Any
    seed: Any
    terms: Terms


def summands(flat: Flat, order: int) -> Summands:
    """The parts that the outputs of a trace are sums of, for derivatives of this order."""
    import numpy

    found = linear(flat)
    is_new = (numpy.diff(found.output, prepend=-1) != 0) | (numpy.diff(found.node, prepend=-1) != 0)
    begins, owner = numpy.flatnonzero(is_new), is_new.cumsum() - 1
    node = found.node[begins]
    is_seeded = numpy.zeros(len(begins), bool)
    is_seeded[owner[found.factor >= 0]] = True
    if order == HESSIAN:
        # what is linear in a variable has no second derivative
        is_seeded &= flat.variable[node] < 0
    number = numpy.where(is_seeded, 1.0, found.number[begins])
    seed = numpy.where(is_seeded, is_seeded.cumsum() - 1, -1)
    own = numpy.flatnonzero(is_seeded[owner])
    terms = terms_of(found, own, seed[owner[own]], int(is_seeded.sum()))
    return Summands(found.output[begins], node, number, seed, terms)


def terms_of(found: Linear, own: Any, owner: Any, total: int) -> Terms:
    """The terms that have these numbers, with their factors, the last of each first."""
    at = found.factor[own]
    factors: list[Any] = []
    divides: list[Any] = []
    while (at >= 0).any():
        factors.append(taken(found.of, at))
        divides.append((at >= 0) & (taken(found.divides, at) == 1))
        at = taken(found.before, at)
    return Terms(total, found.number[own], owner, factors, divides)


def taken(column: Any, at: Any) -> Any:
    """A column at these places, −1 where there is none."""
    import numpy

    return numpy.where(at >= 0, column[at].astype(int), -1)
