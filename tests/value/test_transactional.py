"""backward() is all or nothing: a fault or Ctrl-C leaves every gradient old, or every one new."""

from __future__ import annotations

import _thread
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from tests.support.faults import struck
from tests.support.floats import all_bits

WIDTH = 200_000 if sg.engine == "native" else 20_000


def ladder(length: int) -> list[Value]:
    """A graph of `length` rungs in which every node is used twice: leaves first, root last."""
    leaves = [Value(0.5 + 0.01 * i) for i in range(8)]
    nodes = list(leaves)
    for i in range(length):
        nodes.append((nodes[-1] * 0.5 + leaves[i % 8]).tanh() * leaves[(i + 3) % 8])
    return nodes


def grads(nodes: list[Value]) -> list[float]:
    return [node.grad for node in nodes]


def set_grads(nodes: list[Value], numbers: list[float]) -> None:
    for node, g in zip(nodes, numbers):
        node.grad = g


# ------ faults


def test_a_fault_at_any_step_leaves_gradients_all_old_or_all_new() -> None:
    nodes = ladder(12)
    root, old = nodes[-1], [float(i) for i in range(len(nodes))]
    set_grads(nodes, old)
    root.backward()
    new = grads(nodes)
    step, hit = 0, True
    while hit:
        step += 1
        set_grads(nodes, old)
        hit = struck(root.backward, step)
        assert grads(nodes) in ([old, new] if hit else [new])


def overflowing_chain(length: int, position: int) -> list[Value]:
    """A chain with finite partials whose gradient overflows on the way back, at `position`
    steps from the leaf."""
    nodes = [Value(0.0)]
    for i in range(length):
        nodes.append(nodes[-1] * (1e300 if i in (position, position + 1) else 1.0))
    return nodes


@pytest.mark.parametrize("position", range(20))
def test_an_anomaly_at_any_node_leaves_gradients_untouched(position: int) -> None:
    with sg.detect_anomaly():
        nodes = overflowing_chain(21, position)
        set_grads(nodes, [float(i) for i in range(len(nodes))])
        before = grads(nodes)
        with pytest.raises(sg.AnomalyError):
            nodes[-1].backward()
    assert grads(nodes) == before
    nodes[-1].backward()
    assert nodes[0].grad == float("inf")


def test_a_wrong_seed_leaves_gradients_untouched() -> None:
    nodes = ladder(5)
    nodes[-1].backward()
    before = grads(nodes)
    for wrong in ("a", None, 1j, 10**400):
        with pytest.raises((TypeError, OverflowError)):
            nodes[-1].backward(wrong)
    assert grads(nodes) == before


# ------ Ctrl-C


@pytest.fixture
def default_sigint() -> Iterator[None]:
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


def ctrl_c_by_timer(delay: float, work: Callable[[], None]) -> None:
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(delay, 1e-6))
        work()
        signal.setitimer(signal.ITIMER_REAL, 0.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, previous)


def ctrl_c_by_thread(delay: float, work: Callable[[], None]) -> None:
    timer = threading.Timer(delay, _thread.interrupt_main)
    timer.start()
    try:
        work()
    finally:
        timer.join()


def interrupted(interrupt: Callable[..., None], delay: float, work: Callable[[], None]) -> bool:
    try:
        interrupt(delay, work)
        time.sleep(0.0)
    except KeyboardInterrupt:
        return True
    return False


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers here")
@pytest.mark.parametrize("interrupt", [ctrl_c_by_timer, ctrl_c_by_thread])
def test_ctrl_c_at_any_time_leaves_gradients_all_old_or_all_new(
    interrupt: Callable[..., None], default_sigint: None
) -> None:
    nodes = ladder(WIDTH // 4)
    root, old = nodes[-1], [float(i) for i in range(len(nodes))]
    root.zero_grad()
    start = time.perf_counter()
    root.backward()
    duration = time.perf_counter() - start
    set_grads(nodes, old)
    root.backward()
    new, strikes = grads(nodes), 0
    for _ in range(12):
        set_grads(nodes, old)
        was_struck = interrupted(interrupt, random.uniform(0.0, 1.2) * duration, root.backward)
        found = grads(nodes)
        assert found in ((old, new) if was_struck else (new,))
        strikes += was_struck
    assert strikes > 0


# ------ repeated backward passes


finite = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(finite, min_size=3, max_size=3), st.integers(1, 7))
def test_backward_k_times_is_g_added_k_times_bit_for_bit(xs: list[float], k: int) -> None:
    leaves = [Value(x) for x in xs]
    shared = (leaves[0] * leaves[1]).tanh()
    root = shared * leaves[2] + shared.exp() - leaves[0] / 3.0
    root.backward()
    once = grads(leaves)
    expected = list(once)
    for _ in range(k - 1):
        root.backward()
        expected = [total + g for total, g in zip(expected, once)]
    assert all_bits(grads(leaves)) == all_bits(expected)
    if k == 2:
        assert all_bits(expected) == all_bits(2.0 * g for g in once)


@given(finite, finite)
def test_accumulation_adds_the_finished_sum_not_its_parts(start: float, x: float) -> None:
    leaf = Value(x)
    leaf.grad = start
    (leaf * 0.1 + leaf * 0.2 + leaf * 0.3).backward()
    apart = Value(x)
    (apart * 0.1 + apart * 0.2 + apart * 0.3).backward()
    assert all_bits([leaf.grad]) == all_bits([start + apart.grad])
