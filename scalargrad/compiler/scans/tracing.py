"""A scan within a function that is traced: its body runs once, on numbers that stand for those of
any step; then all steps are written into the trace, where they are found to be a loop.

The first step may begin with floats where later ones have Values: then the body runs once for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from ... import modes
from ...transforms.scan import Body, State, Steps, both, of_columns
from ...transforms.trees import OR_NONE, Structure, flatten
from ..surroundings.search import Surroundings, surroundings
from ..trace.recorder import Recorder
from ..trace.tracer import Traits, traits
from .body import BodyTrace
from .slots import StepOnSlots, Writing, repeated

Kind = tuple[bool, bool, bool]
"""Of a number whether it differs by lane, is a float in eager mode, is a Value there."""


class OneStep(NamedTuple):
    """A body that was traced for numbers of some kinds."""

    on_slots: StepOnSlots
    kinds: list[Kind]
    """Of the numbers of the state that the body returned."""
    structure: Structure
    """The structure of y."""


def scanned(trace: Recorder, body: Body, begin: State, steps: Steps) -> tuple[Any, Any] | None:
    """Trace a scan, and return what it does; None where it is to run as a loop: where divisions may
    raise an error that the function catches, or derivatives are told apart by their lanes."""
    if not steps.count or trace.catches or trace.marks:
        return None
    return Scan(trace, body, begin, steps).traced()


class Scan:
    """A scan in a trace."""

    def __init__(self, trace: Recorder, body: Body, begin: State, steps: Steps) -> None:
        self.trace, self.body, self.begin, self.steps = trace, body, begin, steps
        self.xs = steps.numbers()
        self.known: dict[tuple[Kind, ...], OneStep] = {}

    def traced(self) -> tuple[Any, Any]:
        state, at = self.begin.entries, 0
        ys: list[list[Any]] = []
        for steps in self.alike():
            while at < steps.stop:
                one = self.one_step(state, at)
                is_lasting = one.kinds == list(map(kind, state))
                here = range(at, steps.stop if is_lasting else at + 1)
                state, found = repeated(self.trace, one.on_slots, state, self.xs, here)
                ys = ys or [[] for _ in found]
                for y, new in zip(ys, found):
                    y += new
                at = here.stop
        structure = self.one_structure()
        return self.begin.structure.rebuilt(state), of_columns(structure, ys, self.steps.count)

    def one_structure(self) -> Structure:
        """The structure that y has in all steps."""
        first, *others = [one.structure for one in self.known.values()]
        for other in others:
            if str(first) != str(other):
                raise ValueError(
                    f"every y of a scan must have the structure of the first, {first}, got {other}"
                )
        return first

    def alike(self) -> Iterator[range]:
        """Yield ranges of steps in which `x` has numbers of the same kinds."""
        if all(type(x) is float for column in self.xs for x in column):
            yield range(self.steps.count)
            return
        begin = 0
        for _, group in groupby(zip(*(map(kind, column) for column in self.xs))):
            end = begin + len(list(group))
            yield range(begin, end)
            begin = end

    # ------ a step
    def one_step(self, state: Sequence[Any], at: int) -> OneStep:
        """The step for numbers of such kinds, traced where it was not."""
        numbers = [traits(x) for x in (*state, *(column[at] for column in self.xs))]
        key = tuple([x[1:] for x in numbers])
        if key not in self.known:
            self.known[key] = self.trace_step(numbers, len(state))
        return self.known[key]

    def trace_step(self, numbers: Sequence[Traits], width: int) -> OneStep:
        trace = BodyTrace(self.trace)
        given = [trace.input_like(x) for x in numbers]
        try:
            with modes.tracing(trace):
                state, y = self.run(given[:width], given[width:])
        finally:
            self.trace.refused = self.trace.refused or trace.refused
        entries, structure = flatten(y, "the y of a scan", OR_NONE)
        self.tell_around(trace)
        on_slots = Writing(trace, len(given)).written(state, entries)
        return OneStep(on_slots, list(map(kind, state)), structure)

    def run(self, state: Sequence[Any], x: Sequence[Any]) -> tuple[list[Any], Any]:
        """Run the body. Raises TypeError where it changes what it uses."""
        around = surroundings(self.body)
        found, y = both(self.body(self.begin.structure.rebuilt(state), self.steps.rebuilt(x)))
        self.check_unchanged(around)
        return self.begin.numbers(found), y

    def check_unchanged(self, around: Surroundings) -> None:
        after = around.again()
        if around.findings != after.findings:
            raise modes.refusal(
                f"the body of a scan changes what it uses, {around.first_change(after)}, and in a "
                "compiled function it runs once for all steps: return what changes as state or y"
            )

    def tell_around(self, trace: BodyTrace) -> None:
        """Tell the function around what its scan does besides. Raises TypeError where every step
        would do it."""
        if trace.unlike:
            raise modes.refusal(
                f"the body of a scan runs once for all steps in a compiled function, and uses "
                f"{trace.unlike[0]}: do that outside, or return the number as y"
            )
        self.trace.has_transforms |= trace.has_transforms


def kind(x: Any) -> Kind:
    return traits(x)[1:]
