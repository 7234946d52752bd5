"""Problems to be solved: equations in unknowns of any structure, from a starting point.

There are three kinds, a row each in KINDS: they differ in the residuals that have to vanish.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from .. import modes, ops
from ..transforms.functional import value_and_grad
from ..transforms.replay import untraced
from ..transforms.trees import Structure, flatten, matching
from ..transforms.variables import Variables
from .newton import Outcome, Point, Solved, solved

Function = Callable[..., Any]


class Parts(NamedTuple):
    """The residuals, and the objective whose gradient they are, if there is one."""

    objective: Any
    residuals: list[Any]


class Kind(NamedTuple):
    """One kind of problem: its name, the Parts of a function of entries `xs` of the unknowns, and
    how the function and a solution are called in messages."""

    name: str
    parts: Callable[[Function, Structure, Sequence[Any]], Parts]
    vanishes: str
    sought: str
    is_minimum: bool = False


def of_root(g: Function, unknowns: Structure, xs: Sequence[Any]) -> Parts:
    found, _ = flatten(g(unknowns.rebuilt(xs)), "the result")
    if len(found) != unknowns.size:
        raise ValueError(
            f"root needs as many equations as unknowns: {unknowns.size} numbers from "
            f"{name_of(g)}, got {len(found)}"
        )
    return Parts(None, found)


def of_fixed_point(f: Function, unknowns: Structure, xs: Sequence[Any]) -> Parts:
    found = matching(f(unknowns.rebuilt(xs)), unknowns, f"the result of {name_of(f)}")
    return Parts(None, list(map(ops.sub, found, xs)))


def of_minimum(f: Function, unknowns: Structure, xs: Sequence[Any]) -> Parts:
    return Parts(*value_and_grad(lambda entries: f(unknowns.rebuilt(entries)))(list(xs)))


ROOT = Kind("root", of_root, "{f}", "solution")
FIXED_POINT = Kind("fixed_point", of_fixed_point, "{f}(x) − x", "fixed point")
MINIMUM = Kind("argmin", of_minimum, "the gradient of {f}", "minimum", is_minimum=True)


def name_of(f: Any) -> str:
    return str(getattr(f, "__name__", type(f).__name__))


class Problem:
    """Equations of one kind, in a function `f` of the unknowns alone, with the `start` of a search
    and its limits: the relative `tolerance`, and how many `steps`."""

    def __init__(
        self, kind: Kind, name: str, unknowns: Structure, tolerance: float, steps: int
    ) -> None:
        self.kind, self.name, self.unknowns = kind, name, unknowns
        self.tolerance, self.steps = tolerance, steps

    def of_residuals(self) -> Problem:
        """The same problem for a function of the entries that gives the residuals."""
        kind = self.kind._replace(parts=lambda f, unknowns, xs: Parts(None, f(xs)))
        return Problem(kind, self.name, self.unknowns, self.tolerance, self.steps)

    @property
    def size(self) -> int:
        return self.unknowns.size

    def parts(self, f: Function, xs: Sequence[Any]) -> Parts:
        return self.kind.parts(f, self.unknowns, xs)

    def point(self, f: Function, xs: Sequence[Any]) -> list[Any]:
        """The residuals, their derivatives in each unknown, and the objective if there is one: as
        numbers, or as those of the function that is traced."""
        variables = Variables([list(xs)], [0])
        objective, residuals = variables.call(lambda entries: self.parts(f, entries))
        if variables.trace is None:
            check_untraced(residuals)
        rows = [variables.derivatives(y, variables.linked) for y in residuals]
        found = [*map(variables.result, residuals), *(x for row in rows for x in row)]
        return found if objective is None else [*found, variables.result(objective)]

    def as_point(self, found: Sequence[Any], lanes: int) -> Point:
        """The Point made of what `point` gives, numbers or arrays with an element for each lane."""
        import numpy

        n = self.size
        columns = numpy.empty((len(found), lanes))
        for column, x in zip(columns, found):
            column[:] = x
        jacobian = columns[n : n + n * n].reshape(n, n, lanes)
        return Point(columns[:n], jacobian, None if len(found) == n + n * n else columns[-1])

    def solve(self, f: Function, start: Sequence[float]) -> list[float]:
        """Return the unknowns as floats. Raises ArithmeticError if none are found."""
        import numpy

        def evaluate(xs: Any, lanes: Any) -> Point:
            with untraced(), modes.outermost():
                return self.as_point(self.point(f, xs[:, 0].tolist()), 1)

        at = numpy.array(start, float).reshape(-1, 1)
        found = solved(evaluate, at, self.tolerance, self.steps)
        if found.outcomes[0] != Outcome.SOLVED:
            self.refuse(found, start, evaluate(found.unknowns, None))
        unknowns: list[float] = found.unknowns[:, 0].tolist()
        return unknowns

    # ------ errors
    def refuse(self, found: Solved, start: Sequence[float], point: Point) -> NoReturn:
        """Raise the ArithmeticError for a search that ended without a solution."""
        at, outcome = found.unknowns[:, 0].tolist(), Outcome(int(found.outcomes[0]))
        k = self.worst(point)
        sought, f = self.kind.sought, self.kind.vanishes.format(f=self.name)
        text = WHY[outcome].format(
            sought=sought,
            f=f,
            start=self.written(start),
            at=self.written(at),
            unknown=self.unknown(k),
            residual=float(largest(point.residuals[:, 0])),
            steps=self.steps,
        )
        raise ArithmeticError(f"{self.kind.name} finds no {sought} of {self.name} from {text}")

    def unknown(self, k: int) -> str:
        return list(self.unknowns.names("x"))[k]

    def written(self, xs: Sequence[float]) -> str:
        names = list(self.unknowns.names("x"))
        shown = [f"{name} = {x!r}" for name, x in zip(names[:4], xs)]
        return ", ".join(shown) + (", …" if len(names) > 4 else "")

    def worst(self, point: Point) -> int:
        """The unknown that is determined worst; of a Jacobian that is not finite, the number of the
        first residual that is not."""
        import numpy

        jacobian = point.jacobian[:, :, 0]
        if not numpy.isfinite(jacobian).all():
            return int(numpy.argmax(~numpy.isfinite(point.residuals[:, 0])))
        vectors = numpy.linalg.svd(jacobian)
        return int(numpy.argmax(abs(vectors[2][-1])))


def largest(residuals: Any) -> Any:
    """The residual of the equation that holds least, with its sign."""
    return residuals[abs(residuals).argmax()]


WHY = {
    Outcome.NO_CONVERGENCE: "{start}: Newton's method ended at {at}, where {f} still is "
    "{residual:.3g}, and {unknown} is determined worst: start nearer, or allow more steps than "
    "{steps}",
    Outcome.SINGULAR: "{start}: the Jacobian is singular at {at}, so that {unknown} is not "
    "determined: a solution may be multiple, an unknown may be missing from the equations, or the "
    "start is at an extremum: start elsewhere, or state other equations",
    Outcome.NOT_FINITE: "{start}: {f} or a slope of it is infinite or NaN at {at}: start where it "
    "is finite, and check the arguments",
    Outcome.NO_MINIMUM: "{start}: {f} vanishes at {at}, but along {unknown} that is no {sought}, "
    "but a saddle or a maximum: start elsewhere",
}
"""The end of an error, after the problem's name: where the search began, what happened, the
cure."""


def check_untraced(residuals: Sequence[Any]) -> None:
    """Raise TypeError where equations use a number of a function that is compiled, without being
    given it."""
    if any(hasattr(x, "trace") for x in residuals):
        raise TypeError(
            "compile cannot follow a number that the equations find in an object or a module: pass "
            "it to them as an argument, as in root(g, x0, number)"
        )


def missing(problem: Problem, xs: Sequence[float]) -> NoReturn:
    raise ArithmeticError(
        f"{problem.kind.name} has no derivative at the {problem.kind.sought} of {problem.name}, "
        f"{problem.written(xs)}: the Jacobian of the equations is singular there, and "
        f"{problem.unknown(0)} changes at an infinite rate, or is not determined"
    )
