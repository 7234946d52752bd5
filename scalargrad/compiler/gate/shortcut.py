"""The shortcut of a call that is like an earlier one: no tracing, one run.

A Form reads each argument by what it was the first time, and finds the shortcut by the constants
that it read. Where an argument is of another kind, or a constant is new, or what the function
closes over has changed, or a guard does not hold, it gives up, and the call is made in full.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from ...transforms.variables import inside
from ..branches.lanes import Draws
from ..branches.path import Path
from ..branches.paths import Paths, Unknown
from ..inputs.arguments import Arguments
from ..inputs.lanes import summed_to
from ..inputs.readers import is_spread, reader_of, telling
from ..inputs.sources import COUNT, FIRST, SHARE
from ..machine.runner import NATIVE, OnMachine
from ..nests.runner import OnNest
from ..parts.runner import OnSparse
from ..passes.task import Wanted
from ..passes.traced import Entry, Traced
from ..surroundings.walk import Surroundings
from ..trace.sources import Draw
from .nodes import Operands, finish_leaves, finish_nodes
from .programs import KEPT, Programs
from .results import Merge, Results, finish_of

NO_STATICS: list[Any] = []
"""What is read of arguments without constants: nothing is added to it."""
MISSED = object()
"""In place of a result: the shortcut gave up."""
MOST_FORMS = 8
"""So many forms of calls are known at a time, the latest first. A call tries them in turn: each
that is not its own costs a fraction of a microsecond."""
Found = tuple["Shortcut", Any]
"""A shortcut, and the records that tell whether all is around that was."""
Finish = Callable[[Any, Any, Any], Any]
"""Makes a result of a call's arguments, a program's outputs, and the Values among the arguments."""


class Finder:
    """Finds shortcuts to the programs of a gate."""

    def __init__(self, programs: Programs) -> None:
        self.programs = programs

    def added(
        self,
        known: Sequence[Form],
        args: tuple[Any, ...],
        arguments: Arguments,
        wanted: Wanted | None,
        around: Surroundings,
    ) -> tuple[Form, ...]:
        """The known forms of calls, the latest first, after a call that took no shortcut: with one
        for it, if there is one."""
        found = self.found(arguments, wanted, around) if NATIVE else None
        if found is None:
            return tuple([form for form in known if not form.is_of(arguments)])
        form = self.form(known, args, arguments, found, around.kept)
        if form is None:
            return tuple(known)
        others = [other for other in known if not other.is_of(arguments)]
        return (form, *others)[:MOST_FORMS]

    def form(
        self,
        known: Sequence[Form],
        args: tuple[Any, ...],
        arguments: Arguments,
        found: Found,
        kept: Sequence[Any],
    ) -> Form | None:
        """The form of a call, with its shortcut; None if nothing reads such arguments."""
        shortcut, records = found
        for form in known:
            if form.is_of(arguments) and form.statics_of(args) is not None:
                form.add(arguments.statics, shortcut)
                return form
        reader = telling(reader_of(args, arguments), arguments, kept)
        return None if reader is None else Form(reader, records, arguments, shortcut)

    def found(
        self, arguments: Arguments, wanted: Wanted | None, around: Surroundings
    ) -> Found | None:
        paths, around = self.programs.known_paths(arguments, wanted, around)
        path = paths.first if paths else None
        if paths is None or path is None or not runs_on_machine(path):
            return None
        finish = self.finish(arguments, path.traced)
        return finish and (Shortcut(paths, path, arguments, finish), around.watched)

    def obstacle(self, args: Sequence[Any], arguments: Arguments, paths: Paths | None) -> str:
        """Why calls like this one take no shortcut, and what to do, in words."""
        path = paths.first if paths else None
        if not NATIVE:
            return "the machine in C was not built: install scalargrad with a compiler at hand"
        if path is None or not isinstance(path.runner, OnMachine):
            return "an operator of one's own without C runs on NumPy: write it with scalargrad's"
        if not runs_on_machine(path):
            return "random numbers are drawn for it anew: call it for more lanes at once"
        if self.finish(arguments, path.traced) is None:
            return "each lane has a Value of its own as a result: ask for sums over lanes by reduce"
        if reader_of(args, arguments) is None:
            return (
                "its arguments are of a kind that only Python reads: give numbers in lists, "
                "tuples, dicts or float64 arrays, Values, or models of Values"
            )
        return "its numbers go another way through the branches than the first call's"

    def finish(self, arguments: Arguments, traced: Traced) -> Finish | None:
        """Return a function that makes the results of calls like this one; None where a result
        needs the whole call."""
        if not any(entry.linked for entry in traced.entries):
            finish = finish_of(traced.structure, traced.entries)
            if arguments.batched or arguments.shape is None or not is_spread(arguments):
                return finish
            return in_shapes(finish, arguments, traced.entries)
        own = arguments.shape is not None and any(entry.own for entry in traced.entries)
        operands = Operands(arguments, traced.captured)
        if traced.wanted is None:
            return None if own and not arguments.batched else finish_leaves(traced, operands)
        if own or not (arguments.values or traced.captured):
            return None
        return finish_nodes(self.programs, traced, arguments.names_given, operands)


def in_shapes(finish: Finish, arguments: Arguments, entries: Sequence[Entry]) -> Finish:
    """Finishes the results of lanes that stand in arrays; a derivative in an argument that was
    broadcast is summed to the shape of that argument. What comes from several paths is shaped."""
    lanes, shapes = arguments.shape, [arguments.shape_beside(x.beside) for x in entries]
    assert lanes is not None

    count = prod(lanes)

    def in_one(x: Any, shape: tuple[int, ...]) -> Any:
        as_it_is = getattr(x, "shape", shape) == shape
        return x if as_it_is else summed_to(x.reshape(lanes), shape)

    def fits(x: Any, shape: tuple[int, ...]) -> bool:
        return getattr(x, "size", count) == count or x.shape == shape

    def shaped(args: Any, found: Any, values: Any) -> Any:
        # an array that no path so far has read may have come in another shape
        if not all(map(fits, found, shapes)):
            return MISSED
        return finish(args, list(map(in_one, found, shapes)), values)

    return shaped


def runs_on_machine(path: Path) -> bool:
    """Tell whether the machine runs a path, and nothing is drawn for all lanes at once."""
    uniform = Draw in map(type, path.layout.uniform)
    return isinstance(path.runner, (OnMachine, OnNest, OnSparse)) and not uniform


class Form:
    """Calls of one form: how their arguments are read, and the shortcuts of those that were made,
    by their constants."""

    # a call is shorter by a thirtieth
    __slots__ = ("alone", "form", "names", "reader", "records", "shortcuts")

    def __init__(self, reader: Any, records: Any, arguments: Arguments, shortcut: Shortcut) -> None:
        self.form = arguments.form
        self.names = arguments.names_given
        self.reader = reader
        self.records = records
        self.shortcuts = {arguments.statics: shortcut}
        self.alone = None if arguments.statics else shortcut
        """The shortcut of calls without constants."""

    def is_of(self, arguments: Arguments) -> bool:
        return bool(self.form == arguments.form)

    def statics_of(self, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The constants among these arguments; None if they are of another kind, or if what is
        around has changed."""
        statics: list[Any] = []
        reads = self.records.hold() and self.reader.read(args, [1.0, 1.0], [], [], statics)
        return tuple(statics) if reads else None

    def add(self, statics: tuple[Any, ...], shortcut: Shortcut) -> None:
        self.shortcuts = {**self.shortcuts, statics: shortcut}
        self.alone = None if statics else shortcut
        if len(self.shortcuts) > KEPT:
            self.shortcuts.pop(next(iter(self.shortcuts)))

    def run(self, args: tuple[Any, ...], names: tuple[str, ...]) -> Any:
        """Return the result of a call, MISSED if it is to be made in full. The arguments that have
        `names` come last."""
        if names != self.names:
            return MISSED
        # COUNT and SHARE of a call without lanes; a reader of samples puts their count there
        numbers: list[Any] = [1.0, 1.0]
        arrays: list[Any] = []
        values: list[Any] = []
        shortcut = self.alone
        statics: list[Any] = NO_STATICS if shortcut else []
        if not self.records.hold():
            return MISSED
        if not self.reader.read(args, numbers, arrays, values, statics):
            return MISSED
        shortcut = shortcut or self.shortcuts.get(tuple(statics))
        if shortcut is None:
            return MISSED
        outputs = None
        if shortcut.at_once and (shortcut.is_inside is None or inside() is shortcut.is_inside):
            outputs = shortcut.at_once(numbers)
        if outputs is None:
            outputs = shortcut.outputs(args, numbers, arrays)
        return MISSED if outputs is None else shortcut.finish(args, outputs, values)

    def fill(self, results: Any, weights: Any, args: Sequence[Any], names: tuple[str, ...]) -> bool:
        """Run a call without lanes for each row of `weights`, its first argument, and put the
        outputs into the rows of `results`. Return whether that is done."""
        numbers: list[Any] = [1.0, 1.0]
        arrays: list[Any] = []
        statics: list[Any] = []
        if names != self.names or not self.records.hold():
            return False
        if not self.reader.read((weights[0], *args), numbers, arrays, [], statics):
            return False
        shortcut = self.shortcuts.get(tuple(statics))
        return shortcut is not None and not arrays and shortcut.fill(results, weights, numbers)


