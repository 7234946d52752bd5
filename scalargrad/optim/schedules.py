"""Learning-rate schedules: functions from the number of steps made to a factor on the rate.

Adam(parameters, lr=0.01, schedule=cosine(1000)); any function of this kind will do. A schedule
keeps nothing: after loading an optimizer's state it goes on at the right step.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import accumulate

from ..face import shown
from ..messages import described
from ..options import SHARE, function, items, making, whole, within

__all__ = [
    "Schedule",
    "by_epoch",
    "constant",
    "cosine",
    "inverse_sqrt",
    "linear",
    "product",
    "sequence",
    "step",
    "warmup",
]
__dir__ = shown(__name__)

Schedule = Callable[[int], float]
A_SCHEDULE = "a schedule, a function of the number of steps made before"


@making
def constant(factor: float = 1.0) -> Schedule:
    """The same factor at every step."""
    return lambda t: factor


@making
def step(at: Iterable[int], factor: float = 0.1) -> Schedule:
    """Multiplied by `factor` at each of the steps `at`: step([30, 60, 90])."""
    listed = items("at", at, "the steps in a list, as in step([30, 60])")
    steps = sorted(whole("a step", x) for x in listed)
    within("factor", factor, SHARE)
    return lambda t: factor ** bisect_right(steps, t)


@making
def cosine(steps: int, last: float = 0.0) -> Schedule:
    """From 1 down to `last` after so many steps, along ½(1 + cos(πt/T)); then it stays there."""
    whole("steps", steps)
    within("last", last, SHARE)
    return lambda t: last + (1.0 - last) * 0.5 * (1.0 + math.cos(math.pi * min(t / steps, 1.0)))


@making
def linear(steps: int, last: float = 0.0) -> Schedule:
    """From 1 down to `last` after so many steps, along 1 − t/T; then it stays there."""
    whole("steps", steps)
    within("last", last, SHARE)
    return lambda t: 1.0 - (1.0 - last) * min(t / steps, 1.0)


@making
def inverse_sqrt(start: int = 1) -> Schedule:
    """1 up to step `start`, then √(start/t): with start = 1 the factor 1/√t."""
    whole("start", start)
    return lambda t: math.sqrt(start / max(t, start))


@making
def warmup(steps: int, first: float = 0.0) -> Schedule:
    """From `first` up to 1 in so many steps, evenly; then it stays there. The first step is
    made at the first rise: one at the rate 0 would be lost."""
    whole("steps", steps)
    within("first", first, SHARE)
    return lambda t: first + (1.0 - first) * min((t + 1) / steps, 1.0)


@making
def product(*schedules: Schedule) -> Schedule:
    """The product of factors: product(warmup(100), cosine(1000))."""
    for schedule in schedules:
        function("each of a product", schedule, A_SCHEDULE)
    return lambda t: math.prod(schedule(t) for schedule in schedules)


@making
def sequence(*parts: tuple[int, Schedule]) -> Schedule:
    """One schedule after the other, each for so many steps and counting its own: sequence((100,
    warmup(100)), (900, cosine(900))). The last goes on for ever."""
    if not parts:
        raise ValueError("a sequence needs at least one (steps, schedule)")
    for part in parts:
        if not isinstance(part, tuple) or len(part) != 2:
            raise TypeError(f"each part of a sequence is (steps, schedule), got {described(part)}")
        function("each of a sequence", part[1], A_SCHEDULE)
    ends = list(accumulate(whole("steps", steps) for steps, _ in parts))

    def factor(t: int) -> float:
        i = min(bisect_right(ends, t), len(parts) - 1)
        return parts[i][1](t - (ends[i - 1] if i else 0))

    return factor


@making
def by_epoch(steps: int, schedule: Schedule) -> Schedule:
    """A schedule that counts epochs of so many steps: by_epoch(45, step([30, 60, 90]))."""
    whole("steps", steps)
    function("schedule", schedule, A_SCHEDULE)
    return lambda t: schedule(t // steps)
