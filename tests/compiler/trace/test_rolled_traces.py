"""Traces that are kept as loops while the function runs: nobody sees a difference."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import modes
from scalargrad.compiler.loops.items import Constant, Loop, NodeAt, One, expand
from scalargrad.compiler.trace import chosen, in_python, rolled
from scalargrad.compiler.trace.rolled import ASKED, BRANCHES, IRREGULAR, OTHER, SHORT, Rolled
from scalargrad.compiler.trace.vocabulary import stop_gradient
from tests.support.random_loops import INPUTS, random_function
from tests.support.refused_memory import times_refused

KINDS = [in_python.Trace] + [chosen.Trace] * (chosen.Trace is not in_python.Trace)
in_c = pytest.mark.skipif(chosen.Trace is in_python.Trace, reason="there is no trace in C")
each_kind = pytest.mark.parametrize("kind", KINDS)
NUMBERS = [Random(i).uniform(-1, 1) for i in range(INPUTS)]


class Traced:
    """A function that ran on Tracers of a new trace of this kind, which looks for loops after so
    many operator calls; never, where these are 0."""

    def __init__(self, kind: Any, f: Callable[..., Any], calls: int = 50) -> None:
        self.trace = kind()
        if calls:
            self.trace.look_for_loops(calls)
        with modes.tracing(self.trace):
            inputs = [self.trace.input(x) for x in NUMBERS]
            self.trace.given = len(inputs)
            self.trace.tell_values([])
            self.result = f(*inputs)
            self.rolled = self.trace.rolled((self.result,))

    def columns(self) -> Any:
        """All there is of the trace once it is nodes, numbers by their bits."""
        index, trace = self.trace.index(self.result), self.trace
        numbers = [x.hex() for x in trace.numbers]
        flags = [(bool(a), bool(b)) for a, b in zip(trace.lanes, trace.plain)]
        return index, list(trace.rows), list(trace.operands), numbers, flags, list(trace.guards)


def recurrence(x: Any, y: Any, *others: Any) -> Any:
    for _ in range(400):
        x = x + 0.01 * sg.sin(y)
        y = y - 0.01 * x
    return x * y


# ------ the same nodes


@pytest.mark.parametrize("seed", range(40))
def test_nodes_of_a_rolled_trace_are_those_of_any_other(seed: int) -> None:
    f = random_function(seed)
    found = [Traced(kind, lambda *x: f(sg, *x), calls) for kind in KINDS for calls in (0, 20)]
    assert all(traced.columns() == found[0].columns() for traced in found), f.source


def test_the_loops_of_a_trace_stand_for_its_nodes() -> None:
    """Where the same is computed twice, the kinds of trace may name different ones of the two."""
    rolled_traces = 0
    for seed in range(80):
        f = random_function(seed)
        found = [Traced(kind, lambda *x, f=f: f(sg, *x)) for kind in KINDS]
        assert len({traced.trace.unrolled for traced in found}) == 1, f.source
        for traced in found:
            if traced.rolled is not None:
                rolled_traces += 1
                again = Traced(in_python.Trace, lambda *x, t=traced: run(t.rolled, x), 0)
                assert again.columns() == traced.columns(), f.source
    assert rolled_traces > 10


def run(found: Rolled, inputs: Sequence[Any]) -> Any:
    """Compute again what was recorded, event by event."""
    computed: list[Any] = []

    def number(x: One) -> Any:
        if isinstance(x, Constant):
            return x.number
        return (computed if isinstance(x, NodeAt) else inputs)[x.base]  # type: ignore[union-attr]

    for event in expand(found.recorded.items):
        operands = list(map(number, event.references))  # type: ignore[arg-type]
        computed.append(inputs[0].trace.compute(event.operator, operands))
    (result,) = map(number, found.results)
    return result


@each_kind
def test_the_events_of_a_rolled_trace_are_its_operator_calls(kind: Any) -> None:
    traced = Traced(kind, recurrence)
    assert traced.rolled is not None
    items = traced.rolled.recorded.items
    assert [x.trips for x in items if isinstance(x, Loop)] == [399]
    names = [event.operator.name for event in expand(items)]  # type: ignore[union-attr]
    assert names == ["sin", "mul", "add", "mul", "sub"] * 400 + ["mul"]
    (result,) = traced.rolled.results
    assert (result.base, traced.rolled.linked) == (2000, (False,))  # type: ignore[union-attr]


@each_kind
def test_results_are_linked_where_values_were_given(kind: Any) -> None:
    trace = kind()
    trace.look_for_loops(50)
    with modes.tracing(trace):
        x, y = trace.input(1.0), trace.input(2.0)
        trace.given, trace.values = 2, {y.index}
        trace.tell_values([y.index])
        for _ in range(100):
            x, y = sg.sin(x), sg.cos(y)
        found = trace.rolled((x, y, 3.0))
    assert found is not None
    assert found.linked == (False, True, False)


# ------ what ends it


@each_kind
@pytest.mark.parametrize(
    "disturb, why, why_in_python",
    [
        (lambda x: x.operands, ASKED, SHORT),
        (lambda x: x > 0.0, BRANCHES, BRANCHES),
        (lambda x: sg.Value(2.0) * x, OTHER, OTHER),
        (lambda x: x.trace.compute(stop_gradient, [x]), OTHER, OTHER),
        (lambda x: sg.grad(lambda z: z * z)(x), ASKED, OTHER),
        (lambda x: isinstance(x, float), ASKED, SHORT),
    ],
)
def test_what_needs_nodes_makes_them_in_the_midst_of_a_loop(
    kind: Any, disturb: Callable[[Any], object], why: int, why_in_python: int
) -> None:
    def f(x: Any, *others: Any) -> Any:
        for k in range(300):
            x = sg.sin(x) * 1.01
            if k == 200:
                disturb(x)
        return x

    assert Traced(kind, f).columns() == Traced(kind, f, 0).columns()
    # the trace in Python has its nodes all the time
    reason = why_in_python if kind is in_python.Trace else why
    assert Traced(kind, f).trace.unrolled == reason


@each_kind
def test_what_gets_irregular_is_no_longer_rolled(kind: Any) -> None:
    random = Random(5)
    choice = [random.randrange(4) for _ in range(3000)]

    def f(x: Any, *others: Any) -> Any:
        for _ in range(50):
            x = sg.sin(x) * 1.01
        ys = [x, *others]
        for k in choice:
            y = ys[-1 - k]
            ys.append((sg.sin(y), sg.cos(y), y * ys[-2], y - x)[(k * len(ys)) % 7 % 4])
        return ys[-1]

    found = Traced(kind, f)
    assert (found.rolled, found.trace.unrolled) == (None, IRREGULAR)
    assert found.columns() == Traced(in_python.Trace, f, 0).columns()


@each_kind
def test_a_loop_of_a_long_body_is_found_behind_a_short_loop(kind: Any) -> None:
    random = Random(6)
    chosen = [random.choice((sg.sin, sg.cos, sg.tanh)) for _ in range(300)]

    def f(x: Any, *others: Any) -> Any:
        for _ in range(50):
            x = sg.exp(x) * 0.1
        for _ in range(20):
            for operator in chosen:
                x = operator(x)
        return x

    found = Traced(kind, f)
    assert found.rolled is not None
    assert found.rolled.recorded.in_loops > 6000
    assert found.columns() == Traced(in_python.Trace, f, 0).columns()


@each_kind
def test_loops_of_very_many_items_are_not_handed_on(kind: Any) -> None:
    random = Random(7)
    lengths = [random.randrange(12, 40) for _ in range(2100)]

    def f(x: Any, y: Any, *others: Any) -> Any:
        for length in lengths:
            for _ in range(length):
                x = sg.sin(x)
            y = y * x
        return y

    found = Traced(kind, f)
    assert (found.rolled, found.trace.unrolled) == (None, IRREGULAR)


@each_kind
def test_short_functions_are_never_looked_at(kind: Any) -> None:
    found = Traced(kind, recurrence, 3000)
    assert (found.rolled, found.trace.unrolled) == (None, SHORT)


@each_kind
def test_a_trace_that_has_nodes_is_not_to_look_for_loops(kind: Any) -> None:
    trace = kind()
    trace.input(1.0)
    with pytest.raises(ValueError, match="expected a new trace, and a number of calls"):
        trace.look_for_loops(10)


# ------ numbers of a rolled trace


@each_kind
def test_derivatives_in_numbers_of_a_loop(kind: Any) -> None:
    """The same computation twice is one node, with two Tracers while the trace is rolled."""

    def f(x: Any, *others: Any) -> Any:
        for _ in range(100):
            x = sg.sin(x) * 1.01
        first, second = sg.exp(x), sg.exp(x)
        root = first * second
        return sg.gradients(root, [first])[0] + 2.0 * sg.gradients(root, [second])[0]

    def values(x: Any, *others: Any) -> Any:
        return f(sg.Value(x) if isinstance(x, float) else x, *others)

    assert Traced(kind, values).columns() == Traced(in_python.Trace, values, 0).columns()


@each_kind
def test_numpy_numbers_and_integers_are_constants_of_a_loop(kind: Any) -> None:
    data = np.linspace(-1, 1, 120)

    def f(x: Any, *others: Any) -> Any:
        total = 0
        for k, number in enumerate(data):
            total = total + x * number - k
        return total

    found = Traced(kind, f)
    assert found.rolled is not None
    assert found.columns() == Traced(in_python.Trace, f, 0).columns()


@each_kind
def test_an_integer_beyond_the_floats_is_refused_as_ever(kind: Any) -> None:
    def f(x: Any, *others: Any) -> Any:
        for k in range(100):
            x = sg.sin(x) * (1 if k < 80 else 10**400)
        return x

    with pytest.raises(OverflowError):
        Traced(kind, f)


@each_kind
def test_a_number_that_asks_for_nodes_while_it_is_read(kind: Any) -> None:
    class Meddling(float):
        def __float__(self) -> float:
            asked.append(kept[-1].index)
            return 0.5

    asked: list[int] = []
    kept: list[Any] = []

    def f(x: Any, *others: Any) -> Any:
        for k in range(200):
            kept[:] = [x]
            x = sg.sin(x) * (Meddling(0.5) if k > 150 else 0.5)
        return x

    found = Traced(kind, f).columns()
    kept.clear()
    assert len(asked) >= 49
    assert found == Traced(in_python.Trace, f, 0).columns()


@each_kind
def test_numbers_of_another_trace_are_refused(kind: Any) -> None:
    other = kind().input(1.0)

    def f(x: Any, *others: Any) -> Any:
        for k in range(100):
            x = x * (other if k == 90 else 0.5)
        return x

    with pytest.raises(TypeError, match="was kept and used in another"):
        Traced(kind, f)


# ------ memory and faults


@in_c
def test_memory_of_a_rolled_trace_is_that_of_the_body() -> None:
    def f(x: Any, *others: Any) -> Any:
        for _ in range(40_000):
            x = sg.sin(x) * 1.01
        return x

    tracemalloc.start()
    found = Traced(chosen.Trace, f, 2048)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.rolled is not None
    assert most < 1_500_000


@in_c
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_memory_that_is_refused_anywhere_is_an_error_and_no_crash() -> None:
    def size() -> int:
        found = Traced(chosen.Trace, recurrence, 30)
        return len(found.trace.rows) if found.trace.index(found.result) else 0

    assert times_refused(size, range(1, 4000, 29)) > 20


@each_kind
def test_a_function_that_fails_within_a_loop_leaves_nothing(kind: Any) -> None:
    kept: list[Any] = []

    def f(x: Any, *others: Any) -> Any:
        for k in range(300):
            x = sg.sin(x) * 1.01
            if k == 250:
                kept.append(x)
                raise KeyboardInterrupt
        return x

    for _ in range(20):
        with pytest.raises(KeyboardInterrupt):
            Traced(kind, f)
    # a number that outlives its function still knows its node
    assert kept[-1].trace.rows[kept[-1].index].name == "mul"
    kept.clear()
    gc.collect()


# ------ compiled functions


def long_recurrence(x: float, y: float) -> float:
    return recurrence(*recurrence_pair(x, y))


def recurrence_pair(x: Any, y: Any) -> Any:
    for _ in range(500):
        x, y = x + 0.01 * sg.sin(y), y - 0.01 * x
    return x, y


def test_compiled_loops_are_eager_ones() -> None:
    gate = sg.compile(long_recurrence)
    found = sg.value_and_grad(gate, argnums=(0, 1))(0.3, -0.4)
    expected = sg.value_and_grad(long_recurrence, argnums=(0, 1))(0.3, -0.4)
    assert found[0] == expected[0]
    assert found[1] == pytest.approx(expected[1], rel=1e-12)


def test_a_value_made_before_a_loop_has_its_gradient_behind_it() -> None:
    def f(x: float) -> Any:
        y = sg.Value(x)
        for _ in range(1200):
            y = y + 0.001 * sg.sin(y)
        return y

    found = sg.compile(f)(0.3)
    assert type(found) is sg.Value
    assert found.data == f(0.3).data


@in_c
def test_a_program_tells_its_loops() -> None:
    text = str(sg.compile(long_recurrence).program(0.3, -0.4))
    assert "loop × 499: 5 operators, carries " in text


@in_c
def test_a_program_tells_why_it_has_no_loops() -> None:
    def f(x: float) -> float:
        for _ in range(600):
            x = x * 0.5 if x > 0.5 else x + sg.sin(x)
        return x

    text = str(sg.compile(f).program(0.3))
    assert "no loops found: comparisons of numbers decide what it does next\n" in text
    assert rolled.FIRST_LOOK > 600
