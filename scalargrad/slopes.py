"""The slope of a function of one number at a point, measured to a known error.

There is no step size to choose. Steps grow from tiny to large in a ladder; two
neighbours give an estimate with an error bar, the roundoff in `f` over the step. As long as the
bars overlap, roundoff dominates; the last estimate that does is the measurement, and its bar the
error (Lepski's rule). The same rungs show kinks, and at which order a Taylor remainder vanishes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import inf, isfinite, nan
from typing import NamedTuple

Line = Callable[[float], float]

EPS = 2.0**-52
RATIO = 4.0
FIRST = 2.0**-26
"""The first step of a ladder, in units of x."""
RUNGS = 13
"""From the first step to the size of x, or as many below it."""
BEYOND = 3
"""Rungs climbed after the bars part, where truncation dominates roundoff."""
CLEARLY = 100.0
"""How many times the roundoff counts as well above it."""


NOT_SMOOTH = "not smooth here"


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


class Slope(NamedTuple):
    """A measured slope and its error; NaN and a reason where there is none. Roundoff dominates
    on the rungs that stand `near`, truncation on those `beyond`."""

    slope: float
    error: float
    near: Sequence[Rung] = ()
    beyond: Sequence[Rung] = ()
    reason: str = ""


class Point(NamedTuple):
    """Where a slope is measured: f(x), how exactly f computes there, how large f is around."""

    f: Line
    x: float
    value: float
    noise: float
    size: float

    def rung(self, step: float) -> Rung:
        right, left = self.x + step, self.x - step
        above, below = self.f(right), self.f(left)
        noise = self.noise + 2.0 * EPS * (abs(above) + abs(below))
        bar = noise / step + 8.0 * EPS * self.size / unit(self.x)
        return Rung(right - self.x, self.x - left, above, below, noise, bar)


def unit(x: float) -> float:
    return max(abs(x), 1.0)


def total(f: Line) -> Line:
    """`f`, NaN where it raises for a number outside its domain."""

    def forward(x: float) -> float:
        try:
            return f(x)
        except (ArithmeticError, ValueError):
            return nan

    return forward


def roundoff(f: Line, x: float, step: float, size: float) -> float:
    """Estimate the roundoff in `f` beside x from fourth differences over tiny steps, in which
    all that is smooth cancels; infinite where that is all there is, jump by jump. Source: Moré &
    Wild, Estimating Computational Noise (2011)."""
    values = [f(x + i * step) for i in range(1, 7)]
    differences = values
    for _ in range(4):
        differences = [b - a for a, b in pairwise(differences)]
    found = math.sqrt(math.fsum(d * d for d in differences) / len(differences) / 70.0)
    if not isfinite(found):
        return 0.0
    return 2.0 * found if found <= max(1e-3 * max(map(abs, values)), 1e-12 * size) else inf


def point(f: Line, x: float, noise: float) -> Point:
    """`noise` bounds the roundoff in f(x), as far as it is known; more may be found."""
    f = total(f)
    value = f(x)
    around = [abs(y) for y in (f(x + 0.3 * unit(x)), f(x - 0.3 * unit(x))) if isfinite(y)]
    size = max([abs(value), *around])
    noise = max(noise, EPS * abs(value))
    step = 2.0**-44 * (abs(x) or 2.0**-16)
    found = roundoff(f, x, step, size)
    if found > noise:
        # a jump is on one side only
        noise = max(noise, min(found, roundoff(f, x, -step, size)))
    return Point(f, x, value, 4.0 * noise, size)


def first_steps(x: float) -> Iterator[float]:
    """Where to begin a ladder: lower each time, down to the spacing of floats at x."""
    step = FIRST * max(abs(x), FIRST) if x else FIRST
    yield step
    for _ in range(4):
        step = max(step * RATIO**-RUNGS, 16.0 * math.ulp(x))
        yield step
    if x:
        yield FIRST * abs(x)


class Estimate(NamedTuple):
    slope: float
    bar: float


def extrapolated(small: Rung, large: Rung) -> Estimate:
    """Cancel the leading error of two central differences (Richardson)."""
    weight = RATIO * RATIO
    slope = (weight * small.slope - large.slope) / (weight - 1.0)
    return Estimate(slope, (weight * small.bar + large.bar) / (weight - 1.0))


def climb(at: Point, step: float) -> tuple[list[Rung], list[Estimate]]:
    """Return the rungs from `step` up, and the estimates whose error bars all overlap."""
    rungs: list[Rung] = []
    estimates: list[Estimate] = []
    low, high = -inf, inf
    while step < 0.5 * unit(at.x) and len(rungs) - len(estimates) <= BEYOND:
        rung = at.rung(step)
        if not isfinite(rung.slope):
            break
        rungs.append(rung)
        step *= RATIO
        if len(rungs) > 1 and low <= high:
            new = extrapolated(*rungs[-2:])
            low, high = max(low, new.slope - new.bar), min(high, new.slope + new.bar)
            if low <= high:
                estimates.append(new)
    return rungs, estimates


def measure(at: Point) -> Slope:
    """Return the slope at a point, or the reason why there is none."""
    if not isfinite(at.value):
        return Slope(nan, inf, reason="not finite here")
    if at.noise == inf:
        return Slope(nan, inf, reason=NOT_SMOOTH)
    reason = "at the border of its domain"
    for step in first_steps(at.x):
        rungs, estimates = climb(at, step)
        if len(estimates) > 1:
            near, beyond = rungs[: len(estimates) + 1], rungs[len(estimates) :]
            if has_kink(at, near):
                return Slope(nan, inf, reason=NOT_SMOOTH)
            return Slope(estimates[-1].slope, 8.0 * estimates[-1].bar, near, beyond)
        if rungs:
            reason = NOT_SMOOTH
    return Slope(nan, inf, reason=reason)


def first_order(sizes: Sequence[tuple[float, float]]) -> float | None:
    """The order in the step at which a size vanishes: at the smallest two neighbouring rungs
    where it is well above its noise, None if there are none."""
    for (small, noise), (large, more_noise) in pairwise(sizes):
        if small > CLEARLY * noise and large > CLEARLY * more_noise:
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
