"""Runs a function once on Tracers, and takes the derivatives that are asked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .. import modes, ops
from ..backward import symbolic_adjoints
from ..rows import NOTHING, builder
from ..trees import SCALAR, Structure, flatten
from .arguments import Arguments
from .lower import lane_sums
from .recording import Trace
from .structure import COUNT, SHARE


class Wanted(NamedTuple):
    """Derivatives in which numbers of the call, by position; in captured Values always.

    `summed` asks for sums over the lanes where a number is the same in all of them.
    """

    positions: tuple[int, ...]
    summed: bool


class Traced(NamedTuple):
    """What a function was traced to.

    The outputs are the entries of its result, each followed by its derivatives: in the wanted
    numbers, then in the `captured` Values. `each` tells which of them every lane has its own of;
    the others are numbers, or sums over lanes. `sources` says where each input comes from: a
    position among the numbers of the call, the Value that is captured, or a Draw.
    """

    trace: Any
    outputs: list[int]
    each: list[bool]
    sources: list[Any]
    captured: list[Any]
    structure: Structure
    wanted: Wanted | None


class Task(NamedTuple):
    """What is to be computed: the results of `f`, reduced over the lanes or not; derivatives."""

    f: Callable[..., Any]
    call: Arguments
    reduce: str | None
    wanted: Wanted | None

    def trace(
        self, numbers: Sequence[float], draw: Callable[[int], float], decided: Mapping[Any, bool]
    ) -> Traced:
        """Trace the way that `f` takes with these numbers: those of one lane. `draw(k)` is the
        k-th random number of that lane; `decided` is how comparisons came out in it. Raises
        TypeError if `f` draws other numbers."""
        return without_random_numbers(lambda: self.traced(numbers, draw, decided))

    def traced(
        self, numbers: Sequence[float], draw: Callable[[int], float], decided: Mapping[Any, bool]
    ) -> Traced:
        trace = Trace()
        trace.draw, trace.drawn_by_lane = draw, self.call.shape is not None
        trace.decided = decided
        lane = [False, False, *self.call.lane]
        values = {2 + k for k in self.wanted.positions} if self.wanted else set()
        tracers = [
            trace.input(x, here, k not in values) for k, (x, here) in enumerate(zip(numbers, lane))
        ]
        with modes.tracing(trace):
            out = self.f(*self.call.given(tracers[2:]))
            entries, structure = flatten(out, "the result")
            captured = list(trace.captured)
            found = [x for entry in entries for x in self.outputs(trace, tracers, entry)]
            outputs = self.shown(trace, found, self.reduced(trace, tracers, found))
        values = {i: value for value, i in trace.captured.items()} | trace.draws
        return Traced(
            trace,
            outputs,
            [each for _, each in found],
            [values.get(i, k) for k, i in enumerate(trace.inputs)],
            captured,
            emptied(structure),
            self.wanted,
        )

    def outputs(self, trace: Any, tracers: Sequence[Any], entry: Any) -> Iterator[tuple[Any, bool]]:
        """Yield an entry of the result and its derivatives, each with whether every lane has its
        own; what has not is to be summed over them."""
        lanes = self.call.shape is not None
        if self.reduce == "mean" and lanes:
            entry = ops.mul(entry, tracers[SHARE])
        yield entry, lanes and self.reduce is None
        if self.wanted is None:
            return
        variables = [tracers[2 + k] for k in self.wanted.positions]
        variables += [trace.tracers[i] for i in trace.captured.values()]
        is_variable = bool(variables) and builder(entry) is not None
        adjoint = symbolic_adjoints(entry, variables, 1.0) if is_variable else {}
        for x in variables:
            own = lanes and (trace.lanes[x.index] or not self.wanted.summed)
            yield adjoint.get(x, NOTHING), own

    def reduced(
        self, trace: Any, tracers: Sequence[Any], found: Sequence[tuple[Any, bool]]
    ) -> list[int]:
        """The nodes of what was found, summed over the lanes where not every lane has its own."""
        indices = [trace.index(x) for x, _ in found]
        if self.call.shape is None:
            return indices
        wanted = [i for i, (_, each) in zip(indices, found) if not each]
        sums = iter(lane_sums(trace, wanted, tracers[COUNT]))
        return [i if each else next(sums) for i, (_, each) in zip(indices, found)]

    def shown(
        self, trace: Any, found: Sequence[tuple[Any, bool]], outputs: Sequence[int]
    ) -> list[int]:
        """The outputs as users see them: a sum or a derivative is no −0.0, which is nothing."""
        width = 1 if self.wanted is None else 1 + len(self.wanted.positions) + len(trace.captured)
        lanes = self.call.shape is not None
        as_it_is = [k % width == 0 and (each or not lanes) for k, (_, each) in enumerate(found)]
        return [
            i if plain else trace.index(trace.compute(ops.add, [trace.tracers[i], 0.0]))
            for i, plain in zip(outputs, as_it_is)
        ]


def emptied(structure: Structure) -> Structure:
    """The same structure without the numbers it was made of: they would keep their whole trace."""
    leaves = structure.leaves
    kept = [leaf._replace(original=0.0) if leaf.kind is SCALAR else leaf for leaf in leaves]
    return Structure(kept, structure.spec)


ATTEMPTS = 5
"""Another thread may draw a random number just then; it does not every time."""


def without_random_numbers(trace: Callable[[], Traced]) -> Traced:
    first = random.getstate()
    for _ in range(ATTEMPTS):
        before = random.getstate()
        traced = trace()
        if random.getstate() == before:
            return traced
    random.setstate(first)
    raise TypeError(
        "compile cannot follow random numbers: they would be frozen into the program; draw "
        "them outside and pass them in"
    )
