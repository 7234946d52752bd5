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
from .newton import CHUNK, LINEAR, Evaluate, Outcome, Point, Solved, solved
from .problems import Problem

STRIDE, STRIDES = 3, 6
"""So many steps a gate goes at once, and so often."""
MOST = 0.75
"""Of the lanes of a stride at most this part goes on: with more of them all do, for to leave lanes
out takes longer than to let them stand still."""

Operands = Sequence[Any]
"""Floats, or arrays with an element for each lane."""


def those(which: Any, operands: Operands) -> list[Any]:
    return [x[which] if is_array(x) else x for x in operands]


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
        return is_one and problem.steps >= STRIDE * STRIDES

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

        gate = self.gate(strides, threads)
        lanes, largest = numpy.arange(len(found)), numpy.full(len(found), sys.float_info.max)
        nothing = numpy.zeros_like(found)
        # the first step leads nowhere, and nearer than anything
        state = [found.copy(), largest, nothing, numpy.ones_like(found), largest, nothing]
        for _ in range(STRIDES):
            state = gate(state[:1], others, *state[1:])
            going = numpy.flatnonzero(state[-1] != 1.0)
            if len(going) > MOST * len(lanes):
                continue
            found[lanes] = state[0]
            state = [x.take(going) for x in state]
            lanes, others = lanes.take(going), those(going, others)
            if not len(lanes):
                break
        found[lanes] = state[0]
        return lanes[state[-1] != 1.0]


# ------ what gates compute
def point(problem: Problem, f: Any, xs: Sequence[Any]) -> list[Any]:
    return problem.point(f, xs)


def strides(
    problem: Problem,
    f: Any,
    xs: Sequence[Any],
    residual: Any,
    step: Any,
    part: Any,
    before: Any,
    there: Any,
) -> list[Any]:
    """Try some steps of Newton's method from where the residual has a known size: first a part of a
    step that is known. Return the same of where they lead, with the size of the step before, and
    whether the unknown is there, where it stands still."""
    (x,) = xs
    for _ in range(STRIDE):
        at = x + part * step
        value, slope = problem.point(f, [at])[:2]
        size, newton = ops.abs(value), -value / slope
        to, length = at + newton, ops.abs(newton)
        further = above(size, (1.0 - 0.25 * part) * residual)
        goes_on = ops.maximum(
            above(length, problem.tolerance * ops.abs(to)), above(length, LINEAR * before)
        )
        stays = ops.maximum(there, further)
        x = ops.where(stays, x, ops.where(goes_on, at, to))
        there = ops.where(stays, there, 1.0 - goes_on)
        residual, step = ops.where(stays, residual, size), ops.where(stays, step, newton)
        before = ops.where(stays, before, length)
        part = ops.where(further, 0.5 * part, 1.0)
    return [x, residual, step, part, before, there]


def above(x: Any, y: Any) -> Any:
    """1 if x > y, 0 if not, NaN if either is."""
    return ops.step(x - y)
