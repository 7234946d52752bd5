"""A compiled function to look at, and to take elsewhere."""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..branches.conditions import Conditions
from ..branches.path import Path
from ..branches.paths import Paths
from ..branches.ways import Around, ways
from ..inputs.arguments import Arguments
from ..machine.runner import Runner
from ..nests.runner import InSegments
from ..passes.traced import Traced
from ..text.names import Names, argument_names, names_of
from . import emit_c, functions
from .emit_ways import Branching, Way, way_of
from .exported import Exportable
from .listed import OF_RUNS, STAGES, Straight, WithLoops
from .listing import Listed
from .picture import drawn

if TYPE_CHECKING:
    from ...drawing.picture.drawing import Drawing


class Viewed(NamedTuple):
    """The first path of a function, among others, for such arguments: to be looked at."""

    name: str
    signature: inspect.Signature
    arguments: Arguments
    paths: Paths
    path: Path

    def names(self, traced: Traced) -> Names:
        """The names of the inputs and outputs."""
        name = self.name
        # the name of a derivative tells of what: grad(f)
        name = name if name.isidentifier() else re.sub(r"\W+", "_", name).strip("_")
        plain = name.isidentifier() and not keyword.iskeyword(name)
        return names_of(name if plain else "f", self.signature, self.arguments, traced)


def listed(viewed: Viewed, reason: str = "") -> Listed:
    path, paths, arguments = viewed.path, viewed.paths, viewed.arguments
    parameters = argument_names(viewed.signature, arguments)
    loops = path.traced.loops
    return Listed(
        listed_program(viewed, bool(reason)),
        viewed.names(path.traced),
        arguments.lanes,
        paths.count,
        registers(path.runner, arguments.lanes),
        tuple(paths.unknown),
        tuple(arguments.constants(parameters)),
        reason,
        loops,
        paths.names_of_events(arguments, loops) if loops.rolled else {},
    )


def registers(runner: Runner, lanes: int | None) -> int | None:
    """How many registers a call with so many lanes takes."""
    if isinstance(runner, InSegments) and (lanes or 0) < runner.least:
        return registers(runner.of_few, lanes)
    return runner.registers


def listed_program(viewed: Viewed, has_runs: bool) -> Straight | WithLoops:
    path, names = viewed.path, viewed.names(viewed.path.traced).inputs
    if path.traced.nest is not None:
        return WithLoops(path.traced.nest, names)
    has_runs = has_runs and viewed.arguments.lanes is None
    return Straight(path.program, names, OF_RUNS if has_runs else STAGES)


def picture(viewed: Viewed, simplified: bool, options: dict[str, Any]) -> Drawing:
    traced = viewed.paths.anew(viewed.arguments)
    return drawn(traced, viewed.names(traced), simplified, options)


def whole(viewed: Viewed) -> Exportable:
    """The path, to be exported. Raises ValueError if there may be others."""
    found = exportable(viewed)
    functions.check(found)
    return found


def exportable(viewed: Viewed) -> Exportable:
    path, arguments = viewed.path, viewed.arguments
    parameters = argument_names(viewed.signature, arguments)
    return Exportable(path, arguments, viewed.names(path.traced), parameters)


def in_c(views: Sequence[Viewed], around: Around) -> str:
    """The text of a file with a function for each: one for the value, then one for value and
    gradient. `around` tells what the function uses."""
    names = emit_c.function_names(exportable(views[0]).names.function)
    return emit_c.c_source([function_in_c(view, name, around) for view, name in zip(views, names)])


def function_in_c(viewed: Viewed, name: str, around: Around) -> emit_c.Function | Branching:
    found = exportable(viewed)
    if found.branches:
        return branching(viewed, name, around)
    functions.check(found)
    return emit_c.Function(found.path, name, found.names)


def branching(viewed: Viewed, name: str, around: Around) -> Branching:
    """The function with all its ways, of which each is that of one lane."""
    task = viewed.paths.task
    of_lane = task._replace(
        reduce=None, wanted=task.wanted and task.wanted._replace(summed=not task.has_lanes)
    )
    conditions, found = Conditions(), list[Way]()
    for traced in ways(of_lane, viewed.arguments, around):
        if str(traced.structure) != str(viewed.path.traced.structure):
            continue
        names = viewed.names(traced)
        functions.check_sources(names.function, traced.sources)
        found.append(way_of(traced, names, conditions))
    each, reduced = viewed.path.traced.each, task.reduce if task.has_lanes else None
    return Branching(name, names.function, found, each, reduced)
