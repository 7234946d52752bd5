"""A program with operators of the user's own, in phases: the operators run between two of them.

A phase computes the operands of such operators. The operators are called, in all lanes or once,
and their results are inputs of the phases that follow. The last phase has the outputs and the
guards.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

from ...rows import Operator
from ...transforms.trees import is_array
from ..inputs.arguments import Address
from ..inputs.sources import COUNT
from ..passes.lowered_trace import LoweredTrace
from ..passes.program import Program
from ..passes.stages import staged
from ..trace.body import Body
from ..trace.guards import Guard
from ..trace.in_python import Trace
from ..trace.vocabulary import CONSTANT, INPUT, STRUCTURE
from .broken import Broken
from .on_arrays import spread
from .on_numbers import RunByRun
from .words import Answer

MOST = 64
"""So many phases a program may have: each reads again what it needs."""
DOUBT = Answer.DOUBT
CHUNK = 32768
"""So many lanes a thread go through all phases before the next do: what they read again is in the
cache."""

Make = Callable[[Program, Mapping[int, Address], int, Sequence[Hashable]], Any]
"""Makes the runner of a phase: of its program, the addresses of its inputs in the arrays of a call,
how many these are, and what its outputs are beside."""


def is_own(row: Any) -> bool:
    """Tell whether a row is an operator of the user's own, which the machine has to call."""
    return isinstance(row, Operator) and row.code < 0 and row not in STRUCTURE


def waves(program: Program) -> list[list[int]]:
    """The nodes of the user's own operators: those of each list need only those before it."""
    trace = program.trace
    depth: dict[int, int] = {}
    found: list[list[int]] = []
    for i in program.order:
        before = max([depth.get(j, 0) for j in trace.operands[i]], default=0)
        depth[i] = before + is_own(trace.rows[i])
        if depth[i] > before:
            found += [[] for _ in range(depth[i] - len(found))]
            found[before].append(i)
    return found


def may_be_cut(program: Program) -> bool:
    return 0 < len(waves(program)) <= MOST


class Call(NamedTuple):
    """Operators that are called together, for they have the same operands: the nodes they compute,
    the operators, and the nodes of these operands."""

    nodes: list[int]
    rows: list[Operator]
    operands: list[int]


def calls_of(program: Program, nodes: Sequence[int]) -> list[Call]:
    trace = program.trace

    def together(i: int) -> Hashable:
        row = trace.row(i)
        return id(row.jointly or row), tuple(trace.operands[i])

    found: dict[Hashable, list[int]] = {}
    for i in nodes:
        found.setdefault(together(i), []).append(i)
    groups = found.values()
    return [Call(g, list(map(trace.row, g)), list(trace.operands[g[0]])) for g in groups]


# ------ the phases
class Copy(Trace):
    """A trace that is lowered already."""

    stages, staged = LoweredTrace.stages, LoweredTrace.staged


def phase(
    program: Program, known: Sequence[int], wanted: Sequence[int], guards: Sequence[Guard]
) -> Body:
    """Return what computes nodes of a program where some are `known`: these are inputs, after all
    others."""
    old, new = program.trace, Copy()
    given = [*program.inputs, *known]
    at = {i: new.input(old.numbers[i], old.lanes[i], old.plain[i]) for i in given}
    sides = [i for guard in guards for i in (guard.x, guard.y)]
    for i in nodes_needed(program, [*wanted, *sides], set(at)):
        if old.rows[i] is CONSTANT:
            at[i] = new.tracers[new.constant(old.numbers[i])]
        else:
            at[i] = new.compute(old.row(i), [at[j] for j in old.operands[i]])
    new.guards = {Guard(g.compare, at[g.x].index, at[g.y].index, g.outcome): None for g in guards}
    assert len(new.guards) == len(guards)
    return Body(new, [at[i].index for i in wanted])


def nodes_needed(program: Program, wanted: Sequence[int], known: set[int]) -> list[int]:
    """The nodes that these need besides the known ones, in order."""
    operands, found, pending = program.trace.operands, set[int](), list(wanted)
    while pending:
        i = pending.pop()
        if i not in found and i not in known:
            found.add(i)
            pending += operands[i]
    # a constant may come after the nodes that use it
    return sorted(found, key=lambda i: (program.trace.rows[i] is not CONSTANT, i))


class Cut(NamedTuple):
    """Where a program is cut: so many nodes are known before each phase, which computes what is
    wanted; then come the calls."""

    program: Program
    known: list[list[int]]
    wanted: list[Sequence[int]]
    calls: list[list[Call]]

    @property
    def shape(self) -> Any:
        """A key that two programs share if they can take each other's place."""
        place = {i: k for k, i in enumerate(self.program.inputs) if is_column(self.program, i)}
        return [
            [(call.rows, list(map(place.get, call.operands))) for call in calls]
            for calls in self.calls
        ]

    def phase(self, k: int, careful: Callable[[], Program] | None) -> Program:
        program = self.program
        is_last = k == len(self.calls)
        guards = program.guards if is_last else []
        body = phase(program, self.known[k], self.wanted[k], guards)
        return Program(body, staged(body), careful)


def is_column(program: Program, i: int) -> bool:
    """Whether a node is an input with lanes: a call gives its numbers in an array."""
    return program.trace.rows[i] is INPUT and program.trace.lanes[i]


def cut(program: Program) -> Cut:
    made = Cut(program, [[]], [], [])
    for nodes in waves(program):
        calls = calls_of(program, nodes)
        made.calls.append(calls)
        needed = [j for call in calls for j in call.operands]
        made.wanted.append([j for j in needed if not is_column(program, j)])
        made.known.append(made.known[-1] + [i for call in calls for i in call.nodes])
    made.wanted.append(program.outputs)
    return made


