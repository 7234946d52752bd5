"""Is a gradient right? Compared with measured slopes, and by the order of Taylor remainders.

A gradient that is wrong raises GradientError, which names the operator that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from math import isfinite
from typing import Any, NamedTuple

from .backward import adjoints
from .engine import Value
from .graph import topological_order
from .modes import call, no_grad
from .slopes import EPS, NOT_SMOOTH, Line, Point, Slope, measure, point, remainder_order, unit
from .trees import flatten, is_value
from .variables import differentiating, number, one_number

RIGHT, WRONG, NOISY = "right", "WRONG", "too noisy to tell"
PRECISION = 5e-4
"""A measurement whose relative error is larger decides nothing."""
SLACK = 1e-9
"""Relative difference that is allowed besides the error of the measurement."""


class GradientError(AssertionError):
    """A gradient is wrong; `report` is the Report."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"\n{report}")
        self.report = report


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
        numbers = f"{self.gradient:.10g}", f"{self.measured:.10g}", f"{self.error:.1e}"
        return self.name, *numbers, order, self.verdict


class Report(NamedTuple):
    """What was found: a row for each operand, and `notes` on what is wrong.

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


def check_gradient(f: Callable[..., Any], *args: Any) -> Report:
    """Compare the gradient of `f` at `args`, in all of them, with measured slopes.

    Each operand is judged twice: by central differences, whose steps and error are found from
    the function itself, and by the order at which the Taylor remainder vanishes, 2.00 or more if
    the gradient is right. Costs some 35 to 70 calls of `f` per operand. Returns a Report; raises
    GradientError, which names the operator at fault, if a gradient is wrong, and ValueError if
    `f` returns different values at the same point.
    """
    problem = Problem(f, args)
    leaves = list(map(Value, problem.start))
    with differentiating():
        root = problem.call(leaves)
    problem.check_repeatable(number(root))
    gradient, noise = computed(root, leaves)
    found = [
        judge(name, problem.along(i), x, g, noise)
        for i, (name, x, g) in enumerate(zip(problem.names, problem.start, gradient))
    ]
    if any(x.verdict == WRONG for x in found):
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
    noise = sum(abs(g * node.data) for g, node in zip(adjoint, nodes) if g and node.parents)
    known = dict(zip(nodes, adjoint))
    return [known.get(leaf, 0.0) for leaf in leaves], EPS * noise if isfinite(noise) else 0.0


def judge(name: str, f: Line, x: float, gradient: float, noise: float) -> Checked:
    """Compare one computed derivative with the slope of `f` at `x`."""
    at = point(f, x, noise)
    slope = measure(at)
    order = remainder_order(at, slope.near, gradient)
    verdict = slope.reason or compared(gradient, slope, order, at)
    if order is None and verdict != WRONG:
        order = remainder_order(at, slope.beyond, gradient)
    return Checked(name, gradient, slope.slope, slope.error, order, verdict)


def compared(gradient: float, slope: Slope, order: float | None, at: Point) -> str:
    difference = abs(gradient - slope.slope)
    larger = max(abs(gradient), abs(slope.slope))
    if not isfinite(gradient) or difference > slope.error + SLACK * larger:
        return WRONG
    if order is not None and order < 1.5:
        return WRONG
    # that a gradient is zero can be told only up to what is small for this function
    small = 1e-9 * at.size / unit(at.x) if gradient == 0.0 else PRECISION * larger
    return RIGHT if slope.error <= small else NOISY


def explained(
    root: Any, leaves: Sequence[Any], found: list[Checked]
) -> tuple[list[Checked], list[str]]:
    """Return the operands with final verdicts, and notes on what is wrong, none if nothing is.

    An operator at a kink makes a derivative a matter of convention, not wrong.
    """
    faults = list(wrong_partials(root)) if is_value(root) else []
    wrong = [fault.text for fault in faults if fault.verdict == WRONG]
    if wrong:
        return found, wrong[:MOST_NOTES]
    kinks = [fault.node for fault in faults]
    final = [
        x._replace(verdict=NOT_SMOOTH) if x.verdict == WRONG and leads_to(leaf, kinks) else x
        for x, leaf in zip(found, leaves)
    ]
    if any(x.verdict == WRONG for x in final):
        return final, [DETACHED]
    return final, []


MOST_NOTES = 5
DETACHED = (
    "Every operator's own derivative is right: the function leaves the graph somewhere (with "
    ".data or detach), or depends on a number that was computed from its arguments elsewhere."
)


class Fault(NamedTuple):
    """A stored partial that is wrong, or that stands at a kink."""

    node: Any
    verdict: str
    text: str


def wrong_partials(root: Any) -> Iterator[Fault]:
    """Yield the nodes of which a partial is not the slope of the operator's forward function."""
    seen = set()
    for node in topological_order(root):
        numbers = [number(x) for x in node.operands]
        key = (node.op, *numbers)
        if key in seen:
            continue
        seen.add(key)
        variable = [i for i, x in enumerate(node.operands) if is_value(x)]
        for i, partial in zip(variable, node.partials):
            found = judge("", along_operand(node.op, numbers, i), numbers[i], partial, 0.0)
            if found.verdict in (WRONG, NOT_SMOOTH):
                yield Fault(node, found.verdict, fault_text(node, i, found))


def along_operand(op: Any, numbers: Sequence[float], i: int) -> Line:
    before, after = numbers[:i], numbers[i + 1 :]
    return lambda x: float(op.forward(*before, x, *after))


def fault_text(node: Any, i: int, found: Checked) -> str:
    return (
        f"The operator {node.op.name!r} is wrong: ∂/∂operand {i} of {call(node)} is "
        f"{found.gradient:.10g}, measured {found.measured:.10g} ± {found.error:.1e}"
    )


def leads_to(leaf: Any, nodes: Sequence[Any]) -> bool:
    return any(leaf in topological_order(node) for node in nodes)
