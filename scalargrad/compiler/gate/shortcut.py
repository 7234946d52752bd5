"""The shortcut of a call that is like an earlier one: no look-up, no tracing, one run.

A shortcut reads each argument by what it was the first time. Where an argument is of another kind,
or what the function closes over has changed, or a guard does not hold, it gives up, and the call is
made in full.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...transforms.variables import inside
from ..branches.path import Path
from ..branches.paths import Paths, Unknown
from ..inputs.arguments import Arguments
from ..inputs.readers import reader_of
from ..inputs.sources import COUNT, SHARE
from ..machine.runner import NATIVE, OnMachine
from ..passes.task import Wanted
from ..passes.traced import Traced
from ..trace.native import machine
from ..trace.sources import Draw
from .nodes import Operands, finish_nodes
from .programs import Programs
from .results import Merge, Results, finish_of

MISSED = object()
"""In place of a result: the shortcut gave up."""
MOST_FORMS = 8
"""So many forms of calls are known at a time, the latest first. A call tries them in turn: each
that is not its own costs a fraction of a microsecond."""
Finish = Callable[[Any, Any, Any], Any]
"""Makes a result of a call's arguments, a program's outputs, and the Values among the arguments."""


class Finder:
    """Finds shortcuts to the programs of a gate."""

    def __init__(self, programs: Programs) -> None:
        self.programs = programs

    def added(
        self,
        known: Sequence[Shortcut],
        args: Sequence[Any],
        arguments: Arguments,
        wanted: Wanted,
    ) -> tuple[Shortcut, ...]:
        """The known shortcuts, one for each of the latest forms of calls, after a call that took
        none of them: with one for its form, if there is one."""
        found = self.found(args, arguments, wanted) if NATIVE else None
        others = [shortcut for shortcut in known if shortcut.arguments.key != arguments.key]
        return (*([found] if found else []), *others)[:MOST_FORMS]

    def found(self, args: Sequence[Any], arguments: Arguments, wanted: Wanted) -> Shortcut | None:
        paths, around = self.programs.known_paths(arguments, wanted)
        path = paths.first if paths else None
        if paths is None or path is None or not runs_on_machine(path):
            return None
        reader = reader_of(args, arguments)
        finish = None if reader is None else self.finish(arguments, path.traced)
        if finish is None:
            return None
        records = machine.Records(tuple(around.records))
        return Shortcut(reader, records, paths, path, arguments, finish)

    def finish(self, arguments: Arguments, traced: Traced) -> Finish | None:
        """Return a function that makes the results of calls like this one; None where a result
        needs the whole call."""
        if not any(entry.linked for entry in traced.entries):
            finish = finish_of(traced.structure, traced.entries)
            shape = () if arguments.batched else arguments.shape or ()
            return in_shape(finish, shape) if len(shape) > 1 else finish
        own = arguments.shape is not None and any(entry.own for entry in traced.entries)
        if own or not (arguments.values or traced.captured):
            return None
        operands = Operands(arguments, traced.captured)
        return finish_nodes(self.programs, traced, arguments.names_given, operands)


def in_shape(finish: Finish, shape: tuple[int, ...]) -> Finish:
    """Finishes the results of lanes that stand in arrays of this shape."""

    def shaped(args: Any, found: Any, values: Any) -> Any:
        own = [x.reshape(shape) if hasattr(x, "shape") else x for x in found]
        return finish(args, own, values)

    return shaped


def runs_on_machine(path: Path) -> bool:
    """Tell whether the machine runs a path, and nothing is drawn for it."""
    drawn = any(isinstance(source, Draw) for source in path.traced.sources)
    return isinstance(path.runner, OnMachine) and not drawn


class Shortcut:
    """How to run calls like an earlier one on the machine, and how to `finish` their results."""

    # a call is shorter by a thirtieth
    __slots__ = (
        *("arguments", "captured", "finish", "form", "is_inside", "names", "paths", "reader"),
        *("records", "runner", "same", "traced", "wanted"),
    )

    def __init__(
        self,
        reader: Any,
        records: Any,
        paths: Paths,
        path: Path,
        arguments: Arguments,
        finish: Finish,
    ) -> None:
        self.reader = reader
        self.records = records
        self.paths = paths
        self.arguments = arguments.pattern()
        self.names = arguments.names_given
        self.finish = finish
        assert isinstance(path.runner, OnMachine)
        self.runner = path.runner
        self.traced = path.traced
        self.wanted = path.traced.wanted.positions if path.traced.wanted else ()
        self.form = path.form
        self.is_inside = path.traced.is_inside
        self.captured = tuple(path.traced.captured)
        each = zip(path.traced.each, self.runner.outputs)
        self.same = [k for k, (own, lane) in enumerate(each) if own and not lane]
        """Outputs that every lane has its own of, though they are all the same number."""

    def run(self, args: tuple[Any, ...], names: tuple[str, ...]) -> Any:
        """Return the result of a call, MISSED if it is to be made in full. The arguments that have
        `names` come last."""
        if names != self.names or (self.is_inside is not None and inside() is not self.is_inside):
            return MISSED
        # COUNT and SHARE of a call without lanes; a reader of samples puts their count there
        numbers: list[Any] = [1.0, 1.0]
        arrays: list[Any] = []
        values: list[Any] = []
        if not self.records.hold():
            return MISSED
        if not self.reader.read(args, numbers, arrays, values):
            return MISSED
        if self.captured:
            numbers.append(self.captured)
        lanes = int(numbers[COUNT]) if arrays else None
        numbers[SHARE] = 1.0 / numbers[COUNT]
        outputs, broken = self.runner.run(numbers, arrays, lanes)
        if broken is not None:
            outputs = None if isinstance(broken, int) else self.merged(args, outputs, broken)
            return MISSED if outputs is None else self.finish(args, outputs, values)
        outputs = self.spread(outputs, lanes) if self.same else outputs
        return self.finish(args, outputs, values)

    def merged(self, args: Sequence[Any], outputs: Any, broken: Any) -> list[Any] | None:
        """The outputs of all paths, some lanes having left the first; None if another one uses
        other Values."""
        arguments = self.arguments.like(args)
        merge = Merge(arguments, self.wanted)
        try:
            for path, group, found in self.paths.rest(arguments, outputs, broken):
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
