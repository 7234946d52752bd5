"""Is a gradient right? Compared with measured slopes, and by the order of Taylor remainders.

A gradient that is wrong raises GradientError, which names the operator that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from math import isfinite
from typing import Any, NamedTuple

from ..backward import adjoints
from ..engine import Value
from ..graph import topological_order
from ..modes import no_grad
from ..options import function
from ..scalars import is_value
from ..transforms.trees import flatten
from ..transforms.variables import differentiating, number, one_number
from .faults import explained
from .roundoff import EPS, TINY, Line, Noise
from .verdicts import RIGHT, Checked, judge


class GradientError(AssertionError):
    """A gradient is wrong; `report` is the Report."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"\n{report}")
        self.report = report


class Report(NamedTuple):
    """The findings: a row for each operand, and `notes` on faults.

    `ok` is true if every gradient was found right. Where `f` is not smooth, or too noisy, none
    is found wrong either. Prints as a table.
    """

    operands: list[Checked]
    notes: list[str]

    @property
    def ok(self) -> bool:
        return all(x.verdict == RIGHT for x in self.operands)

    def __str__(self) -> str:
        head = ("operand", "gradient", "measured", "±", "order", "verdict")
        rows = [head, *(x.cells() for x in self.operands)]
        widths = [max(map(len, column)) for column in zip(*rows)]
        lines = [
            "  ".join([name.ljust(widths[0]), *map(str.rjust, cells, widths[1:]), verdict])
            for name, *cells, verdict in rows
        ]
        return "\n".join([*lines, *self.notes])

    def __repr__(self) -> str:
        return str(self)


def check_gradient(f: Callable[..., Any], *args: Any) -> Report:
    """Compare the gradient of `f` at `args`, in all of them, with measured slopes.

    Each operand is judged twice: by central differences, whose steps and error are found from
    the function itself, and by the order at which the Taylor remainder vanishes, 2.00 or more if
    the gradient is right. At a kink it has to lie between the slopes on both sides. Operators of
    one's own are judged by themselves too. Costs some 50 to 200 calls of `f` per operand. Returns
    a Report; raises GradientError, which names the operator at fault, if a gradient is wrong, and
    ValueError if `f` returns different values at the same point.
    """
    problem = Problem(function("f", f, "a function, whose arguments follow"), args)
    leaves = list(map(Value, problem.start))
    with differentiating():
        root = problem.call(leaves)
    problem.check_repeatable(number(root))
    gradient, noise = computed(root, leaves)
    found = [
        judge(name, problem.along(i), x, g, problem.noise_along(i, noise))
        for i, (name, x, g) in enumerate(zip(problem.names, problem.start, gradient))
    ]
    found, notes = explained(root, leaves, found)
    if notes:
        raise GradientError(Report(found, notes))
    return Report(found, [])


class Problem:
    """A function of nested arguments as a function of a list of numbers, starting at `start`."""

    def __init__(self, f: Callable[..., Any], args: Sequence[Any]) -> None:
        self.f = f
        taken = [flatten(arg, f"argument {i}") for i, arg in enumerate(args)]
        self.structures = [structure for _, structure in taken]
        self.start = [number(x) for entries, _ in taken for x in entries]
        self.names = [
            name for i, s in enumerate(self.structures) for name in s.names(f"argument {i}")
        ]

    def call(self, entries: Sequence[Any]) -> Any:
        rest = iter(entries)
        args = [s.rebuilt(islice(rest, s.size)) for s in self.structures]
        return one_number(self.f(*args), self.f)

    def value(self, numbers: Sequence[float]) -> float:
        with differentiating(), no_grad():
            return number(self.call(list(map(Value, numbers))))

    def along(self, i: int) -> Line:
        """`f` as a function of entry `i` alone."""
        before, after = self.start[:i], self.start[i + 1 :]
        return lambda x: self.value([*before, x, *after])

    def noise_along(self, i: int, noise: float) -> Noise:
        """A bound on the roundoff in f as a function of entry `i`: at its start it is `noise`."""
        before, after = self.start[:i], self.start[i + 1 :]

        def at(x: float) -> float:
            if x == self.start[i]:
                return noise
            leaves = list(map(Value, [*before, x, *after]))
            with differentiating():
                return computed(self.call(leaves), leaves)[1]

        return at

    def check_repeatable(self, first: float) -> None:
        second = self.value(self.start)
        if first != second and first == first:
            raise ValueError(
                f"the function to check must be deterministic, but two calls at the same point "
                f"gave {first!r} and {second!r}"
            )


def computed(root: Any, leaves: Sequence[Any]) -> tuple[list[float], float]:
    """Return the gradient, and a bound on the roundoff in root's value: what each node's own
    rounding does to it."""
    if not is_value(root):
        return [0.0] * len(leaves), 0.0
    nodes = topological_order(root)
    adjoint = adjoints(root, nodes)
    noise = sum(
        abs(g * node.data) + abs(g * TINY) / EPS
        for g, node in zip(adjoint, nodes)
        if g and node.parents
    )
    known = dict(zip(nodes, adjoint))
    return [known.get(leaf, 0.0) for leaf in leaves], EPS * noise if isfinite(noise) else 0.0
