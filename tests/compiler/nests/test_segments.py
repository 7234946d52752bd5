"""Loops in segments, of which numbers are computed anew: every bit is the same."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.machine.interpreter import interpret
from scalargrad.compiler.nests import checkpoints, choice
from scalargrad.compiler.nests.checkpoints import Plan
from scalargrad.compiler.nests.lanes import LaneEncoder
from scalargrad.compiler.nests.nest import Refused
from scalargrad.compiler.trace.native import machine
from tests.support.expressions import rounds
from tests.support.instructions_made import natively
from tests.support.long_loops import (
    always,
    flat,
    flat_columns,
    gradient,
    never,
    spring,
    springs,
    swing,
)
from tests.support.nests_made import InLanes, given_at_random
from tests.support.random_loops import INPUTS, random_function
from tests.support.random_recurrences import recurrence

natively_only = pytest.mark.skipif(machine is None, reason="the machine was not built")


# ------ on every loop that can be made
def bits_of(given: InLanes, encoder: LaneEncoder) -> list[list[bytes]]:
    """The bits of the outputs, on the interpreter and on the machine."""
    code, columns = given.code(encoder), given.columns()
    by_place = {(0, k): x for k, x in enumerate(columns)}
    runs = [interpret(code, given.numbers(), by_place, given.count)]
    if machine is not None:
        runs.append(natively(code, given.numbers(), columns, given.count))
    return [list(flat([list(found.results), *found.outputs.values()])) for found in runs]


@pytest.mark.parametrize("careful", [False, True])
def test_random_loops_have_the_same_bits(careful: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    found, tried, most = 0, 0, len(rounds(5))
    while found < most:
        # about one in ten keeps numbers in a loop of its own
        assert (tried := tried + 1) < 100 * most
        random = Random(seed := Random().randrange(2**32))
        always(monkeypatch, random.choice([1, 4, 8, 30]))
        f = random_function(seed)
        given = given_at_random(f, random, INPUTS)
        try:
            derived = given.derived()
            keeping, segments = derived.in_lanes(careful), derived.in_segments(careful, 128)
            if segments is not None:
                assert bits_of(given, keeping) == bits_of(given, segments.encoder)
                found += 1
        except (OverflowError, Refused):
            continue
        except BaseException:
            print(seed, f.source)  # type: ignore[attr-defined]
            raise


def test_loops_that_check_something_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    always(monkeypatch)

    def f(m: Any, x: Any, least: Any) -> Any:
        for _ in range(50):
            x = m.sin(x) if x > least else x
        return x

    given = [InLanes(f, [[0.5, 0.7], least], None).derived() for least in (-1.0, 1.0)]
    assert [derived.in_segments(False, 128) for derived in given] == [None, None]


# ------ as functions of a user's
def noisy(level: Any, rate: Any, z: Any) -> Any:
    """Two numbers ago, data of the lane's own, and sums."""
    before, total = level, 0.0
    for k in range(len(z) // 2):
        level, before = 0.9 * level + rate * sg.tanh(before) * z[2 * k], level
        total = total + sg.square(level) * z[2 * k + 1]
    return total + level * before


def roots(level: Any, rate: Any, z: Any) -> Any:
    """Numbers that are not finite in some lane: the careful program runs."""
    for _ in range(len(z)):
        level = level * 0.999 + sg.sqrt(sg.square(level) + z[0] * z[0]) * rate
    return level + sg.where(z[0], sg.sqrt(z[0]) * rate, 0.0)


def ended(start: Any, rate: Any, z: Any) -> Any:
    """A loop that every lane ends when it likes."""
    x, k = start, 0
    while x > 0.3 and k < len(z):
        x = x * sg.cos(rate) + 0.1 * z[k] * sg.sin(x) - 0.01
        k += 1
    return x * math.exp(-0.01 * k)


def one_after_the_other(angle: Any, speed: Any) -> Any:
    """The second loop reads each number of the first one."""
    angles = []
    for _ in range(900):
        speed = speed - 0.01 * sg.sin(angle)
        angle = angle + 0.01 * speed
        angles.append(angle)
    for x in angles:
        speed = sg.tanh(speed * x + angle)
    return speed * angle


def scanned(angle: Any, speed: Any) -> Any:
    def step(state: Any, push: float) -> Any:
        angle, speed = state
        speed = speed - 0.01 * sg.sin(angle) * push
        angle = angle + 0.01 * speed
        return (angle, speed), angle * speed

    (angle, _), ys = sg.scan(step, (angle, speed), [math.cos(k) for k in range(1_000)])
    return angle + sg.sum(ys)


LANES = 40
ANGLES = np.linspace(-1.0, 1.0, LANES)
NOISE = np.random.default_rng(0).normal(size=(LANES, 1000))
SOME_ROOTS = np.abs(NOISE) * (np.arange(LANES) != 3)[:, None]


def by_values(f: Callable[..., Any], *args: Any, **options: Any) -> Callable[[], Any]:
    """Derivatives that nodes get; of two results the same loop keeps for two ways back."""

    def call() -> Any:
        node = sg.Value(args[1])
        one, other = sg.compile(f, **options)(args[0], node, *args[2:])
        (one * other).backward()
        return [one.data, other.data, node.grad]

    return call


def both_ends(angle: Any, speed: Any, g: Any) -> Any:
    for _ in range(700):
        speed = speed - 0.001 * g * sg.sin(angle)
        angle = angle + 0.001 * speed
    return [angle, speed]


CASES = {
    "lanes of their own": gradient(swing, ANGLES, 0.1, 9.8, batch="angle"),
    "sums": gradient(swing, ANGLES, 0.1, 9.8, batch="angle", reduce="mean"),
    "data of the lanes": gradient(noisy, 0.3, 0.5, NOISE, batch="z", reduce="sum"),
    "threads": gradient(noisy, 0.3, 0.5, np.tile(NOISE, (60, 1)), batch="z", threads=2),
    "careful": gradient(roots, 0.3, 0.01, SOME_ROOTS, batch="z"),
    "masked": gradient(ended, 0.5 + ANGLES / 10, 0.01, NOISE[:, :300], batch=("start", "z")),
    "loops": gradient(one_after_the_other, ANGLES, 0.3, batch="angle", reduce="mean"),
    "a scan": gradient(scanned, ANGLES, 0.3 * ANGLES, batch=("angle", "speed"), reduce="sum"),
    "two ways back": by_values(both_ends, ANGLES, 0.1, 9.8, batch="angle", reduce="sum"),
}


def watched(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """The plans that are made from now on."""
    made: list[Plan] = []
    search = checkpoints.Search

    class Watched(search):  # type: ignore[misc, valid-type]
        def found(self) -> Iterator[Plan]:
            for plan in super().found():
                made.append(plan)
                yield plan

    monkeypatch.setattr(checkpoints, "Search", Watched)
    return made


@natively_only
@pytest.mark.parametrize("in_segment", [1, 60, 250])
@pytest.mark.parametrize("name", CASES)
def test_every_bit_is_the_same(name: str, in_segment: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = watched(monkeypatch)
    never(monkeypatch)
    expected = list(flat(CASES[name]()))
    assert not made
    always(monkeypatch, in_segment)
    assert list(flat(CASES[name]())) == expected
    assert made
    ways_back = 2 if name == "two ways back" else 1
    assert max(len(plan.backward) for plan in made) == ways_back


@natively_only
def test_sums_have_the_same_bits_however_long_registers_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a loop that keeps much the machine makes registers shorter; of one in segments it does
    not."""

    def f(angle: Any, speed: Any, g: Any) -> Any:
        return swing(angle, speed, g, 70_000)

    for lanes in (17, 100, 300):
        call = gradient(f, np.linspace(-1.0, 1.0, lanes), 0.1, 9.8, batch="angle", reduce="sum")
        never(monkeypatch)
        expected = list(flat(call()))
        always(monkeypatch, 500)
        assert list(flat(call())) == expected


@natively_only
def test_calls_at_once_of_few_lanes_and_many() -> None:
    both = sg.value_and_grad(sg.compile(springs, batch=("x", "v", "k", "c")), (0, 1, 2, 3))
    given = np.random.default_rng(0).uniform(size=(4, 300))
    counts = [3, 40, 64, 65, 128, 300, 1] * 3
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda count: flat_columns(both(*given[:, :count])), counts))
    every = np.array(flat_columns(both(*given)))
    for count, columns in zip(counts, found):
        assert np.array_equal(np.array(columns), every[:, :count])


@natively_only
def test_an_interrupt_ends_a_run_in_segments() -> None:
    def f(x: Any, v: Any, k: Any, c: Any) -> Any:
        return spring(x, v, k, c, 100_000)

    both = sg.value_and_grad(sg.compile(f, batch=("x", "v", "k", "c")), (0, 1, 2, 3))
    given = np.random.default_rng(0).uniform(size=(4, 40_000))
    expected = list(flat(both(*given[:, :20])))
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        both(*given)
    timer.join()
    assert list(flat(both(*given[:, :20]))) == expected


@natively_only
def test_random_recurrences_have_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("MOST_SHARED", "MOST_FREE_IN_LANES"):
        monkeypatch.setattr(choice, kind, math.inf)
    made = watched(monkeypatch)
    for _ in rounds(20):
        random = Random(seed := Random().randrange(2**32))
        f, parameters, text = recurrence(seed)
        shape = random.choice([3, 20]), random.choice([60, 200])
        p, xs = np.zeros((shape[0], parameters)), np.zeros(shape)
        for array in (p, xs):
            array[...] = np.reshape([random.uniform(-1, 1) for _ in range(array.size)], array.shape)
        ys = [random.uniform(-1, 1) for _ in range(shape[1])]
        options = {"batch": ("p", "xs"), "reduce": random.choice([None, "sum"])}
        call = gradient(f, p, xs, ys, **options)
        never(monkeypatch)
        expected = list(flat(call()))
        always(monkeypatch, random.choice([1, 4, 30, 300]))
        if list(flat(call())) != expected:
            print(text)
            raise AssertionError(seed)
    assert made
