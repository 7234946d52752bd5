"""The search for a solution in many lanes of a compiled function, by gates of its own.

To a root of one unknown a gate goes several steps at once in all lanes, and stands still where the
root is: most lanes need no more. In the others, for several unknowns, and to a minimum the search
goes step by step: see `newton.py`. Each lane goes as the search alone does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from math import nan
from typing import Any

from .. import ops
from ..compiler import compile
from ..transforms.trees import is_array
from .newton import CHUNK, LINEAR, NEAR, Evaluate, Outcome, Point, Solved, solved
from .problems import Problem

STRAIGHT, STRIDE, STRIDES = 5, 2, 6
"""So many steps a gate goes at once at first, so many later, and so often."""
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
        return is_one and problem.steps >= STRAIGHT + STRIDE * STRIDES

    def in_strides(self, start: Any, others: Operands, threads: int) -> tuple[Any, Any]:
        """The unknown, and the lanes in which it is left to be found."""
        import numpy

        found, left = start.copy(), []
        for first in range(0, len(start), CHUNK):
            part = slice(first, min(first + CHUNK, len(start)))
            left.append(first + self.strides(found[part], those(part, others), threads))
        return found, numpy.concatenate(left)

    def strides(self, found: Any, others: Operands, threads: int) -> Any:
        """Put the unknown in place of where it is sought from; return the lanes that are left."""
        import numpy

        *state, there = self.gate(straight, threads)([found], others)
        found[:] = state[0]
        going = lanes = numpy.flatnonzero(there != 1.0)
        state = [*state, numpy.ones_like(found), there]
        gate = self.gate(damped, threads)
        for _ in range(STRIDES):
            if not len(lanes):
                break
            state, others = taken(going, state), taken(going, others)
            state = gate(state[:1], others, *state[1:])
            found[lanes] = state[0]
            going = numpy.flatnonzero(state[-1] != 1.0)
            lanes = lanes.take(going)
        return lanes


# ------ what gates compute
def point(problem: Problem, f: Any, xs: Sequence[Any]) -> list[Any]:
    return problem.point(f, xs)


def straight(problem: Problem, f: Any, xs: Sequence[Any]) -> list[Any]:
    """Go some whole steps of Newton's method, and look back only then: whether the unknown is there
    is returned last, before it the unknown and what `damped` goes on from in other lanes. Where a
    step led astray that is the start."""
    (start,) = (to,) = xs
    lengths: list[Any] = []
    worst: Any = -1.0
    size: Any = LARGEST
    for _ in range(STRAIGHT):
        at, residual = to, size
        value, slope = problem.point(f, [at])[:2]
        size, step = ops.abs(value), value / slope
        to = at - step
        lengths.append(ops.abs(step))
        # rounding may let a residual grow where the steps are tiny
        astray = ops.minimum(size - 0.75 * residual, lengths[-1] - near(problem) * ops.abs(to))
        worst = ops.maximum(worst, astray)
    first, *_, before, last = lengths
    limit = problem.tolerance * ops.abs(to)
    # where a lane was there before its last step, the steps shortened on the whole
    shortest = ops.where(above(first, limit), LINEAR ** (STRAIGHT - 1) * first, limit)
    goes_on = ops.minimum(
        goes_on_after(problem, to, last, before), above(last, ops.minimum(limit, shortest))
    )
    astray = ops.step(worst)
    return [
        ops.where(astray, start, ops.where(goes_on, at, to)),
        ops.where(astray, LARGEST, size),
        ops.where(astray, 0.0, step),
        ops.where(astray, 0.0, last),
        ops.where(astray, 0.0, 1.0 - goes_on),
    ]


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
        size, newton = ops.abs(value), value / slope
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


def near(problem: Problem) -> float:
    return max(problem.tolerance, NEAR)


def goes_on_after(problem: Problem, to: Any, length: Any, before: Any) -> Any:
    """0 where the step to an unknown, and the next as the one before foretells it, are so short
    that the search ends; 1 where it goes on."""
    ratio = length / ops.maximum(before, SMALLEST)
    size = ops.abs(to)
    return ops.maximum(
        above(ratio, LINEAR),
        ops.maximum(
            above(length, near(problem) * size), above(length * ratio, problem.tolerance * size)
        ),
    )


def above(x: Any, y: Any) -> Any:
    """1 if x > y, 0 if not, NaN if either is."""
    return ops.step(x - y)
