"""Damped Newton's method on plain numbers, in many lanes at once: each goes at a step of its own.

Arrays have the lanes last: unknowns are n × lanes, a Jacobian is n × n × lanes. NumPy loads when
first needed. Source: Deuflhard, Newton Methods for Nonlinear Problems, ch. 3 (natural
monotonicity, which does not depend on how equations and unknowns are scaled).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

from .inverses import inverses, step_of

CHUNK = 32768
"""So many lanes go together: their numbers stay in the processor's cache."""
SHORTEST = 2.0**-30
"""Where a step has to be shorter than this part of Newton's, no step leads on."""
NOISE = 1e-7
"""Where rounding lets no step lead on, one of this size, relative to what the unknown was on the
way, is as good as none."""
LINEAR, LONGER, OFTEN = 0.3, 0.95, 4
"""Steps that shorten slowly, by such a factor and so often: the Jacobian is singular at the
solution. Near any other solution they shorten ever faster."""
NEAR, SWIFT = 1e-8, 1e-3
"""Of a step of at most this size, relative to the unknown, and of at most this part of the one
before, the next is foretold: it shortens by the same part, and near most solutions by its square.
Source: Deuflhard, ch. 2.1."""
WORST = 1e14
"""From this condition on, free of how equations and unknowns are scaled, a Jacobian is singular."""
DECREASE = 1e-4
"""The part of the slope by which an objective has to go down."""


class Outcome(IntEnum):
    """How the search ended in a lane."""

    SOLVED = 0
    NO_CONVERGENCE = 1
    SINGULAR = 2
    NOT_FINITE = 3
    NO_MINIMUM = 4


class Point(NamedTuple):
    """The numbers known in some lanes: the residuals (n × lanes), their Jacobian, and of a minimum
    the objective, of which they are the gradient and the Hessian."""

    residuals: Any
    jacobian: Any
    objective: Any = None


class Solved(NamedTuple):
    """Where the search ended, and how, in each lane."""

    unknowns: Any
    outcomes: Any


Evaluate = Callable[[Any, Any], Point]
"""Gives the point of unknowns, n × k, in k lanes: an array of their indices."""


class Going(NamedTuple):
    """Lanes of a search: which they are, the unknowns and the Point there, the inverse of the
    Jacobian, Newton's step and which part of it is tried next. Of a minimum `curved` tells whether
    the objective is curved upwards. `ratio` is that of this step to the one before, 1 where no
    whole step led here; `slow` counts steps that were LINEAR, and `far` is how large each unknown
    was on the way."""

    lanes: Any
    at: Any
    point: Point
    inverse: Any
    curved: Any
    step: Any
    part: Any
    ratio: Any
    slow: Any
    far: Any

    def only(self, which: Any) -> Going:
        """The same in the lanes that an array of bools tells."""
        if which.all():
            return self
        return Going(*(kept(x, which) for x in self))


def kept(x: Any, which: Any) -> Any:
    if isinstance(x, Point):
        return Point(*(kept(part, which) for part in x))
    return None if x is None else x[..., which]


def chosen(which: Any, xs: Any, ys: Any) -> Any:
    """The first of two things in the lanes told by `which`, in others the second."""
    import numpy

    if isinstance(xs, Point):
        return Point(*(chosen(which, x, y) for x, y in zip(xs, ys)))
    return None if xs is None else numpy.where(which, xs, ys)


def solved(evaluate: Evaluate, start: Any, tolerance: float, steps: int) -> Solved:
    """Search from `start` (n × lanes) until each unknown changes by at most `tolerance` of itself,
    within so many `steps`; one that turned out too long counts too."""
    import numpy

    lanes = start.shape[1]
    found = Solved(numpy.array(start, float), numpy.zeros(lanes, numpy.int8))
    with numpy.errstate(all="ignore"):
        for first in range(0, lanes, CHUNK):
            these = numpy.arange(first, min(first + CHUNK, lanes))
            search(
                evaluate,
                begun(evaluate, found.unknowns[:, these], these),
                found,
                (tolerance, steps),
            )
    return found


def begun(evaluate: Evaluate, at: Any, lanes: Any) -> Going:
    import numpy

    point = evaluate(at, lanes)
    inverse, curved = inverses(point.jacobian, point.objective is not None)
    step = step_of(inverse, point.residuals)
    zeros, ones = numpy.zeros(len(lanes), int), numpy.ones(len(lanes))
    far = abs(at) + abs(step)
    return Going(lanes, at, point, inverse, curved, step, ones, ones, zeros, far)


def search(evaluate: Evaluate, going: Going, found: Solved, limits: tuple[float, int]) -> None:
    tolerance, steps = limits
    for _ in range(steps):
        going = ended(going, found, tolerance)
        if not len(going.lanes):
            return
        going = stepped(evaluate, going)
    going = ended(going, found, tolerance)
    put(found, going, going.at, failed(going))


