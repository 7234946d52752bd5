"""Loops that end when each lane likes: one program for all lengths, and eager's numbers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.branches import families
from scalargrad.compiler.machine.runner import NATIVE
from tests.support.random_endings import MOST, random_function

STEPS = 60
native = pytest.mark.skipif(not NATIVE, reason="loops stay loops on the machine alone")


@pytest.fixture(autouse=True)
def of_short_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops of a few iterations are of families, too."""
    monkeypatch.setattr(families, "FEW_GUARDS", {True: 4, False: 4})


def passage(x: Any, drift: Any, spread: Any, z: Any) -> Any:
    """A walk until it falls below 0.8, or is over; discounted by how long that took."""
    k = 0
    while True:
        x = x + drift * 0.05 + spread * z[k]
        k += 1
        if x < 0.8 or k == STEPS:
            break
    return x * x * sg.exp(-0.05 * k)


def noise(lanes: int, seed: int = 0) -> Any:
    return 0.1 * np.random.default_rng(seed).normal(size=(lanes, STEPS))


def programs(gate: Any) -> list[Any]:
    return list(gate._programs.paths.values())


def lengths(gate: Any) -> int:
    """How many lengths of loops are verified."""
    return sum(len(family.numbers) for paths in programs(gate) for family in paths.families.all)


def check(f: Callable[..., Any], gate: Any, args: Any, batch: tuple[int, ...]) -> None:
    """Hold value and gradients of each lane against eager mode's."""
    value, found = gate(*args)
    gradient = sg.value_and_grad(f, tuple(range(len(args))))
    for k in range(len(args[batch[0]])):
        own = [x[k] if i in batch else x for i, x in enumerate(args)]
        expected, slopes = gradient(*[x.tolist() if hasattr(x, "tolist") else x for x in own])
        np.testing.assert_allclose(value[k], expected, rtol=1e-10, atol=1e-12)
        for slope, here in zip(slopes, found):
            np.testing.assert_allclose(here[k], slope, rtol=1e-9, atol=1e-10)


def gradient_of(f: Callable[..., Any], batch: Any, **options: Any) -> Any:
    return sg.value_and_grad(sg.compile(f, batch=batch, **options), (0, 1, 2, 3))


def test_each_lane_has_its_own_length() -> None:
    gate, z = gradient_of(passage, "z"), noise(200)
    for _ in range(3):
        check(passage, gate, (1.0, 0.05, 0.9, z), (3,))


@native
def test_all_lengths_are_few_programs() -> None:
    gate = gradient_of(passage, "z", max_paths=8)
    for seed in range(3):
        gate(1.0, 0.05, 0.9, noise(300, seed))
    (paths,) = programs(gate)
    assert lengths(gate) > 20
    assert paths.count <= 8


@native
def test_a_new_length_joins_the_program() -> None:
    gate, z = gradient_of(passage, "z", max_paths=8), noise(300)
    gate(1.0, 0.05, 0.9, z[:150])
    before = lengths(gate)
    check(passage, gate, (1.0, 0.05, 0.9, z), (3,))
    assert lengths(gate) > before


@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_lanes_of_all_lengths_are_reduced(reduce: str) -> None:
    z = noise(150)
    gate = gradient_of(passage, "z", reduce=reduce)
    each = [sg.value_and_grad(passage, (0, 1, 2, 3))(1.0, 0.05, 0.9, row.tolist()) for row in z]
    count = len(z) if reduce == "mean" else 1
    for _ in range(2):
        value, (*slopes, of_steps) = gate(1.0, 0.05, 0.9, z)
        np.testing.assert_allclose(value, sum(x for x, _ in each) / count)
        for k, slope in enumerate(slopes):
            np.testing.assert_allclose(slope, sum(d[k] for _, d in each) / count)
        np.testing.assert_allclose(of_steps, [np.array(d[3]) / count for _, d in each], atol=1e-15)


def falling(x: Any, rate: Any, b: Any, z: Any) -> Any:
    """Ends before the first iteration where x is small."""
    k = 0
    while x > b and k < STEPS:
        x = x - rate * (0.1 + 0.02 * x) + z[k]
        k += 1
    return x * rate + k


def test_a_loop_that_a_lane_does_not_begin() -> None:
    z = noise(120) * 0.1
    x, rate = np.linspace(0.2, 3.0, 120), np.linspace(0.4, 1.2, 120)
    gate = gradient_of(falling, ("x", "rate", "z"))
    for _ in range(2):
        check(falling, gate, (x, rate, 0.5, z), (0, 1, 3))


def test_a_comparison_of_nan_ends_a_loop_as_in_eager_mode() -> None:
    z = noise(40) * 0.1
    x = np.linspace(0.2, 3.0, 40)
    x[::7] = np.nan
    z[3::5, 4] = np.nan
    gate = gradient_of(falling, ("x", "z"))
    for _ in range(2):
        check(falling, gate, (x, 0.7, 0.5, z), (0, 3))


