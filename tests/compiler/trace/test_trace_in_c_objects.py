"""The trace in C as an object among Python's: how long it lives, what it refuses, and no crash."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import ops
from scalargrad.backward import symbolic_adjoints
from scalargrad.compiler import compile
from scalargrad.compiler.machine.runner import NATIVE
from scalargrad.compiler.passes import lowered_trace
from scalargrad.compiler.pipeline import program_of
from scalargrad.compiler.trace import chosen, in_python
from scalargrad.compiler.trace.body import Body
from scalargrad.compiler.trace.vocabulary import products
from tests.support.compiled import adjoints_of, value_and_gradients
from tests.support.refused_memory import times_refused

if NATIVE:
    from scalargrad.compiler.machine import encode

InC = chosen.Trace
pytestmark = pytest.mark.skipif(InC is in_python.Trace, reason="there is no trace in C")

# ------ objects


def test_the_same_number_is_the_same_object_as_long_as_there_is_one() -> None:
    found = InC()
    x = found.input(2.0)
    y = x * x
    assert x * x is y
    assert found.tracers[y.index] is y


def test_a_trace_lives_as_long_as_one_of_its_numbers_and_no_longer() -> None:
    found = InC()
    reference = weakref.ref(found)
    x = found.input(2.0) * 3.0
    del found
    assert reference() is x.trace
    del x
    assert reference() is None


def test_a_cycle_through_an_operator_of_the_users_own_is_freed() -> None:
    found = InC()
    reference = weakref.ref(found)
    x = found.input(2.0)
    kept = sg.operator("kept", lambda u: u, lambda out, u, cycle=[x]: 1.0)
    y = kept(x)
    del found, x, y, kept
    gc.collect()
    assert reference() is None


def test_a_deep_trace_is_freed_without_recursion() -> None:
    found = InC()
    kept = [found.input(1.0)]
    for _ in range(300_000):
        kept.append(kept[-1] + 1.0)
    assert len(found) == 300_002
    assert adjoints_of(kept[-1], kept[:1]) == [1.0]
    del kept, found


# ------ errors


def test_a_number_of_another_trace_is_refused() -> None:
    x, y = InC().input(1.0), InC().input(2.0)
    with pytest.raises(TypeError, match="kept and used in another"):
        x * y
    with pytest.raises(TypeError, match="kept and used in another"):
        x.trace.index(y)


@pytest.mark.parametrize("operand", ["a", None, 1j, [1.0], b"x"])
def test_what_is_no_number_is_refused(operand: Any) -> None:
    x = InC().input(1.0)
    for compute in (lambda: x * operand, lambda: operand - x, lambda: x**operand):
        with pytest.raises(TypeError):
            compute()
    assert len(x.trace) == 1


def test_numbers_beyond_the_floats_are_refused() -> None:
    x = InC().input(1.0)
    with pytest.raises(OverflowError):
        x + 10**400


def test_three_operands_of_a_power_are_refused() -> None:
    x = InC().input(1.0)
    with pytest.raises(TypeError):
        pow(x, 2, 5)


@pytest.mark.parametrize("protocol", [float, int, complex])
def test_what_would_freeze_a_number_is_refused(protocol: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="compile cannot follow"):
        protocol(InC().input(1.0))


def test_a_row_with_too_few_operands_is_refused() -> None:
    found = InC()
    x = found.input(1.0)
    for row, operands in ((ops.add, [x]), (ops.tanh, []), (products, [x]), (ops.where, [x, x])):
        with pytest.raises(TypeError):
            found.compute(row, operands)
    assert len(found) == 1


def wrong_calls(found: Any, x: Any) -> list[Callable[[], Any]]:
    other = InC()
    return [
        lambda: found.needed([99]),
        lambda: found.needed([-1]),
        lambda: found.needed(["0"]),
        lambda: found.uses(None),
        lambda: found.fuse([2**40]),
        lambda: found.rows[99],
        lambda: found.operands[-99],
        lambda: found.input(),
        lambda: found.input("1"),
        lambda: found.compute(ops.add),
        lambda: found.compute("add", [x, x]),
        lambda: found.compute(ops.add, 3),
        lambda: found.adjoints(x, None, 1.0),
        lambda: found.adjoints(x, [x], "1"),
        lambda: found.adjoints(other.input(1.0), [x], 1.0),
        lambda: found.copy(found, []),
        lambda: found.copy(other, [0]),
        lambda: found.copy(in_python.Trace(), []),
        lambda: found.ask([], []),
        lambda: found.ask((1,), ()),
        lambda: type(x)(),
        lambda: type(x).__new__(type(x)),
        lambda: object.__new__(type(x)),
        lambda: setattr(x, "index", 99),
        lambda: setattr(x, "trace", other),
        lambda: setattr(found, "captured", {}),
        lambda: type(found.rows)(),
    ]


@pytest.mark.parametrize("k", range(len(wrong_calls(InC() if InC else None, None))))
def test_wrong_calls_raise(k: int) -> None:
    found = InC()
    x = found.input(1.0)
    with pytest.raises((TypeError, ValueError, IndexError, AttributeError, OverflowError)):
        wrong_calls(found, x)[k]()


def test_indices_put_in_from_outside_are_checked() -> None:
    found, value = InC(), sg.Value(1.0)
    x = found.input(2.0)
    found.captured[value] = 10**6
    with pytest.raises(IndexError):
        x * value


def test_a_subclass_is_no_number_of_the_trace() -> None:
    x = InC().input(1.0)
    kind = type("Other", (type(x),), {"__slots__": ()})
    # what a number of a trace says of itself is another thing
    object.__dict__["__class__"].__set__(x, kind)
    for compute in (lambda: x * 2.0, lambda: -x):
        with pytest.raises(TypeError):
            compute()


@pytest.mark.parametrize("at", range(12))
def test_an_exception_anywhere_in_the_gradient_leaves_the_trace_as_good(at: int) -> None:
    calls = iter(range(at, -1, -1))

    def raising(out: Any, u: Any) -> Any:
        if not next(calls, None):
            raise KeyboardInterrupt
        return 2.0 * u

    square = sg.operator("square", lambda u: u * u, raising)
    found = InC()
    x = found.input(1.5)
    out = x
    for _ in range(10):
        out = square(out) + x
    if at < 10:
        with pytest.raises(KeyboardInterrupt):
            symbolic_adjoints(out, [x], 1.0)
    calls = iter(())
    assert (x * x).trace is found
    assert [found.operands[i] for i in range(len(found))]


def test_several_threads_trace_at_once() -> None:
    def f(w: Any, x: Any) -> Any:
        for _ in range(200):
            x = (w * x).tanh() + 0.5
        return x

    expected = value_and_gradients(compile(f), 0.3, 0.7)
    results: list[Any] = []
    threads = [
        threading.Thread(target=lambda: results.append(value_and_gradients(compile(f), 0.3, 0.7)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4


def test_every_kind_of_trace_can_be_lowered() -> None:
    assert set(lowered_trace.LOWERED) == {in_python.Trace, InC}


# ------ memory


def traced_and_lowered() -> int:
    """How many nodes the program of a function has that meets every kind of row."""
    found = InC()
    xs = [found.input(0.1 * k) for k in range(12)]
    ys = [sg.dot(xs[k:] + xs[:k], xs) for k in range(12)] + [x * sg.Value(2.0) for x in xs]
    out = sum(y * 0.5 for y in ys).tanh() + sg.logsumexp(ys[:3])
    outputs = [out.index, *map(found.index, adjoints_of(out, xs))]
    program = program_of(Body(found, outputs))
    if NATIVE:
        rerolled = encode.rerolled(program.trace, program.inputs, program.constants())
        rerolled.code(program.computed())
    return len(program.trace)


# a generator of Python's that is given up asks for memory to say so
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_memory_that_is_refused_anywhere_is_an_error_and_no_crash() -> None:
    assert times_refused(traced_and_lowered, range(1, 4000)) > 1000
