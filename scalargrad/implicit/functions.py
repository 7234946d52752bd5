"""Implicit functions: the root of equations, the fixed point or the minimum of a function.

The search is on plain numbers and leaves no graph; what it finds is differentiated by the implicit
function theorem, in all that the equations depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .. import modes
from ..engine import Value
from ..graph import above
from ..messages import described
from ..options import whole
from ..scalars import is_value
from ..transforms.functional import function
from ..transforms.trees import flatten
from ..transforms.variables import differentiating, number
from .lanes import Lanes
from .openings import hollow, is_traced
from .problems import FIXED_POINT, MINIMUM, ROOT, Kind, Problem, name_of
from .solutions import Found, Make, Sought, canonical, node_ends

if TYPE_CHECKING:
    from ..compiler.trace.recorder import Recorder

TOLERANCE, STEPS = 1e-12, 100


def root(
    g: Callable[..., Any], x0: Any, *args: Any, tolerance: float = TOLERANCE, steps: int = STEPS
) -> Any:
    """Return the x near `x0` with g(x, *args) = 0, in the structure of `x0`.

    `g` returns as many numbers as `x0` has, in any structure. The search is Newton's method, its
    steps shortened where they lead too far: from `x0`, through which no gradient flows, until each
    unknown changes by at most `tolerance` of itself, in at most so many `steps`. The last step is
    not tried where those before it foretell its size. The solution is differentiated by the
    implicit function theorem, to any order, in Values among `args` and in those that `g` closes
    over. Raises ArithmeticError if no solution is found, or if the Jacobian
    is singular there; ValueError unless there are as many equations as unknowns.
    """
    return solution(ROOT, g, x0, args, tolerance, steps)


def fixed_point(
    f: Callable[..., Any], x0: Any, *args: Any, tolerance: float = TOLERANCE, steps: int = STEPS
) -> Any:
    """Return the x near `x0` with f(x, *args) = x; see `root`. `f` returns the structure of `x0`.
    Repeating `f` need not converge: the search is Newton's method."""
    return solution(FIXED_POINT, f, x0, args, tolerance, steps)


def argmin(
    f: Callable[..., Any], x0: Any, *args: Any, tolerance: float = TOLERANCE, steps: int = STEPS
) -> Any:
    """Return the x near `x0` where f(x, *args), one number, has a minimum in x; see `root`.

    The search is Newton's method on the gradient, its steps turned to where `f` goes down. Raises
    ArithmeticError where it ends at a saddle. No minimum is found at the border of a region, where
    the gradient does not vanish.
    """
    return solution(MINIMUM, f, x0, args, tolerance, steps)


def solution(kind: Kind, f: Any, x0: Any, args: Sequence[Any], tolerance: float, steps: int) -> Any:
    function(f, kind.name)
    if not 0.0 < tolerance < 1.0:
        raise ValueError(f"tolerance must be between 0 and 1, got {described(tolerance)}")
    entries, structure = flatten(x0, "x0")
    # without what stands there now, which may have a graph behind it
    _, unknowns = flatten(structure.rebuilt([0.0] * len(entries)), "x0")
    problem = Problem(kind, name_of(f), unknowns, tolerance, whole("steps", steps))
    if not entries:
        return x0
    trace = modes.state.trace
    if trace is None:
        return among_values(problem, f, entries, args)
    return in_trace(problem, f, entries, args, trace)


# ------ among Values
def among_values(problem: Problem, f: Any, start: Sequence[Any], args: Sequence[Any]) -> Any:
    xs = problem.solve(lambda x: f(x, *args), list(map(number, start)))
    leaves = list(map(Value, xs))
    with differentiating():
        residuals = problem.parts(lambda x: f(x, *args), leaves).residuals
    ends = node_ends(residuals, leaves)
    if not ends:
        return problem.unknowns.rebuilt(xs)
    with differentiating(level=False):
        nodes = Found(problem, residuals, leaves, ends).nodes(ends)
    return problem.unknowns.rebuilt(map(modes.settle, nodes) if modes.active else nodes)


# ------ in a function that is compiled
def in_trace(
    problem: Problem, f: Any, start: Sequence[Any], args: Sequence[Any], trace: Recorder
) -> Any:
    """The same for numbers that are traced."""
    found, opened = hollow((f, *args))
    given = list(map(canonical, found))

    def make(numbers: Sequence[Any]) -> Callable[..., Any]:
        g, *others = opened.made(numbers)
        return lambda x: g(x, *others)

    begin = [x.data if is_traced(x) else number(x) for x in start]
    at = Sought(problem, make, Lanes).numbers_at(list(map(as_traced, [*begin, *given])))
    captured = used_besides(problem, make, at, given, trace)
    count = len(given)

    def make_of_all(numbers: Sequence[Any]) -> Callable[..., Any]:
        # a Value that is closed over is used as it is
        return make(numbers[:count])

    sought = Sought(problem, make_of_all, Lanes)
    xs = sought.recorded(trace, begin, [*given, *captured])
    from ..compiler.trace.arithmetic import settled  # here, for whoever traces has loaded it

    return problem.unknowns.rebuilt(map(settled, xs) if is_traced(xs[0]) else xs)


def as_traced(x: Any) -> float:
    """The number of this run that stands for a number of a trace."""
    return float(x.trace.numbers[x.index]) if is_value(x) else x


def used_besides(
    problem: Problem, make: Make, at: Sequence[float], given: Sequence[Any], trace: Recorder
) -> list[Any]:
    """The Values, as traced, that the equations close over, found at the solution. What they
    compare there is compared again when they are recorded, and only then counts."""
    guards = dict(trace.guards)
    xs = [trace.variable(x) for x in at]
    with differentiating():
        residuals = problem.parts(make(given), xs).residuals
    trace.guards = guards
    nodes = above(list(filter(is_value, residuals)), {*xs, *given})
    captured = set(trace.captured.values())
    return [x for x in nodes if x.index in captured]
