"""Writers: they put the numbers of a program into the containers of its function's result, in C."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, repeat
from operator import is_
from typing import Any

from ...transforms.containers import Spec
from ...transforms.trees import ARRAY, SCALAR, Leaf, Structure
from ..passes.kinds import EMPTY
from ..trace.native import machine

Writer = Any
"""A tuple that begins with one of the WRITE_… of the machine, or None for a number."""


def writer_of(structure: Structure) -> Writer:
    """Return the writer of results of this structure."""
    return nested(structure.spec, iter(structure.leaves))


def nested(spec: Spec | None, leaves: Iterator[Leaf]) -> Writer:
    if spec is None:
        return of_leaf(next(leaves))
    if spec.is_flat:
        own = list(islice(leaves, len(spec.parts)))
        # most lists are of numbers alone, and some are long
        if spec.kind is list and all(map(is_, own, repeat(EMPTY))):
            return machine.WRITE_FLOATS, len(own)
        writers = tuple(map(of_leaf, own))
    else:
        writers = tuple([nested(part, leaves) for part in spec.parts])
    if spec.kind is list:
        plain = all(writer is None for writer in writers)
        return (machine.WRITE_FLOATS, len(writers)) if plain else (machine.WRITE_LIST, writers)
    if spec.kind is tuple:
        return machine.WRITE_TUPLE, writers
    if spec.kind is dict:
        return machine.WRITE_DICT, spec.keys, writers
    container, kind, keys, more = spec.container, spec.kind, spec.keys, spec.more
    return machine.WRITE_BY_CALL, lambda parts: container.built(kind, keys, parts, more), writers


def of_leaf(leaf: Leaf) -> Writer:
    if leaf.kind is SCALAR:
        return None
    if leaf.kind is ARRAY:
        return machine.WRITE_NUMBERS, array_of(leaf.original.shape), leaf.size
    if leaf.size:
        return machine.WRITE_NUMBERS, lambda x: leaf.kind.rebuilt(leaf.original, x), leaf.size
    return machine.WRITE_BY_CALL, lambda _: leaf.kind.rebuilt(leaf.original, ()), ()


def array_of(shape: tuple[int, ...]) -> Callable[[Any], Any]:
    from numpy import ndarray

    return lambda numbers: ndarray(shape, float, numbers)