def test_what_is_infinite_in_iterations_that_a_lane_has_no_part_in() -> None:
    def f(x: Any, b: Any) -> Any:
        k = 0
        while x < b and k < 40:
            x = sg.exp(x) * 1.01
            k += 1
        return x + k

    x, b = np.linspace(-40.0, 1.0, 80), np.linspace(1e-6, 700.0, 80)
    gate = sg.value_and_grad(sg.compile(f, batch=("x", "b")), (0, 1))
    eager = sg.value_and_grad(f, (0, 1))
    for _ in range(2):
        value, slopes = gate(x, b)
        for k in range(80):
            expected, own = eager(float(x[k]), float(b[k]))
            np.testing.assert_allclose(value[k], expected, rtol=1e-12)
            np.testing.assert_allclose([slope[k] for slope in slopes], own, rtol=1e-11)


def test_numbers_and_values_that_a_function_closes_over() -> None:
    w = sg.Value(0.3)

    def f(x: Any, z: Any) -> Any:
        k = 0
        while x > 0.5 and k < STEPS:
            x = x - w * 0.2 + z[k]
            k += 1
        return x * w * w

    z, x = noise(60) * 0.2, np.linspace(0.6, 3.0, 60)
    gate = sg.compile(f, batch=("x", "z"), reduce="sum")
    expected = []
    for value in (0.3, 0.4):
        w.data, w.grad = value, 0.0
        gate(x, z).backward()
        found, w.grad = w.grad, 0.0
        for k in range(60):
            f(float(x[k]), z[k].tolist()).backward()
        expected.append((found, w.grad))
    np.testing.assert_allclose(*zip(*expected))


def test_a_loop_within_a_loop_that_both_end_when_they_like() -> None:
    def f(x: Any, y: Any, b: Any, z: Any) -> Any:
        for k in range(6):
            x = x + 0.3 * y
            while y > b:
                y = y * (0.7 + z[k])
            if x > 2.0:
                break
            y = y + x
        return x * y

    z = noise(30) * 0.3
    x, y = np.linspace(0.1, 1.0, 30), np.linspace(0.5, 2.0, 30)
    gate = gradient_of(f, ("x", "y", "z"))
    for _ in range(2):
        check(f, gate, (x, y, 0.6, z), (0, 1, 3))


@native
def test_calls_of_ever_other_lengths_are_few_programs() -> None:
    gate = sg.value_and_grad(sg.compile(falling, max_paths=16), (0, 1, 2, 3))
    eager = sg.value_and_grad(falling, (0, 1, 2, 3))
    z = [0.0] * STEPS
    for _ in range(2):
        for x in np.linspace(0.2, 5.0, 60).tolist():
            found, expected = gate(x, 0.7, 0.5, z), eager(x, 0.7, 0.5, z)
            np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
            for here, slope in zip(found[1], expected[1]):
                np.testing.assert_allclose(here, slope, rtol=1e-11)
    assert lengths(gate) > 10


def test_a_length_whose_program_is_another_one() -> None:
    def f(x: Any, z: Any) -> Any:
        k = 0
        while x > 0.5 and k < STEPS:
            x = x - 0.1 + z[k]
            k += 1
        # Python may do anything at a length
        return x * x if k == 17 else sg.sin(x) if k % 5 == 3 else x + k

    z, x = noise(150) * 0.1, np.linspace(0.6, 4.0, 150)
    gate = sg.value_and_grad(sg.compile(f, batch=("x", "z")), (0, 1))
    for _ in range(2):
        check(f, gate, (x, z), (0, 1))


def test_a_length_at_which_a_number_is_kept_is_refused_each_time() -> None:
    kept: list[Any] = []

    def f(x: Any, z: Any) -> Any:
        k = 0
        while x > 0.5 and k < STEPS:
            x = x - 0.1 + z[k]
            k += 1
        if k == 23:
            kept.append(x)
        return x * x

    z, x = noise(60) * 0.01, np.linspace(0.6, 4.0, 60)
    gate = sg.compile(f, batch=("x", "z"))
    gate(x[:20], z[:20])
    for _ in range(2):
        with pytest.raises(TypeError, match="a number that is kept"):
            gate(x, z)
    assert not kept


def test_a_walk_over_the_last_results_of_a_loop_that_ends_when_each_lane_likes() -> None:
    """They are the last of each lane's own, not of the lane that went on for longest."""

    def f(x: Any, rate: Any) -> Any:
        states = []
        while x < 10.0:
            x = x + rate * sg.tanh(x)
            states.append(x)
        return sg.sum([sg.sin(y) for y in states[-12:]])

    gate = sg.value_and_grad(sg.compile(f, batch="x"), (0, 1))
    for seed in range(2):
        check(f, gate, (np.random.default_rng(seed).uniform(0.2, 2.0, 60), 0.1), (0,))


SEEDS = 30


@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_loops(seed: int) -> None:
    random = Random(seed)
    f = random_function(random, f"family {seed}")
    chance = np.random.default_rng(seed)
    lanes = random.choice([12, 40])
    p, q, b = chance.normal(size=lanes), chance.normal(size=lanes), chance.uniform(0.2, 3.0, lanes)
    z = chance.normal(size=(lanes, MOST + 1))
    gate = gradient_of(f, ("p", "q", "z", "b"), max_paths=500)
    for end in (lanes // 2, lanes, lanes):
        check(f, gate, (p[:end], q[:end], z[:end], b[:end]), (0, 1, 2, 3))
