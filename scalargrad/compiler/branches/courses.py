"""Courses: what a function did in one lane, as numbers side by side, to be compared quickly.

A course is the events of a trace in order, guards among them, and the results. Two courses are of
one family if they differ in nothing but how often the body of one loop ran, and in numbers of
Python's that come after that loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ...rows import BUILT_IN
from ..loops.growing import INPUT, NODE, NUMBER
from ..loops.recorder import Call
from ..trace.guards import COMPARE, Guard
from ..trace.recorder import Recorder

OPERATORS = {row.code: row for row in BUILT_IN.values()}
GUARDS = len(OPERATORS)
"""The codes of guards begin here: two for each comparison, by the outcome."""
NAMES = list(COMPARE)


class Region(NamedTuple):
    """Where a course has its loop: the first event in it, how many an iteration has, and how often
    the body ran. So many events of an iteration that is not finished come `over` it; the last of
    them is the guard that `ends` the loop, if it has another outcome than in the body."""

    first: int
    span: int
    trips: int
    over: int = 0
    ends: bool = False

    @property
    def end(self) -> int:
        return self.first + self.span * self.trips + self.over

    def shorter(self, trips: int) -> Region:
        return self._replace(trips=trips)


class Course(NamedTuple):
    """Of each event its code, and how many operands there are up to it; of each operand what it is,
    and which: the id of an event, the number of an input, or the bits of a number. The results
    follow as operands of no event."""

    codes: Any
    ends: Any
    kinds: Any
    which: Any

    def __len__(self) -> int:
        return len(self.codes)

    def numbers(self, at: Any) -> Any:
        """Operands that are numbers of Python's, counted from the last."""
        import numpy

        return self.which[at].view(numpy.float64)

    def pairs(self) -> list[tuple[int, float]]:
        """Of each operand its kind, and its id or number."""
        kinds, numbers = self.kinds.tolist(), self.numbers(slice(None)).tolist()
        return [
            (kind, number if kind == NUMBER else which)
            for kind, number, which in zip(kinds, numbers, self.which.tolist())
        ]

    def events(self) -> Iterator[Call]:
        """Yield of each event its operator, its operands and its outcome, for a recorder."""
        pairs, begin = self.pairs(), 0
        for code, end in zip(self.codes.tolist(), self.ends.tolist()):
            if code < GUARDS:
                yield OPERATORS[code], pairs[begin:end], None
            else:
                compare, outcome = divmod(code - GUARDS, 2)
                yield NAMES[compare], pairs[begin:end], bool(outcome)
            begin = end


def course_of(trace: Recorder, results: Sequence[int]) -> Course | None:
    """The course of a trace whose results are these nodes; None where an operator in it is none of
    the table."""
    import numpy

    rows, counts, numbers, flat, guards = trace.columns()
    codes = numpy.frombuffer(rows, numpy.int32).astype(numpy.int64)
    if (codes >= GUARDS).any():
        return None
    if guards is None:
        noted = numpy.array([noted_as(g) for g in trace.guards], numpy.int64).reshape(-1, 3)
    else:
        noted = numpy.frombuffer(guards, numpy.int32).astype(numpy.int64).reshape(-1, 3)
    return assembled(
        codes,
        numpy.frombuffer(counts, numpy.int32).astype(numpy.int64),
        numpy.frombuffer(flat, numpy.int32).astype(numpy.int64),
        numpy.frombuffer(numbers, numpy.float64),
        noted[:, :2],
        GUARDS + noted[:, 2],
        results,
    )


INPUT_CODE, CONSTANT_CODE = -1, -2


def noted_as(guard: Guard) -> tuple[int, int, int]:
    return guard.x, guard.y, 2 * NAMES.index(guard.compare) + guard.outcome


