"""A family: paths that differ only in how often they go round one loop, as one program.

A path is traced for each count, as any other: that count is then *verified*. The lanes of all
verified counts run together, those with the most iterations last. Numbers of Python's that come
after the loop and depend on the count are told to each lane.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from ..inputs.arguments import Arguments
from ..loops.items import InputAt
from ..machine.broken import Broken
from ..nests.masked import Counting, MaskedProgram
from ..nests.nest import Refused
from ..passes.traced import Entry
from ..trace.sources import Told
from .endings import Found, found_in, told
from .forms import Form, Region, differing
from .lanes import Lanes
from .path import Path
from .surveys import Details, Survey

UNKNOWN = -1
"""The count of a lane where a comparison of NaN decides."""
Taken = Generator[tuple[Path, Any, Any], None, Any]
"""Yields paths with lanes and their outputs; returns the lanes that are left."""


class Family:
    """The paths of one family that were traced so far."""

    def __init__(
        self, survey: Survey, details: Details, found: Found, arguments: Arguments, threads: int
    ) -> None:
        self.key, self.form = survey.key, survey.form
        """The form of the longest path."""
        self.details, self.found = details, found
        self.arguments, self.threads = arguments, threads
        region = found.region
        self.numbers: dict[int, Any] = {region.trips: numbers_after(survey.form, region)}
        """By verified count the numbers of Python's among the operands that follow the loop."""
        self.refused: set[int] = set()
        """Counts that lanes seem to have, and whose paths are none of this family."""
        self.is_over = False
        """Whether there is no program for the longest path: others run its lanes."""
        self.varied: list[int] = []
        """The operands after the loop that are not the same number at all counts."""
        self.forget()

    def forget(self) -> None:
        """Have the programs made anew."""
        self._path: Path | None = None
        self._counting: Path | None = None
        self._table: Any = None

    @classmethod
    def begun(cls, survey: Survey, arguments: Arguments, threads: int) -> Family | None:
        """The family of a path; None if it is of none."""
        try:
            found, details = found_in(survey.form), survey.details()
            if found is None or details is None:
                return None
            family = cls(survey, details, found, arguments, threads)
            family.check()
        except Refused:
            return None
        return family

    def check(self) -> None:
        """Raise Refused if there is no program for the family, or no careful one."""
        program = self.program()
        self.is_short = program.is_short
        for derived in (program, Counting(self.counted())):
            if derived.asked.lanes is None:
                derived.code(True)
            else:
                derived.in_lanes(True)

    # ------ counts
    def accepts(self, survey: Survey) -> bool:
        """Take in a path, and tell whether it is of this family."""
        if survey.key != self.key or self.is_over:
            return False
        if len(survey.form) > len(self.form):
            return self.grows(survey)
        return self.verify(survey.form)

    def verify(self, form: Form) -> bool:
        region = self.found.region
        varied = differing(form, self.form, region)
        if varied is None or not self.vary(varied.tolist()):
            return False
        count = region.trips - (len(self.form) - len(form)) // region.span
        self.numbers[count] = numbers_after(form, region.shorter(count))
        self._table = None
        # by themselves all these paths are one and the same, and that is short
        self.is_over = self.is_short and not self.varied
        return not self.is_over

    def vary(self, varied: list[int]) -> bool:
        """Note operands that are different numbers; return False where that cannot be."""
        new = sorted({*self.varied, *varied})
        if new == self.varied:
            return True
        if told(self.found, self.form, dict.fromkeys(new, 0)) is None:
            return False
        self.varied = new
        self.forget()
        return True

    def grows(self, survey: Survey) -> bool:
        """Take in a path that is longer than all others."""
        try:
            found, details = found_in(survey.form), survey.details()
        except Refused:
            return False
        region = self.found.region
        if found is None or details is None or found.region.shorter(0) != region.shorter(0):
            return False
        varied = differing(self.form, survey.form, found.region)
        before = self.form, self.found, self.details
        self.form, self.found, self.details = survey.form, found, details
        if varied is None or not self.vary(varied.tolist()):
            self.form, self.found, self.details = before
            return False
        self.numbers[found.region.trips] = numbers_after(survey.form, found.region)
        self.forget()
        self.is_over = self.is_short and not self.varied
        return not self.is_over

    # ------ programs
    def counted(self) -> Any:
        """What is asked to count iterations."""
        loop = replace(self.found.loop, trips=self.found.region.trips)
        return self.details.asked._replace(items=[*self.found.items[: self.found.at], loop])

    def program(self) -> MaskedProgram:
        asked = self.details.asked
        inputs = len(asked.plain)
        further = 1 + len(self.varied)
        at = {k: inputs + 1 + j for j, k in enumerate(self.varied)}
        items = told(self.found, self.form, at)
        assert items is not None
        results = list(asked.results)
        for k, number in at.items():
            if k >= -len(results):
                results[k] = InputAt(number)
        lanes = asked.lanes
        if lanes is not None:
            lanes = lanes._replace(inputs=[*lanes.inputs, *[True] * further])
        plain = [*asked.plain, *[True] * further]
        return MaskedProgram(
            asked._replace(items=items, results=results, plain=plain, lanes=lanes),
            self.found.loop,
            inputs,
            self.found.region.over,
        )

    @property
    def path(self) -> Path:
        if self._path is None:
            further = [Told(k) for k in range(1 + len(self.varied))]
            self._path = self.path_of(self.details.traced(self.program(), further))
        return self._path

    @property
    def counting(self) -> Path:
        if self._counting is None:
            traced = self.details.traced(Counting(self.counted()), [])
            self._counting = self.path_of(traced._replace(entries=[Entry(True, False)]))
        return self._counting

    def path_of(self, traced: Any) -> Path:
        return Path(traced, self.arguments, self.threads, dict, frozenset())

    @property
    def table(self) -> Any:
        """A row for each count: itself, and the numbers that follow from it; NaN where the count is
        not verified."""
        import numpy

        if self._table is None:
            most = self.found.region.trips
            self._table = numpy.full((most + 1, 1 + len(self.varied)), numpy.nan)
            for count, numbers in self.numbers.items():
                self._table[count] = [count, *numbers[self.varied]]
        return self._table

    def has_programs(self) -> bool:
        try:
            return not self.is_over and bool(self.counting and self.path)
        except Refused:
            self.is_over = True
            return False

    # ------ running
    def alone(self, lanes: Lanes, show: Callable[[int], None]) -> tuple[Path, Any] | None:
        """Run a call without lanes; return the path and the outputs, or None if its count is not
        of this family."""
        if not self.has_programs():
            return None
        (count,), _ = self.counting.run(lanes, None)
        count = int(count) if count == count else UNKNOWN
        if count not in self.numbers:
            self.explore([0], [count], show)
        if count not in self.numbers or not self.has_programs():
            return None
        lanes.told = self.table[count].tolist()
        outputs, broken = self.path.run(lanes, None)
        return (self.path, outputs) if broken is None else None

    def taking(self, lanes: Lanes, group: Any, show: Callable[[int], None]) -> Taken:
        """Run the lanes of a group whose counts are verified; `show` has a lane traced."""
        import numpy

        counts = self.counts(lanes, group, show)
        if counts is None:
            return group
        is_mine = numpy.isin(counts, list(self.numbers))
        order = numpy.argsort(counts[is_mine], kind="stable")
        mine, left = group[is_mine][order], group[~is_mine]
        if not len(mine):
            return left
        told = numpy.empty((lanes.count or 1, 1 + len(self.varied)))
        told[mine] = self.table[counts[is_mine][order]]
        outputs, broken = self.path.run(lanes, mine, told)
        if broken is None:
            yield self.path, mine, outputs
            return left
        assert isinstance(broken, Broken)
        away = broken.guards >= 0
        if not away.all():
            yield self.path, mine, outputs
        return numpy.concatenate((left, mine[away]))

    def counts(self, lanes: Lanes, group: Any, show: Callable[[int], None]) -> Any:
        """How many iterations each lane of a group has, at most as many as are known. None if there
        is no program."""
        import numpy

        trips = -1
        # a longer path that is shown may tell more of the lanes
        while trips != self.found.region.trips:
            if not self.has_programs():
                return None
            trips = self.found.region.trips
            (found,), _ = self.counting.run(lanes, group)
            counts = numpy.where(found == found, found, UNKNOWN).astype(numpy.int64)
            self.explore(group, counts, show)
        return counts if self.has_programs() else None

    def explore(self, group: Any, counts: Any, show: Callable[[int], None]) -> None:
        """Have a lane traced of each count that is not known yet."""
        import numpy

        values, first = numpy.unique(counts, return_index=True)
        for count, at in zip(values.tolist(), first.tolist()):
            if count not in self.numbers and count not in self.refused:
                show(int(group[at]))
                if count not in self.numbers:
                    self.refused.add(count)


def numbers_after(form: Form, region: Region) -> Any:
    """The operands after the loop, as numbers."""
    return form.numbers(slice(int(form.ends[region.end - 1]), None)).copy()
