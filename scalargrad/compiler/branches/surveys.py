"""Surveys: what has to be known of a run of a function to find the family of its path.

A survey keeps no number of the trace: it is there before derivatives are computed, which a family
has its own way of.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from ...transforms.trees import Structure
from ...transforms.variables import inside
from ..loops.growing import NODE, one
from ..loops.recorder import Recorded
from ..nests.program import Asked
from ..nests.recorded import asked, why_not
from ..passes.kinds import emptied
from ..passes.record import Ran, all_sources, rolled_entries
from ..passes.task import Wanted
from ..passes.traced import FORGOTTEN, Entry, Traced
from ..trace.rolled import Loops, Rolled
from .courses import Course, course_of


class Survey(NamedTuple):
    """The run of a function in one lane; lanes of a family have the same `key`, too."""

    run: Ran
    course: Course
    results: list[int]
    key: Hashable

    def details(self) -> Details | None:
        """The request to the function; None where loops cannot give it."""
        run, course = self.run, self.course
        trace = run.trace
        linked = tuple([trace.is_linked(trace.tracers[i]) for i in self.results])
        at = tuple([one(*pair) for pair in course.pairs()[-len(linked) :]])
        run = run._replace(loops=Loops(Rolled(Recorded((), len(course)), at, linked)))
        if why_not(run):
            return None
        return Details(
            asked(run),
            rolled_entries(run),
            emptied(run.structure),
            all_sources(trace, run.inputs),
            list(trace.captured),
            run.task.wanted,
            inside() if trace.has_transforms else None,
        )


class Details(NamedTuple):
    """The request to a function, but for the items, and what its results are."""

    asked: Asked
    entries: list[Entry]
    structure: Structure
    sources: list[Any]
    captured: list[Any]
    wanted: Wanted | None
    is_inside: bool | None

    def traced(self, nest: Any, further: Sequence[Any]) -> Traced:
        """The trace of a path with this program, with the sources of `further` inputs."""
        return Traced(
            trace=FORGOTTEN,
            outputs=[],
            each=nest.each,
            sources=[*self.sources, *further],
            captured=self.captured,
            structure=self.structure,
            entries=self.entries,
            wanted=self.wanted,
            unknown=(),
            is_inside=self.is_inside,
            nest=nest,
        )


def surveyed(run: Ran) -> Survey | None:
    """The survey of a function that ran; None where its path is surely of no family, or where there
    is nothing to compute."""
    trace = run.trace
    if trace.unknown or run.sparse is not None:
        return None
    if trace.has_texts or trace.has_copies_apart or trace.derived:
        return None
    roots = [run.waiting.root] if run.waiting else run.results
    results = list(map(trace.index, roots))
    course = course_of(trace, results)
    if course is None or (course.kinds[len(course.kinds) - len(results) :] != NODE).all():
        return None
    return Survey(run, course, results, key_of(run, results))


def key_of(run: Ran, results: Sequence[int]) -> Hashable:
    """A key that two runs share if as many inputs come from the same sources, and the results are
    of the same structure and kinds."""
    trace = run.trace
    # where derivatives wait the transform makes the same of whatever there is
    kinds = () if run.waiting else (str(run.structure), *map(type, run.results))
    return (
        len(trace.inputs),
        tuple((id(value), i) for value, i in trace.captured.items()),
        tuple(trace.draws.items()),
        tuple([trace.is_linked(trace.tracers[i]) for i in results]),
        kinds,
        inside() if trace.has_transforms else None,
    )