def assembled(
    codes: Any,
    counts: Any,
    flat: Any,
    numbers: Any,
    sides: Any,
    guard_codes: Any,
    results: Sequence[int],
) -> Course:
    """The course of nodes and guards: a guard comes as soon as both its sides are there, and after
    the guards before it."""
    import numpy

    computed = numpy.flatnonzero(codes >= 0)
    after = numpy.maximum.accumulate(sides.max(axis=1)) if len(sides) else sides[:, 0]
    keys = numpy.concatenate((2 * computed, 2 * after + 1))
    order = numpy.argsort(keys, kind="stable")
    kinds, which = operands_as(codes, numbers)
    ids = numpy.empty(len(order), numpy.int64)
    ids[order] = numpy.arange(len(order))
    which[computed] = ids[: len(computed)]
    # nothing but computed nodes has operands
    lengths = numpy.concatenate((counts[computed], numpy.full(len(sides), 2)))[order]
    begins = numpy.cumsum(counts)[computed] - counts[computed]
    begins = numpy.concatenate((begins, len(flat) + 2 * numpy.arange(len(sides))))[order]
    ends = numpy.cumsum(lengths)
    at = numpy.arange(ends[-1] if len(ends) else 0)
    at += numpy.repeat(begins - (ends - lengths), lengths)
    nodes = numpy.concatenate((flat, sides.ravel()))[at]
    nodes = numpy.concatenate((nodes, numpy.array(results, numpy.int64)))
    all_codes = numpy.concatenate((codes[computed], guard_codes))
    return Course(all_codes[order], ends, kinds[nodes], which[nodes])


def operands_as(codes: Any, numbers: Any) -> tuple[Any, Any]:
    """Of each node what it is as an operand, and which; of those that are computed not yet."""
    import numpy

    kinds = numpy.full(len(codes), NODE, numpy.int64)
    kinds[codes == CONSTANT_CODE] = NUMBER
    is_input = codes == INPUT_CODE
    kinds[is_input] = INPUT
    which = numpy.ascontiguousarray(numbers).view(numpy.int64).copy()
    which[is_input] = numpy.arange(numpy.count_nonzero(is_input))
    return kinds, which


def differing(short: Course, long: Course, region: Region) -> Any:
    """The operands, counted from the last, that are different numbers of Python's in two courses of
    one family, of which the long one has its loop in this `region`; None if they are of none."""
    import numpy

    fewer = len(long) - len(short)
    trips = region.trips - fewer // region.span
    if fewer % region.span or trips < 0:
        return None
    own = region.shorter(trips)
    cut = own.end
    if not same_before(short, long, cut, own.ends) or not numpy.array_equal(
        short.codes[cut - own.ends :], long.codes[cut - own.ends + fewer :]
    ):
        return None
    begin = operands_before(short, cut)
    left = len(short.which) - begin
    ends, kinds, which = after(short, cut, begin)
    other_ends, other_kinds, there = after(long, cut + fewer, len(long.which) - left)
    if not numpy.array_equal(ends, other_ends) or not numpy.array_equal(kinds, other_kinds):
        return None
    moved = (kinds == NODE) & (there >= region.first)
    different = which != there - fewer * moved
    if (different & (kinds != NUMBER)).any():
        return None
    return numpy.flatnonzero(different) - left


def after(course: Course, event: int, begin: int) -> tuple[Any, Any, Any]:
    """What there is from an event on, and from an operand on: where the operands of each event end,
    counted from there; of each operand what it is, and which."""
    return course.ends[event:] - begin, course.kinds[begin:], course.which[begin:]


def operands_before(course: Course, event: int) -> int:
    """How many operands there are before an event."""
    return int(course.ends[event - 1]) if event else 0


def same_before(short: Course, long: Course, cut: int, ends: bool) -> bool:
    """Tell whether the first events are the same, so many of them; the last is another guard if it
    `ends` a loop in one of the courses."""
    import numpy

    end = operands_before(short, cut)
    return (
        numpy.array_equal(short.codes[: cut - ends], long.codes[: cut - ends])
        and numpy.array_equal(short.ends[:cut], long.ends[:cut])
        and numpy.array_equal(short.kinds[:end], long.kinds[:end])
        and numpy.array_equal(short.which[:end], long.which[:end])
    )
