"""Runs a function once on Tracers, and takes the derivatives that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from types import FunctionType
from typing import Any, NamedTuple

from ... import modes, ops
from ...backward import symbolic_adjoints
from ...rows import NOTHING, builder, is_number
from ...transforms.trees import (
    ARRAY,
    MODEL,
    OTHER,
    SCALAR,
    Kind,
    Leaf,
    Structure,
    flatten,
    is_array,
    is_value,
)
from ...transforms.variables import inside
from ..inputs.arguments import Arguments
from ..surroundings.effects import observed
from ..surroundings.walk import Surroundings
from ..trace.chosen import Trace
from ..trace.vocabulary import COUNT, SHARE, handed_on
from .lower import lane_sums


class Wanted(NamedTuple):
    """Derivatives in which numbers of the call, by position; in captured Values always.

    `summed` asks for sums over the lanes where a number is the same in all of them; `always` for
    derivatives in numbers too, which no Value stands for.
    """

    positions: tuple[int, ...]
    summed: bool
    always: bool = False


class Entry(NamedTuple):
    """One number of a function's result.

    `own` says whether every lane has its own of it, else it is a number, or a sum over the lanes.
    `linked` says whether it is a Value in eager mode; then its derivatives follow. `given` is where
    it comes from if it is a number of the call, or a captured Value, as it was; else None. Where it
    is a derivative in numbers that lanes have their own of, `beside` are their positions. `kind` is
    the type that an array of it has over the lanes.
    """

    own: bool
    linked: bool
    given: Any = None
    beside: frozenset[int] = frozenset()
    kind: type = float


class Traced(NamedTuple):
    """What a function was traced to.

    The outputs are the entries of its result, those that are linked each followed by their
    derivatives: in the wanted numbers, then in the `captured` Values. `each` tells which outputs
    every lane has its own of; the others are numbers, or sums over lanes. `sources` says where each
    input comes from: a position among the numbers of the call, the Value that is captured, or a
    Draw.
    """

    trace: Any
    outputs: list[int]
    each: list[bool]
    sources: list[Any]
    captured: list[Any]
    structure: Structure
    entries: list[Entry]
    wanted: Wanted | None
    unknown: tuple[str, ...]
    """What the function read that cannot be watched."""
    is_inside: bool | None
    """Whether a transform is at work around; None if it makes no difference."""

    def keys(self) -> Iterator[tuple[int, Any]]:
        """What each output is: of which entry, and None for the entry itself, or the position of
        the number or the identity of the Value that it is a derivative in."""
        for k, entry in enumerate(self.entries):
            yield k, None
            if entry.linked and self.wanted is not None:
                yield from ((k, position) for position in self.wanted.positions)
                yield from ((k, ("captured", id(x))) for x in self.captured)


class Stopped(Exception):
    """In place of a StopIteration that the function raised, which would end a generator."""


class Task(NamedTuple):
    """What is to be computed: the results of `f`, reduced over the lanes or not; derivatives."""

    f: Callable[..., Any]
    call: Arguments
    reduce: str | None
    wanted: Wanted | None

    def trace(
        self,
        numbers: Sequence[float],
        draw: Callable[[int], float],
        decided: Mapping[Any, bool],
        around: Surroundings | None,
    ) -> Traced:
        """Trace the way that `f` takes with these numbers: those of one lane. `draw(k)` is the
        k-th random number of that lane; `decided` is how comparisons came out in it; `around` is
        what `f` uses. Raises TypeError if `f` draws other numbers, or keeps one."""
        has_lanes = self.call.shape is not None
        try:
            catches = around is not None and around.catches
            return observed(lambda: self.traced(numbers, draw, decided, catches), around, has_lanes)
        except StopIteration as stop:
            raise Stopped from stop

    def traced(
        self,
        numbers: Sequence[float],
        draw: Callable[[int], float],
        decided: Mapping[Any, bool],
        catches: bool,
    ) -> Traced:
        trace = Trace()
        trace.catches = catches
        trace.draw, trace.drawn_by_lane = draw, self.lanes
        trace.decided = decided
        trace.root, trace.reduced = self.f, self.lanes and self.reduce is not None
        tracers = self.inputs(trace, numbers)
        with modes.tracing(trace):
            out = self.call.applied(self.f, tracers[2:])
            self.check_texts(trace)
            results, structure = flatten(out, "the result", kinds_of(self.call))
            nodes = [trace.tracers[trace.index(x)] for x in results]
            captured = list(trace.captured)
            entries = [self.entry(trace, x, self.kind(y)) for x, y in zip(nodes, results)]
            pairs = zip(nodes, entries)
            found = [x for node, entry in pairs for x in self.outputs(trace, tracers, node, entry)]
            outputs = self.shown(trace, entries, self.reduced(trace, tracers, found))
        values = {i: value for value, i in trace.captured.items()} | trace.draws
        return Traced(
            trace,
            outputs,
            [each for _, each in found],
            [values.get(i, k) for k, i in enumerate(trace.inputs)],
            captured,
            emptied(structure),
            entries,
            self.wanted,
            tuple(trace.unknown),
            inside() if trace.has_transforms else None,
        )

    def inputs(self, trace: Any, numbers: Sequence[float]) -> list[Any]:
        """Begin a trace with an input for each number, the function's after COUNT and SHARE."""
        lane = [False, False, *self.call.lane]
        wanted = self.wanted.positions if self.wanted else ()
        values = {2 + k for k in (*wanted, *self.call.values)}
        tracers = [
            trace.input(x, here, k not in values) for k, (x, here) in enumerate(zip(numbers, lane))
        ]
        trace.given = len(tracers)
        trace.values = {2 + k for k in self.call.values}
        return tracers

    def check_texts(self, trace: Any) -> None:
        if trace.has_texts and self.lanes:
            raise TypeError(
                "compile cannot follow the text of a number in each lane: the function would "
                "print, or go on with, that of the first alone; return the number"
            )

    @property
    def lanes(self) -> bool:
        return self.call.shape is not None

    def entry(self, trace: Any, node: Any, kind: type) -> Entry:
        """What becomes of a number of the result."""
        beside = trace.derived.get(node.index)
        own = self.lanes and (self.reduce is None or beside is not None)
        positions = frozenset(i - 2 for i in beside or ())
        always = self.wanted is not None and self.wanted.always
        linked = always or trace.is_linked(node)
        return Entry(own, linked, self.given(trace, node) if linked else None, positions, kind)

    def kind(self, x: Any) -> type:
        """The type of numbers like this one, over lanes: what is bool or int in every lane is no
        float. A sum of either is an int."""
        kind = type(x) if type(x) in (bool, int) and self.reduce != "mean" else float
        return int if kind is bool and self.reduce else kind

    def given(self, trace: Any, node: Any) -> Any:
        """Where a node comes from that is one of the function's inputs; None if it is computed."""
        if self.lanes or node.op is not None:
            return None
        known = {i: value for value, i in trace.captured.items()}
        return known.get(node.index, node.index - 2)

    def outputs(
        self, trace: Any, tracers: Sequence[Any], node: Any, entry: Entry
    ) -> Iterator[tuple[Any, bool]]:
        """Yield an entry of the result and its derivatives, each with whether every lane has its
        own; what has not is to be summed over them."""
        if self.reduce == "mean" and self.lanes:
            node = ops.mul(node, tracers[SHARE])
        yield node, entry.own
        if self.wanted is None or not entry.linked:
            return
        variables = [tracers[2 + k] for k in self.wanted.positions]
        variables += [trace.tracers[i] for i in trace.captured.values()]
        is_variable = bool(variables) and builder(node) is not None
        adjoint = symbolic_adjoints(node, variables, 1.0) if is_variable else {}
        for x in variables:
            own = entry.own or trace.lanes[x.index] or not self.wanted.summed
            yield adjoint.get(x, NOTHING), self.lanes and own

    def reduced(
        self, trace: Any, tracers: Sequence[Any], found: Sequence[tuple[Any, bool]]
    ) -> list[int]:
        """The nodes of what was found, summed over the lanes where not every lane has its own."""
        indices = [trace.index(x) for x, _ in found]
        if not self.lanes:
            return indices
        wanted = [i for i, (_, each) in zip(indices, found) if not each]
        sums = iter(lane_sums(trace, wanted, tracers[COUNT]))
        return [i if each else next(sums) for i, (_, each) in zip(indices, found)]

    def shown(self, trace: Any, entries: Sequence[Entry], outputs: Sequence[int]) -> list[int]:
        """The outputs as users see them: a sum or a derivative is no −0.0, which is nothing. The
        partial of a node may be."""
        return [
            i if row is None else trace.index(trace.compute(row, [trace.tracers[i], *rest]))
            for i, (row, *rest) in zip(outputs, self.last_rows(trace, entries))
        ]

    def last_rows(self, trace: Any, entries: Sequence[Entry]) -> Iterator[tuple[Any, ...]]:
        """The row that each output is put through at last, if any, and its other operands."""
        count = len(self.wanted.positions) + len(trace.captured) if self.wanted else 0
        is_seen = self.wanted is not None and self.wanted.always
        for entry in entries:
            yield AS_IT_IS if entry.own or not self.lanes else NO_NOTHING
            yield from [NO_NOTHING if is_seen else HANDED_ON] * (count if entry.linked else 0)


