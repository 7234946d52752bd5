"""Is a gradient right? Compared with measured slopes, and by the order of Taylor remainders.

A gradient that is wrong raises GradientError, which names the operator that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from math import inf, isfinite, nan
from typing import Any, NamedTuple

from .backward import adjoints
from .engine import Value
from .graph import topological_order
from .modes import no_grad, outermost
from .slopes import (
    EPS,
    NOT_SMOOTH,
    TINY,
    Interval,
    Line,
    Noise,
    Point,
    Slope,
    between_sides,
    measure,
    point,
    remainder_order,
)
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
    the gradient is right. At a kink it has to lie between the slopes on both sides. Operators of
    one's own are judged by themselves too. Costs some 60 to 120 calls of `f` per operand. Returns
    a Report; raises GradientError, which names the operator at fault, if a gradient is wrong, and
    ValueError if `f` returns different values at the same point.
    """
    problem = Problem(f, args)
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
    noise = sum(abs(g * node.data) for g, node in zip(adjoint, nodes) if g and node.parents)
    known = dict(zip(nodes, adjoint))
    return [known.get(leaf, 0.0) for leaf in leaves], EPS * noise if isfinite(noise) else 0.0


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
    """The verdict where there is no slope: wrong unless the gradient lies between those of the
    two sides, or is that of the one side there is."""
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


# ------ whose fault it is


def explained(
    root: Any, leaves: Sequence[Any], found: list[Checked]
) -> tuple[list[Checked], list[str]]:
    """Return the operands with final verdicts, and notes on what is wrong, none if nothing is.

    An operator at a kink makes a derivative a matter of convention, not wrong, within what its
    one-sided slopes allow.
    """
    partials = judged_partials(root, any(x.verdict == WRONG for x in found))
    wrong = [x for x in partials if x.verdict == WRONG]
    if wrong:
        behind = {leaf for x in wrong for leaf in topological_order(x.node.operands[x.i])}
        blamed = [
            x._replace(verdict=WRONG) if x.verdict == NOISY and leaf in behind else x
            for x, leaf in zip(found, leaves)
        ]
        return blamed, list(dict.fromkeys(map(fault_text, wrong)))[:MOST_NOTES]
    if all(x.verdict != WRONG for x in found):
        return found, []
    allowed = intervals(root, leaves, partials)
    final = [
        x._replace(verdict=NOT_SMOOTH) if x.verdict == WRONG and excused(x, interval) else x
        for x, interval in zip(found, allowed)
    ]
    return final, [DETACHED] if any(x.verdict == WRONG for x in final) else []


MOST_NOTES = 5
DETACHED = (
    "Every operator's own derivative is right: the function leaves the graph somewhere (with "
    ".data or detach), or depends on a number that was computed from its arguments elsewhere."
)


class Judged(NamedTuple):
    """The verdict on the partial in operand `i` of an operator, as measured at `numbers`; at a
    kink `interval` is what lies between the slopes of both sides."""

    i: int
    numbers: Sequence[float]
    measured: Checked
    interval: Interval


class Partial(NamedTuple):
    """A stored partial of a node that is wrong, or no slope of a smooth function."""

    node: Any
    judged: Judged

    @property
    def i(self) -> int:
        return self.judged.i

    @property
    def verdict(self) -> str:
        return self.judged.measured.verdict


def judged_partials(root: Any, built_in: bool) -> list[Partial]:
    """Return the partials of a graph that are wrong, or no slopes of a smooth function: those of
    operators of the user's own, and of all others too if `built_in`."""
    known: dict[Any, list[Judged]] = {}
    found = []
    for node in topological_order(root) if is_value(root) else ():
        if node.parents and (built_in or is_own(node.op)):
            variable = tuple(i for i, x in enumerate(node.operands) if is_value(x))
            key = (node.op, variable, *map(number, node.operands))
            if key not in known:
                known[key] = list(judged(node, variable))
            found += [Partial(node, x) for x in known[key]]
    return found


def is_own(op: Any) -> bool:
    """Tell whether an operator is of the user's own; a compiled function is one, but is not."""
    return op.code < 0 and op.arrange is None


