"""Compiled functions of lanes whose loops stay loops: they mean what eager mode means in each."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.trace.native import machine

pytestmark = pytest.mark.skipif(machine is None, reason="the machine was not built")
STEPS, PATHS = 130, 150


def price(begin: Any, variance: Any, back: Any, z: Any) -> Any:
    """A path of the Heston model with steps z, in logarithms."""
    x, v = sg.log(begin), variance
    for k in range(STEPS):
        positive = sg.sqrt(v * v + 1e-6)
        root = sg.sqrt(positive)
        x = x - 0.5 * positive * 0.01 + root * 0.1 * z[2 * k]
        v = v + back * (0.04 - positive) * 0.01 + 0.3 * root * 0.1 * z[2 * k + 1]
    return sg.exp(x)


AT = (1.0, 0.04, 1.5)


def steps(paths: int = PATHS) -> Any:
    return np.random.default_rng(0).normal(size=(paths, 2 * STEPS))


def first_path(gate: Any) -> Any:
    (paths,) = gate._programs.paths.values()
    return paths.first


def keeps_loops(gate: Any) -> bool:
    return first_path(gate).traced.nest is not None


def eager(f: Callable[..., Any], argnums: Any, z: Any) -> list[Any]:
    """Value and gradient in each lane."""
    gradient = sg.value_and_grad(f, argnums)
    found = [gradient(*AT, row) for row in z]
    return [np.array([x for x, _ in found]), *(np.array(x) for x in zip(*[d for _, d in found]))]


def test_gradients_of_a_mean_over_paths() -> None:
    z = steps()
    gate = sg.value_and_grad(sg.compile(price, batch="z", reduce="mean"), argnums=(0, 1, 2, 3))
    value, *slopes, of_steps = eager(price, (0, 1, 2, 3), z)
    for _ in range(2):
        found, gradient = gate(*AT, z)
        assert found == pytest.approx(value.mean(), rel=1e-13)
        assert gradient[:3] == pytest.approx([x.mean() for x in slopes], rel=1e-11)
        assert np.allclose(gradient[3], of_steps / PATHS, rtol=1e-11, atol=1e-16)
    assert keeps_loops(gate)


def test_lanes_that_keep_their_own() -> None:
    z = steps()
    gate = sg.value_and_grad(sg.compile(price, batch="z"), argnums=(1, 3))
    value, slope, of_steps = eager(price, (1, 3), z)
    for count in (PATHS, 3, PATHS):
        found, gradient = gate(*AT, z[:count])
        assert np.allclose(found, value[:count], rtol=1e-12)
        assert np.allclose(gradient[0], slope[:count], rtol=1e-10)
        assert np.allclose(gradient[1], of_steps[:count], rtol=1e-10, atol=1e-14)
    assert keeps_loops(gate)


def test_a_program_in_the_size_of_the_body() -> None:
    gate = sg.compile(price, batch="z", reduce="mean")
    gate(*AT, steps(20))
    assert keeps_loops(gate)
    # 2·STEPS registers are those of the inputs
    assert first_path(gate).runner.registers < 2 * STEPS + 60


def test_values_get_their_gradients_from_all_lanes() -> None:
    z, outside = steps(20), sg.Value(1.5)
    gate = sg.compile(lambda begin, z: price(begin, 0.04, outside, z), batch="z", reduce="sum")
    for _ in range(2):
        begin, outside.grad = sg.Value(1.0), 0.0
        gate(begin, z).backward()
        _, by_begin, by_outside = eager(price, (0, 2), z)
        assert begin.grad == pytest.approx(by_begin.sum(), rel=1e-11)
        assert outside.grad == pytest.approx(by_outside.sum(), rel=1e-11)
    assert keeps_loops(gate)


def test_elements_are_lanes_too() -> None:
    def pendulum(angle: Any, speed: Any, g: Any) -> Any:
        for _ in range(500):
            speed = speed - 0.001 * g * sg.sin(angle)
            angle = angle + 0.001 * speed
        return [angle, speed]

    angles = np.linspace(-1.0, 1.0, 12).reshape(3, 4)
    gate = sg.compile(pendulum, batch=True)
    found = gate(angles, 0.1, 9.8)
    expected = [pendulum(float(x), 0.1, 9.8) for x in angles.flat]
    for part, columns in zip(found, zip(*expected), strict=True):
        assert np.allclose(part, np.reshape(columns, (3, 4)), rtol=1e-12)
    assert keeps_loops(gate)


def test_threads_share_the_lanes_and_change_nothing() -> None:
    z = steps(3_000)
    one, two = (sg.compile(price, batch="z", reduce="mean", threads=n) for n in (1, 2))
    assert sg.value_and_grad(one)(*AT, z) == sg.value_and_grad(two)(*AT, z)


def test_lanes_that_are_not_finite_run_the_careful_program() -> None:
    def f(x: Any, z: Any) -> Any:
        y = x * 1.0
        for _ in range(800):
            y = y * 0.999 + sg.sqrt(z) * 0.001 * x
        return y + sg.where(z, sg.sqrt(z) * x, 0.0)

    z = np.array([0.5, 0.0, 2.0])
    gate = sg.value_and_grad(sg.compile(f, batch="z"), argnums=(0, 1))
    for _ in range(2):
        value, gradient = gate(0.7, z)
        expected = [sg.value_and_grad(f, (0, 1))(0.7, float(x)) for x in z]
        assert np.allclose(value, [x for x, _ in expected], rtol=1e-12)
        for k in (0, 1):
            parts = [d[k] for _, d in expected]
            assert np.allclose(gradient[k], parts, rtol=1e-11, equal_nan=True), k
    assert keeps_loops(gate)


def test_each_lane_draws_its_own_numbers() -> None:
    from scalargrad import nn

    drop = nn.Dropout(0.5)

    def f(x: Any, w: Any) -> Any:
        for _ in range(700):
            x = sg.tanh(x * w) + x * 0.5
        return drop([x])[0]

    gate = sg.compile(f, batch="x")
    random.seed(5)
    found = gate(np.full(200, 0.3), 0.7)
    kept = sorted(set(np.round(found, 12)))
    assert len(kept) == 2
    assert kept[0] == 0.0


def test_uniform_recurrences_are_computed_once_for_all_lanes() -> None:
    def f(q: Any, r: Any, z: Any) -> Any:
        x, p = 0.0, 1.0
        for k in range(STEPS * 2):
            p = p + q
            gain = p / (p + r)
            x = x + gain * (z[k] - x)
            p = (1.0 - gain) * p
        return x * x

    gate = sg.value_and_grad(sg.compile(f, batch="z", reduce="mean"), argnums=(0, 1))
    z = steps(7)
    found = gate(0.3, 0.7, z)
    expected = [sg.value_and_grad(f, (0, 1))(0.3, 0.7, row) for row in z]
    assert found[0] == pytest.approx(np.mean([x for x, _ in expected]), rel=1e-12)
    assert found[1] == pytest.approx(np.mean([d for _, d in expected], axis=0), rel=1e-10)
    assert not keeps_loops(gate)


def test_a_run_of_lanes_is_interrupted() -> None:
    def f(x: Any, z: Any) -> Any:
        for _ in range(40_000):
            x = sg.sin(x * z) + x * 0.5
        return x

    gate = sg.compile(f, batch="z", reduce="sum", threads=2)
    z = np.ones(100_000)
    expected = gate(0.3, z[:200])
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        gate(0.3, z)
    timer.join()
    assert gate(0.3, z[:200]) == expected
