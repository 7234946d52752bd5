"""The outputs of all paths of a call put together."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple

from ..trees import ARRAY, SCALAR, Leaf, Structure
from .arguments import Arguments
from .paths import Path


class Results(NamedTuple):
    """What a call computed: numbers, and arrays over its lanes.

    `outputs` holds for each entry of the function's result the entry itself, then its derivatives:
    in the wanted numbers of the call, then in the Values `captured`.
    """

    structure: Any
    captured: list[Any]
    outputs: list[Any]

    def entries(self) -> list[list[Any]]:
        """The outputs, a list for each entry of the result."""
        size = self.structure.size
        width = len(self.outputs) // size if size else 1
        return [self.outputs[k * width : (k + 1) * width] for k in range(size)]

    def value(self) -> Any:
        return self.structure.rebuilt([outputs[0] for outputs in self.entries()])


class Merge:
    """Adds up what are sums, and puts what every lane has its own of in its place."""

    def __init__(self, call: Arguments) -> None:
        self.call = call
        self.structure: Any = None
        self.form: str | None = None
        self.captured: dict[int, Any] = {}
        self.found: dict[Any, Any] = {}

    def add(self, path: Path, group: Any, outputs: Sequence[Any]) -> None:
        """Take in the outputs of a path in some lanes; `group` are their indices, None all. What
        was taken in for a lane before is forgotten, but not what is a sum."""
        if self.form is None:
            self.structure, self.form = path.traced.structure, path.form
        elif path.form != self.form:
            raise TypeError(
                "a compiled function must return results of one structure, got "
                f"{self.form} in one branch and {path.form} in another"
            )
        others = self.captured.keys() - path.captured.keys() if self.captured else set()
        self.captured |= path.captured
        found = self.found
        for key, each, x in zip(path.keys, path.traced.each, outputs):
            if each:
                self.put(key, group, x)
            else:
                found[key] = found.get(key, 0.0) + x
        if others:
            self.forget(others, group)

    def put(self, key: Any, group: Any, x: Any) -> None:
        import numpy

        if group is None and hasattr(x, "shape"):
            self.found[key] = x
            return
        if key not in self.found:
            self.found[key] = numpy.zeros(self.call.lanes)
        self.found[key][slice(None) if group is None else group] = x

    def forget(self, values: set[int], group: Any) -> None:
        """The lanes of a path that does not use these Values have no derivative in them."""
        for (_, which), x in self.found.items():
            if isinstance(which, tuple) and which[1] in values and hasattr(x, "shape"):
                x[group] = 0.0

    def results(self, wanted: Iterable[int]) -> Results:
        derivatives = [*wanted, *(("captured", i) for i in self.captured)]
        keys = [(k, which) for k in range(self.structure.size) for which in (None, *derivatives)]
        outputs = [self.shaped(self.found.get(key, 0.0)) for key in keys]
        return Results(self.structure, list(self.captured.values()), outputs)

    def shaped(self, x: Any) -> Any:
        return x.reshape(self.call.shape) if hasattr(x, "shape") else x


def finish_of(structure: Structure) -> Callable[[Any, Sequence[Any]], Any]:
    """What makes a result of this structure of a call's arguments and of its entries."""
    if structure.spec is None and structure.leaves[0].kind is SCALAR:
        return lambda args, entries: entries[0]
    ends = accumulate(leaf.size for leaf in structure.leaves)
    makers = [maker(leaf, end - leaf.size) for leaf, end in zip(structure.leaves, ends)]

    def finish(args: Any, entries: Sequence[Any]) -> Any:
        if type(entries) is not array:
            return structure.rebuilt(entries)
        return structure.tree([make(entries) for make in makers])

    return finish


def maker(leaf: Leaf, begin: int) -> Callable[[array[float]], Any]:
    """What makes a leaf of the numbers of a program, of which its own begin there."""
    if leaf.kind is SCALAR:
        return itemgetter(begin)
    own = slice(begin, begin + leaf.size)
    if leaf.kind is not ARRAY:
        return lambda numbers: leaf.kind.rebuilt(leaf.original, numbers[own])
    from numpy import ndarray

    shape = leaf.original.shape
    return lambda numbers: ndarray(shape, float, numbers[own])
