"""A program without lanes that Python runs on plain floats, where the native machine does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import islice
from math import isfinite
from typing import Any

from ..inputs.sources import FIRST
from ..passes.program import Program
from ..text.emit import function_name, in_plain_python, number_source
from ..trace.guards import COMPARE


class RunByRun:
    """What a runner has that can do no more than one run of a program at a time."""

    run: Callable[..., tuple[Any, Any]]

    def fill(self, results: Any, weights: Any, numbers: Sequence[Any]) -> bool:
        """Put the outputs of a program without lanes into an array, as OnMachine.fill does; return
        whether all guards hold."""
        for row, own in zip(results, weights.tolist()):
            row[:], broken = self.run([*numbers[:FIRST], *own, *numbers[FIRST:]], (), None)
            if broken is not None:
                return False
        return True


class OnNumbers(RunByRun):
    """Runs one program without lanes, to the bits of eager mode. Needs no NumPy."""

    registers = None

    def __init__(self, program: Program) -> None:
        self.program = program
        self.function = numbers_function(program)

    @cached_property
    def careful(self) -> OnNumbers:
        """The runner of the careful program: its function computes again where a result is not
        finite."""
        program = self.program.carefully
        return self if program is self.program else OnNumbers(program)

    def run(
        self, numbers: Sequence[float], arrays: Sequence[Any], lanes: int | None, group: Any = None
    ) -> tuple[list[Any], Any]:
        """Return the outputs, and the number of the first guard that does not hold, or None."""
        inputs = list(map(float, islice(numbers, len(self.program.inputs))))
        results = list(map(float, self.function(inputs)))
        if not self.program.is_careful and not all(map(isfinite, results)):
            results = list(map(float, self.careful.function(inputs)))
        count = len(self.program.outputs)
        return results[:count], self.first_broken(results[count:])

    def first_broken(self, compared: Sequence[float]) -> int | None:
        pairs = zip(self.program.guards, compared[::2], compared[1::2])
        held = (COMPARE[guard.compare](x, y) == guard.outcome for guard, x, y in pairs)
        return next((k for k, holds in enumerate(held) if not holds), None)


def numbers_function(program: Program) -> Any:
    names = in_plain_python(program)
    name = function_name(program, "run")
    exec(number_source(program, name), names)
    return names[name]
