"""Runs a program: on the native machine where there is one, else on NumPy."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress, groupby
from typing import Any, NamedTuple, Protocol

from ... import ops
from ...transforms.trees import is_array
from ..inputs.arguments import Place
from ..inputs.sources import COUNT
from ..passes.program import Program
from ..source.emit import array_source, function_name, on_numpy
from ..trace.guards import COMPARE
from ..trace.native import machine
from .encode import Encoder, fits_machine

NATIVE = machine is not None


class Runner(Protocol):
    """What runs a program: on the machine, or by NumPy."""

    @property
    def registers(self) -> int | None:
        """How many registers it takes; None without the machine."""

    @property
    def careful(self) -> Runner:
        """What runs the careful program of the same function."""

    def run(
        self, numbers: list[Any], arrays: Sequence[Any], lanes: int | None, group: Any = None
    ) -> tuple[Any, Any]:
        """Return the outputs, and which guards do not hold."""


def runner(
    program: Program,
    places: Mapping[int, Place],
    given: int,
    beside: Sequence[Hashable],
    threads: int,
) -> Runner:
    """Return what runs a program: the machine where it can. `places` tells where the inputs with
    lanes stand in the arrays that are `given`. Outputs with lanes, one after the other, that are
    `beside` the same thing become columns of one array."""
    if NATIVE and fits_machine(program):
        return OnMachine(program, places, given, beside, threads)
    return OnArrays(program, places)


class Broken(NamedTuple):
    """Which guards do not hold, lane by lane: the number of the first, −1 where all hold. Where one
    does not, its two `sides` are what it compared."""

    guards: Any
    sides: Any


FEW = 8
"""So many results come as a list of floats, more in an array."""


DOUBT = -3
"""What the machine says where an output is not finite, in place of what it has found."""
NOTHING_MADE: tuple[Any, Any, Any] = (), None, None


class OnMachine:
    """Runs one program on the native machine."""

    def __init__(
        self,
        program: Program,
        places: Mapping[int, Place],
        given: int,
        beside: Sequence[Hashable],
        threads: int,
    ) -> None:
        self.threads = threads
        lanes = program.trace.lanes
        self.outputs = [lanes[i] for i in program.outputs]
        together = groupby(compress(beside, self.outputs))
        self.widths = [len(list(group)) for _, group in together]
        """Of each array that is made."""
        made = [(k, column) for k, width in enumerate(self.widths) for column in range(width)]
        encoder = Encoder(program, places, given, made)
        self.code = machine.Program(**encoder.encoded()._asdict())
        self.registers = encoder.registers
        self.results = array("d", bytes(8 * len(encoder.results)))
        self.lane_guards = bool(program.lane_guards)
        self.listed = len(encoder.results) <= FEW and not self.lane_guards
        self.makes = bool(self.widths or self.lane_guards)
        self.program, self.places = program, places
        self.is_quick = not program.is_careful
        self.given, self.beside = given, beside

    @cached_property
    def careful(self) -> OnMachine:
        """What runs the program again where an output is not finite."""
        program = self.program.carefully
        if program is self.program:
            return self
        at = dict(zip(self.program.inputs, program.inputs))
        places = {at[i]: place for i, place in self.places.items()}
        return OnMachine(program, places, self.given, self.beside, self.threads)

    def run(
        self, numbers: list[Any], arrays: Sequence[Any], lanes: int | None, group: Any = None
    ) -> tuple[Any, Any]:
        """Return the outputs, and which guards do not hold; of a `group` of lanes if it is given,
        an array of their indices.

        `numbers` are the inputs that are the same in all lanes, several of them in a tuple of
        Values or in an array of float64. The guards that do not hold are
        None if all do; the number of the first that does not, if it is the same in all lanes; else
        Broken. Sums over lanes are then those over the lanes where all hold, and nothing follows
        from an output of another lane.
        """
        results = None if self.listed else self.results[:]
        made, broken, sides = self.made(lanes) if self.makes and lanes is not None else NOTHING_MADE
        given, count = (*arrays, *made), lanes or 0
        found = self.code.run(
            numbers, given, count, results, broken, sides, group, self.is_quick, self.threads
        )
        if type(found) is list:
            return (self.in_order(found, made) if made else found), None
        if found == DOUBT:
            return self.careful.run(numbers, arrays, lanes, group)
        if found >= 0:
            return results, found
        outputs: Any = results
        outputs = self.in_order(outputs, made) if made else outputs
        return outputs, Broken(broken, sides) if found == -2 else None

    def made(self, lanes: int) -> tuple[Any, Any, Any]:
        """Arrays for the outputs with lanes, and for what guards tell of each lane."""
        import numpy

        made = [numpy.empty((lanes, width) if width > 1 else lanes) for width in self.widths]
        if not self.lane_guards:
            return made, None, None
        return made, numpy.empty(lanes, numpy.int32), numpy.empty((lanes, 2))

    def in_order(self, results: Sequence[float], made: Sequence[Any]) -> list[Any]:
        columns = [column for x in made for column in (x.T if x.ndim == 2 else (x,))]
        parts = iter(results), iter(columns)
        return [next(parts[lane]) for lane in self.outputs]


class OnArrays:
    """Runs one program on numbers and arrays with an element for each lane, by NumPy."""

    def __init__(self, program: Program, places: Mapping[int, Place]) -> None:
        self.program = program
        self.registers = None
        self.places = [places.get(i) for i in program.inputs]
        self.outputs = len(program.outputs)
        self.function = arrays_function(program)

    @cached_property
    def careful(self) -> OnArrays:
        """What computes the same where a result is not finite."""
        program = self.program.carefully
        if program is self.program:
            return self
        given = zip(program.inputs, self.places)
        return OnArrays(program, {i: place for i, place in given if place is not None})

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
        for place in self.places:
            yield float64(next(same)) if place is None else arrays[place[0]][lanes, place[1]]

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
        import numpy

        row = {"gammaln": ops.lgamma}.get(name) or getattr(ops, name)
        return numpy.vectorize(row.forward, otypes=[float])
