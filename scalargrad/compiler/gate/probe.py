"""The questions that a trace answers about a Jacobian: whether it has many rows, what these depend
on, their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import modes
from ...rows import Operator
from ...transforms.jacobians import Jacobian, Point
from ...transforms.trees import ARRAY, Leaf, Structure, flatten
from ...transforms.variables import number
from ..parts.dependences import dependences
from ..passes.kinds import emptied
from ..trace.recorder import Recorder
from ..trace.vocabulary import STRUCTURE

MOST_ROWS = 16
"""A Jacobian of so many rows is traced as a whole: with fewer a whole is made as soon, and runs in
a half of the time. With 30 rows a product was made in a half of the time, and ran as quickly."""


class ManyRows(Exception):
    """The Jacobian that is traced has so many rows; they are Values in eager if `is_linked`."""

    def __init__(self, point: Point) -> None:
        super().__init__(len(point.outputs))
        self.count = len(point.outputs)
        self.is_linked = not point.variables.numbers


class Misfit(Exception):
    """A product of the Jacobian is not to run in place of the whole."""


class Probe:
    """Stops the trace of a Jacobian that has many rows."""

    def __init__(self, jacobian: Jacobian) -> None:
        self.function = jacobian.function

    def check(self, point: Point, trace: Recorder) -> None:
        if point.function is self.function and len(point.outputs) > MOST_ROWS and is_pure(trace):
            raise ManyRows(point)


def is_pure(trace: Recorder) -> bool:
    """Whether a function, run again, draws no other numbers, prints nothing, and is no work for
    Python."""
    if trace.draws or trace.has_texts or trace.unknown:
        return False
    rows = [row for row in set(trace.rows) if isinstance(row, Operator)]
    return all(row.code >= 0 or row in STRUCTURE for row in rows)


def rows_of(point: Point, trace: Recorder) -> list[int]:
    """The variables that each row depends on."""
    outputs, variables = ([*map(trace.index, x)] for x in (point.outputs, point.variables.nodes))
    return dependences(trace, outputs, variables)


def layout_of(point: Point) -> tuple[Structure, Any]:
    """The structure of a Jacobian, and where in its matrix each of its entries stands; None if they
    stand in order."""
    import numpy

    shape = len(point.outputs), len(point.variables.nodes)
    if point.is_array:
        structures = [point.structure, *point.variables.structures]
        whole = numpy.empty([n for s in structures for n in s.leaves[0].shape or ()], object)
        return Structure([Leaf(whole, ARRAY, whole.size)], None), None
    if point.has_rows:
        row, _ = structure_of(point.row, [0.0] * shape[1])
        return repeated(row, point.structure), None
    places = numpy.arange(shape[0] * shape[1], dtype=float).reshape(shape)
    structure, entries = structure_of(point.tree, places.tolist())
    order = numpy.array(list(map(number, entries)), int)
    return structure, None if (order == places.ravel()).all() else order


def structure_of(built: Callable[[Any], Any], numbers: Any) -> tuple[Structure, list[Any]]:
    """The structure of what is built of numbers, and its entries in order."""
    with modes.tracing(None):
        entries, structure = flatten(built(numbers), "the result")
    return emptied(structure), entries


def repeated(row: Structure, outside: Structure) -> Structure:
    """The structure of rows that stand in this order in another structure."""
    spec = row.spec if outside.spec is None else outside.spec.above(row.spec)
    return Structure(row.leaves * outside.size, spec, row.size * outside.size)
