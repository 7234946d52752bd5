"""The short way through a call that is like an earlier one: no look-up, no tracing, one run.

A plan reads each argument by what it was the first time. Where an argument is of another kind, or
what the function closes over has changed, or a branch goes another way, it gives up, and the call
takes the long way.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any

from ..transforms.variables import inside
from .branches.paths import Paths, Unknown
from .inputs.arguments import Arguments
from .inputs.readers import reader_of
from .inputs.sources import COUNT, SHARE
from .machine.runner import OnMachine
from .results import Merge, Results
from .trace.native import machine, nodes
from .trace.sources import Draw

MISSED = object()
"""What no call returns."""


class Plan:
    """How to run calls like an earlier one on the machine, and how to `finish` their results: of
    the arguments, a program's outputs, and the Values among the arguments."""

    finish: Callable[[Any, Any, Any], Any]

    def __init__(
        self, reader: Any, records: list[Any], paths: Paths, call: Arguments, fixed: Any
    ) -> None:
        self.reader = reader
        self.records = machine.Records(tuple(records))
        self.paths = paths
        self.call = call.pattern()
        self.names = call.names_given
        self.given = {place: k for k, place in enumerate(call.values)}
        """Where each Value among the numbers of a call stands among its operands."""
        path = paths.first
        assert path is not None
        self.runner: OnMachine = path.runner
        self.traced = path.traced
        self.wanted = path.traced.wanted.positions if path.traced.wanted else ()
        self.form = path.form
        self.is_inside = path.traced.is_inside
        self.captured = tuple(path.traced.captured)
        each = zip(path.traced.each, self.runner.outputs)
        self.same = [k for k, (own, lane) in enumerate(each) if own and not lane]
        """Outputs that every lane has its own of, though they are all the same number."""
        self.fixed: tuple[Any, ...] | None = None if fixed is None else (*fixed, *self.captured)
        """The Values that every such call depends on; None if they come with the arguments."""
        known = self.fixed or ()
        self.distinct = 0 < len({id(x) for x in known}) == len(known)

    def run(self, args: tuple[Any, ...], names: tuple[str, ...]) -> Any:
        """Return the result of a call, MISSED if it takes the long way. The arguments that have
        `names` come last."""
        if names != self.names or (self.is_inside is not None and inside() is not self.is_inside):
            return MISSED
        numbers: list[Any] = [1.0, 1.0]
        arrays: list[Any] = []
        operands: list[Any] = []
        if not self.records.hold():
            return MISSED
        if not self.reader.read(args, numbers, arrays, operands):
            return MISSED
        if self.captured:
            numbers.append(self.captured)
        lanes = int(numbers[COUNT]) if arrays else None
        numbers[SHARE] = 1.0 / numbers[COUNT]
        outputs, broken = self.runner.run(numbers, arrays, lanes)
        if broken is not None:
            outputs = None if isinstance(broken, int) else self.merged(args, outputs, broken)
            return MISSED if outputs is None else self.finish(args, outputs, operands)
        outputs = self.spread(outputs, lanes) if self.same else outputs
        return self.finish(args, outputs, operands)

    def merged(self, args: Sequence[Any], outputs: Any, broken: Any) -> list[Any] | None:
        """The outputs of all paths, some lanes having left the first; None if another one uses
        other Values."""
        call = self.call.like(args)
        merge = Merge(call, self.wanted)
        try:
            for path, group, found in self.paths.rest(call, outputs, broken):
                merge.add(path, group, found)
        except Unknown:
            return None
        results = merge.results()
        same = merge.form == self.form and self.fits(results)
        return results.outputs() if same else None

    def fits(self, results: Results) -> bool:
        """Whether these come in the order of the first path's outputs, from the same Values."""
        own, others = self.traced.entries, results.entries
        known = list(map(id, self.captured)) == list(map(id, results.captured))
        return known and [(x.linked, x.kind) for x in own] == [(x.linked, x.kind) for x in others]

    def spread(self, outputs: Any, lanes: Any) -> Any:
        import numpy

        found = list(outputs)
        for k in self.same:
            found[k] = numpy.full(lanes, found[k])
        return found

    def operands(self, given: list[Any]) -> tuple[Any, ...]:
        """The Values that a call depends on: those among its arguments, then the captured."""
        return (*given, *self.captured) if self.fixed is None else self.fixed

    def given_value(self, given: Any, operands: tuple[Any, ...]) -> Any:
        """A Value that the function returns as it was given it, or closes over it."""
        return operands[self.given[given]] if type(given) is int else given


def plan_of(args: Sequence[Any], call: Arguments, paths: Paths, records: list[Any]) -> Plan | None:
    """Return a plan for calls like this one, run by `paths`; None if there is none."""
    path = paths.first
    assert path is not None
    drawn = any(isinstance(source, Draw) for source in path.traced.sources)
    if drawn or not isinstance(path.runner, OnMachine):
        return None
    reader = reader_of(args, call)
    return None if reader is None else Plan(reader, records, paths, call, fixed_values(call))


def fixed_values(call: Arguments) -> list[Any] | None:
    """The Values among arguments that are the same objects in every such call; None if others are
    there too."""
    known = [x for part in call.parts if part.watched is not None for x in part.numbers]
    return known if len(known) == len(call.values) else None


def gate_node(op: Any, operands: tuple[Any, ...], numbers: Any, distinct: bool) -> Any:
    """A node above `operands`; `numbers` are its data and its partials."""
    buffer = numbers if type(numbers) is array else array("d", numbers)
    return nodes.gate(op, operands, buffer, distinct)