# ------ ends
def ended(going: Going, found: Solved, tolerance: float) -> Going:
    """Put the lanes that are at a solution, or from where no step leads, into `found`; return the
    others."""
    import numpy

    step, at = going.step, going.at
    # an infinite slope gives a step of 0
    lost = ~(numpy.isfinite(step).all(axis=0) & is_finite(going.point))
    arrived = arrives(going, tolerance) & ~lost
    stuck = going.part < SHORTEST
    exact = (going.point.residuals == 0.0).all(axis=0)
    if not (over := arrived | lost | stuck | exact).any():
        return going
    close = stuck & (abs(step) <= NOISE * going.far).all(axis=0)
    there = arrived | close | exact
    outcomes = numpy.where(there, reached(going, exact), failed(going))
    put(found, going, numpy.where(arrived & ~exact, at + step, at), outcomes, over)
    return going.only(~over)


def arrives(going: Going, tolerance: float) -> Any:
    """Whether a step leads to the solution: it is that short, or the next is, as far as it can be
    foretold."""
    length, size = abs(going.step), abs(going.at + going.step)
    next_length = going.ratio * length
    is_short = (length <= tolerance * size).all(axis=0)
    is_near = (length <= max(NEAR, tolerance) * size).all(axis=0) & (going.ratio <= SWIFT)
    return is_short | (is_near & (next_length <= tolerance * size).all(axis=0))


def put(found: Solved, going: Going, at: Any, outcomes: Any, which: Any = slice(None)) -> None:
    found.unknowns[:, going.lanes[which]] = at[:, which]
    found.outcomes[going.lanes[which]] = outcomes[which]


def reached(going: Going, exact: Any) -> Any:
    """The outcome in lanes where a step leads no further."""
    import numpy

    singular = ((going.slow >= OFTEN) & ~exact) | (condition(going) > WORST)
    outcome = numpy.where(singular, Outcome.SINGULAR, Outcome.SOLVED)
    if going.curved is None:
        return outcome
    return numpy.where(going.curved, outcome, Outcome.NO_MINIMUM)


def failed(going: Going) -> Any:
    """The outcome in lanes where no solution was reached."""
    import numpy

    singular = ~numpy.isfinite(going.step).all(axis=0) | (going.slow >= OFTEN)
    otherwise = numpy.where(singular, Outcome.SINGULAR, Outcome.NO_CONVERGENCE)
    return numpy.where(is_finite(going.point), otherwise, Outcome.NOT_FINITE)


def is_finite(point: Point) -> Any:
    import numpy

    finite: Any = numpy.isfinite(point.residuals).all(axis=0)
    return finite & numpy.isfinite(point.jacobian).all(axis=(0, 1))


def condition(going: Going) -> Any:
    """By how much errors of the residuals may grow in the unknowns, each relative to its own."""
    import numpy

    if len(going.at) == 1:
        return 1.0
    far = numpy.where(going.far > 0.0, going.far, 1.0)
    inverse = abs(going.inverse) / far[:, None]
    jacobian = abs(going.point.jacobian) * far[None]
    return numpy.einsum("ijl,jkl->il", inverse, jacobian).max(axis=0)


# ------ steps
def stepped(evaluate: Evaluate, going: Going) -> Going:
    """Try a step in each lane: from where it leads the lane goes on, or half of it is next."""
    import numpy

    at = going.at + going.part * going.step
    point = evaluate(at, going.lanes)
    sizes = size(going.step, going.far), size(step_of(going.inverse, point.residuals), going.far)
    better = leads_on(going, point, *sizes)
    inverse, curved = inverses(point.jacobian, point.objective is not None)
    step = step_of(inverse, point.residuals)
    far = numpy.maximum(going.far, abs(at))
    ones = numpy.ones_like(going.part)
    ratio = numpy.where(going.part == 1.0, size(step, far) / sizes[0], ones)
    is_slow = (ratio >= LINEAR) & (ratio <= LONGER)
    slow = numpy.where(is_slow, going.slow + 1, 0)
    new = Going(going.lanes, at, point, inverse, curved, step, ones, ratio, slow, far)
    if better.all():
        return new
    old = going._replace(part=going.part * 0.5)
    return Going(*(chosen(better, x, y) for x, y in zip(new, old)))


def leads_on(going: Going, point: Point, whole: Any, left: Any) -> Any:
    """Whether a part of a step led nearer, in each lane: what is left of the `whole` step, by the
    Jacobian before, is shorter; or, of a minimum, the objective goes down."""
    nearer = left <= (1.0 - 0.25 * going.part) * whole
    if point.objective is None:
        return nearer
    before = going.point.objective
    slope = (going.point.residuals * going.step).sum(axis=0)
    lower = point.objective <= before + DECREASE * going.part * slope
    return lower | (nearer & going.curved & (point.objective <= before + NOISE * abs(before)))


def size(step: Any, far: Any) -> Any:
    """The length of a step: the largest of its parts, each relative to its unknown."""
    import numpy

    relative = abs(step) / numpy.where(far > 0.0, far, 1.0)
    return relative[0] if len(relative) == 1 else relative.max(axis=0)
