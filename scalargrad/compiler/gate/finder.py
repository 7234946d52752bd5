"""Finds the shortcut for calls like one that was made in full, or tells why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ..branches.path import Path
from ..branches.paths import Paths
from ..inputs.arguments import Arguments
from ..inputs.lanes import summed_to
from ..inputs.readers import is_spread, reader_of, telling
from ..machine.runner import NATIVE, OnMachine
from ..nests.runner import OnNest
from ..parts.runner import OnSparse
from ..passes.task import Wanted
from ..passes.traced import Entry, Traced
from ..surroundings.search import Surroundings
from ..trace.sources import Draw
from .forms import Form
from .later import CallLike
from .nodes import Operands, finish_later, finish_leaves, finish_nodes
from .programs import Programs
from .results import finish_of
from .shortcut import MISSED, Finish, Shortcut

MOST_FORMS = 8
"""So many forms of calls are known at a time, the latest first. A call tries them in turn: each
that is not its own costs a fraction of a microsecond."""
Found = tuple[Shortcut, Any]
"""A shortcut, and the records that tell whether all is around that was."""


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
        others = [x for x in known if x is not form and not x.is_replaced(args, arguments)]
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
        finish = self.finish(arguments, path.traced, around)
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
        if self.finish(arguments, path.traced, None) is None:
            return "each lane has a Value of its own as a result: ask for sums over lanes by reduce"
        if reader_of(args, arguments) is None:
            return (
                "its arguments are of a kind that only Python reads: give numbers in lists, "
                "tuples, dicts or float64 arrays, Values, or models of Values"
            )
        return "its numbers go another way through the branches than the first call's"

    def finish(
        self, arguments: Arguments, traced: Traced, around: Surroundings | None
    ) -> Finish | None:
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
        if traced.come_later:
            call = CallLike(self.programs, arguments, around)
            return finish_later(call, traced, operands, arguments.names_given)
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
