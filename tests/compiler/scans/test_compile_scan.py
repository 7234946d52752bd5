"""scan in a compiled function: its body runs once, and the program is that of the loop."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings

import scalargrad as sg
from scalargrad import nn
from scalargrad.compiler.nests.runner import OnNest
from scalargrad.compiler.scans import slots, tracing
from scalargrad.compiler.scans.slots import StepOnSlots
from scalargrad.compiler.trace.chosen import Trace
from scalargrad.compiler.trace.native import machine
from tests.support.random_scans import Case, cases

np = pytest.importorskip("numpy")
W = [0.6, -0.3]
LOOPS = pytest.mark.skipif(machine is None, reason="loops stay loops on the machine alone")


def flat(x: Any) -> list[float]:
    if isinstance(x, (tuple, list, np.ndarray)):
        return [y for part in x for y in flat(part)]
    return [x.data if isinstance(x, sg.Value) else float(x)]


def agree(found: Any, expected: Any, rel: float = 1e-10) -> None:
    assert flat(found) == pytest.approx(flat(expected), rel=rel, abs=1e-11, nan_ok=True)


# ------ it means the loop
@settings(max_examples=12, deadline=None)
@given(cases([1, 2, 3, 9]))
def test_value_and_gradients_are_those_of_the_loop(case: Case) -> None:
    xs = list(case.xs)
    value, gradient = sg.value_and_grad(case.looped, argnums=(0, 1))(W, xs)
    gate = sg.compile(case.scanned)
    agree(gate(W, xs), value)
    assert type(gate(W, xs)) is type(case.looped(W, xs))
    agree(sg.value_and_grad(gate, argnums=(0, 1))(W, xs), (value, gradient))


@settings(max_examples=6, deadline=None)
@given(cases([2, 5]))
def test_compiled_it_is_the_compiled_loop_to_the_bit(case: Case) -> None:
    xs = list(case.xs)
    assert repr(sg.compile(case.scanned)(W, xs)) == repr(sg.compile(case.looped)(W, xs))


@settings(max_examples=4, deadline=None)
@given(cases([3]))
def test_second_derivatives_are_those_of_the_loop(case: Case) -> None:
    xs = list(case.xs)
    agree(sg.hessian(sg.compile(case.scanned))(W, xs), sg.hessian(case.looped)(W, xs), 1e-8)
    for transform in (sg.jvp, sg.hvp):
        found = transform(lambda w: sg.compile(case.scanned)(w, xs), (W,), ([1.0, 0.5],))
        agree(found, transform(lambda w: case.looped(w, xs), (W,), ([1.0, 0.5],)), 1e-8)


@settings(max_examples=4, deadline=None)
@given(cases([4]))
def test_lanes_run_it_each(case: Case) -> None:
    rows, xs = np.array([[0.6, -0.3], [0.1, 0.2], [-0.5, 0.9]]), list(case.xs)
    found = sg.compile(case.scanned, batch="w")(rows, xs)
    agree(found, [case.looped(list(row), xs) for row in rows])


@settings(max_examples=3, deadline=None)
@given(cases([700]))
def test_many_steps_are_those_of_the_loop(case: Case) -> None:
    xs = list(case.xs)
    gate = sg.value_and_grad(sg.compile(case.scanned))
    agree(gate(W, xs), sg.value_and_grad(case.looped)(W, xs), 1e-8)


# ------ it is written down in C as in Python
class InPython(StepOnSlots):
    """A step that is written down in Python each time."""

    is_plain = False  # type: ignore[assignment]


def nodes(f: Callable[..., Any], xs: list[float]) -> Any:
    """All that a function does, with its state after 2,048 operator calls."""
    trace = Trace()
    trace.scan = tracing.scanned
    trace.look_for_loops(2048)
    given = [trace.input(x) for x in W]
    trace.tell_values([x.index for x in given])
    with sg.modes.tracing(trace):
        found = trace.index(f(given, xs))
    columns = trace.rows, trace.operands, map(repr, trace.numbers), trace.lanes, trace.plain
    return found, trace.unrolled, [list(column) for column in columns]


@settings(max_examples=12, deadline=None)
@given(cases([3, 400]))
def test_steps_are_written_down_in_c_as_in_python(case: Case) -> None:
    xs = list(case.xs)
    found = nodes(case.scanned, xs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slots, "StepOnSlots", InPython)
        expected = nodes(case.scanned, xs)
    assert found == expected


@pytest.mark.skipif(not hasattr(Trace, "repeat"), reason="the trace is kept in Python")
def test_c_refuses_what_is_no_body() -> None:
    trace = Trace()
    x = trace.input(1.0)
    add, identity = sg.ops.add, sg.ops.identity
    good: tuple[Any, ...] = (((add, (0, 1)),), (x,), ([1.0],), (), (2,), (2,), 0, 1)
    (state,), (ys,) = trace.repeat(*good)
    assert (state.op, len(ys)) == (add, 1)
    for place, bad, error in [
        (0, ((add, (0, 2)),), IndexError),
        (0, ((add, (0, -1)),), IndexError),
        (0, ((identity, (0,)),), ValueError),
        (0, ((add, ()),), ValueError),
        (0, ((add,),), TypeError),
        (2, ((1.0,),), TypeError),
        (2, ([],), IndexError),
        (4, (3,), IndexError),
        (4, (), ValueError),
        (5, (7,), IndexError),
        (7, 2, IndexError),
    ]:
        with pytest.raises(error):
            trace.repeat(*good[:place], bad, *good[place + 1 :])


# ------ one rolled loop, of a body that ran once
STEPS = 900


def pendulum(p: Any, count: Callable[[], object] = lambda: None) -> Any:
    def step(state: Any, _: None) -> Any:
        count()
        angle, speed = state
        speed = speed - 0.001 * p[0] * sg.sin(angle)
        return (angle + 0.001 * speed, speed), None

    (angle, speed), _ = sg.scan(step, (1.0, p[1]), length=STEPS)
    return angle * angle + speed


def runner(gate: Any) -> Any:
    (paths,) = gate._programs.paths.values()
    return paths.first.runner


@LOOPS
def test_it_stays_a_loop() -> None:
    gate = sg.value_and_grad(sg.compile(pendulum))
    agree(gate([9.8, 0.1]), sg.value_and_grad(pendulum)([9.8, 0.1]))
    assert isinstance(runner(gate), OnNest)
    listing = str(sg.compile(pendulum).program([9.8, 0.1]))
    assert re.search(r"loop × 89\d: 5 operators, carries (angle|2 numbers)", listing)


def test_the_body_runs_once_for_each_kind_of_numbers() -> None:
    seen: list[str] = []

    def step(state: Any, x: Any) -> Any:
        seen.append(type(x).__name__)
        return state + x, None

    def f(a: Any) -> Any:
        return sg.scan(step, 0.0, [a] * 100)[0]

    scan = tracing.Scan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "check_unchanged", lambda *_: None)
        assert sg.compile(f)(2.0) == 200.0
    assert len(seen) == 1


@LOOPS
def test_derivatives_within_the_body_leave_it_a_loop() -> None:
    def f(k: Any) -> Any:
        def step(state: Any, _: None) -> Any:
            x, v = state
            v = 0.99 * v - 0.001 * sg.grad(lambda u: sg.sin(k * u) + 0.5 * u * u * u)(x)
            return (x + 0.01 * v, v), None

        return sg.scan(step, (0.3 + 0.0 * k, 0.0), length=STEPS)[0][0]

    for transform in (lambda f: f, sg.value_and_grad):
        gate = transform(sg.compile(f))
        agree(gate(1.3), transform(f)(1.3))
        assert isinstance(runner(gate), OnNest)


@LOOPS
def test_data_may_be_an_argument_or_closed_over() -> None:
    data = [random.Random(1).gauss(0.0, 1.0) for _ in range(STEPS)]

    def filtered(a: Any, seen: Any) -> Any:
        def step(state: Any, y: Any) -> Any:
            at, total = state
            miss = y - at
            return (a * at + 0.1 * sg.tanh(miss), total + miss * miss), None

        return sg.scan(step, (0.0, 0.0), seen)[0][1]

    expected = sg.value_and_grad(filtered)(0.9, data)
    for gate, args in [
        (sg.value_and_grad(sg.compile(filtered)), (0.9, data)),
        (sg.value_and_grad(sg.compile(filtered)), (0.9, np.array(data))),
        (sg.value_and_grad(sg.compile(lambda a: filtered(a, data))), (0.9,)),
    ]:
        agree(gate(*args), expected)
        agree(gate(*args), expected)
        assert isinstance(runner(gate), OnNest)


def test_another_length_is_another_program() -> None:
    gate = sg.compile(lambda a, xs: sg.scan(lambda s, x: (s * a + x, s), 0.0, xs)[0])
    for xs in ([1.0, 2.0], [1.0, 2.0, 3.0], [3.0, 4.0]):
        agree(gate(0.5, xs), sg.scan(lambda s, x: (s * 0.5 + x, s), 0.0, xs)[0])
    assert len(gate._programs.paths) == 2


# ------ what is not the same in all steps is refused
def changing_list() -> Callable[[Any], Any]:
    seen: list[Any] = []

    def f(a: Any) -> Any:
        return sg.scan(lambda s, x: (s + x, seen.append(1.0)), a, [1.0, 2.0])[0]

    return f


def changing_cell(a: Any) -> Any:
    count = 0

    def step(s: Any, x: Any) -> Any:
        nonlocal count
        count += 1
        return s + x * count, s

    return sg.scan(step, a, [1.0, 2.0])[0]


def keeping(a: Any) -> Any:
    kept: list[Any] = []

    def step(s: Any, x: Any) -> Any:
        kept.append(s)
        return s + x, s

    sg.scan(step, a, [1.0, 2.0])
    return sg.sum(kept)


def branching(a: Any) -> Any:
    return sg.scan(lambda s, x: (s + x if s < 2.5 else s - x, s), a, [1.0, 2.0, 3.0])[0]


def branching_on_x(a: Any) -> Any:
    return sg.scan(lambda s, x: (s + x if x < 2.5 else s - x, s), a, [1.0, 2.0, 3.0])[0]


def printing(a: Any) -> Any:
    return sg.scan(lambda s, x: (s + x, print(s)), a, [1.0])[0]


def drawing(a: Any) -> Any:
    return sg.scan(lambda s, x: (s + nn.Dropout(0.5)([x])[0], s), a, [1.0])[0]


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (changing_list(), "the body of a scan changes .*seen.* return what changes as state or y"),
        (changing_cell, "the body of a scan changes"),
        (keeping, "the body of a scan changes .*kept"),
        (branching, "something else in step 2 than in the first: choose with scalargrad.where"),
        (branching_on_x, "something else in step 2 than in the first"),
        (printing, r"uses print\(\): do that outside"),
        (drawing, "draw them outside and pass them in as xs"),
    ],
)
def test_a_body_that_does_something_else_is_refused(f: Callable[..., Any], text: str) -> None:
    gate = sg.compile(f)
    for transform in (gate, sg.grad(gate)):
        with pytest.raises(TypeError, match=text):
            transform(1.0)


def test_comparisons_that_come_out_the_same_are_guards() -> None:
    def f(a: Any) -> Any:
        return sg.scan(lambda s, x: (s + x if s < 30.0 else s - x, s), a, [1.0, 2.0, 3.0])[0]

    gate = sg.compile(f)
    assert (gate(1.0), gate(50.0), gate(2.0)) == (7.0, 44.0, 8.0)
    with pytest.raises(TypeError, match="in step 1 than in the first"):
        gate(29.5)


def test_where_division_may_raise_it_is_a_plain_loop() -> None:
    def step(s: Any, x: Any) -> Any:
        try:
            return s / x, s
        except ZeroDivisionError:
            return s, s

    def f(a: Any) -> Any:
        return sg.scan(step, a, [2.0, 0.0, 4.0])

    assert sg.compile(f)(1.0) == f(1.0)


def test_a_number_of_a_body_is_not_used_elsewhere() -> None:
    kept: list[Any] = []

    def outer(s: Any, x: Any) -> Any:
        inner = sg.scan(lambda t, u: (t + u * x, t), s, [1.0, 2.0])
        return inner[0], inner[1][1]

    def f(a: Any) -> Any:
        return sg.scan(outer, a, [0.5, a])[0]

    agree(sg.value_and_grad(sg.compile(f))(1.5), sg.value_and_grad(f)(1.5))
    assert not kept


def test_derivatives_in_numbers_from_around_are_found_within_a_body() -> None:
    def f(a: Any, b: Any) -> Any:
        c = a * b

        def step(s: Any, x: Any) -> Any:
            return s + sg.gradients(sg.sin(c * x) * c, [c])[0], s

        return sg.scan(step, a, [0.3, 0.4])[0]

    agree(
        sg.value_and_grad(sg.compile(f), argnums=(0, 1))(0.5, 2.0),
        sg.value_and_grad(f, argnums=(0, 1))(0.5, 2.0),
    )


def models() -> Iterable[Any]:
    sg.seed(3)
    yield nn.MLP(2, [3, 1])


def test_a_model_may_be_given_or_closed_over() -> None:
    (model,) = models()

    def f(model: Any, a: Any) -> Any:
        return sg.scan(lambda s, x: (model([s, x]), s), a, [0.1, 0.2, 0.3])[0]

    expected = sg.value_and_grad(f, argnums=(0, 1))(model, 0.5)
    found = sg.value_and_grad(sg.compile(f), argnums=(0, 1))(model, 0.5)
    agree(found[1][1], expected[1][1])
    agree(sg.grad(sg.compile(lambda a: f(model, a)))(0.5), expected[1][1])
