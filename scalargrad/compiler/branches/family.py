"""A family: paths that differ only in how often they go round one loop, as one program.

A path is traced for each count, as any other: that count is then *verified*. The lanes of all
verified counts run together, those with the most iterations last. Numbers of Python's that come
after the loop and depend on the count are told to each lane.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from ..inputs.arguments import Arguments
from ..loops.items import InputAt
from ..machine.broken import Broken
from ..nests.masked import Counting, MaskedProgram
from ..nests.nest import Refused
from ..passes.traced import Entry
from ..trace.sources import Told
from .forms import Form, Region, differing
from .lanes import Lanes
from .path import Path
from .surveys import Found, Survey, found_in, told

UNKNOWN = -1
"""The count of a lane where a comparison of NaN decides."""
Taken = Generator[tuple[Path, Any, Any], None, Any]
"""Yields paths with lanes and their outputs; returns the lanes that are left."""


class Family:
    """The paths of one family that were traced so far."""

    def __init__(self, survey: Survey, found: Found, arguments: Arguments, threads: int) -> None:
        self.survey, self.found = survey, found
        self.arguments, self.threads = arguments, threads
        trips = found.region.trips
        self.numbers: dict[int, Any] = {trips: numbers_after(survey.form, found.region)}
        """By verified count the numbers of Python's among the operands that follow the loop."""
        self.refused: set[int] = set()
        """Counts that lanes seem to have, and whose paths are none of this family."""
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
        found = found_in(survey.form)
        if found is None:
            return None
        family = cls(survey, found, arguments, threads)
        try:
            family.check()
        except Refused:
            return None
        return family

    def check(self) -> None:
        """Raise Refused if there is no program for the family, or no careful one."""
        self.program().in_lanes(True)
        Counting(self.counted()).in_lanes(False)

    # ------ counts
    def accepts(self, survey: Survey) -> bool:
        """Take in a path, and tell whether it is of this family."""
        if not survey.is_like(self.survey):
            return False
        if len(survey.form) > len(self.survey.form):
            return self.grows(survey)
        return self.verify(survey.form)

    def verify(self, form: Form) -> bool:
        region = self.found.region
        varied = differing(form, self.survey.form, region)
        if varied is None:
            return False
        count = region.trips - (len(self.survey.form) - len(form)) // region.span
        self.numbers[count] = numbers_after(form, region.shorter(count))
        self._table = None
        return self.vary(varied.tolist())

    def vary(self, varied: list[int]) -> bool:
        new = sorted({*self.varied, *varied})
        if new == self.varied:
            return True
        if told(self.found, self.survey.form, dict.fromkeys(new, 0)) is None:
            return False
        self.varied = new
        self.forget()
        return True

    def grows(self, survey: Survey) -> bool:
        """Take in a longer path than all others."""
        found = found_in(survey.form)
        region = self.found.region
        if found is None or found.region.shorter(0) != region.shorter(0):
            return False
        varied = differing(self.survey.form, survey.form, found.region)
        if varied is None:
            return False
        before = self.survey, self.found
        self.survey, self.found = survey, found
        if not self.vary(varied.tolist()):
            self.survey, self.found = before
            return False
        self.numbers[found.region.trips] = numbers_after(survey.form, found.region)
        self.forget()
        return True

    # ------ programs
    def counted(self) -> Any:
        """What is asked to count iterations."""
        return self.survey.asked._replace(items=self.found.items[: self.found.at + 1])

    def program(self) -> MaskedProgram:
        asked = self.survey.asked
        inputs = len(asked.plain)
        further = 1 + len(self.varied)
        at = {k: inputs + 1 + j for j, k in enumerate(self.varied)}
        items = told(self.found, self.survey.form, at)
        assert items is not None and asked.lanes is not None
        results = list(asked.results)
        for k, number in at.items():
            if k >= -len(results):
                results[k] = InputAt(number)
        lanes = asked.lanes._replace(inputs=[*asked.lanes.inputs, *[True] * further])
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
            self._path = self.path_of(self.survey.traced(self.program(), further))
        return self._path

    @property
    def counting(self) -> Path:
        if self._counting is None:
            traced = self.survey.traced(Counting(self.counted()), [])
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

    # ------ running
    def counts(self, lanes: Lanes, group: Any) -> Any:
        """How many iterations each lane of a group has, at most as many as are known."""
        import numpy

        (found,), _ = self.counting.run(lanes, group)
        return numpy.where(found == found, found, UNKNOWN).astype(numpy.int64)

    def taking(self, lanes: Lanes, group: Any, offer: Callable[[int], None]) -> Taken:
        """Run the lanes of a group whose counts are verified; `offer` traces a lane."""
        import numpy

        while True:
            trips = self.found.region.trips
            counts = self.counts(lanes, group)
            self.explore(group, counts, offer)
            if self.found.region.trips == trips:
                break
        is_mine = numpy.isin(counts, list(self.numbers))
        order = numpy.argsort(counts[is_mine], kind="stable")
        mine = group[is_mine][order]
        left = group[~is_mine]
        if not len(mine):
            return left
        told = numpy.empty((lanes.count, 1 + len(self.varied)))
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

    def explore(self, group: Any, counts: Any, offer: Callable[[int], None]) -> None:
        """Have a lane traced of each count that is not known yet."""
        import numpy

        values, first = numpy.unique(counts, return_index=True)
        for count, at in zip(values.tolist(), first.tolist()):
            if count not in self.numbers and count not in self.refused:
                offer(int(group[at]))
                if count not in self.numbers:
                    self.refused.add(count)


def numbers_after(form: Form, region: Region) -> Any:
    """The operands after the loop, as numbers."""
    return form.numbers(slice(int(form.ends[region.end - 1]), None)).copy()
