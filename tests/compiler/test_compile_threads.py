"""One compiled function in several threads, and several threads in one call: the same bits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from tests.support.compiled import RUNNERS, running, value_and_gradients

np = pytest.importorskip("numpy")


def loss(weights: Any, x: Any) -> Any:
    hidden = sg.tanh(weights[0] * x + weights[1])
    return hidden * hidden if x > 0.3 else sg.exp(weights[2] * hidden)


WEIGHTS = [0.7, -0.2, 0.4]


def numbers(found: list[bytes]) -> Any:
    return np.frombuffer(b"".join(found))


def outcome(compiled: Any, xs: Any) -> list[bytes]:
    value, (weights, own) = value_and_gradients(compiled, WEIGHTS, xs)
    return [np.asarray(x, float).tobytes() for x in (value, *weights, own)]


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("count", [1, 1023, 1025, 20_000])
def test_any_number_of_threads_gives_the_same_bits(runner: str, count: int) -> None:
    xs = np.random.default_rng(count).normal(size=count)
    with running(runner):
        found = [
            outcome(compile(loss, batch="x", reduce="mean", threads=threads), xs)
            for threads in (1, 2, 3, 16, 100)
        ]
    assert all(x == found[0] for x in found)


def in_threads(f: Callable[[int], Any], count: int) -> list[Any]:
    """Return f(0), f(1), …, all begun at the same time."""
    ready = threading.Barrier(count)

    def begun(k: int) -> Any:
        ready.wait()
        return f(k)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begun, range(count)))


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("threads", [1, 4])
def test_one_function_is_called_from_eight_threads_at_once(runner: str, threads: int) -> None:
    samples = [np.random.default_rng(k).normal(size=100 * k + 1) for k in range(8)]
    with running(runner):
        compiled = compile(loss, batch="x", reduce="sum", threads=threads)
        # the order of a sum depends on which way through the branches was traced first
        first = in_threads(lambda k: outcome(compiled, samples[k]), 8)
        expected = [outcome(compiled, xs) for xs in samples]
        for found, other in zip(first, expected):
            assert numbers(found) == pytest.approx(numbers(other), rel=1e-13)
        for _ in range(5):
            assert in_threads(lambda k: outcome(compiled, samples[k]), 8) == expected


def test_numbers_and_lanes_and_values_do_not_get_into_each_other_s_way() -> None:
    compiled = compile(lambda x, y: x * y + sg.sin(x), batch=True)
    xs = np.linspace(0.0, 1.0, 200)

    def calls(k: int) -> Any:
        for _ in range(30):
            value = compiled(sg.Value(float(k)), 2.0)
            value.backward()
            yield value.data, value.parents[0].grad, compiled(float(k), 3.0)
            yield compiled(xs, float(k)).tobytes()

    assert in_threads(lambda k: list(calls(k)), 8) == [list(calls(k)) for k in range(8)]


def test_a_trace_in_one_thread_does_not_concern_the_others() -> None:
    """While a function is traced here, Values that are built there are Values."""
    inside, go_on = threading.Event(), threading.Event()

    def slow(x: Any) -> Any:
        inside.set()
        assert go_on.wait(10.0)
        return x * 2.0

    with ThreadPoolExecutor(1) as pool:
        traced = pool.submit(compile(slow), 3.0)
        assert inside.wait(10.0)
        x = sg.Value(2.0)
        out = x * x + sg.exp(x)
        out.backward()
        x.data = 5.0
        go_on.set()
        assert traced.result() == 6.0
    assert (x.grad, x.data) == (4.0 + np.exp(2.0), 5.0)
