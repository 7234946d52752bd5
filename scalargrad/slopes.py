"""The slope of a function of one number at a point, measured to a known error.

There is no step size to choose, nor a scale that is taken for granted. The first step is the
smallest at which f changes well above its roundoff. From there steps grow in a ladder; two
neighbours give an estimate with an error bar, the roundoff in f over the step. As long as the bars
overlap, roundoff dominates; of the estimates that do the one with the smallest bar is the
measurement, and its bar the error (Lepski's rule). The same rungs show kinks, and at which order a
Taylor remainder vanishes. At a kink, a jump or a border the slopes are measured side by side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import inf, isfinite, nan
from typing import NamedTuple

Line = Callable[[float], float]
Noise = Callable[[float], float]
"""A bound on the roundoff in f at a place, as far as it is known."""

EPS = 2.0**-52
TINY = 2.0**-1072
"""Roundoff below the normal floats."""
RATIO = 4.0
RUNGS = 30
"""The most steps of a ladder: from 1 to 10¹⁷."""
BELOW = 4
"""Rungs below the first step at which f changes visibly: with them a jump is seen to be one."""
BEYOND = 3
"""Rungs climbed after the bars part, where truncation dominates roundoff."""
CLEARLY = 100.0
"""How many times the roundoff counts as well above it."""
LOWEST = -1064
"""The least step there is, as a power of 2."""


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
    """Where a slope is measured: f(x), how exactly f computes there, and the first step.

    `known` bounds the roundoff anywhere, `found` is what is seen of it beside x.
    """

    f: Line
    x: float
    value: float
    known: Noise
    found: float
    start: float

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
        """The slope of f on one side of x, by two places there; f(x) itself has no part in it."""
        near, far = self.x + step, self.x + 2.0 * step
        at_near, at_far = self.f(near), self.f(far)
        noise = self.noise(abs(step)) + 2.0 * EPS * (abs(at_near) + abs(at_far))
        slope = (at_far - at_near) / (far - near)
        return Estimate(slope, noise / abs(step) + 8.0 * EPS * abs(slope))


def total(f: Line) -> Line:
    """`f`, NaN where it raises for a number outside its domain."""

    def forward(x: float) -> float:
        try:
            return f(x)
        except (ArithmeticError, ValueError):
            return nan

    return forward


# ------ how exactly f computes, and where it begins to change


def roundoff(f: Line, x: float, step: float) -> float:
    """Estimate the roundoff in `f` beside x from fourth differences over tiny steps, in which
    all that is smooth cancels. Source: Moré & Wild, Estimating Computational Noise (2011)."""
    values = [f(x + i * step) for i in range(1, 7)]
    differences = values
    for _ in range(4):
        differences = [b - a for a, b in pairwise(differences)]
    found = math.sqrt(math.fsum(d * d for d in differences) / len(differences) / 70.0)
    return 2.0 * found if isfinite(found) else 0.0


def first_step(f: Line, x: float, value: float, noise: float) -> float:
    """Return the smallest power of 2 at which f differs from f(x) well above `noise`, among the
    steps near x; where f does not, one from which a whole ladder leads to the largest of them."""

    def visible(exponent: int) -> bool:
        step = 2.0**exponent
        changes = [abs(f(at) - value) for at in (x + step, x - step)]
        finite = [change for change in changes if isfinite(change)]
        return not finite or max(finite) > CLEARLY * (noise + EPS * abs(value))

    low = math.frexp(16.0 * math.ulp(x))[1] if x else LOWEST
    # farther away f may be another one than near x
    near = math.frexp(0.5 * max(abs(x), 1.0))[1] - 1
    if visible(near):
        return 2.0 ** bisected(visible, low, near)
    return 2.0**near * RATIO ** (BELOW + 1 - RUNGS)


def bisected(holds: Callable[[int], bool], low: int, high: int) -> int:
    """Return the least number from `low` up at which `holds`, which it does at `high`."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return high


def point(f: Line, x: float, noise: float | Noise) -> Point:
    """`noise` bounds the roundoff in f(x), as far as it is known; more may be found."""
    f = total(f)
    value = f(x)
    known = noise if callable(noise) else (lambda _, bound=float(noise): bound)
    at = Point(f, x, value, known, 0.0, 1.0)
    if not isfinite(value):
        return at
    for _ in range(4):
        start = first_step(f, x, value, at.noise(0.0))
        lowest = 2.0 * math.ulp(x) if x else 2.0**LOWEST
        at = at._replace(start=max(start * RATIO**-BELOW, lowest))
        # a jump is on one side only
        step = max(start / 16.0, math.ulp(x))
        found = min(roundoff(f, x, step), roundoff(f, x, -step))
        if found <= at.noise(0.0):
            break
        at = at._replace(found=2.0 * found)
    return at


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
        if not (isfinite(rung.above) and isfinite(rung.below)):
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


def side(at: Point, sign: float) -> Estimate | None:
    """Return the slope that f has on one side of x, up to x itself, with its error; None if there
    is none, as where it grows without bound."""
    overlap, step, before = Overlap(), at.start, None
    for _ in range(RUNGS):
        here = at.beside(sign * step)
        if here.slope != here.slope:
            break
        if before is not None:
            overlap.add(extrapolated(before, here, 1))
        before, step = here, step * RATIO
    best = overlap.best()
    if best is None:
        return None
    found = overlap.estimates[best]
    return Estimate(found.slope, 8.0 * found.bar)


class Interval(NamedTuple):
    """What lies between two numbers; all numbers where nothing is known."""

    low: float = -inf
    high: float = inf

    def holds(self, x: float, error: float = 0.0) -> bool:
        return self.low - error <= x <= self.high + error


def between_sides(at: Point) -> Interval | None:
    """Return what lies between the slopes on the two sides of x, those of a border on one side
    alone; None where a slope grows without bound or f is not finite."""
    inside = [sign for sign in (-1.0, 1.0) if isfinite(at.f(at.x + sign * at.start))]
    found = [side(at, sign) for sign in inside]
    if not found or not isfinite(at.value):
        return None
    known = [x for x in found if x is not None]
    if len(known) < len(found):
        return None
    return Interval(min(x.slope - x.bar for x in known), max(x.slope + x.bar for x in known))


def first_order(sizes: Sequence[tuple[float, float]]) -> float | None:
    """The order in the step at which a size vanishes: at the smallest two neighbouring rungs
    where it is well above its noise, None if there are none."""
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
    right, 1 if it is not. None if all of it is roundoff, as for a linear function."""
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
