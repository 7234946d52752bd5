"""Runs a program with loops on the native machine."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from ..machine.runner import DOUBT, FEW, Runner
from ..trace.native import machine
from .nest import Refused
from .program import Derived


class OnNest:
    """Runs one program with loops. `expanded` returns what runs the same program without loops,
    careful: it serves where there is no careful one with loops."""

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
