"""The kinds of things that a traced function may return, and what is kept of a result."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from types import FunctionType
from typing import Any

from ...modes import refusal
from ...scalars import is_real, is_value
from ...transforms.trees import (
    ARRAY,
    MODEL,
    OTHER,
    SCALAR,
    Kind,
    Leaf,
    Scalars,
    Structure,
    is_array,
)
from ..inputs.arguments import Arguments
from ..trace.tracer import Number


def is_constant(x: Any) -> bool:
    """Tell whether a leaf of a result is a constant of the function: it holds no traced number, and
    need not be copied."""
    if isinstance(x, type) and issubclass(x, Number):
        raise refusal(
            "compile cannot follow type(x) as a result: a traced number has a class of its own; "
            "ask isinstance(x, float), which answers as outside, or call type on what is returned"
        )
    return isinstance(x, CONSTANTS) or is_real(x) or isinstance(x, (type, FunctionType))


CONSTANTS = (str, bytes, type(None), Enum)


def is_fixed(x: Any) -> bool:
    return is_array(x) and x.dtype != object


TRACED = SCALAR._replace(matches=lambda x: type(x) is float or is_value(x))
CONSTANT = OTHER._replace(matches=is_constant)
FIXED = OTHER._replace(matches=is_fixed, rebuilt=lambda x, new: x.copy())
ALONE = (TRACED, FIXED, ARRAY, MODEL, CONSTANT)
"""The kinds in a result without lanes: leaves that hold no traced number stay what they are."""
IN_LANES = (SCALAR, ARRAY, MODEL, CONSTANT)


def kinds_of(arguments: Arguments) -> Sequence[Kind]:
    """The kinds of numbers in the result of a call."""
    return ALONE if arguments.shape is None else IN_LANES


EMPTY = Leaf(0.0, SCALAR, 1)
"""The leaf that stands for a number in a result: one for all, for they may be many."""


def emptied(structure: Structure) -> Structure:
    """The same structure without its Tracers: each would keep the whole trace alive."""
    if isinstance(structure, Scalars):
        return Structure([EMPTY] * structure.size, structure.spec, structure.size)
    return Structure(list(map(bare, structure.leaves)), structure.spec)


def bare(leaf: Leaf) -> Leaf:
    """A leaf without a Tracer in it."""
    if leaf.kind in (SCALAR, TRACED):
        return EMPTY
    if leaf.kind is ARRAY:
        import numpy

        return leaf._replace(original=numpy.empty(leaf.original.shape, object))
    if leaf.kind is MODEL:
        return leaf._replace(original=leaf.original.with_parameters([0.0] * leaf.size))
    return leaf
