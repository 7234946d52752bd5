"""The slope of a function of one number at a point, measured to a known error.

There is no step size to choose, nor a scale that is taken for granted. The first step is the
smallest at which f changes well above its roundoff. From there steps grow in a ladder; two
neighbours give an estimate with an error bar, the roundoff in f over the step. As long as the bars
overlap, roundoff dominates. Of the estimates whose bars overlap, the one with the smallest bar is
the measurement, and the bar its error (Lepski's rule). The same rungs show kinks, and the order at
which a Taylor remainder vanishes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import inf, isfinite, nan
from typing import NamedTuple

from .roundoff import (
    BELOW,
    CLEARLY,
    EPS,
    RATIO,
    RUNGS,
    TINY,
    Line,
    Noise,
    farthest,
    first_step,
    lowest,
    roundoff,
    total,
)

BEYOND = 3
"""Rungs climbed after the bars part, where truncation dominates roundoff."""
ABOVE = 2.0**60
"""How far above a start the ladder begins that avoids an underflow."""
SURE = 10
"""Estimates that agree in a row: more than there are below a jump."""

NOT_SMOOTH = "not smooth here"
BORDER = "at the border of its domain"
NOT_FINITE = "not finite here"


class Rung(NamedTuple):
    """f at x + up and at x − down, where both steps are exact; `noise` bounds the roundoff."""

    up: float
    down: float
    above: float
    below: float
    noise: float
    bar: float

    @property
    def slope(self) -> float:
        return (self.above - self.below) / (self.up + self.down)


class Estimate(NamedTuple):
    slope: float
    bar: float


class Slope(NamedTuple):
    """A measured slope and its error; NaN and a reason where there is none. Roundoff dominates
    on the rungs that stand `near`, truncation on those `beyond`."""

    slope: float
    error: float
    near: Sequence[Rung] = ()
    beyond: Sequence[Rung] = ()
    reason: str = ""


class Point(NamedTuple):
    """The point x at which a slope is measured: f(x), how exactly f computes there, the first step.

    `known` bounds the roundoff anywhere; `found` is the roundoff that was seen beside x.
    """

    f: Line
    x: float
    value: float
    known: Noise
    found: float
    start: float

    def beginning(self, visible: float) -> Point:
        """The same with its ladder some rungs below the first visible step."""
        return self._replace(start=max(visible * RATIO**-BELOW, lowest(self.x)))

    def noise(self, step: float) -> float:
        known = 4.0 * max(self.known(self.x), EPS * abs(self.value))
        if step > 0.5 * abs(self.x):
            known = max(known, 4.0 * self.known(self.x + step))
        return known + self.found * max(1.0, step / max(abs(self.x), self.start)) + TINY

    def rung(self, step: float) -> Rung:
        right, left = self.x + step, self.x - step
        above, below = self.f(right), self.f(left)
        noise = self.noise(step) + 2.0 * EPS * (abs(above) + abs(below))
        bar = noise / step + 8.0 * EPS * abs(above - below) / step
        return Rung(right - self.x, self.x - left, above, below, noise, bar)

    def beside(self, step: float) -> Estimate:
        """The slope of f on one side of x, from f at two places there; f(x) has no part in it."""
        near, far = self.x + step, self.x + 2.0 * step
        at_near, at_far = self.f(near), self.f(far)
        noise = self.noise(abs(step)) + 2.0 * EPS * (abs(at_near) + abs(at_far))
        slope = (at_far - at_near) / (far - near)
        return Estimate(slope, noise / abs(step) + 8.0 * EPS * abs(slope))


# ------ where to begin


def point(f: Line, x: float, noise: float | Noise) -> Point:
    """`noise` bounds the roundoff in f(x), as far as it is known; more may be found."""
    # two ladders share rungs, and f may be a whole network
    f = lru_cache(maxsize=None)(total(f))
    value = f(x)
    known = noise if callable(noise) else (lambda _, bound=float(noise): bound)
    at = Point(f, x, value, known, 0.0, 1.0)
    if not isfinite(value):
        return at
    for _ in range(4):
        start = first_step(f, x, at.noise(0.0))
        at = at.beginning(start)
        # a jump is on one side only
        step = max(start / 16.0, math.ulp(x))
        found = min(roundoff(f, x, step), roundoff(f, x, -step))
        if found <= at.noise(0.0):
            break
        at = at._replace(found=2.0 * found)
    return at if x else above_underflow(at)


def above_underflow(at: Point) -> Point:
    """Let the ladder at 0 begin where f does not underflow. Below, f is flat or goes in stairs,
    and for a few rungs a stair looks like a slope of 0."""
    higher = at._replace(start=at.start * ABOVE)
    if higher.start > 1.0 or len(climb(at)[1].estimates) >= SURE:
        return at
    return higher if len(climb(higher)[1].estimates) >= SURE else at


# ------ the ladder


def extrapolated(small: Estimate, large: Estimate, order: int) -> Estimate:
    """Cancel the leading error of two estimates, which is of this order (Richardson)."""
    weight = RATIO**order
    slope = (weight * small.slope - large.slope) / (weight - 1.0)
    return Estimate(slope, (weight * small.bar + large.bar) / (weight - 1.0))


class Overlap:
    """Estimates as long as all their bars overlap."""

    def __init__(self) -> None:
        self.low, self.high = -inf, inf
        self.estimates: list[Estimate] = []

    def add(self, new: Estimate) -> None:
        # the slope of a jump over a tiny step may be beyond the floats
        if self.low <= self.high and isfinite(new.slope):
            self.low = max(self.low, new.slope - new.bar)
            self.high = min(self.high, new.slope + new.bar)
            if self.low <= self.high:
                self.estimates.append(new)

    def best(self) -> int | None:
        """The place of the estimate with the smallest bar; None if no two agree."""
        if len(self.estimates) < 2:
            return None
        bars = [x.bar for x in self.estimates]
        return bars.index(min(bars))


def climb(at: Point) -> tuple[list[Rung], Overlap]:
    """Return the rungs from the first step up, and the estimates whose error bars all overlap."""
    rungs: list[Rung] = []
    overlap = Overlap()
    step = at.start
    while len(rungs) < RUNGS and len(rungs) - len(overlap.estimates) <= BEYOND:
        rung = at.rung(step)
        if step > farthest(at.x) or not (isfinite(rung.above) and isfinite(rung.below)):
            break
        rungs.append(rung)
        step *= RATIO
        if len(rungs) > 1:
            small, large = (Estimate(r.slope, r.bar) for r in rungs[-2:])
            overlap.add(extrapolated(small, large, 2))
    return rungs, overlap


def measure(at: Point) -> Slope:
    """Return the slope at a point, or the reason why there is none."""
    if not isfinite(at.value):
        return Slope(nan, inf, reason=NOT_FINITE)
    rungs, overlap = climb(at)
    best = overlap.best()
    if best is None:
        return Slope(nan, inf, reason=NOT_SMOOTH if rungs else BORDER)
    near, beyond = rungs[: best + 2], rungs[best + 1 :]
    if has_kink(at, near):
        return Slope(nan, inf, near, beyond, NOT_SMOOTH)
    found = overlap.estimates[best]
    return Slope(found.slope, 8.0 * found.bar, near, beyond)


def first_order(sizes: Sequence[tuple[float, float]]) -> float | None:
    """The order in the step at which a size vanishes, measured at the smallest two neighbouring
    rungs where the size is well above its noise; None if there are no such rungs."""
    for (small, noise), (large, more_noise) in pairwise(sizes):
        if inf > small > CLEARLY * noise and inf > large > CLEARLY * more_noise:
            return math.log(large / small, RATIO)
    return None


def has_kink(at: Point, rungs: Sequence[Rung]) -> bool:
    """Tell whether the slopes to the left and to the right approach different limits."""
    jumps = [
        (abs((r.above - at.value) / r.up - (at.value - r.below) / r.down), 2.0 * r.bar)
        for r in rungs
    ]
    order = first_order(jumps)
    return order is not None and order < 0.5


def remainder_order(at: Point, rungs: Sequence[Rung], gradient: float) -> float | None:
    """The order at which f(x + h) − f(x) − gradient·h vanishes: 2 or more if the gradient is
    right, 1 if it is wrong. None if the remainder is roundoff alone, as of a linear function."""
    remainders = [
        (
            max(
                abs(r.above - at.value - gradient * r.up),
                abs(r.below - at.value + gradient * r.down),
            ),
            r.noise + 2.0 * EPS * abs(gradient * r.up),
        )
        for r in rungs
    ]
    return first_order(remainders)
