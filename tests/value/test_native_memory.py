"""The native engine's memory: nothing leaks, all is given back, and running out raises."""

from __future__ import annotations

import gc
import pickle
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value

if sg.engine != "native":
    pytest.skip("about the native engine's memory", allow_module_level=True)

from scalargrad.native import _engine


@pytest.fixture(autouse=True)
def trimmed() -> Iterator[None]:
    _engine.trim()
    yield
    _engine.fail_after(-1)
    _engine.trim()


def grow(n: int) -> Value:
    v = Value(1.0)
    for _ in range(n):
        v = v + 1.0
    return v


def test_a_node_takes_72_bytes() -> None:
    assert sys.getsizeof(Value(1.0)) == 72


def test_chunks_come_back_after_trim() -> None:
    # other tests may have left a chunk that holds nothing any more
    _engine.trim()
    before, _ = _engine.chunks()
    v = grow(200_000)
    held, used = _engine.chunks()
    # not `before` more: what other tests left behind may have filled only part of its chunks
    assert held >= used >= 200_000 * 72 // (2 << 20) > 0
    assert held > before
    del v
    _engine.trim()
    assert _engine.chunks()[0] == before


def test_a_loop_keeps_its_chunks_and_a_past_peak_is_forgotten() -> None:
    grow(500_000)
    peak, _ = _engine.chunks()
    grow(500_000)
    assert _engine.chunks()[0] == peak
    for _ in range(20_000):
        grow(40)
    # more than there may be room for in chunks that other tests left in use: the mark of the past
    # falls as chunks are taken
    for _ in range(200):
        grow(150_000)
    assert _engine.chunks()[0] < peak / 2


def test_freed_by_reference_counting_alone() -> None:
    gc.disable()
    try:
        before = _engine.chunks()
        v = grow(300_000)
        w = sg.sum([v, v * v, sg.dot([v, v], [1.0, v])])
        w.backward()
        del v, w
        _engine.trim()
        assert _engine.chunks() == before
    finally:
        gc.enable()


def test_scattered_survivors_keep_their_values() -> None:
    rng = random.Random(1)
    survivors: list[tuple[float, Value]] = []
    for i in range(300_000):
        v = Value(float(i))
        if rng.random() < 0.01:
            survivors.append((float(i), v))
    again = [Value(0.5) for _ in range(100_000)]
    assert all(v.data == x for x, v in survivors)
    assert all(v.data == 0.5 for v in again)


def build_much() -> Any:
    x, y = Value(1.5, label="x"), Value(2.5)
    total = sg.sum([x * y, sg.dot([x, y], [y, 2.0], x), sg.max([x, y]), sg.logsumexp([x, y])])
    total = total + sg.polygamma(1, x) + sg.prod([x, y, 3.0]) + sg.clamp(x, 0.0, 1.0)
    total.label = "total"
    total.backward()
    copied = pickle.loads(pickle.dumps(total))
    copied.zero_grad()
    return total._adjoints([x, y]), copied.data, [v.grad for v in (x, y)]


def outcome(f: Callable[[], Any]) -> Any:
    try:
        return f()
    except MemoryError:
        return MemoryError


def test_every_allocation_may_fail_and_raises_memory_error() -> None:
    keep = Value(0.0)  # holds the first chunk, which then has room for nodes
    expected = build_much()
    failures = 0
    for n in range(200):
        _engine.fail_after(n)
        try:
            found = outcome(build_much)
        finally:
            _engine.fail_after(-1)
        assert found in (expected, MemoryError)
        failures += found is MemoryError
        if found == expected:
            break
    else:
        pytest.fail("200 allocations and no end")
    assert failures >= 5
    assert keep.data == 0.0


def test_no_chunk_raises_memory_error_and_loses_nothing() -> None:
    kept = [Value(float(i)) for i in range(2000)]
    _engine.fail_after(0)
    with pytest.raises(MemoryError):
        for _ in range(100_000):
            kept.append(Value(-1.0))
    _engine.fail_after(-1)
    assert [v.data for v in kept[:2000]] == [float(i) for i in range(2000)]
    assert Value(3.0).data == 3.0
