"""What code of Python's, run inside a call of the machine, must not break; runs that take long."""

from __future__ import annotations

import gc
import signal
import threading
from array import array
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import scalargrad as sg

if sg.engine != "native":
    pytest.skip("the machine goes with the native engine", allow_module_level=True)

from tests.hostile.calls import NEST, PROGRAM, TANH, WITHOUT_LANES, memory, words
from tests.support.refused_memory import refused_once

np = pytest.importorskip("numpy")
machine = pytest.importorskip("scalargrad.native._machine")

MISALIGNED = {begin: memoryview(bytearray(64))[begin : begin + 16] for begin in (1, 4, 7)}
COUNTS = (2**62, 2**63 - 1, 2**63 - 1024, 2**63 - 1023)
ALONE = {**PROGRAM, "lanes": words(TANH), "inputs": words(), "outputs": words()}
ALONE.update(given=0, made=0)
"""A program whose lanes read nothing: there may be any number of them."""


def run(code: Any, *arrays: Any, count: int = 2, **changed: Any) -> Any:
    given = {"numbers": [0.5], "arrays": arrays, "count": count, "results": None, "broken": None}
    given |= {"sides": None, "index": None, "tell_doubt": False, "threads": 2} | changed
    return code.run(*given.values())


def interrupted(f: Callable[[], Any]) -> None:
    """Press Ctrl-C while this runs."""
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    with pytest.raises(KeyboardInterrupt):
        timer.start()
        f()
    timer.join()


# ------ runs that take long


@pytest.mark.parametrize("count, threads", [(2**62, 1), (2**63 - 1, 3)])
def test_any_number_of_lanes_can_be_interrupted(count: int, threads: int) -> None:
    code = machine.Program(**ALONE)
    interrupted(lambda: run(code, count=count, threads=threads))
    assert run(code) == pytest.approx([np.exp(0.5), 0.5])


def test_any_number_of_rows_of_weights_can_be_interrupted() -> None:
    code = machine.Program(**{**WITHOUT_LANES, "results": words()})
    weights = np.broadcast_to(np.ones(1), (2**59, 1))
    interrupted(lambda: code.repeat([0.5], 1, weights, np.empty((2**59, 0)), False))


@pytest.mark.parametrize("count", [*COUNTS, 3])
def test_a_count_is_that_of_the_arrays(count: int) -> None:
    code = machine.Program(**PROGRAM)
    with pytest.raises((TypeError, ValueError)):
        run(code, memory([0.5, 1.0]), memory([0.0, 0.0]), count=count)
    with pytest.raises(OverflowError):
        run(code, memory([0.5, 1.0]), memory([0.0, 0.0]), count=2**63)


# ------ buffers


@pytest.mark.parametrize("begin", MISALIGNED)
def test_buffers_are_aligned(begin: int) -> None:
    shifted = MISALIGNED[begin]
    columns = memory([0.5, 1.0]), memory([0.0, 0.0])
    guards = {"broken": array("i", [0, 0]), "sides": memory([0.0] * 4)}
    code = machine.Program(**PROGRAM)
    for wrong in (
        {"results": shifted},
        {"index": shifted},
        guards | {"sides": memoryview(bytearray(40))[begin : begin + 32]},
        guards | {"broken": memoryview(bytearray(16))[1:9]},
    ):
        with pytest.raises(ValueError, match="buffers do not fit"):
            run(code, *columns, **wrong)
    with pytest.raises(ValueError, match="buffer does not fit"):
        machine.Nest(**NEST).run([0.5], shifted[:8], False)
    with pytest.raises(ValueError, match="not aligned"):
        machine.write(None, shifted)


def test_columns_are_read_wherever_they_begin() -> None:
    numbers = np.frombuffer(b"-" + np.array([0.5, 1.0]).tobytes(), np.float64, 2, 1)
    out = np.empty(2)
    run(machine.Program(**PROGRAM), numbers, out)
    assert out.tolist() == pytest.approx(np.tanh([0.5, 1.0]).tolist())


class Changing:
    """Changes an index when it is given up."""

    def __init__(self, index: Any) -> None:
        self.index = index

    def __del__(self) -> None:
        self.index[:] = array("q", [2**40] * len(self.index))


