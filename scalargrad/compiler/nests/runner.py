"""Runs a program with loops on the native machine."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from ..inputs.arguments import Address
from ..machine.encode import Code
from ..machine.layout import Layout
from ..machine.runner import DOUBT, FEW, OnMachine, Runner
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

    def written(encoder: LaneEncoder, careful: Callable[[], Runner] | None) -> OnMachine:
        def program(made: Sequence[Address]) -> Code:
            return encoder.program(layout.addresses, layout.given, made)

        return OnMachine(
            program, encoder.outputs, layout.beside, threads, careful, derived.has_guards
        )

    def careful() -> Runner:
        try:
            return written(derived.in_lanes(True), None)
        except Refused:
            return expanded()

    return written(derived.quick_in_lanes, careful)


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
