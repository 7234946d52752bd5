"""A traced function: one body for all that is wanted of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ...transforms.trees import Structure
from ..inputs.sources import is_given
from ..trace.body import Body
from ..trace.recorder import Recorder
from ..trace.rolled import Loops
from ..trace.sources import Draw
from .task import Wanted

FORGOTTEN = Recorder()
"""In place of a trace that is not kept: it has no nodes."""


class Entry(NamedTuple):
    """One number of a function's result.

    `own` says whether every lane has its own of it, else it is a number, or a sum over the lanes.
    `linked` says whether it is a Value in eager mode; then its derivatives follow. `source` is that
    of an input which the function returns as it is, else None. Where it is a derivative in numbers
    that lanes have their own of, `beside` are their positions. `kind` is the type that an array of
    it has over the lanes.
    """

    own: bool
    linked: bool
    source: Any = None
    beside: frozenset[int] = frozenset()
    kind: type = float


class Traced(NamedTuple):
    """A trace of a function, and its outputs.

    The outputs are the entries of its result, those that are linked each followed by their
    derivatives: in the wanted numbers, then in the `captured` Values. `each` tells which outputs
    every lane has its own of; the others are numbers, or sums over lanes. `sources` says where each
    input comes from.
    """

    trace: Recorder
    outputs: list[int]
    each: list[bool]
    sources: list[Any]
    captured: list[Any]
    structure: Structure
    entries: list[Entry]
    wanted: Wanted | None
    unknown: tuple[str, ...]
    """Things that the function read and that cannot be watched, in words."""
    is_inside: bool | None
    """Whether a transform is at work around; None if it makes no difference."""
    loops: Loops = Loops()
    """The loops that were found while the function ran."""
    nest: Any = None
    """The program where loops stay loops, see `nests/`; then there are no nodes, and `outputs` are
    empty."""
    expanded: Callable[[], Traced] | None = None
    """Where loops stay loops: returns the same as nodes."""
    parts: Any = None
    """Sparse derivatives, see `parts/`; then the nodes are for the guards alone, and there are no
    outputs and no entries."""

    @property
    def as_nodes(self) -> Traced:
        """The same with nodes, and without loops."""
        return self.expanded() if self.expanded else self

    @property
    def come_later(self) -> bool:
        """Whether derivatives of its results come later, if it has results to differentiate."""
        later = self.wanted is not None and self.wanted.later
        return later and any(entry.linked for entry in self.entries)

    @property
    def body(self) -> Body:
        return Body(self.trace, self.outputs)

    @property
    def draws(self) -> int:
        """How many random numbers the function draws."""
        return list(map(type, self.sources)).count(Draw)

    def without_trace(self) -> Traced:
        """The same to be kept, without the nodes, of which there may be many."""
        return self._replace(trace=FORGOTTEN)

    def keys(self) -> Iterator[tuple[int, Any]]:
        """Yield for each output its entry, and None for the entry itself, or the position of the
        number or the identity of the Value that it is a derivative in."""
        for k, entry in enumerate(self.entries):
            yield k, None
            if entry.linked and self.wanted is not None and not self.wanted.later:
                yield from ((k, position) for position in self.wanted.positions)
                yield from ((k, ("captured", id(x))) for x in self.captured)

    def signature(self) -> tuple[Any, ...]:
        """A key that two traces share, if they compute the same and one program serves both."""
        own = tuple((e.own, e.linked, e.beside, e.kind) for e in self.entries)
        taken = tuple(e.source if type(e.source) is int else id(e.source) for e in self.entries)
        sources = tuple(x if is_given(x) or isinstance(x, tuple) else id(x) for x in self.sources)
        captured = tuple(map(id, self.captured))
        key = self.parts and self.parts.flat.key
        return str(self.structure), captured, tuple(self.each), taken, own, sources, key