def programs(program: Program) -> tuple[Cut, list[Program]]:
    """The phases of a program: quick, where the careful ones may take their places."""
    quick, careful = cut(program), cut(program.carefully)
    if program.is_careful or quick.shape != careful.shape:
        return careful, [careful.phase(k, None) for k in range(len(careful.wanted))]
    phases = [quick.phase(k, partial(careful.phase, k, None)) for k in range(len(quick.wanted))]
    return quick, phases


# ------ runs
class InPhases(RunByRun):
    """Runs a program in phases, each by the runner that is made of it."""

    registers = None

    def __init__(
        self,
        program: Program,
        addresses: Mapping[int, Address],
        given: int,
        beside: Sequence[Hashable],
        make: Make,
        threads: int,
    ) -> None:
        self.program, self.addresses, self.given, self.beside = program, addresses, given, beside
        self.make, self.threads = make, threads
        self.cut, phases = programs(program)
        inputs = zip(program.inputs, self.cut.program.inputs)
        self.columns = {j: addresses[i] for i, j in inputs if i in addresses}
        self.runners = [self.runner(k, phase) for k, phase in enumerate(phases)]

    @property
    def careful(self) -> InPhases:
        """Its phases are careful where a result is not finite."""
        if self.program.is_careful:
            return self
        program = self.program.carefully
        at = dict(zip(self.program.inputs, program.inputs))
        addresses = {at[i]: address for i, address in self.addresses.items()}
        return InPhases(program, addresses, self.given, self.beside, self.make, self.threads)

    def runner(self, k: int, phase: Program) -> Any:
        first = len(self.program.inputs)
        given = [self.addresses[i] for i in self.program.inputs if i in self.addresses]
        lanes = [i for i in phase.inputs if phase.trace.lanes[i]]
        added = [(self.given + j, 0) for j in range(len(lanes) - len(given))]
        assert len([i for i in phase.inputs[:first] if phase.trace.lanes[i]]) == len(given)
        is_last = k == len(self.cut.calls)
        beside = self.beside if is_last else range(len(phase.outputs))
        return self.make(phase, dict(zip(lanes, [*given, *added])), self.given + len(added), beside)

    def run(
        self, numbers: Sequence[Any], arrays: Sequence[Any], lanes: int | None, group: Any = None
    ) -> tuple[Any, Any]:
        """Return the outputs, and which guards do not hold, as OnMachine.run does."""
        if group is not None:
            arrays = [x[group] for x in arrays]
        outputs, broken = self.attempt(numbers, arrays, lanes)
        if broken is None or isinstance(broken, int):
            return outputs, broken
        import numpy

        held = numpy.flatnonzero(broken.guards < 0)
        if len(held):
            # what leaves is in no sum over lanes, and no operator may refuse it
            others = [float(len(held)), *numbers[COUNT + 1 :]]
            found, _ = self.attempt(others, [x[held] for x in arrays], len(held))
            outputs = [spread(x, held, lanes or 0) if is_array(x) else x for x in found]
        return outputs, broken

    def attempt(
        self, numbers: Sequence[Any], arrays: Sequence[Any], lanes: int | None
    ) -> tuple[Any, int | Broken | None]:
        size = CHUNK * self.threads
        if lanes is None or lanes <= size or not self.may_be_parted:
            return self.at_once(numbers, arrays, lanes)
        last = self.runners[-1]
        made, *_ = last.made(lanes)
        for first in range(0, lanes, size):
            part = slice(first, min(first + size, lanes))
            columns, into = [x[part] for x in arrays], [x[part] for x in made]
            outputs, broken = self.at_once(numbers, columns, part.stop - first, into)
            if broken == DOUBT:
                return self.at_once(numbers, arrays, lanes)
            if broken is not None:
                return outputs, broken
        return last.with_columns([x for x in outputs if not is_array(x)], made), None

    @cached_property
    def may_be_parted(self) -> bool:
        """Whether some lanes may go first: each is computed from its own numbers alone, no operator
        is called but in lanes, and the machine puts outputs into parts of arrays."""
        trace, last = self.cut.program.trace, self.runners[-1]
        uniform = [i for i in self.cut.program.order if not trace.lanes[i]]
        sums = any(trace.lanes[j] for i in uniform for j in trace.operands[i])
        return (
            hasattr(last, "made")
            and not last.lane_guards
            and not sums
            and not any(is_own(trace.rows[i]) for i in uniform)
        )

    def at_once(
        self,
        numbers: Sequence[Any],
        arrays: Sequence[Any],
        lanes: int | None,
        into: Sequence[Any] | None = None,
    ) -> tuple[Any, int | Broken | None]:
        """Run all phases. Outputs with lanes are put `into` arrays, if these are given."""
        given, columns = list(numbers), list(arrays)
        refused: list[Exception] = []
        known = {i: arrays[k][:, column] for i, (k, column) in self.columns.items()}
        for runner, calls in zip(self.runners, self.cut.calls):
            computed = iter(runner.run(given, columns, lanes)[0])
            for call in calls:
                own = [known[i] if i in known else next(computed) for i in call.operands]
                for found in call.rows[0].together(call.rows, own, refused, self.threads):
                    # a column, as the machine reads one
                    if is_array(found):
                        columns.append(found.reshape(-1, 1))
                    else:
                        given.append(found)
        run = partial(self.runners[-1].run, into=into) if into else self.runners[-1].run
        outputs, broken = run(given, columns, lanes)
        if broken is None and refused:
            raise refused[0]
        return outputs, broken
