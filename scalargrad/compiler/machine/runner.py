"""Runs a program: on the native machine where there is one, else on NumPy, or on plain numbers
where nothing has lanes."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property, partial
from itertools import compress, groupby
from math import prod
from typing import Any, Protocol

from ..inputs.arguments import Address
from ..inputs.sources import FIRST
from ..passes.program import Program
from ..trace.native import machine
from .broken import Broken
from .encode import Code, encoded, fits_machine
from .on_arrays import OnArrays
from .on_numbers import OnNumbers
from .phases import InPhases, may_be_cut
from .words import Answer

NATIVE = machine is not None


class Runner(Protocol):
    """Runs a program: on the machine, by NumPy, or on plain numbers."""

    @property
    def registers(self) -> int | None:
        """How many registers it takes; None without the machine."""

    @property
    def careful(self) -> Runner:
        """The runner of the careful program of the same function."""

    def run(
        self, numbers: list[Any], arrays: Sequence[Any], lanes: int | None, group: Any = None
    ) -> tuple[Any, Any]:
        """Return the outputs, and which guards do not hold."""

    def fill(self, results: Any, weights: Any, numbers: list[Any]) -> bool:
        """Put the outputs of a program without lanes into the rows of an array of float64, of a run
        for each row of `weights`, which come late: these are the first numbers that arguments give,
        and not among `numbers`. Return whether all guards hold."""


def runner(
    program: Program,
    addresses: Mapping[int, Address],
    given: int,
    beside: Sequence[Hashable],
    threads: int,
) -> Runner:
    """Return what runs a program: the machine where it can. `addresses` tells where the inputs with
    lanes stand in the arrays that are `given`. Outputs with lanes, one after the other, that are
    `beside` the same thing become columns of one array."""
    if NATIVE and fits_machine(program):
        return on_machine(program, addresses, given, beside, threads)
    if may_be_cut(program):
        of_phase = partial(runner, threads=threads)
        return InPhases(program, addresses, given, beside, of_phase, threads)
    lanes = program.trace.lanes
    return OnArrays(program, addresses) if any(lanes) else OnNumbers(program)


def on_machine(
    program: Program,
    addresses: Mapping[int, Address],
    given: int,
    beside: Sequence[Hashable],
    threads: int,
) -> OnMachine:
    """Return what runs a program that the machine has instructions for."""
    outputs = list(map(program.trace.lanes.__getitem__, program.outputs))

    def careful() -> OnMachine:
        careful = program.carefully
        at = dict(zip(program.inputs, careful.inputs))
        moved = {at[i]: address for i, address in addresses.items()}
        return on_machine(careful, moved, given, beside, threads)

    return OnMachine(
        lambda made: encoded(program, addresses, given, made),
        outputs,
        beside,
        threads,
        None if program.is_careful else careful,
        bool(program.lane_guards),
    )


FEW = 8
"""So many results come as a list of floats, more in an array."""

# by names of this module, for every call compares with them
ALL_HOLD, DOUBT, LANES_BROKEN = Answer.ALL_HOLD, Answer.DOUBT, Answer.LANES_BROKEN
NOTHING_MADE: tuple[Any, Any, Any] = (), None, None


LEAST, MOST = 1 << 14, 1 << 23
"""In doubles: memory of results in between is found again; of smaller ones the allocator keeps
enough, and larger ones have memory of their own."""


def new_array(shape: tuple[int, ...]) -> Any:
    """An array of float64, filled with anything."""
    import numpy

    count = prod(shape)
    if LEAST <= count <= MOST:
        return numpy.ndarray(shape, float, machine.Memory(8 * count))
    return numpy.empty(shape)


def notes_of(lanes: int) -> tuple[Any, Any]:
    """Arrays for what guards tell of each lane: the first that does not hold, its two sides."""
    import numpy

    return numpy.empty(lanes, numpy.int32), new_array((lanes, 2))


class OnMachine:
    """Runs one program on the native machine: the code that `written` returns for the columns to
    be made. Of each of the `outputs` it is known whether it has lanes; those that follow each
    other, and are `beside` the same thing, become columns of one array, where one of them has
    lanes. `when_doubtful` returns the runner of the careful program; there is none of a program
    that is careful."""

    def __init__(
        self,
        written: Callable[[Sequence[Address]], Code],
        outputs: Sequence[bool],
        beside: Sequence[Hashable],
        threads: int,
        when_doubtful: Callable[[], Runner] | None,
        lane_guards: bool = False,
    ) -> None:
        self.threads = threads
        groups = [list(group) for _, group in groupby(range(len(beside)), beside.__getitem__)]
        together = [group for group in groups if any(outputs[i] for i in group)]
        self.widths = list(map(len, together))
        """Of each array that is made."""
        places = {i: (k, c) for k, group in enumerate(together) for c, i in enumerate(group)}
        uniform = [i for i, lane in enumerate(outputs) if not lane]
        self.filled = {j: places[i] for j, i in enumerate(uniform) if i in places}
        """Of results without lanes, beside others that have some, the places in these arrays."""
        self.outputs = [i in places for i in range(len(outputs))]
        code = written([places[i] for i in compress(places, map(outputs.__getitem__, places))])
        self.code = machine.Program(**code._asdict())
        self.registers = code.registers
        self.results = array("d", bytes(8 * len(code.results)))
        self.lane_guards = lane_guards
        self.listed = len(code.results) <= FEW and not lane_guards
        self.makes = bool(self.widths or lane_guards)
        self.notes: list[tuple[Any, Any]] = []
        """Arrays for what guards tell of each lane, of calls in which all held."""
        is_alone = self.listed and not self.makes and not code.given
        self.at_once = self.code.results if is_alone else None
        """Returns the outputs for numbers, quickly: None where `run` has to. None if it cannot."""
        self.is_quick = when_doubtful is not None
        self.when_doubtful = when_doubtful

    @cached_property
    def careful(self) -> Runner:
        """The runner of the careful program: it runs again where an output is not finite."""
        return self.when_doubtful() if self.when_doubtful else self

    def run(
        self,
        numbers: list[Any],
        arrays: Sequence[Any],
        lanes: int | None,
        group: Any = None,
        into: Sequence[Any] | None = None,
    ) -> tuple[Any, Any]:
        """Return the outputs, and which guards do not hold; of a `group` of lanes if it is given,
        an array of their indices. Outputs with lanes are put `into` arrays, if these are given;
        DOUBT may then stand for the guards, where the careful program has to run.

        `numbers` are the uniform inputs, several of them in a tuple of Values or in an array of
        float64. The guards that do not hold are None if all do; the number of the first that does
        not, if it is uniform; else Broken. Sums over lanes are then those over the lanes where all
        hold, and nothing follows from an output of another lane.
        """
        results = None if self.listed else self.results[:]
        made, broken, sides = (
            self.made(lanes, into) if self.makes and lanes is not None else NOTHING_MADE
        )
        given, count = (*arrays, *made), lanes or 0
        found = self.code.run(
            numbers, given, count, results, broken, sides, group, self.is_quick, self.threads
        )
        if type(found) is list:
            return (self.in_order(found, made) if made else found), None
        if found == DOUBT:
            # what the careful program puts out need not have lanes where this one's has
            return (results, DOUBT) if into else self.careful.run(numbers, arrays, lanes, group)
        if found >= 0:
            return results, found
        outputs: Any = results
        outputs = self.in_order(outputs, made) if made else outputs
        if found == LANES_BROKEN:
            return outputs, Broken(broken, sides)
        if broken is not None:
            self.notes.append((broken, sides))
        return outputs, None

    def fill(self, results: Any, weights: Any, numbers: list[Any]) -> bool:
        found = self.code.repeat(numbers, FIRST, weights, results, self.is_quick)
        if found == DOUBT:
            return self.careful.fill(results, weights, numbers)
        return bool(found == ALL_HOLD)

    def made(self, lanes: int, into: Sequence[Any] | None = None) -> tuple[Sequence[Any], Any, Any]:
        """Arrays for the outputs with lanes, and for what guards tell of each lane."""
        made = into or [
            new_array((lanes, width) if width > 1 else (lanes,)) for width in self.widths
        ]
        if not self.lane_guards:
            return made, None, None
        # new ones take a call of few lanes a third of its time
        try:
            broken, sides = self.notes.pop()
        except IndexError:
            return made, *notes_of(lanes)
        return (made, broken, sides) if len(broken) == lanes else (made, *notes_of(lanes))

    def in_order(self, results: Sequence[float], made: Sequence[Any]) -> list[Any]:
        if self.filled:
            for j, (k, column) in self.filled.items():
                made[k][:, column] = results[j]
            results = [x for j, x in enumerate(results) if j not in self.filled]
        return self.with_columns(results, made)

    def with_columns(self, results: Sequence[float], made: Sequence[Any]) -> list[Any]:
        """The outputs in order: results without lanes, and the columns of arrays."""
        columns = [column for x in made for column in (x.T if x.ndim == 2 else (x,))]
        parts = iter(results), iter(columns)
        return [next(parts[lane]) for lane in self.outputs]