AS_IT_IS: tuple[Any, ...] = (None,)
NO_NOTHING: tuple[Any, ...] = ops.add, 0.0
HANDED_ON: tuple[Any, ...] = (handed_on,)


# ------ results


def is_constant(x: Any) -> bool:
    """Tell whether a result is the same object whenever a function returns it, and holds no number
    that is traced."""
    return isinstance(x, CONSTANTS) or is_number(x) or isinstance(x, (type, FunctionType))


CONSTANTS = (str, bytes, type(None), Enum)


def is_fixed(x: Any) -> bool:
    return is_array(x) and x.dtype != object


TRACED = SCALAR._replace(matches=lambda x: type(x) is float or is_value(x))
CONSTANT = OTHER._replace(matches=is_constant)
FIXED = OTHER._replace(matches=is_fixed, rebuilt=lambda x, new: x.copy())
ALONE = (TRACED, FIXED, ARRAY, MODEL, CONSTANT)
"""Of a call without lanes: what no derivative can flow to is what it is in eager mode."""
IN_LANES = (SCALAR, ARRAY, MODEL, CONSTANT)


def kinds_of(call: Arguments) -> Sequence[Kind]:
    """The kinds of numbers in the result of a call."""
    return ALONE if call.shape is None else IN_LANES


def emptied(structure: Structure) -> Structure:
    """The same structure without the numbers it was made of: they would keep their whole trace."""
    return Structure(list(map(bare, structure.leaves)), structure.spec)


def bare(leaf: Leaf) -> Leaf:
    """A leaf without a Tracer in it."""
    if leaf.kind in (SCALAR, TRACED):
        return Leaf(0.0, SCALAR, 1)
    if leaf.kind is ARRAY:
        import numpy

        return leaf._replace(original=numpy.empty(leaf.original.shape, object))
    if leaf.kind is MODEL:
        return leaf._replace(original=leaf.original.with_parameters([0.0] * leaf.size))
    return leaf