class Shortcut:
    """How to run calls like an earlier one on the machine, and how to `finish` their results."""

    __slots__ = (
        *("arguments", "at_once", "captured", "chances", "draws", "finish", "form", "is_inside"),
        *("paths", "runner", "same", "traced", "wanted"),
    )

    def __init__(self, paths: Paths, path: Path, arguments: Arguments, finish: Finish) -> None:
        self.paths = paths
        self.arguments = arguments.pattern()
        self.finish = finish
        assert isinstance(path.runner, (OnMachine, OnNest, OnSparse))
        self.runner = path.runner
        self.traced = path.traced
        self.wanted = path.traced.wanted.positions if path.traced.wanted else ()
        self.form = path.form
        self.draws = path.draws
        self.chances = path.chances if path.layout.drawn else None
        self.is_inside = path.traced.is_inside
        self.captured = tuple(path.traced.captured)
        each = zip(path.traced.each, self.runner.outputs)
        self.same = [k for k, (own, lane) in enumerate(each) if own and not lane]
        """Outputs that every lane has its own of, though they are all the same number."""
        self.at_once = None if self.draws or self.captured else self.runner.at_once
        """In place of `outputs`, where nothing but the numbers of a call counts."""

    def outputs(self, args: tuple[Any, ...], numbers: list[Any], arrays: list[Any]) -> Any:
        """Return the outputs for what was read of a call's arguments; None if the call is to be
        made in full."""
        if self.is_inside is not None and inside() is not self.is_inside:
            return None
        if self.captured:
            numbers.append(self.captured)
        lanes = int(numbers[COUNT]) if arrays else None
        numbers[SHARE] = 1.0 / numbers[COUNT]
        if self.draws:
            return self.by_chance(args, numbers, arrays, lanes)
        outputs, broken = self.runner.run(numbers, arrays, lanes)
        if broken is not None:
            return self.apart(args, outputs, broken, None)
        return self.spread(outputs, lanes) if self.same else outputs

    def fill(self, results: Any, weights: Any, numbers: list[Any]) -> bool:
        """Run a call without lanes for each row of `weights`, its first argument, and put the
        outputs into the rows of `results`. Return whether that is done."""
        if self.draws or (self.is_inside is not None and inside() is not self.is_inside):
            return False
        if self.captured:
            numbers.append(self.captured)
        del numbers[FIRST]
        return self.runner.fill(results, weights, numbers)

    def by_chance(self, args: Any, numbers: Any, arrays: Any, lanes: Any) -> Any:
        """The same where random numbers are drawn."""
        with Draws(lanes).kept() as draws:
            draws.begin(self.draws)
            if self.chances is not None:
                arrays.append(draws.below(self.chances))
            outputs, broken = self.runner.run(numbers, arrays, lanes)
            if broken is None:
                return self.spread(outputs, lanes) if self.same else outputs
            found = self.apart(args, outputs, broken, draws)
            if found is None:
                draws.undo()
            return found

    def apart(self, args: Any, outputs: Any, broken: Any, draws: Any) -> list[Any] | None:
        """The outputs where not all lanes take the first path."""
        return None if isinstance(broken, int) else self.merged(args, outputs, broken, draws)

    def merged(
        self, args: Sequence[Any], outputs: Any, broken: Any, draws: Draws | None
    ) -> list[Any] | None:
        """The outputs of all paths, some lanes having left the first; None if another one uses
        other Values."""
        arguments = self.arguments.like(args)
        merge = Merge(arguments, self.wanted)
        try:
            for path, group, found in self.paths.rest(arguments, outputs, broken, draws):
                merge.add(path, group, found)
        except Unknown:
            return None
        results = merge.results()
        if merge.form != self.form or not self.fits(results):
            return None
        return results.outputs() if self.traced.wanted else results.numbers

    def fits(self, results: Results) -> bool:
        """Whether these come in the order of the first path's outputs, from the same Values, and
        are Values in all lanes or in none."""
        own, others = self.traced.entries, results.entries
        known = list(map(id, self.captured)) == list(map(id, results.captured))
        alike = [(x.linked, x.kind) for x in own] == [(x.linked, x.kind) for x in others]
        return known and alike and all(lanes is None for lanes in results.plain)

    def spread(self, outputs: Any, lanes: Any) -> Any:
        import numpy

        found = list(outputs)
        for k in self.same:
            found[k] = numpy.full(lanes, found[k])
        return found
