"""A solution as operators: one for each unknown, on the numbers that the equations depend on.

The derivatives are those of the implicit function theorem: where r(x, θ) = 0 defines x, the
partials ∂x/∂θ are −(∂r/∂x)⁻¹ ∂r/∂θ. Written with operators, and with the unknowns as such nodes
again, they can be differentiated to any order. The search that found x leaves no graph.

`Found` is the solution among Values: it keeps the graph of the residuals at the solution. `Sought`
is one of a function that is compiled: it searches again in each call, in lanes side by side, and
the residuals are part of the trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from .. import modes, ops
from ..backward import NO_GRADIENT, adjoint_values, certain_adjoints, is_no_contribution
from ..engine import Value
from ..graph import above
from ..scalars import NOTHING, is_nothing, is_value
from ..stale import same
from ..transforms.replay import Replayed, isolated, moved
from .elimination import solutions
from .problems import Problem, missing

if TYPE_CHECKING:
    from ..compiler.trace.recorder import Recorder

Row = list[Any]


class Solution(Replayed):
    """One unknown of a solution as an operator. Its first operands may be the start of the search,
    through which nothing flows."""

    _array = None

    def __init__(self, whole: Any, which: int) -> None:
        self.whole = self.jointly = whole
        self.which = which
        self.__name__ = self.name

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.whole.problem.kind.name  # type: ignore[no-any-return]

    @property
    def symbol(self) -> str:  # type: ignore[override]
        problem: Problem = self.whole.problem
        unknown = problem.unknown(self.which)[1:] if problem.size > 1 else ""
        return f"{self.name} of {problem.name}{unknown}"

    def forward(self, *numbers: float) -> float:
        return self.whole.numbers_at(numbers)[self.which]  # type: ignore[no-any-return]

    def slopes(self, numbers: Sequence[float]) -> list[float]:
        return self.whole.slopes_at(numbers)[self.which]  # type: ignore[no-any-return]

    @staticmethod
    def together(
        rows: Sequence[Any], operands: Sequence[Any], refused: list[Exception], threads: int
    ) -> list[Any]:
        found = rows[0].whole.over_lanes(operands, refused, threads)
        return [found[row.which] for row in rows]

    def is_current(self, node: Any, operands: Sequence[Any]) -> bool:
        return bool(self.whole.holds([x._number if is_value(x) else x for x in operands]))

    def partials(self, out: Any, *operands: Any) -> Row:
        return self.local(out, operands, list(map(is_value, operands)))

    def local(self, out: Any, operands: Sequence[Any], variable: Sequence[bool]) -> Row:
        if not any(map(is_value, operands)):
            return self.slopes(operands)
        found = self.whole.partials(operands, variable)[self.which]
        return [p if wanted else None for p, wanted in zip(found, variable)]

    def __reduce__(self) -> Any:
        raise TypeError(f"a graph with a node of {self.name} cannot be pickled")


def partials_of(residuals: Sequence[Any], xs: Sequence[Any], others: Sequence[Any]) -> list[Row]:
    """The derivatives of each unknown in the others, which the residuals are a graph of."""
    rows = [derivatives(y, [*xs, *others]) for y in residuals]
    count = len(xs)
    flat = [[p + 0.0 if not is_value(p) else p for p in row] for row in rows]
    reach = [
        any(not is_no_contribution(row[count + k]) for row in rows) for k in range(len(others))
    ]
    found = solutions([row[:count] for row in flat], [row[count:] for row in flat])
    return [[negative(z) if r else NOTHING for z, r in zip(row, reach)] for row in found]


def derivatives(y: Any, leaves: Sequence[Any]) -> Row:
    return adjoint_values(y, leaves) if is_value(y) else [NOTHING] * len(leaves)


def negative(x: Any) -> Any:
    # not −x, for of 0.0 that would be nothing
    return ops.sub(0.0, x)


# ------ among Values
class Found:
    """A solution `xs` of the residuals that are a graph above `leaves`, which stand for the
    unknowns, and above `ends`, other Values. `slopes` are its derivatives in these, as numbers."""

    def __init__(
        self,
        problem: Problem,
        residuals: Sequence[Any],
        leaves: Sequence[Any],
        ends: Sequence[Any],
        slopes: list[list[float]] | None = None,
    ) -> None:
        self.problem, self.residuals, self.leaves, self.ends = problem, residuals, leaves, ends
        self.xs = [x._number for x in leaves]
        self.at = [x._number for x in ends]
        self.slopes = self.slopes_now() if slopes is None else slopes
        self.known: tuple[Any, Any] | None = None

    def slopes_now(self) -> list[list[float]]:
        roots, ends = isolated(self.residuals, [*self.leaves, *self.ends])
        rows = [certain_adjoints(y, ends) if is_value(y) else [NOTHING] * len(ends) for y in roots]
        return self.slopes_of(rows)

    def slopes_of(self, rows: Sequence[Row]) -> list[list[float]]:
        n = self.problem.size
        # no end may be left: then nothing tells of a singular Jacobian, and nothing has to
        columns = range(n, n + len(self.ends))
        nothing = [all(is_nothing(row[k]) for row in rows) for k in columns]
        found = solutions(
            [[p + 0.0 for p in row[:n]] for row in rows],
            [[p + 0.0 for p in row[n:]] for row in rows],
        )
        slopes = [[NOTHING if none else 0.0 - z for z, none in zip(row, nothing)] for row in found]
        if not all(isfinite(z) for row in slopes for z in row):
            missing(self.problem, self.xs)
        return slopes

    def holds(self, numbers: Sequence[float]) -> bool:
        return same(numbers, self.at)

    def nodes(self, operands: Sequence[Any]) -> list[Any]:
        """The unknowns as Values above the operands."""
        return [self.node(i, operands) for i in range(self.problem.size)]

    def node(self, i: int, operands: Sequence[Any]) -> Any:
        op, partials = Solution(self, i), tuple(self.slopes[i])
        return Value._rebuild(op, self.xs[i], NO_GRADIENT, "", tuple(operands), partials)

    def partials(self, operands: Sequence[Any], variable: Sequence[bool]) -> list[Row]:
        """The partials of each unknown as Values. They are kept: each unknown asks for them."""
        if self.known is None or not all(map(is_same, self.known[0], operands)):
            self.known = tuple(operands), self.partials_above(operands)
        return self.known[1]

    def partials_above(self, operands: Sequence[Any]) -> list[Row]:
        # another object, for what is kept here must not lead back here: nothing would free it
        again = Found(self.problem, self.residuals, self.leaves, self.ends, self.slopes)
        xs = [ops.identity(x) for x in again.nodes(operands)]
        # copies, for one operand may have been computed from another
        others = [ops.identity(x) for x in operands]
        places = dict(zip([*self.leaves, *self.ends], [*xs, *others]))
        return partials_of(moved(self.residuals, places), xs, others)

    # ------ other operands
    def numbers_at(self, numbers: Sequence[float]) -> list[float]:
        if self.holds(numbers):
            return self.xs
        return self.problem.of_residuals().solve(lambda xs: self.again(xs, numbers), self.xs)

    def again(self, xs: Sequence[Any], others: Sequence[Any]) -> list[Any]:
        """The residuals computed again, in the way that was recorded, in other numbers."""
        return computed(self.residuals, dict(zip([*self.leaves, *self.ends], [*xs, *others])))

    def slopes_at(self, numbers: Sequence[float]) -> list[list[float]]:
        if self.holds(numbers):
            return self.slopes
        leaves = list(map(Value, self.numbers_at(numbers)))
        ends = list(map(Value, numbers))
        return Found(self.problem, self.again(leaves, ends), leaves, ends).slopes


def is_same(x: Any, y: Any) -> bool:
    return x is y


def computed(roots: Sequence[Any], places: dict[Any, Any]) -> list[Any]:
    """The roots, computed again with other numbers or Values in the places of some nodes."""
    instead = dict(places)
    for node in above([x for x in roots if is_value(x)], places):
        if node.op is not None:
            instead[node] = node.op(
                *[instead.get(x, x) if is_value(x) else x for x in node._operands]
            )
    return [instead.get(x, x) if is_value(x) else x for x in roots]


def node_ends(residuals: Sequence[Any], leaves: Sequence[Any]) -> list[Any]:
    """The Values that the residuals depend on besides the unknowns: those nearest to them."""
    roots = [y for y in residuals if is_value(y)]
    order = above(roots, set(leaves))
    moving = set(leaves)
    for node in order:
        if not moving.isdisjoint(node._parents):
            moving.add(node)
    beside = [x for node in order if node in moving for x in node._parents]
    return list(dict.fromkeys(x for x in (*beside, *roots) if x not in moving))


# ------ in a function that is compiled
Make = Callable[[Sequence[Any]], Callable[..., Any]]
"""Makes the equations, a function of the unknowns, with other operands."""


class Sought:
    """A solution in a trace. Its operands are the start of the search, then those of the equations,
    which `make` makes of them. `compiled` is the gate of the search in lanes."""

    def __init__(self, problem: Problem, make: Make, lanes: Callable[[Sought], Any]) -> None:
        self.problem, self.make = problem, make
        self.rows = [Solution(self, i) for i in range(problem.size)]
        self.over_lanes = lanes(self)
        self.residuals: list[Any] = []
        self.ends: list[int] = []
        self.known: tuple[Any, list[Row]] | None = None
        self.latest: tuple[Any, list[float]] = ((), [])

    def recorded(self, trace: Recorder, start: Sequence[Any], others: Sequence[Any]) -> list[Any]:
        """Return the unknowns as numbers of a trace, in which the residuals are recorded too."""
        operands = [*start, *others]
        xs = self.nodes(trace, operands)
        if is_value(xs[0]):
            with modes.differentiating():
                residuals = self.problem.parts(self.make(others), xs).residuals
            # a number of the trace would keep all of it
            self.residuals = list(map(place, residuals))
            self.ends = list(map(place, operands))
        return xs

    def nodes(self, trace: Recorder, operands: Sequence[Any]) -> list[Any]:
        return [canonical(trace.compute(row, operands)) for row in self.rows]

    # ------ numbers
    def holds(self, numbers: Sequence[float]) -> bool:
        # in a trace nothing changes
        return True

    def numbers_at(self, numbers: Sequence[float]) -> list[float]:
        at, found = self.latest
        if at != tuple(numbers):
            count = self.problem.size
            found = self.problem.solve(self.make(numbers[count:]), numbers[:count])
            self.latest = tuple(numbers), found
        return found

    def slopes_at(self, numbers: Sequence[float]) -> list[list[float]]:
        n = self.problem.size
        leaves, ends = list(map(Value, self.numbers_at(numbers))), list(map(Value, numbers[n:]))
        with modes.outermost(), modes.differentiating():
            residuals = self.problem.parts(self.make(ends), leaves).residuals
        slopes = Found(self.problem, residuals, leaves, ends).slopes
        return [[NOTHING] * n + row for row in slopes]

    # ------ derivatives
    def partials(self, operands: Sequence[Any], variable: Sequence[bool]) -> list[Row]:
        trace = next(x.trace for x in operands if is_value(x))
        key = id(trace), *map(place, operands), *variable
        if self.known is None or self.known[0] != key:
            found = self.partials_above(trace, operands, variable)
            self.known = key, [[place(p) for p in row] for row in found]
        return [[number_at(trace, p) for p in row] for row in self.known[1]]

    def partials_above(
        self, trace: Recorder, operands: Sequence[Any], variable: Sequence[bool]
    ) -> list[Row]:
        n = self.problem.size
        xs = self.nodes(trace, operands)
        copies = [ops.identity(x) for x in xs]
        others = {k: ops.identity(operands[k]) for k in range(n, len(operands)) if variable[k]}
        ends = [number_at(trace, x) for x in self.ends]
        originals = self.nodes(trace, ends)
        places = dict(zip(originals, copies))
        places |= {x: others.get(k, operands[k]) for k, x in enumerate(ends) if is_value(x)}
        residuals = moved([number_at(trace, y) for y in self.residuals], places)
        found = partials_of(residuals, copies, list(others.values()))
        return [self.in_places(row, others, len(operands)) for row in found]

    def in_places(self, row: Row, places: Iterable[int], count: int) -> Row:
        known = dict(zip(places, row))
        return [known.get(k, NOTHING) for k in range(count)]


def canonical(x: Any) -> Any:
    """The number by which others of a trace know their operand."""
    return x.trace.tracers[x.index] if is_value(x) else x


class Place(int):
    """The index of a node in its trace, where there may be a number instead."""


def place(x: Any) -> Any:
    return Place(x.index) if is_value(x) else x


def number_at(trace: Recorder, x: Any) -> Any:
    return trace.tracers[x] if type(x) is Place else x
