"""Compiled functions whose loops stay loops: they mean what eager mode means."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.nests.runner import OnNest
from scalargrad.compiler.trace.native import machine

pytestmark = pytest.mark.skipif(machine is None, reason="the machine was not built")
STEPS = 700


def pendulum(angle: Any, speed: Any, g: Any) -> Any:
    for _ in range(STEPS):
        speed = speed - 0.001 * g * sg.sin(angle)
        angle = angle + 0.001 * speed
    return angle * angle + speed


AT = (1.0, 0.1, 9.8)


def runner(gate: Any) -> Any:
    """What runs the first path of a gate, which was called once."""
    (paths,) = gate._programs.paths.values()
    return paths.first.runner


def flat(x: Any) -> list[float]:
    return [y for part in x for y in flat(part)] if isinstance(x, (tuple, list)) else [float(x)]


def agrees(f: Callable[..., Any], *args: Any, argnums: Any = 0) -> Any:
    """Check value and gradient of the gate against eager, at the first call and at the second."""
    gate = sg.value_and_grad(sg.compile(f), argnums=argnums)
    expected = flat(sg.value_and_grad(f, argnums=argnums)(*args))
    first, second = gate(*args), gate(*args)
    assert flat(first) == pytest.approx(expected, rel=1e-12, abs=1e-13, nan_ok=True)
    assert np.array_equal(flat(first), flat(second), equal_nan=True)
    return gate


def test_a_recurrence_stays_a_loop() -> None:
    gate = agrees(pendulum, *AT, argnums=(0, 1, 2))
    assert isinstance(runner(gate), OnNest)
    assert len(runner(gate).code.code) < 300


def test_a_value_alone_is_computed_by_a_loop() -> None:
    gate = sg.compile(pendulum)
    assert gate(*AT) == pytest.approx(pendulum(*AT), rel=1e-13)
    assert isinstance(runner(gate), OnNest)
    assert gate(0.5, 0.2, 9.0) == pytest.approx(pendulum(0.5, 0.2, 9.0), rel=1e-13)


def test_other_numbers_run_the_same_program() -> None:
    gate = sg.grad(sg.compile(pendulum), argnums=(0, 2))
    for args in (AT, (0.3, -0.2, 5.0), AT):
        assert flat(gate(*args)) == pytest.approx(
            flat(sg.grad(pendulum, argnums=(0, 2))(*args)), rel=1e-12
        )
    assert sum(p.count for p in gate._programs.paths.values()) == 1


def test_values_get_their_gradients() -> None:
    gate = sg.compile(pendulum)
    for _ in range(2):
        found, expected = ([sg.Value(x) for x in AT] for _ in range(2))
        gate(*found).backward()
        pendulum(*expected).backward()
        assert [x.grad for x in found] == pytest.approx([x.grad for x in expected], rel=1e-12)
    assert isinstance(runner(gate), OnNest)


def test_values_from_outside_get_their_gradients() -> None:
    g = sg.Value(9.8)

    @sg.compile
    def f(angle: Any) -> Any:
        return pendulum(angle, 0.1, g)

    found, expected = sg.Value(1.0), [sg.Value(x) for x in (1.0, 9.8)]
    f(found).backward()
    pendulum(expected[0], 0.1, expected[1]).backward()
    assert [found.grad, g.grad] == pytest.approx([x.grad for x in expected], rel=1e-12)
    g.data, found.grad = 5.0, 0.0
    assert f(1.0).data == pytest.approx(pendulum(1.0, 0.1, 5.0), rel=1e-13)


def test_parameters_come_in_any_structure() -> None:
    def f(p: Any, xs: Any) -> Any:
        state, error = p["begin"], 0.0
        for x in xs:
            state = sg.tanh(p["w"][0] * state + p["w"][1] * x + p["b"])
            error = error + (state - x) * (state - x)
        return error

    p = {"w": [0.3, -0.4], "b": 0.1, "begin": 0.2}
    xs = [math.sin(k) for k in range(500)]
    gate = sg.grad(sg.compile(f))
    found, expected = gate(p, xs), sg.grad(f)(p, xs)
    assert found.keys() == expected.keys()
    for name in p:
        assert flat([found[name]]) == pytest.approx(flat([expected[name]]), rel=1e-12)
    assert isinstance(runner(gate), OnNest)


def test_gradients_in_arrays() -> None:
    def f(w: Any) -> Any:
        x = w[0]
        for k in range(900):
            x = sg.sin(w[1] * x) + w[2] * (0.001 * k)
        return x

    w = np.array([0.3, 0.4, 0.5])
    gate = sg.grad(sg.compile(f))
    found = gate(w)
    assert isinstance(found, np.ndarray)
    assert found == pytest.approx(sg.grad(f)(w), rel=1e-12)
    assert isinstance(runner(gate), OnNest)


def test_results_that_are_not_finite_are_those_of_eager() -> None:
    def f(x: Any, y: Any) -> Any:
        for _ in range(900):
            x = sg.where(x, x * 1.5, sg.log(y)) + 0.1
        return x

    gate = agrees(f, 1.0, 2.0, argnums=(0, 1))
    assert isinstance(runner(gate), OnNest)
    assert flat(gate(1e200, 0.0)) == flat(sg.value_and_grad(f, argnums=(0, 1))(1e200, 0.0))


def test_the_careful_program_of_a_number_that_begins_as_a_float() -> None:
    def f(x: Any, y: Any) -> Any:
        x = x * 2.0
        for _ in range(1500):
            x = x * y
        return x

    gate = agrees(f, 1.0, 1.001, argnums=1)
    for at in ((1.0, 10.0), (0.0, 10.0)):
        expected = flat(sg.value_and_grad(f, argnums=1)(*at))
        assert np.array_equal(flat(gate(*at)), expected, equal_nan=True)


def test_programs_of_loops_can_be_looked_at() -> None:
    gate = sg.compile(pendulum)
    gate(*AT)
    assert "loop ×" in str(gate.program(*AT))
    assert gate.to_python(*AT)(*AT) == pytest.approx(pendulum(*AT), rel=1e-13)


def test_second_derivatives_of_loops() -> None:
    found = sg.grad(sg.grad(sg.compile(pendulum)))(*AT)
    assert found == pytest.approx(sg.grad(sg.grad(pendulum))(*AT), rel=1e-9)


def test_a_derivative_within_the_function_is_not_put_off() -> None:
    def f(x: Any, y: Any) -> Any:
        return sg.grad(pendulum)(x, y, 9.8) * y

    gate = sg.value_and_grad(sg.compile(f))
    assert flat(gate(1.0, 0.1)) == pytest.approx(
        flat(sg.value_and_grad(f)(1.0, 0.1)), rel=1e-9, abs=1e-12
    )


def test_a_number_that_a_cache_keeps_is_refused() -> None:
    @functools.lru_cache
    def kept(key: int) -> list[Any]:
        return []

    def f(x: Any) -> Any:
        y = x
        for _ in range(1500):
            y = sg.sin(y) * x
        kept(0).append(y)
        return y

    with pytest.raises(TypeError, match="kept"):
        sg.grad(sg.compile(f))(0.5)
    kept(0).clear()


STEP = 0.001


def test_a_number_that_changes_outside_is_another_program() -> None:
    global STEP

    def f(x: Any) -> Any:
        for _ in range(1500):
            x = x + STEP * sg.sin(x)
        return x

    gate = sg.value_and_grad(sg.compile(f))
    for step in (0.001, 0.002, 0.001):
        STEP = step
        assert flat(gate(0.5)) == pytest.approx(flat(sg.value_and_grad(f)(0.5)), rel=1e-12)


def test_loops_whose_numbers_do_not_wait_for_each_other_are_expanded() -> None:
    def f(w: Any, b: Any) -> Any:
        total = 0.0
        for k in range(500):
            total = total + sg.tanh(w * (0.01 * k) + b)
        return total

    gate = agrees(f, 0.3, 0.4, argnums=(0, 1))
    assert not isinstance(runner(gate), OnNest)


def test_a_constant_result_beside_a_loop() -> None:
    def f(x: Any) -> Any:
        y = x
        for _ in range(1500):
            y = sg.sin(y) * x
        return [y, 2.0, x, "text"]

    gate = sg.compile(f)
    for _ in range(2):
        found, expected = gate(0.5), f(0.5)
        assert found == [pytest.approx(expected[0], rel=1e-13), *expected[1:]]
    value = sg.Value(0.5)
    assert gate(value)[2] is value
