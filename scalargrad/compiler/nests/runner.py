"""Runs a program with loops on the native machine."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

from ..inputs.arguments import Address
from ..machine.encode import Code
from ..machine.layout import Layout
from ..machine.runner import DOUBT, FEW, OnMachine, Runner
from ..machine.words import BLOCK_LANES
from ..trace.native import machine
from .lanes import LaneEncoder
from .nest import Refused
from .program import Derived


def runner(
    derived: Derived, layout: Layout, threads: int, expanded: Callable[[], Runner]
) -> OnNest | OnMachine:
    """Return what runs a program with loops. `expanded` returns what runs the same program without
    loops, careful: it serves where there is no careful one with loops."""
    if derived.asked.lanes is None:
        return OnNest(derived, False, expanded)

    return OfLanes(derived, layout, threads, expanded).runner(False)


class OfLanes(NamedTuple):
    """What runners of a program with loops and lanes are made of."""

    derived: Derived
    layout: Layout
    threads: int
    expanded: Callable[[], Runner]

    def runner(self, careful: bool, lanes: int = BLOCK_LANES) -> OnMachine:
        """The runner for at most so many lanes, or any number of them if these are a block."""
        derived = self.derived
        found = derived.in_segments(careful, lanes)
        if found is None:
            keeping = derived.in_lanes(True) if careful else derived.quick_in_lanes
            return OnMachine(*self.parts(keeping, careful))
        when_few = partial(self.runner, careful, found.least - 1)
        return InSegments(when_few, found.least, *self.parts(found.encoder, careful))

    def careful(self) -> Runner:
        try:
            return self.runner(True)
        except Refused:
            return self.expanded()

    def parts(self, encoder: LaneEncoder, careful: bool) -> tuple[Any, ...]:
        """What OnMachine is made of."""

        def program(made: Sequence[Address]) -> Code:
            return encoder.program(self.layout.addresses, self.layout.given, made)

        when_doubtful = None if careful else self.careful
        guards = self.derived.has_guards
        return program, encoder.outputs, self.layout.beside, self.threads, when_doubtful, guards


class InSegments(OnMachine):
    """Runs one program whose loops keep checkpoints. With fewer lanes than `least` some of them are
    better without: `when_few` returns the runner. The other `parts` are those of OnMachine."""

    def __init__(self, when_few: Callable[[], OnMachine], least: int, *parts: Any) -> None:
        super().__init__(*parts)
        self.when_few, self.least = when_few, least

    @cached_property
    def of_few(self) -> OnMachine:
        return self.when_few()

    def run(
        self,
        numbers: list[Any],
        arrays: Sequence[Any],
        lanes: int | None,
        group: Any = None,
        into: Sequence[Any] | None = None,
    ) -> tuple[Any, Any]:
        if (lanes or 0) < self.least:
            return self.of_few.run(numbers, arrays, lanes, group, into)
        return super().run(numbers, arrays, lanes, group, into)


class OnNest:
    """Runs one program with loops, for one lane."""

    registers = None

    def __init__(self, derived: Derived, careful: bool, expanded: Callable[[], Runner]) -> None:
        self.derived, self.is_quick, self.expanded = derived, not careful, expanded
        self.code = derived.code(True) if careful else derived.quick
        self.machine = machine.Nest(**self.code._asdict())
        self.results = array("d", bytes(8 * len(self.code.results)))
        self.outputs = [False] * len(self.results)
        """Of each output whether it has lanes."""
        self.listed = len(self.code.results) <= FEW
        self.at_once = self.machine.results if self.listed else None

    @cached_property
    def careful(self) -> Runner:
        if not self.is_quick:
            return self
        try:
            return OnNest(self.derived, True, self.expanded)
        except Refused:
            return self.expanded()

    def run(
        self, numbers: list[Any], arrays: Sequence[Any], lanes: int | None, group: Any = None
    ) -> tuple[Any, Any]:
        """Return the results, and the guard that does not hold, as `machine/runner.py` does."""
        results = None if self.listed else self.results[:]
        found = self.machine.run(numbers, results, self.is_quick)
        if type(found) is list:
            return found, None
        if found == DOUBT:
            return self.careful.run(numbers, arrays, lanes, group)
        return results, found if found >= 0 else None

    def fill(self, results: Any, weights: Any, numbers: list[Any]) -> bool:
        """Nothing comes late to a program whose loops stay loops."""
        return False
