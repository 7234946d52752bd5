"""Loop distribution: what does not wait for the iteration before is done for all at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler.nests import distribution
from scalargrad.compiler.nests.encoding import NestCode
from scalargrad.compiler.nests.nest import Refused
from tests.support.expressions import rounds
from tests.support.nests_made import bits, code_of_function, eager, names, runs
from tests.support.random_loops import INPUTS, random_function
from tests.support.random_recurrences import recurrence

Function = Callable[..., Any]
DATA = [math.sin(3.0 * k) for k in range(40)]


def garch(m: Any, omega: Any, alpha: Any, beta: Any) -> Any:
    """Nothing waits for the logs, and what is summed."""
    variance, total = 1.0, 0.0
    for x in DATA:
        variance = m.exp(omega) + alpha * (x * x) + beta * variance
        log = m.log(variance)
        total = total + log + m.exp(log * -1.0) * (x * x)
    return total


def smoothed(m: Any, rate: Any, scale: Any, begin: Any) -> Any:
    """What a step takes in is computed from constants that differ from step to step."""
    level = begin
    for x in DATA:
        level = level + rate * (m.tanh(scale * x) - level)
    return level


def filtered(m: Any, noise: Any, error: Any, drag: Any) -> Any:
    """A sum, whose terms are products; and what an iteration leaves to the next but one."""
    at, before, variance, total = 0.0, 0.0, 1.0, 0.0
    for x in DATA:
        variance = drag * drag * variance + m.exp(noise)
        gain = m.sigmoid(m.log(variance) - error)
        at, before = drag * at + gain * (drag * at * -1.0 + x), at
        variance = variance - gain * variance
        total = total + before * m.cos(at) - m.sqrt(gain)
    return total * at


def both_ways(m: Any, first: Any, *x: Any) -> Any:
    """Elements in the direction of the loop and against it, which nothing in the loop waits for."""
    level, total = first, first
    for k in range(len(x)):
        level = 0.5 * level + m.sin(x[k])
        total = total + m.exp(x[len(x) - 1 - k] * -0.3) * level
    return total


FUNCTIONS = [garch, smoothed, filtered]
NUMBERS = [-0.7, 0.2, 0.6]


def agrees(f: Function, numbers: list[float], careful: bool = False) -> NestCode:
    """Check that all engines agree with eager. Vectors have functions of their own: the machine's
    last digits are not the interpreter's."""
    code = code_of_function(f, numbers, careful)
    expected = eager(f, numbers)
    first, *others = runs(code, numbers)
    assert bits(first[:1]) == bits(expected[:1])
    for found in (first, *others):
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert len({bits(found) for found in others}) <= 1
    return code


@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize("f", FUNCTIONS)
def test_what_does_not_wait_is_done_side_by_side(f: Function, careful: bool) -> None:
    code = agrees(f, NUMBERS, careful)
    assert names(code).count("WIDE_ROW") >= 4
    assert names(code).count("LOOP") >= 2


def test_elements_against_the_direction_of_the_loop() -> None:
    assert names(agrees(both_ways, [0.4, *DATA])).count("WIDE_ROW") >= 2


@pytest.mark.parametrize("f", FUNCTIONS)
def test_short_loops_stay_as_they_are(f: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "LEAST_TRIPS", len(DATA) + 1)
    assert names(agrees(f, NUMBERS)).count("WIDE_ROW") == 0


def test_long_loops_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "MOST_NUMBERS", len(DATA))
    assert names(agrees(garch, NUMBERS)).count("WIDE_ROW") == 0


@pytest.mark.parametrize("careful", [False, True])
def test_random_loops_agree_with_eager(careful: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "LEAST_TRIPS", 2)
    monkeypatch.setattr(distribution, "LEAST_WORK", 1)
    distributed = 0
    for _ in rounds(25):
        seed = Random().randrange(2**32)
        f = random_function(seed)
        numbers = [Random(seed).uniform(-1.0, 1.0) for _ in range(INPUTS)]
        try:
            if all(map(math.isfinite, eager(f, numbers))):
                distributed += names(agrees(f, numbers, careful)).count("WIDE_ROW") > 0
        except (OverflowError, Refused):
            continue
        except BaseException:
            print(f"seed {seed}")
            raise
    assert distributed


@pytest.mark.parametrize("special", [math.inf, -math.inf, math.nan, -0.0, 0.0, 1e308])
@pytest.mark.parametrize("f", FUNCTIONS)
def test_compiled_agrees_with_eager_at_the_edges(f: Function, special: float) -> None:
    both = sg.value_and_grad(sg.compile(lambda *x: f(sg, *x)), argnums=(0, 1, 2))
    for k in range(len(NUMBERS)):
        numbers = [special if i == k else x for i, x in enumerate(NUMBERS)]
        value, gradient = both(*numbers)
        expected = eager(f, numbers)
        assert [value, *gradient] == pytest.approx(expected, rel=1e-11, abs=1e-12, nan_ok=True)


def flat(x: Any) -> list[float]:
    return [z for y in x for z in flat(y)] if isinstance(x, (list, tuple)) else [x]


@pytest.mark.parametrize("argnums", [0, (0, 1), (0, 1, 2)])
def test_random_recurrences_agree_with_eager(argnums: Any) -> None:
    for _ in rounds(20):
        seed = Random().randrange(2**32)
        random, made = Random(seed), recurrence(seed)
        eager_one = sg.value_and_grad(made.f, argnums)
        compiled = sg.value_and_grad(sg.compile(made.f), argnums)
        trips = random.choice([17, 33, 60])
        for _ in range(2):
            args = [
                [random.gauss(0.0, 1.0) for _ in range(n)] for n in (made.parameters, trips, trips)
            ]
            found, expected = flat(compiled(*args)), flat(eager_one(*args))
            assert found == pytest.approx(expected, rel=1e-10, abs=1e-10), (seed, made.text)
