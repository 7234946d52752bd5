"""From items to a program with loops: what a function returns, and derivatives of it.

items placed      placing.py: what each operand names by its id, or a refusal
  | with adjoints adjoints.py: loops that run backward, in the same nest
  | lowered       lowering.py: operators of the machine
  | in segments   checkpoints.py and segments.py, in lanes: what is not kept, but computed anew
  | distributed   distribution.py: what does not wait for the iteration before leaves its loop
  | encoded       encoding.py, by selection.py and schedule.py; or, many numbers side by side, by
  |               alike.py and wide.py
code              run by runner.py
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from ... import ops
from ..inputs.sources import SHARE
from ..loops.items import Item, One
from ..loops.turns import in_turns
from ..loops.unrolling import unrolled
from ..machine.encode import has_instruction
from ..trace.vocabulary import handed_on
from .activity import find_plain
from .adjoints import Adjoints
from .alone import encoded
from .checkpoints import plans
from .choice import (
    MOST_IN_BODY,
    MOST_IN_WIDE_BODY,
    PARALLEL,
    is_long,
    is_of_functions,
    is_of_lanes,
    is_sequential,
    why_not,
)
from .encoding import NestCode
from .lanes import LaneEncoder, Results
from .lowering import lowered
from .nest import Nest, Refused
from .placing import Placing
from .segments import in_segments
from .wide import encoded as encoded_wide


class LanesAsked(NamedTuple):
    """The request to the lanes of a call."""

    inputs: Sequence[bool]
    """Of each input whether every lane has its own."""
    reduce: str | None
    summed: bool
    """Whether derivatives in the other inputs are summed over the lanes."""

    def is_summed(self, variable: int | None) -> bool:
        """Tell whether a result is summed over the lanes, or its derivative in this input."""
        if self.reduce is None:
            return False
        return variable is None or (self.summed and not self.inputs[variable])


class Asked(NamedTuple):
    """The request to recorded items."""

    items: Sequence[Item]
    plain: Sequence[bool]
    """Of each input whether it is a float in eager mode, and no Value."""
    results: Sequence[One]
    """The entries of what the function returns."""
    linked: Sequence[bool]
    """Of each of them whether its derivatives follow it."""
    wanted: Sequence[int]
    """The inputs that derivatives are taken in."""
    are_seen: bool = False
    """Whether derivatives are results for a user, in which nothing is 0.0; else partials."""
    order: Sequence[int] | None = None
    """The outputs in another order, by their numbers in this one."""
    lanes: LanesAsked | None = None

    @property
    def is_mean(self) -> bool:
        return self.lanes is not None and self.lanes.reduce == "mean"

    def is_summed(self, variable: int | None = None) -> bool:
        """Tell whether a result is summed over the lanes, or its derivative in this input."""
        return self.lanes is not None and self.lanes.is_summed(variable)


class Output(NamedTuple):
    """A node that a program gives: whether it is summed over the lanes; and whether a sum to which
    nothing was added is told as 0.0, and not as −0.0."""

    node: int
    is_summed: bool = False
    is_told: bool = False


class InSegments(NamedTuple):
    """What writes the code of a program whose loops keep checkpoints."""

    encoder: LaneEncoder
    least: int
    """With fewer lanes some of them are better without."""


class Derived:
    """A nest with everything that is asked."""

    has_guards = False
    """Whether guards are checked in each lane."""

    def __init__(self, asked: Asked, is_wide: bool = False) -> None:
        self.asked, self.is_wide = asked, is_wide
        """Whether what is alike in a body is done side by side; see `wide.py`."""
        self.nest = Nest()
        self.nest.begin(asked.plain)
        placing = self.placed()
        results = [placing.operand(placing.root, x) for x in asked.results]
        self.is_worth_it = self.has_to_stay()
        """Whether loops are better than the expanded program; see `choice.py`."""
        self.is_exact = find_plain(self.nest)
        """Whether no number begins as a float and goes on as a Value: a careful program tells these
        apart."""
        pairs = zip(results, asked.linked)
        outputs = [output for pair in pairs for output in self.with_derivatives(*pair)]
        order = range(len(outputs)) if asked.order is None else asked.order
        self.outputs = [outputs[k] for k in order]

    def placed(self) -> Placing:
        return Placing(self.nest, self.asked.items)

    def has_to_stay(self) -> bool:
        lanes = self.asked.lanes
        if self.is_wide:
            return is_of_functions(self.nest)
        return is_of_lanes(self.nest, lanes.inputs) if lanes else is_sequential(self.nest)

    def with_derivatives(self, i: int, is_linked: bool) -> list[Output]:
        wanted = self.asked.wanted if is_linked else []
        if self.asked.is_mean:
            i = self.nest.index(ops.mul(*[self.nest.tracers[j] for j in (i, self.share)]))
        variables = [self.nest.inputs[k] for k in wanted]
        adjoints = Adjoints(self.nest, i, variables).found() if wanted else []
        return [self.result(i), *map(self.derivative, wanted, adjoints)]

    @property
    def each(self) -> list[bool]:
        """Of each output whether every lane has its own of it."""
        has_lanes = self.asked.lanes is not None
        return [has_lanes and not output.is_summed for output in self.outputs]

    @property
    def share(self) -> int:
        return self.nest.inputs[SHARE]

    def result(self, i: int) -> Output:
        is_summed = self.asked.is_summed()
        return Output(i, is_summed, is_told=is_summed)

    def derivative(self, variable: int, adjoint: object) -> Output:
        """A derivative as it leaves the program: see `lane_sums.with_zeros_told`."""
        nest, are_seen = self.nest, self.asked.are_seen
        if self.asked.is_summed(variable):
            return Output(nest.index(adjoint), True, are_seen)
        told = [adjoint, 0.0] if are_seen else [adjoint]
        return Output(nest.index(nest.compute(ops.add if are_seen else handed_on, told)))

    @cached_property
    def quick(self) -> NestCode:
        """The code of the quick program: it takes what does not flow for zero."""
        return self.code(False)

    @cached_property
    def quick_in_lanes(self) -> LaneEncoder:
        """The encoder of the quick program of lanes."""
        return self.in_lanes(False)

    def code(self, careful: bool) -> NestCode:
        """The code of the quick program, or of the careful one. Raises Refused where there is none
        that is right."""
        write = encoded_wide if self.is_wide else encoded
        return write(*self.lowered(careful))

    def in_lanes(self, careful: bool) -> LaneEncoder:
        """The same of lanes: what writes the code."""
        return self.encoder(*self.lowered_in_lanes(careful), careful)

    def in_segments(self, careful: bool, lanes: int) -> InSegments | None:
        """The same for at most so many lanes, where loops keep checkpoints; None where none keeps
        much."""
        low, nodes = self.lowered_in_lanes(careful)
        found = [plan for plan in plans(low, nodes) if plan.lanes <= lanes]
        if not found:
            return None
        encoder = self.encoder(*in_segments(low, nodes, found), careful)
        return InSegments(encoder, max(plan.lanes for plan in found))

    def encoder(self, low: Nest, nodes: Sequence[int], careful: bool) -> LaneEncoder:
        assert self.asked.lanes is not None
        summed = [output.is_summed for output in self.outputs]
        # a quick program hands on no −0.0
        told = [x.is_summed and (x.is_told or not careful) for x in self.outputs]
        return LaneEncoder(low, Results(nodes, summed, told), self.asked.lanes.inputs)

    def lowered_in_lanes(self, careful: bool) -> tuple[Nest, list[int]]:
        return self.lowered(True) if careful else self.quick_lowered

    @cached_property
    def quick_lowered(self) -> tuple[Nest, list[int]]:
        return self.lowered(False)

    def lowered(self, careful: bool) -> tuple[Nest, list[int]]:
        if careful and not self.is_exact:
            raise Refused("a number begins as a float and goes on as a Value")
        low, nodes = lowered(self.nest, [output.node for output in self.outputs], careful)
        for row in {row for row in low.rows if not isinstance(row, str)}:
            if not has_instruction(row):
                raise Refused(f"the machine has no instruction for {row.name}")
        return low, nodes


def with_loops(asked: Asked) -> Derived | str:
    """Return a program where loops stay loops, with what is asked; where the program is to be
    expanded, tell a reader why."""
    found = with_narrow_bodies(asked)
    if isinstance(found, str) and asked.lanes is None and is_long(asked.items):
        return with_wide_bodies(asked) or found
    return found


def with_narrow_bodies(asked: Asked) -> Derived | str:
    """The same, where a body is done one number after the other."""
    items = unrolled(asked.items, MOST_IN_BODY)
    if asked.lanes is None:
        items = in_turns(items, MOST_IN_BODY)
    asked = asked._replace(items=items)
    if why := why_not(asked.items, MOST_IN_BODY):
        return why
    try:
        derived = Derived(asked)
        if not derived.is_worth_it:
            return PARALLEL
        # what is refused is refused here
        _ = derived.quick_in_lanes if asked.lanes else derived.quick
        return derived
    except Refused as refused:
        return str(refused)


def with_wide_bodies(asked: Asked) -> Derived | None:
    """The same, where what is alike in a body is done side by side; None if it is not to be."""
    items = in_turns(unrolled(asked.items, MOST_IN_WIDE_BODY), MOST_IN_WIDE_BODY)
    asked = asked._replace(items=items)
    if why_not(asked.items, MOST_IN_WIDE_BODY):
        return None
    try:
        derived = Derived(asked, is_wide=True)
        if not derived.is_worth_it:
            return None
        _ = derived.quick
        return derived
    except Refused:
        return None
