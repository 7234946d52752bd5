"""The slopes of a function on the two sides of a kink, a jump or a border, each measured alone."""

from __future__ import annotations

from math import inf, isfinite
from typing import NamedTuple

from .roundoff import RATIO, RUNGS, farthest, first_step
from .slopes import ABOVE, SURE, Estimate, Overlap, Point, extrapolated


def side(at: Point, sign: float) -> Estimate | None:
    """Return the slope of f on one side of x, up to x itself, with its error; None where f has no
    slope, as where the slope grows without bound."""
    at = at.beginning(first_step(at.f, at.x, at.noise(0.0), (sign,)))
    overlap = climb_beside(at, sign)
    if len(overlap.estimates) < SURE and not at.x:
        higher = climb_beside(at._replace(start=at.start * ABOVE), sign)
        overlap = higher if len(higher.estimates) >= SURE else overlap
    best = overlap.best()
    if best is None:
        return None
    found = overlap.estimates[best]
    return Estimate(found.slope, 8.0 * found.bar)


def climb_beside(at: Point, sign: float) -> Overlap:
    """Return the estimates on one side whose error bars all overlap."""
    overlap, step, before = Overlap(), at.start, None
    for _ in range(RUNGS):
        here = at.beside(sign * step)
        if here.slope != here.slope or step > farthest(at.x):
            break
        if before is not None:
            overlap.add(extrapolated(before, here, 1))
        before, step = here, step * RATIO
    return overlap


class Interval(NamedTuple):
    """The numbers between two others; all numbers where nothing is known."""

    low: float = -inf
    high: float = inf

    def holds(self, x: float, error: float = 0.0) -> bool:
        return self.low - error <= x <= self.high + error


def between_sides(at: Point) -> Interval | None:
    """Return the interval between the slopes on the two sides of x; at a border there is one side.
    None where a slope grows without bound or f is not finite."""
    inside = [sign for sign in (-1.0, 1.0) if isfinite(at.f(at.x + sign * at.start))]
    found = [side(at, sign) for sign in inside]
    if not found or not isfinite(at.value):
        return None
    known = [x for x in found if x is not None]
    if len(known) < len(found):
        return None
    return Interval(min(x.slope - x.bar for x in known), max(x.slope + x.bar for x in known))
