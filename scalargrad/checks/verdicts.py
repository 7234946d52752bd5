"""Whether one number is the slope of a function of one number: right, wrong, or not to be told."""

from __future__ import annotations

from math import inf, isfinite, isnan, nan
from typing import NamedTuple

from .roundoff import TINY, Line, Noise
from .sides import between_sides
from .slopes import Point, Slope, measure, point, remainder_order

RIGHT, WRONG, NOISY = "right", "WRONG", "too noisy to tell"
PRECISION = 5e-4
"""A measurement whose relative error is larger decides nothing."""
SLACK = 1e-9
"""Relative difference that is allowed besides the error of the measurement."""


class Checked(NamedTuple):
    """One operand: its gradient as computed and as measured, with the error of measurement; the
    order of the Taylor remainder, None where all of it is roundoff."""

    name: str
    gradient: float
    measured: float
    error: float
    order: float | None
    verdict: str

    def cells(self) -> tuple[str, ...]:
        order = "—" if self.order is None else f"{self.order:.2f}"
        measured = (
            ("—", "—") if isnan(self.measured) else (digits(self.measured), f"{self.error:.1e}")
        )
        return self.name, digits(self.gradient), *measured, order, self.verdict


def digits(x: float) -> str:
    """Ten digits; a zero has no sign."""
    return f"{x + 0.0:.10g}"


def judge(name: str, f: Line, x: float, gradient: float, noise: float | Noise) -> Checked:
    """Compare one computed derivative with the slope of `f` at `x`."""
    at = point(f, x, noise)
    slope = measure(at)
    order = remainder_order(at, slope.near, gradient)
    if slope.reason:
        return Checked(name, gradient, nan, inf, None, beside(gradient, slope.reason, at))
    verdict = compared(gradient, slope, order, at)
    if order is None and verdict != WRONG:
        order = remainder_order(at, slope.beyond, gradient)
    return Checked(name, gradient, slope.slope, slope.error, order, verdict)


def beside(gradient: float, reason: str, at: Point) -> str:
    """The verdict where there is no slope: wrong unless the gradient lies between the slopes of the
    two sides or, at a border, is the slope of its one side."""
    interval = between_sides(at)
    if interval is None:
        return reason
    slack = SLACK * max(abs(interval.low), abs(interval.high))
    return reason if interval.holds(gradient, slack) else WRONG


def compared(gradient: float, slope: Slope, order: float | None, at: Point) -> str:
    difference = abs(gradient - slope.slope)
    larger = max(abs(gradient), abs(slope.slope))
    if not isfinite(gradient):
        return WRONG
    if difference > slope.error + SLACK * larger or (order is not None and order < 1.5):
        return WRONG
    # that a gradient is zero can be told only up to what is small for this function
    small = PRECISION * larger if gradient else negligible(at, slope)
    return RIGHT if slope.error <= small else NOISY


def negligible(at: Point, slope: Slope) -> float:
    """A slope that changes the function by no more than a billionth of itself."""
    largest = [*slope.near, *slope.beyond][-1]
    size = max(abs(at.value), abs(largest.above), abs(largest.below))
    return (1e-9 * size + 1e3 * TINY) / largest.up
