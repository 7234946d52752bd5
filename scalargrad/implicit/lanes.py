"""The search for a solution in many lanes of a compiled function, by gates of its own.

To a root of one unknown a gate goes several whole steps at once in all lanes, and looks back only
then: most lanes need no more, some go on. Where a step led astray the lane begins again, with steps
that may be shortened. In the lanes that are left, for several unknowns, and to a minimum the search
goes step by step: see `newton.py`. Each lane goes as the search alone does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from math import nan
from typing import Any

from .. import ops
from ..compiler import compile
from ..transforms.trees import is_array
from .newton import CHUNK, LINEAR, NEAR, SWIFT, Evaluate, Outcome, Point, Solved, solved
from .problems import Problem

STRAIGHT, FURTHER, TIMES = 5, 3, 3
"""So many whole steps a gate goes at once, and so many more where they do not reach, so often."""
STRIDE, STRIDES = 3, 6
"""So many steps a gate goes at once where some are shortened, and so often."""
SMALLEST, LARGEST = sys.float_info.min, sys.float_info.max

Operands = Sequence[Any]
"""Floats, or arrays with an element for each lane."""


def those(which: Any, operands: Operands) -> list[Any]:
    return [x[which] if is_array(x) else x for x in operands]


def taken(lanes: Any, operands: Operands) -> list[Any]:
    """The same in lanes of which the indices are given."""
    return [x.take(lanes) if is_array(x) else x for x in operands]


class Lanes:
    """The search for the solution that is `sought`."""

    def __init__(self, sought: Any) -> None:
        self.sought = sought
        self.problem: Problem = sought.problem
        self.gates: dict[Any, Any] = {}

    def gate(self, function: Callable[..., Any], threads: int) -> Any:
        key = function, threads
        if key not in self.gates:
            self.gates[key] = self.made_gate(function, threads)
        return self.gates[key]

    def made_gate(self, function: Callable[..., Any], threads: int) -> Any:
        from ..compiler.gate.compiled import programs_of  # here, for a program is running

        problem, make = self.problem, self.sought.make

        # a default is watched, though this function itself is not
        def searched(
            xs: Any, operands: Any, *rest: Any, problem: Any = problem, make: Any = make
        ) -> Any:
            return function(problem, make(operands), xs, *rest)

        made = compile(searched, batch=True, threads=threads)
        # the function around is traced anew where this one is, and says so
        programs_of(made).has_warned = True
        return made

    def __call__(self, operands: Operands, refused: list[Exception], threads: int) -> list[Any]:
        """Return the unknowns. In a lane where none are found they are NaN, and the error of the
        first is `refused`."""
        import numpy

        n = self.problem.size
        count = max([len(x) for x in operands if is_array(x)], default=0)
        if not count:
            return self.alone(operands, refused)
        start = numpy.empty((n, count))
        for row, x in zip(start, operands):
            row[:] = x
        found = self.found(start, operands[n:], threads)
        for lane in numpy.flatnonzero(found.outcomes != Outcome.SOLVED).tolist():
            # to find the error of each lane may take long
            given = [float(x) for x in those(lane, operands)]
            found.unknowns[:, lane] = nan if refused else self.alone(given, refused)
        return list(found.unknowns)

    def alone(self, operands: Sequence[float], refused: list[Exception]) -> list[float]:
        """The unknowns in one lane, NaN where none are found."""
        try:
            return self.sought.numbers_at(operands)  # type: ignore[no-any-return]
        except ArithmeticError as error:
            refused.append(error)
            return [nan] * self.problem.size

    def found(self, start: Any, others: Operands, threads: int) -> Solved:
        if not self.may_stride:
            return self.step_by_step(start, others, threads)
        import numpy

        unknown, left = self.in_strides(start[0], others, threads)
        found = Solved(unknown[None], numpy.zeros(len(unknown), numpy.int8))
        if len(left):
            slow = self.step_by_step(start[:, left], those(left, others), threads)
            found.unknowns[:, left], found.outcomes[left] = slow
        return found

    # ------ step by step
    def step_by_step(self, start: Any, others: Operands, threads: int) -> Solved:
        problem, gate = self.problem, self.gate(point, threads)

        def evaluate(xs: Any, these: Any) -> Point:
            return problem.as_point(gate(list(xs), those(these, others)), len(these))

        evaluator: Evaluate = evaluate
        return solved(evaluator, start, problem.tolerance, problem.steps)

    # ------ in strides
    @property
    def may_stride(self) -> bool:
        """Whether strides go where the search alone goes, and no further: a step to a minimum looks
        at the objective too."""
        problem = self.problem
        is_one = problem.size == 1 and not problem.kind.is_minimum
        return is_one and problem.steps >= max(STRIDE * STRIDES, STRAIGHT + TIMES * FURTHER)

    def in_strides(self, start: Any, others: Operands, threads: int) -> tuple[Any, Any]:
        """The unknown, and the lanes in which it is left to be found."""
        import numpy

        found, left = numpy.empty_like(start), []
        size = CHUNK * threads
        for first in range(0, len(start), size):
            part = slice(first, min(first + size, len(start)))
            search = Strides(self, start[part], those(part, others), found[part], threads)
            left.append(first + search.left())
        return found, numpy.concatenate(left)


class Strides:
    """The search of one unknown in some lanes, which is put to those `found`."""

    def __init__(
        self, lanes: Lanes, start: Any, others: Operands, found: Any, threads: int
    ) -> None:
        self.lanes, self.start, self.others, self.found = lanes, start, others, found
        self.threads = threads

    def run(self, function: Callable[..., Any], lanes: Any, state: Sequence[Any]) -> list[Any]:
        """Go some steps in these lanes, and put down where they lead."""
        gate = self.lanes.gate(function, self.threads)
        found: list[Any] = gate(state[:1], taken(lanes, self.others), *state[1:])
        self.found[lanes] = found[0]
        return found

    def left(self) -> Any:
        """Search; return the lanes in which the unknown is left to be found."""
        import numpy

        x, *known, there = self.lanes.gate(straight, self.threads)([self.start], self.others)
        self.found[:] = x
        going = numpy.flatnonzero(there == 0.0)
        state = taken(going, [x, *known])
        for _ in range(TIMES):
            if not len(going):
                break
            *state, there[going] = self.run(further, going, state)
            on = numpy.flatnonzero(there.take(going) == 0.0)
            state, going = taken(on, state), going.take(on)
        # where numbers are NaN, gates shorten no step
        unknown = numpy.flatnonzero(numpy.isnan(there))
        return numpy.concatenate([unknown, *self.again(numpy.flatnonzero(there <= 0.0))])

    def again(self, lanes: Any) -> Iterator[Any]:
        """Search again from the start in lanes where some steps may lead too far; yield those in
        which the unknown is left to be found."""
        import numpy

        # the first step leads nowhere, and nearer than anything
        nothing, one = numpy.zeros(len(lanes)), numpy.ones(len(lanes))
        state = [self.start.take(lanes), LARGEST * one, nothing, nothing, one, nothing]
        for _ in range(STRIDES):
            if not len(lanes):
                break
            state = self.run(damped, lanes, state)
            going = numpy.flatnonzero(state[-1] == 0.0)
            yield lanes[numpy.isnan(state[-1])]
            state, lanes = taken(going, state), lanes.take(going)
        yield lanes


# ------ what gates compute
def point(problem: Problem, f: Any, xs: Sequence[Any]) -> list[Any]:
    return problem.point(f, xs)


def straight(problem: Problem, f: Any, xs: Sequence[Any]) -> list[Any]:
    """Go some whole steps of Newton's method, and look back only then. Return where they lead, the
    sizes of the last residual and step, and whether the unknown is there: 1 if so, 0 if there is
    some way to go, −1 where a step led astray."""
    return whole_steps(problem, f, xs[0], None, [], STRAIGHT)


def further(problem: Problem, f: Any, xs: Sequence[Any], residual: Any, before: Any) -> list[Any]:
    """Go some such steps more."""
    return whole_steps(problem, f, xs[0], residual, [before], FURTHER)


def whole_steps(
    problem: Problem, f: Any, x: Any, residual: Any, lengths: list[Any], count: int
) -> list[Any]:
    worst: Any = -1.0
    for _ in range(count):
        value, slope = problem.point(f, [x])[:2]
        size, step = ops.abs(value), value / slope
        if lengths:
            # after a tiny step rounding may let a residual grow
            astray = ops.minimum(size - 0.75 * residual, lengths[-1] - near(problem) * ops.abs(x))
            worst = ops.maximum(worst, astray)
        x, residual, lengths = x - step, size, [*lengths, ops.abs(step)]
    first, *_, before, last = lengths
    limit = problem.tolerance * ops.abs(x)
    # in a lane that was there before the last step, the steps shortened on the whole
    shortest = ops.where(above(first, limit), LINEAR ** (len(lengths) - 1) * first, limit)
    goes_on = ops.minimum(
        goes_on_after(problem, x, last, before), above(last, ops.minimum(limit, shortest))
    )
    there = unless_infinite(slope, 1.0 - goes_on)
    return [x, residual, last, ops.where(ops.step(worst), -1.0, there)]


def damped(
    problem: Problem,
    f: Any,
    xs: Sequence[Any],
    residual: Any,
    step: Any,
    before: Any,
    part: Any,
    there: Any,
) -> list[Any]:
    """Try some steps of Newton's method from where the residual has a known size: first a part of a
    step that is known. Return the same of where they lead, with the size of the step before, and
    whether the unknown is there, where it stands still."""
    (x,) = xs
    for _ in range(STRIDE):
        at = x - part * step
        value, slope = problem.point(f, [at])[:2]
        size, newton = ops.abs(value), unless_infinite(slope, value / slope)
        to, length = at - newton, ops.abs(newton)
        further = above(size, (1.0 - 0.25 * part) * residual)
        goes_on = goes_on_after(problem, to, length, before)
        stays = ops.maximum(there, further)
        x = ops.where(stays, x, ops.where(goes_on, at, to))
        there = ops.where(stays, there, 1.0 - goes_on)
        residual, step = ops.where(stays, residual, size), ops.where(stays, step, newton)
        before = ops.where(stays, before, length)
        part = ops.where(further, 0.5 * part, 1.0)
    return [x, residual, step, before, part, there]


def unless_infinite(slope: Any, x: Any) -> Any:
    """NaN where a slope is infinite, for the step of 0 is none: elsewhere x."""
    return x + 0.0 * slope


def near(problem: Problem) -> float:
    return max(problem.tolerance, NEAR)


def goes_on_after(problem: Problem, to: Any, length: Any, before: Any) -> Any:
    """0 where a step to an unknown is so short that the search ends, or the next is, as far as the
    step before can foretell it; 1 where it goes on."""
    ratio, size = length / ops.maximum(before, SMALLEST), ops.abs(to)
    limit = problem.tolerance * size
    now = ops.maximum(ratio - LINEAR, length - limit)
    soon = ops.maximum(ratio - SWIFT, length * ratio - limit)
    return ops.step(ops.minimum(now, ops.maximum(soon, length - near(problem) * size)))


def above(x: Any, y: Any) -> Any:
    """1 if x > y, 0 if not, NaN if either is."""
    return ops.step(x - y)
