"""Comparisons of numbers of the trace in C, and its columns, beside those of the one in Python."""

from __future__ import annotations

import gc
import math
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import modes
from scalargrad.compiler.trace import chosen, in_python
from scalargrad.compiler.trace.guards import Guard

InC = chosen.Trace
pytestmark = pytest.mark.skipif(InC is in_python.Trace, reason="there is no trace in C")

COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
NUMBERS = (0.5, -0.0, 2, True, 2**53 + 1, -(2**70), math.nan, math.inf, Fraction(1, 3))


def outcomes(trace: Any, compared: Sequence[Any]) -> list[Any]:
    """The outcomes of all comparisons of two inputs with these and with each other."""
    with modes.tracing(trace):
        x, y = trace.input(0.5, True), trace.input(math.nan, True)
        pairs = [*product((x, y), (*compared, x, y, x * 2.0)), *product(compared, (x, y))]
        return [bool(compare(*pair)) for pair in pairs for compare in COMPARISONS]


def both(f: Callable[[Any], Any]) -> tuple[Any, Any]:
    return f(in_python.Trace()), f(InC())


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_comparisons_are_those_of_the_trace_in_python(number: Any) -> None:
    def found(trace: Any) -> Any:
        return outcomes(trace, [number]), list(trace.guards), [x.hex() for x in trace.numbers]

    of_python, of_c = both(found)
    assert of_python == of_c
    assert all(type(guard.outcome) is bool for guard in of_c[1])


def test_a_value_from_outside_is_compared_as_in_python() -> None:
    w = sg.Value(0.25)
    of_python, of_c = both(lambda trace: (outcomes(trace, [w]), list(trace.guards)))
    assert of_python == of_c


def test_what_is_no_number_decides_a_comparison_itself() -> None:
    trace = InC()
    x = trace.input(0.5, True)
    assert x != "text"
    assert x is not None
    with pytest.raises(TypeError):
        _ = x < "text"
    assert not trace.guards


def test_outcomes_that_are_known_beforehand() -> None:
    trace = InC()
    x = trace.input(0.5, True)
    trace.decided = {("<", x.index, trace.constant(1.0)): False}
    assert not x < 1.0
    assert x < 2.0
    assert [guard.outcome for guard in trace.guards] == [False, True]


def test_guards_are_a_dict_that_goes_on() -> None:
    trace = InC()
    x = trace.input(0.5, True)
    assert x < 1.0
    guards = trace.guards
    assert x < 3.0
    assert not x < 0.0
    assert len(guards) == len(trace.guards) == 3
    kept = dict(guards)
    trace.guards = kept
    assert x < 4.0
    assert len(kept) == 4
    trace.guards = {}
    assert not trace.guards
    assert x < 1.0
    assert list(trace.guards) == [Guard("<", x.index, trace.constant(1.0), True)]
    with pytest.raises(TypeError):
        trace.guards = [1]
    del trace, x, guards, kept
    gc.collect()


def test_columns_are_those_of_the_trace_in_python() -> None:
    def found(trace: Any) -> Any:
        with modes.tracing(trace):
            x, y = trace.input(0.5, True), trace.input(1.5)
            for k in range(5):
                x = sg.dot([x, y, 0.5], [y, x, 1.0]) + sg.sin(x) * float(k)
        return trace.columns()[:4]

    of_python, of_c = both(found)
    assert of_python == of_c


def test_guards_among_the_columns() -> None:
    trace = InC()
    x = trace.input(0.5, True)
    assert x < 1.0
    assert x == 0.5
    assert memoryview(trace.columns()[4]).cast("i").tolist() == [0, 1, 1, 0, 2, 4]
    assert len(trace.guards) == 2
    assert trace.columns()[4] is None
