"""Compiled functions beside eager ones: what runs them, and how far apart they may be.

The bound is a running error analysis: every node of the eager graph may be off by a few units in
its last place, and what that does to the nodes above it is found by moving its operands so far.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.backward import symbolic_adjoints
from scalargrad.compiler import compile
from scalargrad.compiler.machine import runner
from scalargrad.graph import topological_order
from scalargrad.rows import Operator

Function = Callable[..., Any]
HAS_MACHINE = runner.NATIVE


def instruction_sets() -> list[str]:
    """Those of the native machine that this processor has."""
    found = []
    for name in ("avx512", "avx2", "baseline") if HAS_MACHINE else ():
        try:
            found.append(chosen(name))
        except ValueError:
            continue
    if found:
        chosen("best")
    return found


def chosen(name: str) -> str:
    from scalargrad.native import _machine

    return _machine.choose(name)


RUNNERS = ["numpy", *instruction_sets()]
EACH_RUNNER = pytest.mark.parametrize("runner", RUNNERS)


@contextmanager
def running(name: str) -> Iterator[None]:
    """Within it what is compiled runs on NumPy, or on this instruction set of the machine."""
    runner.NATIVE = name != "numpy"
    if runner.NATIVE:
        chosen(name)
    try:
        yield
    finally:
        runner.NATIVE = HAS_MACHINE
        if HAS_MACHINE:
            chosen("best")


def of_arguments(f: Callable[[Sequence[Any]], Any], count: int) -> Function:
    """`f` of a list as a function of `count` arguments."""
    names = ", ".join(f"x{i}" for i in range(count))
    return eval(f"lambda {names}: f([{names}])", {"f": f})  # type: ignore[no-any-return]


def eager(f: Function, at: Sequence[float]) -> list[Any]:
    """Return f(*at) and its gradient, as Values with their graphs."""
    leaves = list(map(sg.Value, at))
    out = f(*leaves)
    out = out if isinstance(out, sg.Value) else sg.Value(out)
    return [out, *sg.gradients(out, leaves)]


# ------ how far apart

EXACT_IN_C = "fabs|floor|ceil|rint|sqrt|fmod"


def is_exact(row: Operator) -> bool:
    """Tell whether IEEE 754 leaves one result only: arithmetic, selections, rounding."""
    if row.name in ("max", "min", "sum", "prod"):
        return True
    return bool(row.c) and not re.search(r"[a-z]\w*(\(|$)", re.sub(EXACT_IN_C, "", row.c))


def own_error(row: Operator, out: float, operands: Sequence[float]) -> float:
    if is_exact(row):
        return 0.0
    if row.name == "dot":
        # what is the same in all lanes is added first
        n = len(operands) // 2
        return n * math.ulp(sum(map(abs, map(operator.mul, operands[:n], operands[n:]))))
    # written with rows, and several operands may cancel; or in Python, by sums that cancel
    if row.c is None or (row.elementary is not None and len(operands) > 1):
        return 16.0 * math.ulp(max(abs(x) for x in (1.0, out, *operands) if math.isfinite(x)))
    # four units of the one and one of the other
    return (16.0 if row.elementary is not None else 5.0) * math.ulp(out)


def moved(row: Operator, out: float, operands: list[float], i: int, by: float) -> float:
    """How far the output moves when operand i moves so far, either way; infinitely far if that is
    not in proportion, as where a period or a step is left behind."""
    if by == 0.0:
        return 0.0
    noise = own_error(row, out, operands) + 2.0 * math.ulp(out)
    # too small a move to be seen by itself may tip the rounding together with others
    found = math.ulp(out) if math.isfinite(out) else 0.0
    before, x, after = operands[:i], operands[i], operands[i + 1 :]
    for way in (by, -by):
        near = (x + way, x + 0.5 * way, x + 0.25 * way)
        whole, half, quarter = (distance(row.forward(*before, y, *after), out) for y in near)
        if half > 0.75 * whole + noise or quarter > 0.75 * half + noise:
            return math.inf
        found = max(found, whole)
    return found


def distance(x: float, y: float) -> float:
    return math.inf if x != x else 0.0 if x == y else abs(x - y)


def error_of(node: Any, error: dict[Any, float]) -> float:
    operands = [getattr(x, "data", x) for x in node.operands]
    # what is NaN or infinite for all operands nearby is so exactly
    total = own_error(node.op, node.data, operands) if math.isfinite(node.data) else 0.0
    for i, x in enumerate(node.operands):
        by = error.get(x, 0.0) if isinstance(x, sg.Value) else 0.0
        total += moved(node.op, node.data, operands, i, by) if node.data == node.data else by * 0.0
    return total


def error_bounds(roots: Sequence[Any]) -> list[float]:
    """How far a value that another implementation computes may be from each of these Values."""
    error: dict[Any, float] = {}
    for root in roots:
        for node in topological_order(root):
            if node.op is not None and node not in error:
                error[node] = error_of(node, error)
    return [error.get(root, 0.0) for root in roots]


def is_close(found: float, expected: float, bound: float) -> bool:
    """Tell whether `found` is within the bound: NaN for NaN, an infinity for the same."""
    if math.isnan(bound) or math.isinf(bound):
        return True
    if math.isnan(found) or math.isnan(expected):
        return math.isnan(found) and math.isnan(expected)
    return found == expected or abs(found - expected) <= bound


# ------ derivatives

CONSTANT = (int, bool, str, bytes, type(None))


def value_and_gradients(gate: Function, *args: Any) -> tuple[Any, tuple[Any, ...]]:
    """The value, and a tuple with the gradient in each argument, None for a constant."""
    variable = [k for k, x in enumerate(args) if type(x) not in CONSTANT]
    value, found = sg.value_and_grad(gate, variable)(*args)
    gradients = dict(zip(variable, found))
    return value, tuple(gradients.get(k) for k in range(len(args)))


def adjoints_of(root: Any, leaves: Sequence[Any]) -> list[Any]:
    """∂root/∂leaf for numbers of a trace."""
    return symbolic_adjoints(root, leaves, 1.0)


def compare(f: Function, at: Sequence[float], **options: Any) -> list[tuple[float, float, float]]:
    """The value and the gradient: (compiled, eager, bound) of each."""
    value, gradient = value_and_gradients(compile(f, **options), *at)
    expected = eager(f, at)
    return list(zip([value, *gradient], [x.data for x in expected], error_bounds(expected)))