def test_an_index_that_changes_while_numbers_are_read_is_checked_as_it_is_then() -> None:
    index = array("q", [1, 0])
    numbers: list[Any] = [0.5, Changing(index)]
    code = machine.Program(**PROGRAM)
    with pytest.raises(TypeError):  # no buffer, and no number
        run(code, memory([0.5, 1.0]), memory([0.0] * 2), numbers=numbers, index=index)
    del numbers[1]
    with pytest.raises(TypeError, match="at least 1099511627777 rows"):
        run(code, memory([0.5, 1.0]), memory([0.0] * 2), numbers=numbers, index=index)


def test_totals_of_a_program_that_adds_nothing_up_are_sums_of_nothing() -> None:
    code = machine.Program(**{**ALONE, "lanes": words(), "totals": words([0, 1])})
    for count in (0, 2, 300):
        run(machine.Program(**PROGRAM), np.ones(count), np.empty(count), count=count)
        assert run(code, count=count)[1] == 0.0


def test_memory_that_is_refused_anywhere_in_a_run_is_an_error_and_no_crash() -> None:
    code = machine.Program(**PROGRAM)
    columns, index = (memory([0.5] * 300), memory([0.0] * 300)), array("q", range(300))
    work = partial(run, code, *columns, count=300, index=index)
    found = [refused_once(work, at) for at in range(1, 30)]
    assert MemoryError in found
    assert {type(x) for x in found if x is not MemoryError} == {list}


# ------ readers and records


def test_a_function_may_empty_the_list_that_numbers_are_read_into() -> None:
    def empty(x: Any, numbers: Any, *others: Any) -> bool:
        numbers.clear()
        return True

    rows = machine.READ_ROWS, list, (), lambda shape: memory([0.0] * shape[0]), float, empty
    reader = machine.Reader(((machine.READ_BY_CALL, empty), rows))
    with pytest.raises(IndexError):
        reader.read((0.5, [1.0, 2.0]), [0.0], [], [], [])


class Answering:
    """Iterates as it is told to."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __iter__(self) -> Any:
        return self.answer


@pytest.mark.parametrize("answer", [5, [0.5], None])
def test_what_does_not_iterate_holds_nothing(answer: Any) -> None:
    assert not machine.Records(((9, Answering(answer), (Answering, 0.5)),)).hold()


class Items(list):  # type: ignore[type-arg]
    """A list that iterates over other things than it holds."""

    def __iter__(self) -> Any:
        return iter(["a"] * 100)


def test_items_are_read_as_they_stand_in_a_list() -> None:
    values = [sg.Value(1.0), sg.Value(2.0)]
    numbers, found = [0.0], []  # type: ignore[var-annotated]
    readers = (machine.READ_FLOATS, Items, 2), (machine.READ_VALUES, Items, 2, sg.Value)
    assert machine.Reader(readers).read((Items([0.5, 1.5]), Items(values)), numbers, [], found, [])
    assert (numbers, found) == ([0.0, 0.5, 1.5, tuple(values)], values)


@pytest.mark.parametrize("count", [-1, 2**70, 1.0, "2", None])
def test_readers_with_counts_that_are_none_are_refused(count: Any) -> None:
    floats = machine.READ_FLOATS, list, count
    values = machine.READ_VALUES, list, count, sg.Value
    rows = machine.READ_ROWS, list, (count,), list, float, print
    for reader in (floats, values, rows):
        with pytest.raises((TypeError, OverflowError)):
            machine.Reader((reader,))


def test_a_function_that_builds_a_part_may_change_the_list_it_is_for() -> None:
    mark = object()

    def build(parts: Any) -> Any:
        for one in gc.get_objects():
            if type(one) is list and one and one[0] is mark:
                one.clear()
        return parts

    marked = machine.WRITE_BY_CALL, lambda parts: mark, ()
    writer = machine.WRITE_LIST, (marked, None, (machine.WRITE_BY_CALL, build, (None,)), None)
    assert machine.write(writer, memory([1.0, 2.0, 3.0])) == [[2.0], 3.0]
