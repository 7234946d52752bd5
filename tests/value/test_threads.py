"""Threads with graphs of their own never disturb each other, nor do the modes they are in."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value

THREADS = 8


def together(work: Callable[[int], Any]) -> list[Any]:
    """Return the results of `work(0)`, `work(1)`, … run at the same time, one a thread."""
    gate = threading.Barrier(THREADS)

    def start(i: int) -> Any:
        gate.wait()
        return work(i)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(start, range(THREADS)))


def train(seed: int) -> list[float]:
    """Return the parameters of a small neuron after training on data made from `seed`."""
    source = random.Random(seed)
    weights = [Value(source.uniform(-1, 1)) for _ in range(4)]
    for _ in range(60):
        xs = [source.uniform(-1, 1) for _ in weights]
        out = (sg.dot(weights, xs) + sum(w * w for w in weights) * 0.01).tanh()
        loss = (out - 0.5) ** 2
        for w in weights:
            w.grad = 0.0
        loss.backward()
        for w in weights:
            w.data -= 0.1 * w.grad
    return [w.data for w in weights]


def test_eight_threads_with_their_own_graphs_get_what_one_gets() -> None:
    assert together(train) == [train(seed) for seed in range(THREADS)]


def test_threads_agree_while_others_switch_modes() -> None:
    def work(i: int) -> list[float]:
        if i % 4 == 0:
            for _ in range(2000):
                with sg.no_grad(), sg.detect_anomaly():
                    Value(1.0) * 2.0
        return train(i)

    assert together(work) == [train(seed) for seed in range(THREADS)]


def test_no_grad_in_one_thread_leaves_others_recording() -> None:
    gates = threading.Barrier(THREADS)

    def work(i: int) -> int:
        x = Value(2.0)
        if i % 2:
            with sg.no_grad():
                gates.wait()
                y = x * x
                gates.wait()
        else:
            gates.wait()
            y = x * x
            gates.wait()
        return len(y.parents)

    assert together(work) == [2, 0] * (THREADS // 2)


def test_detect_anomaly_in_one_thread_leaves_others_computing() -> None:
    gates = threading.Barrier(THREADS)

    def work(i: int) -> bool:
        if i:
            gates.wait()
            y = Value(1.0) / 0.0
            gates.wait()
            return y.data == float("inf")
        with sg.detect_anomaly():
            gates.wait()
            with pytest.raises(sg.AnomalyError):
                Value(1.0) / 0.0
            gates.wait()
        return True

    assert all(together(work))


def test_a_graph_may_be_built_in_one_thread_and_used_in_another() -> None:
    leaves = [Value(float(i)) for i in range(THREADS)]
    roots = together(lambda i: sum(leaves[i] * k for k in range(1000)))
    for i in range(THREADS):
        threading.Thread(target=roots[i].backward).start()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    del roots
    assert [leaf.grad for leaf in leaves] == [float(sum(range(1000)))] * THREADS


def test_graphs_dropped_by_other_threads_free_their_memory() -> None:
    shared = [Value(1.0) for _ in range(THREADS)]
    built = together(lambda i: [shared[i] * k for k in range(5000)])

    def drop(i: int) -> None:
        built[(i + 1) % THREADS].clear()

    together(drop)
    assert together(train) == [train(seed) for seed in range(THREADS)]
    assert [len(part) for part in built] == [0] * THREADS
