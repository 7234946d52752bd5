"""A family: paths that differ only in how often they go round one loop, as one program.

A path is traced for each count, as any other: that count is then *verified*. The lanes of all
verified counts run together, those with the most iterations last. Numbers of Python's that come
after the loop and depend on the count are told to each lane.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ..inputs.arguments import Arguments
from ..loops.items import InputAt
from ..machine.broken import Broken
from ..nests.masked import Counting, MaskedProgram
from ..nests.nest import Refused
from ..nests.program import Asked, Derived
from ..passes.traced import Entry
from ..trace.sources import Told
from .courses import Course, Region, differing
from .endings import Found, found_in, told
from .lanes import Lanes
from .path import Path
from .surveys import Details, Survey

UNKNOWN = -1
"""The count of a lane where a comparison of NaN decides."""
Taken = Generator[tuple[Path, Any, Any], None, Any]
"""Yields paths with lanes and their outputs; returns the lanes that are left."""


class Member(NamedTuple):
    """A path of a family: how often it goes round the loop, the numbers of Python's among the
    operands after that, and those of them, counted from the last, that differ from the longest
    path's. `longest` is there of one that is itself longer than all others."""

    trips: int
    numbers: Any
    varied: list[int]
    longest: Longest | None = None


class Longest(NamedTuple):
    """The longest path of a family: programs are made of it."""

    course: Course
    details: Details
    found: Found


