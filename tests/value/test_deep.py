"""Graphs of great depth and width, on a stack of 256 KiB with a recursion limit of 100."""

from __future__ import annotations

import copy
import pickle
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value

DEPTH = 1_000_000 if sg.engine == "native" else 100_000
STACK = 256 * 1024


def on_a_small_stack(function: Callable[[], Any]) -> Any:
    """Return what `function` returns, called in a thread with little stack and recursion."""
    outcome: list[Any] = []

    def work() -> None:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(100)
        try:
            outcome.append(function())
        except BaseException as error:
            outcome.append(error)
        finally:
            sys.setrecursionlimit(limit)

    size = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def chain(leaf: Value, depth: int) -> Value:
    y = leaf
    for _ in range(depth):
        y = y + leaf
    return y


@pytest.fixture(scope="module")
def deep() -> tuple[Value, Value]:
    leaf = Value(0.5)
    return leaf, on_a_small_stack(lambda: chain(leaf, DEPTH))


def depth_of(root: Value) -> int:
    depth = 0
    while root.parents:
        root = root.parents[0]
        depth += 1
    return depth


def test_a_deep_chain_builds_and_runs_backward(deep: tuple[Value, Value]) -> None:
    leaf, root = deep
    on_a_small_stack(root.backward)
    assert root.data == 0.5 * (DEPTH + 1)
    assert leaf.grad == DEPTH + 1
    on_a_small_stack(root.zero_grad)
    assert leaf.grad == 0.0


def test_a_deep_chain_frees_without_recursion(gc_off: None) -> None:
    leaf = Value(0.5)
    before = sys.getrefcount(leaf)

    def build_and_drop() -> int:
        root = chain(leaf, 1_000_000)
        root.backward()
        held = sys.getrefcount(leaf)
        del root
        return held

    assert on_a_small_stack(build_and_drop) > before + 1_000_000 - 1
    assert sys.getrefcount(leaf) == before


def test_a_deep_chain_deep_copies(deep: tuple[Value, Value]) -> None:
    leaf, root = deep
    twin = on_a_small_stack(lambda: copy.deepcopy(root))
    assert depth_of(twin) == DEPTH
    assert twin.data == root.data
    on_a_small_stack(twin.backward)
    assert leaf.grad == 0.0
    assert twin.parents[1].grad == DEPTH + 1


def test_a_deep_chain_pickles_and_unpickles(deep: tuple[Value, Value]) -> None:
    _, root = deep
    data = on_a_small_stack(lambda: pickle.dumps(root))
    twin = on_a_small_stack(lambda: pickle.loads(data))
    assert depth_of(twin) == DEPTH
    assert twin.data == root.data
    on_a_small_stack(twin.backward)
    assert twin.parents[1].grad == DEPTH + 1


def test_the_gradient_of_a_deep_chain_is_a_graph_too() -> None:
    x = Value(1.0)
    y = x
    for _ in range(DEPTH // 20):
        y = y * 1.0
    (g,) = on_a_small_stack(lambda: sg.gradients(y, [x]))
    assert g.data == 1.0


def test_x_doubled_900_times_is_exact() -> None:
    x = y = Value(3.0)
    for _ in range(900):
        y = y + y
    y.backward()
    assert y.data == 3.0 * 2.0**900
    assert x.grad == 2.0**900


def test_a_million_temporaries_leave_nothing_behind(gc_off: None) -> None:
    x = Value(1.5)
    before = sys.getrefcount(x)
    for _ in range(DEPTH):
        x * x + x
    assert sys.getrefcount(x) == before


# ------ wide graphs


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def fan_in(width: int) -> None:
    x = Value(0.5)
    root = sg.sum([x * float(i) for i in range(width)])
    root.backward()
    assert x.grad == width * (width - 1) / 2


def fan_out(width: int) -> None:
    x = Value(0.5)
    root = Value(0.0)
    for _ in range(width):
        root = root + x
    root.backward()
    assert x.grad == width


def repeated_operand(width: int) -> None:
    x = Value(0.5)
    root = sg.dot([x] * width, [x] * width)
    root.backward()
    assert x.grad == width


@pytest.mark.parametrize("wide", [fan_in, fan_out, repeated_operand], ids=lambda f: f.__name__)
def test_a_hundred_thousand_edges_take_linear_time(
    wide: Callable[[int], None], gc_off: None
) -> None:
    # ten times the edges: ten times the time if linear, up to thirty as they outgrow the caches, a
    # hundred or more if quadratic; without the garbage collector, whose walks are not the engine's
    rounds = [(seconds(lambda: wide(100_000)), seconds(lambda: wide(10_000))) for _ in range(5)]
    many, few = map(min, zip(*rounds))
    assert many < 50.0 * few


def test_reference_counting_alone_frees_a_graph(gc_off: None) -> None:
    xs = [Value(float(i)) for i in range(100)]
    before = [sys.getrefcount(x) for x in xs]
    root = sg.dot(xs, xs[::-1], bias=xs[0]).tanh()
    second = sg.gradients(root, xs)
    root.backward()
    with sg.detect_anomaly():
        checked = sg.sum(xs) * root
    del root, second, checked
    assert [sys.getrefcount(x) for x in xs] == before
