"""Memory of large results is found again once nobody holds it, and not before."""

from __future__ import annotations

import ctypes
import gc
import pickle
import random
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler.machine.runner import LEAST, MOST, NATIVE, machine, new_array
from tests.support.expressions import rounds

pytestmark = pytest.mark.skipif(not NATIVE, reason="the machine has the memory")
np = pytest.importorskip("numpy")

MOST_KEPT = 1 << 26
"""So many bytes are kept of what nobody holds."""


def address(x: Any) -> int:
    return x.__array_interface__["data"][0]  # type: ignore[no-any-return]


def test_memory_that_nobody_holds_is_found_again() -> None:
    first = new_array((LEAST, 2))
    at = address(first)
    del first
    for shape in ((LEAST, 2), (2 * LEAST,), (2 * LEAST - 9,)):
        found = new_array(shape)
        assert address(found) == at and found.shape == shape
        del found


class FromInterface:
    """An array that another library has made of ours, and holds as its own."""

    def __init__(self, x: Any) -> None:
        self.x, self.__array_interface__ = x, x.__array_interface__


HOLDS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda x: x,
    "a column": lambda x: x[:, 1],
    "a part of a view": lambda x: x.T[1:][0][5:9],
    "another shape": lambda x: x.reshape(-1),
    "another type": lambda x: x.view(np.int64),
    "a field of records": lambda x: x.view([("a", float), ("b", float)])["b"],
    "another class": lambda x: x.view(np.matrix),
    "numbers masked": lambda x: np.ma.array(x, copy=False),
    "windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, 0),
    "one broadcast": lambda x: np.broadcast_to(x[:1, :1], (3, 3)),
    "its base": lambda x: x.base,
    "a view of its base": lambda x: np.frombuffer(x.base)[3:],
    "a memoryview": memoryview,
    "a memoryview of its base": lambda x: memoryview(x.base)[9:],
    "a buffer": lambda x: np.frombuffer(x),
    "bytes out of band": lambda x: pickle.PickleBuffer(x),
    "an iterator": lambda x: x.flat,
    "a generator": lambda x: iter(x),
    "an array from DLPack": np.from_dlpack,
    "a capsule of DLPack": lambda x: x.__dlpack__(),
    "a struct of the array": lambda x: x.__array_struct__,
    "one from its interface": lambda x: np.asarray(FromInterface(x)),
    "a pointer": lambda x: x.ctypes.data_as(ctypes.c_void_p),
    "a ctypes array": lambda x: (ctypes.c_double * x.size).from_buffer(x),
    "what pickles it": lambda x: x.__reduce_ex__(5),
    "a cycle": lambda x: [held := [x], held.append(held)][0],
    "an array of objects": lambda x: np.array([x, None], object)[:1],
    "a closure": lambda x: lambda: x,
}


@pytest.mark.parametrize("way", HOLDS)
def test_memory_that_somebody_holds_is_not_given_again(way: str) -> None:
    first = new_array((LEAST, 2))
    first[:] = 7.0
    at, held = address(first), HOLDS[way](first)
    del first
    others = [new_array((LEAST, 2)) for _ in range(3)]
    for x in others:
        x[:] = 0.0
    assert at not in map(address, others)
    still = (ctypes.c_double * (2 * LEAST)).from_address(at)
    assert set(still) == {7.0}
    del held
    gc.collect()
    assert address(new_array((LEAST, 2))) == at


def test_a_weak_reference_does_not_find_memory_of_others() -> None:
    with pytest.raises(TypeError):
        __import__("weakref").ref(new_array((LEAST,)).base)


@pytest.fixture
def traced() -> Iterator[Callable[[], int]]:
    """How many bytes Python's allocators gave since, and did not get back."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()


def test_what_is_kept_is_bounded(traced: Callable[[], int]) -> None:
    for bytes_each, count in ((1 << 22, 40), (LEAST, 100), (1 << 25, 5), (1 << 27, 2)):
        held = [machine.Memory(bytes_each) for _ in range(count)]
        assert traced() > bytes_each * count - MOST_KEPT
        del held
        assert traced() < MOST_KEPT + (1 << 16)
    for _ in rounds(30):
        sizes = [random.randrange(1 << random.randrange(10, 27)) for _ in range(20)]
        held = [machine.Memory(size) for size in sizes]
        random.shuffle(held)
        while held:
            held.pop()
        assert traced() < MOST_KEPT + (1 << 16)


def test_of_many_results_few_are_kept(traced: Callable[[], int]) -> None:
    held = [machine.Memory(1 << 10) for _ in range(1000)]
    del held
    assert traced() < 64 << 10


@pytest.mark.parametrize("size", [-1, sys.maxsize])
def test_memory_that_there_is_not_is_refused(size: int) -> None:
    with pytest.raises((ValueError, MemoryError)):
        machine.Memory(size)


def test_what_is_large_or_small_is_new() -> None:
    for count in (0, 1, LEAST - 1, MOST + 1):
        assert new_array((count,)).flags.owndata


def test_memory_that_is_written_does_not_meet_other_memory() -> None:
    held: dict[float, Any] = {}
    for k in rounds(200):
        held[k] = new_array((random.randint(LEAST, 4 * LEAST),))
        held[k][:] = k
        for name in random.sample(list(held), random.randint(0, len(held))):
            assert (held.pop(name) == name).all()


def test_results_stay_what_they_are_while_others_are_computed() -> None:
    gate = sg.compile(lambda v: np.array([v[0] * v[1], v[0] + v[1]]), batch="v")
    held: list[tuple[Any, Any]] = []
    for _ in rounds(60):
        samples = np.random.default_rng().normal(size=(random.choice((LEAST, LEAST + 700)), 2))
        found = gate(samples)
        assert found.base is not None
        expected = np.column_stack([samples.prod(axis=1), samples.sum(axis=1)])
        column = random.choice((slice(None), 0, 1))
        held.append((found[:, column], expected[:, column]))
        del found
        if len(held) > 3:
            held.pop(random.randrange(len(held)))
        assert all((x == y).all() for x, y in held)


def test_results_of_several_threads_are_apart() -> None:
    gate = sg.compile(lambda x, y: x * y, batch="x")
    xs = np.arange(float(LEAST))
    wrong: list[float] = []

    def calls(y: float) -> None:
        for _ in range(100):
            first, second = gate(xs, y), gate(xs, -y)
            if (first != xs * y).any() or (second != xs * -y).any():
                wrong.append(y)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=calls, args=(float(k),)) for k in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(before)
    assert not wrong
