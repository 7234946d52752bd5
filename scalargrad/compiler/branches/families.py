"""The families among the paths of one function: whose lanes they take, and how they come to be."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..machine import runner
from ..passes.record import Ran
from ..pipeline import Join, Offer, nobody
from .conditions import Arrival
from .family import Family, Taken
from .lanes import Lanes
from .path import Path
from .surveys import Survey, surveyed

ATTEMPTS = 4
"""So many paths are looked at for a loop, where none has led to a family."""

MOST_FAMILIES = 4
"""Of a function with more families every lane is something else: these are paths of their own."""
FEW_GUARDS = {True: 48, False: 8}
"""By whether there are lanes: a path with fewer guards founds no family. Its loop is short, so
there are few lengths, and a path for each is soon made and runs no iteration in vain."""


def nothing() -> None:
    pass


class Families:
    """The families of the paths of a function; `paths` traces them."""

    def __init__(self, paths: Any) -> None:
        self.paths = paths
        self.all: list[Family] = []
        self.attempts = 0

    def may_be(self, lanes: Lanes) -> bool:
        """Tell whether paths of such calls may be of a family."""
        is_over = not self.all and self.attempts >= ATTEMPTS
        return runner.NATIVE and not is_over and self.paths.known is None

    def offer_of(self, lanes: Lanes, lane: int) -> Offer:
        """A function that is shown a run in a lane, and returns what is to be done if that is
        of a family. A lane is shown once in a call, lest it come back for ever."""
        if not self.may_be(lanes) or lane in lanes.shown:
            return nobody
        lanes.shown.add(lane)
        return self.joining

    def joining(self, run: Ran) -> Join | None:
        """A function that has the path of a run join a family; None if it is of none."""
        if not self.all and len(run.trace.guards) < FEW_GUARDS[run.task.has_lanes]:
            return None
        survey = surveyed(run)
        if survey is not None:
            for family in self.all:
                member = family.member(survey)
                if member is not None:
                    return partial(family.add, member)
        return self.founding(survey)

    def founding(self, survey: Survey | None) -> Join | None:
        """A function that has the path be the first of a family."""
        self.attempts += 1
        is_short = any(family.is_over for family in self.all)
        if survey is None or is_short or len(self.all) >= MOST_FAMILIES:
            return None
        begun = Family.begun(survey, self.paths.threads)
        return None if begun is None else partial(self.add, begun)

    def add(self, family: Family) -> None:
        self.paths.one_more()
        self.all.append(family)

    def seen(self, run: Ran) -> Join:
        # of none, the path is left to whoever takes its lanes
        return self.joining(run) or nothing

    def taking(self, lanes: Lanes, group: Any) -> Taken:
        """Run the lanes of a group that are of a family; return the others."""
        for family in self.all:
            if len(group):
                group = yield from family.taking(lanes, group, self.show_of(lanes))
        return group

    def alone(self, lanes: Lanes) -> tuple[Path, Any] | None:
        """Run a call without lanes that is of a family; None if it is of none."""
        found = (family.alone(lanes, self.show_of(lanes)) for family in self.all)
        return next(filter(None, found), None)

    def show_of(self, lanes: Lanes) -> Callable[[int], None]:
        def show(lane: int) -> None:
            if self.may_be(lanes) and lane not in lanes.shown:
                lanes.shown.add(lane)
                # of another family, or of none, it is left to whoever takes its lanes
                self.paths.traced(lanes, lane, Arrival(), self.seen)

        return show
