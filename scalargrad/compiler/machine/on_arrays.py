"""A program that NumPy runs: where there is no native machine, or it lacks an instruction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from ... import ops
from ...transforms.trees import is_array
from ..inputs.arguments import Address
from ..inputs.sources import COUNT
from ..passes.program import Program
from ..text.emit import array_source, function_name, lane_by_lane, on_numpy
from ..trace.guards import COMPARE
from .broken import Broken
from .on_numbers import OnNumbers


class OnArrays(OnNumbers):
    """Runs one program on numbers and arrays with an element for each lane, by NumPy."""

    def __init__(self, program: Program, addresses: Mapping[int, Address]) -> None:
        self.program = program
        self.addresses = [addresses.get(i) for i in program.inputs]
        self.outputs = len(program.outputs)
        self.function = arrays_function(program)

    @cached_property
    def careful(self) -> OnArrays:
        """The runner of the careful program: its function computes again where a result is not
        finite."""
        program = self.program.carefully
        if program is self.program:
            return self
        given = zip(program.inputs, self.addresses)
        return OnArrays(program, {i: address for i, address in given if address is not None})

    def run(
        self, numbers: Sequence[float], arrays: Sequence[Any], lanes: int | None, group: Any = None
    ) -> tuple[list[Any], Any]:
        """Return the outputs, and which guards do not hold, as OnMachine.run does."""
        outputs, broken = self.attempt(numbers, arrays, lanes, group)
        if broken is None or isinstance(broken, int):
            return outputs, broken
        import numpy

        held = numpy.flatnonzero(broken.guards < 0)
        if len(held):
            others = [float(len(held)), *numbers[COUNT + 1 :]]
            own = held if group is None else group[held]
            found, _ = self.attempt(others, arrays, len(held), own)
            lanes = len(broken.guards)
            outputs = [spread(x, held, lanes) if is_array(x) else x for x in found]
        return outputs, broken

    def attempt(
        self, numbers: Sequence[float], arrays: Sequence[Any], lanes: int | None, group: Any
    ) -> tuple[list[Any], Any]:
        import numpy

        inputs = list(self.inputs(numbers, arrays, slice(None) if group is None else group))
        with numpy.errstate(all="ignore"):
            results = self.function(inputs)
            if not self.program.is_careful and not all(numpy.isfinite(x).all() for x in results):
                results = self.careful.function(inputs)
            broken = self.broken(results[self.outputs :], lanes)
        outputs = [
            numpy.array(x) if is_array(x) and x.ndim else float(x) for x in results[: self.outputs]
        ]
        return outputs, broken

    def inputs(self, numbers: Sequence[float], arrays: Sequence[Any], lanes: Any) -> Iterator[Any]:
        from numpy import float64

        same = iter(numbers)
        for address in self.addresses:
            yield float64(next(same)) if address is None else arrays[address[0]][lanes, address[1]]

    def broken(self, compared: list[Any], lanes: int | None) -> Any:
        import numpy

        first = numpy.full(() if lanes is None else lanes, -1)
        for k in reversed(range(len(self.program.guards))):
            guard = self.program.guards[k]
            holds = COMPARE[guard.compare](*compared[2 * k : 2 * k + 2]) == guard.outcome
            first = numpy.where(holds, first, k)
        if (first == -1).all():
            return None
        if lanes is None:
            return int(first)
        sides = numpy.empty((lanes, 2))
        for k, x in enumerate(compared):
            here = first == k // 2
            sides[here, k % 2] = numpy.broadcast_to(x, lanes)[here]
        return Broken(first, sides)


def spread(x: Any, lanes: Any, count: int) -> Any:
    """An array with the elements of `x` in these lanes."""
    import numpy

    found = numpy.zeros(count)
    found[lanes] = x
    return found


def arrays_function(program: Program) -> Any:
    import numpy

    names = {"np": numpy, "special": Special(), **on_numpy(program)}
    name = function_name(program, "run")
    exec(array_source(program, name), names)
    return names[name]


class Special:
    """The special functions, a lane at a time: NumPy has none."""

    def __getattr__(self, name: str) -> Any:
        row = {"gammaln": ops.lgamma}.get(name) or getattr(ops, name)
        return lane_by_lane(row.forward)