class Family:
    """The paths of one family that were traced so far."""

    def __init__(self, key: Hashable, longest: Longest, threads: int) -> None:
        self.key, self.longest, self.threads = key, longest, threads
        region = longest.found.region
        self.numbers: dict[int, Any] = {region.trips: numbers_after(longest.course, region)}
        """By verified count the numbers of Python's among the operands that follow the loop."""
        self.refused: set[int] = set()
        """Counts that lanes seem to have, and whose paths are none of this family."""
        self.is_over = False
        """Whether others run its lanes."""
        self.varied: list[int] = []
        """The operands after the loop that are not the same number at all counts."""
        self._path: Path | None = None
        self._counting: Path | None = None
        self._table: Any = None
        self.is_short = self.program().is_short

    @classmethod
    def begun(cls, survey: Survey, threads: int) -> Family | None:
        """The family of a path; None if it is of none."""
        try:
            longest = longest_of(survey)
            return None if longest is None else cls(survey.key, longest, threads)
        except Refused:
            return None

    # ------ members
    def member(self, survey: Survey) -> Member | None:
        """The path of a survey as one of this family; None if it is of another."""
        if survey.key != self.key or self.is_over:
            return None
        course, region = survey.course, self.longest.found.region
        if len(course) > len(self.longest.course):
            return self.longer(survey)
        varied = differing(course, self.longest.course, region)
        if varied is None or not self.may_vary(varied.tolist(), self.longest):
            return None
        trips = region.trips - (len(self.longest.course) - len(course)) // region.span
        return Member(trips, numbers_after(course, region.shorter(trips)), varied.tolist())

    def longer(self, survey: Survey) -> Member | None:
        """The same of a path that is longer than all others."""
        try:
            longest = longest_of(survey)
        except Refused:
            return None
        before = self.longest.found.region
        if longest is None or longest.found.region.shorter(0) != before.shorter(0):
            return None
        region = longest.found.region
        varied = differing(self.longest.course, longest.course, region)
        if varied is None or not self.may_vary(varied.tolist(), longest):
            return None
        numbers = numbers_after(longest.course, region)
        return Member(region.trips, numbers, varied.tolist(), longest)

    def may_vary(self, varied: Sequence[int], longest: Longest) -> bool:
        """Tell whether lanes can be told these numbers, too."""
        inputs = dict.fromkeys({*self.varied, *varied}, 0)
        return told(longest.found, longest.course, inputs) is not None

    def add(self, member: Member) -> None:
        """Take in a path."""
        varied = sorted({*self.varied, *member.varied})
        if member.longest is not None:
            self.longest, self._counting, self._path = member.longest, None, None
        if varied != self.varied:
            self.varied, self._path = varied, None
        self.numbers[member.trips], self._table = member.numbers, None
        # by themselves these paths are one and the same, and that is short
        self.is_over = self.is_short and not self.varied

    # ------ programs
    def counted(self) -> Asked:
        """The request that counts iterations."""
        found = self.longest.found
        loop = replace(found.loop, trips=found.region.trips)
        return self.longest.details.asked._replace(items=[*found.items[: found.at], loop])

    def program(self) -> MaskedProgram:
        course, details, found = self.longest
        asked = details.asked
        inputs, further = len(asked.plain), 1 + len(self.varied)
        at = {k: inputs + 1 + j for j, k in enumerate(self.varied)}
        items = told(found, course, at)
        assert items is not None
        results = list(asked.results)
        for k, number in at.items():
            if k >= -len(results):
                results[k] = InputAt(number)
        lanes = asked.lanes
        if lanes is not None:
            lanes = lanes._replace(inputs=[*lanes.inputs, *[True] * further])
        plain = [*asked.plain, *[True] * further]
        asked = asked._replace(items=items, results=results, plain=plain, lanes=lanes)
        return MaskedProgram(asked, found.loop, inputs, found.region.over)

    def path(self, arguments: Arguments) -> Path | None:
        """The path of lanes of verified counts, in calls like this one; None if there is none."""
        if self._path is None:
            further = [Told(k) for k in range(1 + len(self.varied))]
            self._path = self.made(self.program, further, arguments)
        return self._path

    def counting(self, arguments: Arguments) -> Path | None:
        """The path that counts iterations; None if there is none."""
        if self._counting is None:
            self._counting = self.made(lambda: Counting(self.counted()), [], arguments)
        return self._counting

    def made(
        self, derived: Callable[[], Derived], further: Sequence[Told], arguments: Arguments
    ) -> Path | None:
        if self.is_over:
            return None
        try:
            nest = derived()
            # one that is right where a number is not finite has to be there as well
            nest.code(True) if nest.asked.lanes is None else nest.in_lanes(True)
        except Refused:
            self.is_over = True
            return None
        traced = self.longest.details.traced(nest, further)
        if isinstance(nest, Counting):
            traced = traced._replace(entries=[Entry(True, False)])
        return Path(traced, arguments, self.threads, dict, frozenset())

    @property
    def table(self) -> Any:
        """A row for each count: itself, and the numbers that follow from it; NaN where the count is
        not verified."""
        import numpy

        if self._table is None:
            most = self.longest.found.region.trips
            self._table = numpy.full((most + 1, 1 + len(self.varied)), numpy.nan)
            for count, numbers in self.numbers.items():
                self._table[count] = [count, *numbers[self.varied]]
        return self._table

    # ------ running
    def alone(self, lanes: Lanes, show: Callable[[int], None]) -> tuple[Path, Any] | None:
        """Run a call without lanes; return the path and the outputs, or None if its count is not
        of this family."""
        counts = self.counts(lanes, None, show)
        path = None if counts is None else self.path(lanes.arguments)
        if path is None or counts[0] not in self.numbers:
            return None
        lanes.told = self.table[counts[0]].tolist()
        outputs, broken = path.run(lanes, None)
        return (path, outputs) if broken is None else None

    def taking(self, lanes: Lanes, group: Any, show: Callable[[int], None]) -> Taken:
        """Run the lanes of a group whose counts are verified; `show` has a lane traced."""
        import numpy

        counts = self.counts(lanes, group, show)
        path = None if counts is None else self.path(lanes.arguments)
        if path is None:
            return group
        is_mine = numpy.isin(counts, list(self.numbers))
        order = numpy.argsort(counts[is_mine], kind="stable")
        mine, left = group[is_mine][order], group[~is_mine]
        if not len(mine):
            return left
        told = numpy.empty((lanes.count or 1, 1 + len(self.varied)))
        told[mine] = self.table[counts[is_mine][order]]
        outputs, broken = path.run(lanes, mine, told)
        if broken is None:
            yield path, mine, outputs
            return left
        assert isinstance(broken, Broken)
        away = broken.guards >= 0
        if not away.all():
            yield path, mine, outputs
        return numpy.concatenate((left, mine[away]))

    def counts(self, lanes: Lanes, group: Any, show: Callable[[int], None]) -> Any:
        """How many iterations each lane of a group has, at most as many as are known. None if there
        is no program for them."""
        import numpy

        trips = -1
        # a longer path that is shown may tell more of the lanes
        while trips != self.longest.found.region.trips:
            counting = self.counting(lanes.arguments)
            if counting is None:
                return None
            trips = self.longest.found.region.trips
            outputs, _ = counting.run(lanes, group)
            if outputs is None:
                # a comparison before the loop comes out another way for all
                return None
            found = numpy.atleast_1d(outputs[0])
            counts = numpy.where(found == found, found, UNKNOWN).astype(numpy.int64)
            self.explore([0] if group is None else group, counts, show)
        return counts

    def explore(self, group: Any, counts: Any, show: Callable[[int], None]) -> None:
        """Have a lane traced of each count that is not known yet."""
        import numpy

        values, first = numpy.unique(counts, return_index=True)
        for count, at in zip(values.tolist(), first.tolist()):
            if count not in self.numbers and count not in self.refused:
                show(int(group[at]))
                if count not in self.numbers:
                    self.refused.add(count)


def longest_of(survey: Survey) -> Longest | None:
    found, details = found_in(survey.course), survey.details()
    return None if found is None or details is None else Longest(survey.course, details, found)


def numbers_after(course: Course, region: Region) -> Any:
    """The operands after the loop, as numbers."""
    return course.numbers(slice(int(course.ends[region.end - 1]), None)).copy()