def judged(node: Any, variable: Sequence[int]) -> Iterator[Judged]:
    numbers = list(map(number, node.operands))
    for i, partial in zip(variable, node.partials):
        found = Judged(i, numbers, *at_kink(node.op, numbers, i, partial))
        if found.measured.verdict == NOISY and is_own(node.op):
            found = beside_smaller(node.op, found)
        if found.measured.verdict not in (RIGHT, NOISY):
            yield found


def at_kink(op: Any, numbers: Sequence[float], i: int, partial: float) -> tuple[Checked, Interval]:
    line = along_operand(op, numbers, i)
    found = judge("", line, numbers[i], partial, 0.0)
    if found.verdict in (RIGHT, NOISY):
        return found, Interval(partial, partial)
    return found, between_sides(point(line, numbers[i], 0.0)) or Interval()


def beside_smaller(op: Any, noisy: Judged) -> Judged:
    """Judge the rule of an operator where the other operands are smaller, until they do not drown
    what this one does."""
    i = noisy.i
    for scale in (2.0**-20, 2.0**-40, 2.0**-80, 2.0**-160):
        numbers = [x if j == i else x * scale for j, x in enumerate(noisy.numbers)]
        variable = [j == i for j in range(len(numbers))]
        with outermost():
            out = float(op.forward(*numbers))
            partial = float(op.local(out, numbers, variable)[i])
        found = Judged(i, numbers, *at_kink(op, numbers, i, partial))
        if found.measured.verdict != NOISY:
            # only a fault tells something about where the operands are those of the graph
            return found if found.measured.verdict == WRONG else noisy
    return noisy


def along_operand(op: Any, numbers: Sequence[float], i: int) -> Line:
    before, after = numbers[:i], numbers[i + 1 :]
    return lambda x: float(op.forward(*before, x, *after))


def fault_text(partial: Partial) -> str:
    i, numbers, found, interval = partial.judged
    name = partial.node.op.name
    shown = ", ".join([*map(repr, numbers[:8]), *(["…"] if len(numbers) > 8 else [])])
    measured = f"measured {found.measured:.10g} ± {found.error:.1e}"
    if found.measured != found.measured:
        measured = f"the slopes on both sides are {interval.low:.10g} and {interval.high:.10g}"
    return (
        f"The operator {name!r} is wrong: ∂/∂operand {i} of {name}({shown}) is "
        f"{found.gradient:.10g}, {measured}"
    )


# ------ what kinks leave open


def intervals(root: Any, leaves: Sequence[Any], kinks: Sequence[Partial]) -> list[Interval]:
    """Return between which numbers each gradient may lie, if at a kink a partial may be any
    number between the slopes of its two sides."""
    open_ = {(id(x.node), x.i): x.judged.interval for x in kinks}
    upstream = {root: Interval(1.0, 1.0)}
    for node in reversed(topological_order(root)):
        around = upstream.get(node, Interval(0.0, 0.0))
        variable = [i for i, x in enumerate(node.operands) if is_value(x)]
        for i, partial in zip(variable, node.partials):
            own = open_.get((id(node), i), Interval(partial, partial))
            flows, parent = times(around, own), node.operands[i]
            upstream[parent] = plus(upstream[parent], flows) if parent in upstream else flows
    return [upstream.get(leaf, Interval(0.0, 0.0)) for leaf in leaves]


def times(x: Interval, y: Interval) -> Interval:
    ends = [a * b for a in x for b in y]
    return Interval() if any(e != e for e in ends) else Interval(min(ends), max(ends))


def plus(x: Interval, y: Interval) -> Interval:
    low, high = x.low + y.low, x.high + y.high
    return Interval() if low != low or high != high else Interval(low, high)


def excused(found: Checked, allowed: Interval) -> bool:
    """Tell whether kinks explain why a gradient is not the slope that was measured."""
    if allowed.low == allowed.high:
        return False
    if found.measured != found.measured:
        return True
    return allowed.holds(found.measured, found.error + SLACK * abs(found.measured))
