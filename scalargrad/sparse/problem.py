"""A problem for solvers: values, gradients, sparse derivatives, and where their entries stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..messages import counted, described
from ..scalars import is_scalar
from ..transforms.functional import function
from ..transforms.sparse import GRADIENT, HESSIAN, VALUE, Sought
from ..transforms.trees import flatten
from .bounds import Bounds, bounds

Given = tuple[Any, Any]
"""Two bounds as they are given, the lower one first."""
NONE = None, None


def problem(
    objective: Callable[..., Any],
    constraints: Callable[..., Any] | None,
    start: Any,
    *args: Any,
    lb: Any = None,
    ub: Any = None,
    cl: Any = None,
    cu: Any = None,
) -> Problem:
    """Return what a solver asks of a minimisation: of the `objective`, which returns one number,
    and of `constraints`, which return several in any structure; None for none. Both are called
    with `x`, of the structure of `start`, and with `args`.

    The unknowns stay from `lb` to `ub`, the constraints from `cl` to `cu`: each a number for all,
    or numbers in the structure of `start` or of the constraints, or in one row; infinite where
    there is no bound, None for none at all. Constraints are 0 where neither `cl` nor `cu` is given.
    Raises ValueError for another structure, and where a lower bound is above the upper one.

    `cyipopt.Problem(**problem.for_ipopt)` and `scipy.optimize.minimize(**problem.for_scipy)` take
    it; the methods of Problem are what they call. Everything is compiled, and known to be sparse
    where it is, from the functions alone. A solver wants one structure: entries that appear where
    an `if` takes another way raise RuntimeError; there, choose with `scalargrad.where`,
    by `scalargrad.step(x)` for x > 0.
    """
    return Problem(objective, constraints, start, args, (lb, ub), (cl, cu))


class Problem:
    """Functions of one array: the numbers of `x` in the order of their containers. `start` is that
    array for the first `x`; `size` its length, and `count` that of the constraints. `lb` and `ub`
    are its bounds, `cl` and `cu` those of the constraints."""

    def __init__(
        self,
        objective: Callable[..., Any],
        constraints: Callable[..., Any] | None,
        start: Any,
        args: tuple[Any, ...],
        unknowns: Given = NONE,
        limits: Given = NONE,
    ) -> None:
        import numpy

        entries, self.structure = flatten(start, "the start")
        self.start = numpy.array([float(x) for x in entries])
        self.size, self.args = len(entries), args
        self.is_array = getattr(start, "ndim", 0) == 1
        self.lb, self.ub = bounds(*unknowns, self.structure, ("lb", "ub", "x"))
        both = [single(function(objective, "problem"))]
        if constraints is not None:
            both.append(function(constraints, "problem"))
        self._values = [sparse(f, "values", VALUE) for f in both]
        self._slopes = [Fixed(sparse(f, "sparse_jacobian", GRADIENT)) for f in both]
        self._curvature = Fixed(sparse(lagrangian(*both), "sparse_hessian", HESSIAN, "lower"))
        self.count = len(self._value(1, self.start)) if constraints is not None else 0
        self.cl, self.cu = self._limits(constraints, limits)
        self._name = getattr(objective, "__name__", type(objective).__name__)

    def __repr__(self) -> str:
        count = counted(self.count, "constraint")
        return f"<problem: minimize {self._name}, {counted(self.size, 'unknown')}, {count}>"

    def _limits(self, constraints: Any, limits: Given) -> Bounds:
        is_given = [x is not None for x in limits]
        if any(is_given) and constraints is None:
            raise ValueError("cl and cu are bounds of constraints, and there are none: give them")
        if not any(is_given):
            limits = 0.0, 0.0
        found: Any = [0.0] * self.count
        if any(x is not None and not is_scalar(x) for x in limits):
            # once on plain numbers: their structure
            found = constraints(self.point(self.start), *self.args)
        _, structure = flatten(found, "the constraints")
        return bounds(*limits, structure, ("cl", "cu", "constraint"))

    def point(self, x: Any) -> Any:
        """These numbers in the structure of the start. Raises ValueError unless they are one array
        of as many."""
        x = in_a_row(x, self.size, "x")
        return x if self.is_array else self.structure.rebuilt(x.tolist())

    def _value(self, which: int, x: Any) -> Any:
        return self._values[which](self.point(x), *self.args).toarray().ravel()

    # ------ what cyipopt calls
    def objective(self, x: Any) -> float:
        """The objective."""
        return float(self._value(0, x)[0])

    def gradient(self, x: Any) -> Any:
        """The gradient of the objective, an array."""
        import numpy

        found = numpy.zeros(self.size)
        slopes = self._slopes[0]
        numbers = slopes.numbers(self.point(x), *self.args)
        found[slopes.ends()[1]] = numbers
        return found

    def constraints(self, x: Any) -> Any:
        """The constraints, an array."""
        import numpy

        return self._value(1, x) if len(self._values) > 1 else numpy.zeros(0)

    def jacobianstructure(self) -> tuple[Any, Any]:
        """The row and the column of each entry of the Jacobian of the constraints."""
        import numpy

        if len(self._slopes) < 2:
            return numpy.zeros(0, int), numpy.zeros(0, int)
        return self._slopes[1].ends(self.point(self.start), *self.args)

    def jacobian(self, x: Any) -> Any:
        """The numbers of these entries."""
        import numpy

        if len(self._slopes) < 2:
            return numpy.zeros(0)
        return self._slopes[1].numbers(self.point(x), *self.args)

    def hessianstructure(self) -> tuple[Any, Any]:
        """The row and the column of each entry of the lower triangle of the Hessian of factor ·
        objective + Σ multiplier · constraint."""
        import numpy

        ones = numpy.ones(self.count)
        return self._curvature.ends(self.point(self.start), 1.0, ones, *self.args)

    def hessian(self, x: Any, multipliers: Any, factor: float) -> Any:
        """The numbers of these entries."""
        return self._curvature.numbers(*self._given(x, factor, multipliers))

    def _given(self, x: Any, factor: float, multipliers: Any) -> tuple[Any, ...]:
        weights = in_a_row(multipliers, self.count, "multipliers")
        return self.point(x), float(factor), weights, *self.args

    # ------ what SciPy takes
    def hess(self, x: Any) -> Any:
        """The Hessian of the objective, a sparse array: `hess` of `scipy.optimize.minimize`."""
        import numpy

        return self._square(x, 1.0, numpy.zeros(self.count))

    def jac(self, x: Any) -> Any:
        """The Jacobian of the constraints, a sparse array."""
        import scipy.sparse

        if len(self._slopes) < 2:
            return scipy.sparse.csr_array((0, self.size))
        slopes = self._slopes[1]
        slopes.numbers(self.point(x), *self.args)
        return slopes.latest

    def constraint(self) -> Any:
        """The constraints within their bounds, for `scipy.optimize.minimize(…,
        method="trust-constr")`: a `NonlinearConstraint` with its sparse Jacobian and Hessian."""
        from scipy.optimize import NonlinearConstraint

        def hess(x: Any, multipliers: Any) -> Any:
            return self._square(x, 0.0, multipliers)

        return NonlinearConstraint(self.constraints, self.cl, self.cu, jac=self.jac, hess=hess)

    @property
    def for_scipy(self) -> dict[str, Any]:
        """The arguments of `scipy.optimize.minimize`, by name."""
        from scipy.optimize import Bounds as BoundsInSciPy

        return {
            "fun": self.objective,
            "x0": self.start,
            "jac": self.gradient,
            "hess": self.hess,
            "method": "trust-constr",
            "constraints": [self.constraint()] if self.count else [],
            "bounds": BoundsInSciPy(self.lb, self.ub) if self._is_bounded else None,
        }

    @property
    def for_ipopt(self) -> dict[str, Any]:
        """The arguments of `cyipopt.Problem`, by name."""
        return {
            "n": self.size,
            "m": self.count,
            "problem_obj": self,
            "lb": self.lb,
            "ub": self.ub,
            "cl": self.cl,
            "cu": self.cu,
        }

    @property
    def _is_bounded(self) -> bool:
        return Bounds(self.lb, self.ub).are_there

    def _square(self, x: Any, factor: float, multipliers: Any) -> Any:
        import scipy.sparse

        self._curvature.numbers(*self._given(x, factor, multipliers))
        low = self._curvature.latest
        return low + scipy.sparse.tril(low, -1).T


class Fixed:
    """Calls of sparse derivatives whose entries stand where they stood at first."""

    def __init__(self, gate: Any) -> None:
        self.gate = gate
        self.latest: Any = None
        """The results of the latest call."""
        self.first: Any = None

    def numbers(self, *given: Any) -> Any:
        """The numbers of the entries. Raises RuntimeError if they stand elsewhere."""
        import numpy

        found = self.latest = self.gate(*given)
        if self.first is None:
            self.first = found
        same = numpy.array_equal(found.indices, self.first.indices)
        if same and numpy.array_equal(found.indptr, self.first.indptr):
            return found.data
        return self.within(found)

    def within(self, found: Any) -> Any:
        """The same where fewer entries were found."""
        import numpy

        size = found.shape[1]
        (i, j), (row, column) = ends_of(self.first), ends_of(found)
        known, own = i * size + j, row * size + column
        at = numpy.searchsorted(known, own)
        if len(known) < len(own) or (known[numpy.minimum(at, len(known) - 1)] != own).any():
            raise RuntimeError(
                "entries have appeared that were not there at the start, for a comparison of "
                "numbers came out otherwise: a solver wants one structure; choose with "
                "scalargrad.where instead of if, by scalargrad.step(x) for x > 0"
            )
        numbers = numpy.zeros(len(known))
        numbers[at] = found.data
        return numbers

    def ends(self, *given: Any) -> tuple[Any, Any]:
        """The row and the column of each entry. Called with arguments if there was no call yet."""
        if self.first is None:
            self.numbers(*given)
        return ends_of(self.first)


def ends_of(found: Any) -> tuple[Any, Any]:
    """The row and the column of each entry of a sparse array."""
    import numpy

    rows = numpy.repeat(numpy.arange(found.shape[0]), numpy.diff(found.indptr))
    return rows, found.indices.astype(rows.dtype)


def in_a_row(x: Any, count: int, what: str) -> Any:
    """An array of so many floats."""
    import numpy

    found = numpy.asarray(x, float)
    if found.shape != (count,):
        raise ValueError(f"{what} must be {count} numbers in a row, got the shape {found.shape}")
    return found


def single(objective: Callable[..., Any]) -> Callable[..., Any]:
    """The objective, which has to return one number."""

    def single(x: Any, *args: Any) -> Any:
        found = objective(x, *args)
        if is_scalar(found):
            return found
        raise TypeError(
            f"the objective of a problem must return one number, got {described(found)}: add up "
            "what is to be small, and return what is to be bounded from the constraints"
        )

    return single


def lagrangian(
    objective: Callable[..., Any], constraints: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """The function of x, a factor and multipliers, whose Hessian solvers want."""

    def lagrangian(x: Any, factor: Any, multipliers: Any, *args: Any) -> Any:
        total = factor * objective(x, *args)
        if constraints is not None:
            found, _ = flatten(constraints(x, *args), "the constraints")
            for multiplier, y in zip(multipliers, found):
                total = total + multiplier * y
        return total

    return lagrangian


def sparse(f: Callable[..., Any], name: str, order: int, triangle: str | None = None) -> Any:
    from ..compiler.gate.compiled import (
        sparse_gate,  # here, because an import of the package has no need
    )

    return sparse_gate(f, name, 0, Sought(order, triangle))
