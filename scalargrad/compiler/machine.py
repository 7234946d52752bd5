"""Runs a program: on the native machine where there is one, else on NumPy."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import isfinite
from typing import Any

from .. import ops
from ..trees import is_array
from .emit import array_source
from .native import machine
from .program import Program
from .structure import accumulate
from .trace import COMPARE

if NATIVE := machine is not None:
    from .encode import Encoder, fits_machine


def runner(program: Program, threads: int) -> Any:
    """Return what runs a program: the machine where it can."""
    return OnMachine(program, threads) if NATIVE and fits_machine(program) else OnArrays(program)


class OnMachine:
    """Runs one program on the native machine."""

    def __init__(self, program: Program, threads: int) -> None:
        self.threads = threads
        encoder = Encoder(program)
        self.code = encoder.encoded()
        lanes = program.trace.lanes
        self.numbers = [k for k, i in enumerate(program.inputs) if not lanes[i]]
        self.lanes = [program.inputs.index(i) for i in encoder.lane_inputs]
        self.needed = [*self.numbers, *self.lanes]
        given = [i for i in program.inputs if lanes[i]]
        self.used = [given.index(i) for i in encoder.lane_inputs]
        """Of the inputs that have lanes, those that the program reads."""
        self.outputs = [lanes[i] for i in program.outputs]
        self.columns = len(encoder.columns)
        self.registers = encoder.registers
        self.results = bytes(8 * len(encoder.results))
        self.lane_guards = bool(encoder.guards(lane=True))
        # a guard tells nothing of a NaN: what it compares has to be right at once
        compared = program.trace.needed(program.trace.guarded())
        self.careful = any(program.trace.rows[i] in (ops.chain, accumulate) for i in compared)

    def run(self, inputs: list[Any], lanes: int | None, group: Any = None) -> tuple[Any, Any]:
        """Return the outputs, and which guards do not hold; of a `group` of lanes if it is given,
        an array of their indices.

        That is None if all hold; the number of the first that does not, if it is the same in all
        lanes; else an array of such numbers, −1 in a lane where all hold.
        """
        numbers = array("d", [inputs[k] for k in self.numbers])
        return self.start(numbers, [inputs[k] for k in self.lanes], lanes, group)

    def start(
        self, numbers: Any, columns: Sequence[Any], lanes: int | None, group: Any = None
    ) -> tuple[Any, Any]:
        """The same, given the inputs that are numbers and those with lanes that are used."""
        found, broken = self.attempt(numbers, columns, lanes, group, self.careful)
        # a NaN spreads to a result: where all are finite no product needed any care
        if broken is None and not self.careful and not all_finite(found):
            found, broken = self.attempt(numbers, columns, lanes, group, careful=True)
        return found, broken

    def attempt(
        self, numbers: Any, columns: Sequence[Any], lanes: int | None, group: Any, careful: bool
    ) -> tuple[Any, Any]:
        results = array("d", self.results)
        made: list[Any] = []
        broken = None
        if lanes is not None and (self.columns or self.lane_guards):
            import numpy

            made = [numpy.empty(lanes) for _ in range(self.columns)]
            broken = numpy.empty(lanes, numpy.int32) if self.lane_guards else None
        status = self.code.run(
            *(numbers, (*columns, *made), lanes or 0, results, broken),
            *(group, careful, self.threads),
        )
        outputs: Any = self.in_order(results, made) if made else results
        return outputs, None if status == -1 else broken if status == -2 else status

    def in_order(self, results: Sequence[float], columns: Sequence[Any]) -> list[Any]:
        parts = iter(results), iter(columns)
        return [next(parts[lane]) for lane in self.outputs]


def all_finite(outputs: Sequence[Any]) -> bool:
    if isinstance(outputs, array):
        return bool(machine.all_finite(outputs))
    import numpy

    with numpy.errstate(all="ignore"):
        return all(isfinite(numpy.sum(x)) or numpy.isfinite(x).all() for x in outputs)


class OnArrays:
    """Runs one program on numbers and arrays with an element for each lane, by NumPy."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.registers = None
        self.needed = range(len(program.inputs))
        self.outputs = len(program.outputs)
        self.fast = arrays_function(program, careful=False)
        self.careful = arrays_function(program, careful=True)

    def run(self, inputs: list[Any], lanes: int | None, group: Any = None) -> tuple[list[Any], Any]:
        """Return the outputs, and which guards do not hold, as OnMachine.run does."""
        import numpy

        if group is not None:
            inputs = [x[group] if is_array(x) else x for x in inputs]
        numbers = [x if is_array(x) else numpy.float64(x) for x in inputs]
        with numpy.errstate(all="ignore"):
            results = self.fast(numbers)
            if not all(numpy.isfinite(x).all() for x in results):
                results = self.careful(numbers)
            broken = self.broken(results[self.outputs :], lanes)
        outputs = [x if is_array(x) and x.ndim else float(x) for x in results[: self.outputs]]
        return outputs, broken

    def broken(self, compared: list[Any], lanes: int | None) -> Any:
        import numpy

        first = numpy.full(() if lanes is None else lanes, -1)
        for k in reversed(range(len(self.program.guards))):
            guard = self.program.guards[k]
            holds = COMPARE[guard.compare](*compared[2 * k : 2 * k + 2]) == guard.outcome
            first = numpy.where(holds, first, k)
        if (first == -1).all():
            return None
        return int(first) if lanes is None else first


def arrays_function(program: Program, careful: bool) -> Any:
    import numpy

    namespace: dict[str, Any] = {"np": numpy, "special": Special()}
    for row in program.rows():
        if row.array is None:
            namespace[row.name] = numpy.vectorize(row.forward, otypes=[float])
    exec(array_source(program, "run", careful), namespace)
    return namespace["run"]


class Special:
    """The special functions, a lane at a time: NumPy has none."""

    def __getattr__(self, name: str) -> Any:
        import numpy

        row = {"gammaln": ops.lgamma}.get(name) or getattr(ops, name)
        return numpy.vectorize(row.forward, otypes=[float])
