"""Gates within no_grad, and beside the modes of others: the same as in eager mode, and as fast."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.compiler.machine.runner import NATIVE

np = pytest.importorskip("numpy")

W = Value(3.0)
X = np.array([1.0, -2.0, 4.0])
CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any], tuple[Any, ...]]] = {
    "numbers": (lambda a, b: a * b + sg.sin(a), {}, (1.0, 2.0)),
    "Values": (lambda a, b: a * b + sg.sin(a), {}, (Value(1.0), Value(2.0))),
    "closed over": (lambda a: [a * W, {"twice": 2.0 * a}], {}, (1.5,)),
    "returned as they are": (lambda a, b: (b, W, a + b), {}, (Value(1.0), 2.0)),
    "a constant": (lambda a, k: a * k, {}, (Value(1.0), 2)),
    "a sum over lanes": (lambda x: sg.square(x - W), {"batch": "x", "reduce": "sum"}, (X,)),
    "lanes": (lambda x: x * W, {"batch": "x"}, (X,)),
    "lanes of numbers": (lambda x: x * x, {"batch": "x"}, (X,)),
    "lanes on two ways": (lambda x: x * W if x > 0.0 else W, {"batch": "x"}, (X,)),
    "lanes, some of them numbers": (lambda x: x * W if x > 0.0 else x, {"batch": "x"}, (X,)),
    "lanes that broadcast": (lambda x, y: x * y * W, {"batch": True}, (X, X[:, None])),
    "an argument by name": (lambda a, b: a * b * W, {}, (1.0, 2.0)),
}


def shown(x: Any) -> Any:
    """What a result is made of, and that no Value among it has a graph."""
    if isinstance(x, Value):
        assert x is W or not x.parents
        return "Value", x.data
    if isinstance(x, (list, tuple)):
        return type(x), [shown(y) for y in x]
    if isinstance(x, dict):
        return {k: shown(y) for k, y in x.items()}
    if isinstance(x, np.ndarray):
        return x.dtype, x.shape, [shown(y) for y in x.flat]
    return x


def one_by_one(f: Callable[..., Any], options: dict[str, Any], args: tuple[Any, ...]) -> Any:
    if not options:
        return f(*args)
    each = np.broadcast(*args)
    found = [f(*row) for row in each]
    if "reduce" in options:
        return sg.sum(found)
    result = np.empty(len(found), dtype=object)
    result[:] = found
    plain = not any(isinstance(y, Value) for y in found)
    return result.reshape(each.shape).astype(float) if plain else result.reshape(each.shape)


@pytest.mark.parametrize(("f", "options", "args"), CALLS.values(), ids=CALLS)
def test_results_are_those_of_eager_mode(
    f: Callable[..., Any], options: dict[str, Any], args: tuple[Any, ...]
) -> None:
    gate = sg.compile(f, **options)
    recorded = shown_with_graphs(gate(*args))
    for _ in range(3):
        with sg.no_grad():
            assert shown(gate(*args)) == shown(one_by_one(f, options, args))
        assert shown_with_graphs(gate(*args)) == recorded


def shown_with_graphs(x: Any) -> str:
    return str([(y, y.parents) if isinstance(y, Value) else y for y in np.ravel(x)])


@pytest.mark.skipif(not NATIVE, reason="shortcuts are those of C")
def test_a_call_within_no_grad_takes_a_shortcut() -> None:
    by_name = {"an argument by name": lambda gate, a, b: gate(a, b=b)}
    for name, (f, options, args) in CALLS.items():
        gate = sg.compile(f, **options)
        call = by_name.get(name, lambda gate, *args: gate(*args))
        with sg.no_grad():
            call(gate, *args)
            if name not in ("lanes that broadcast", "lanes, some of them numbers"):
                gate._in_full = lambda *_: pytest.fail("a call was made in full")
            call(gate, *args)


@pytest.mark.skipif(not NATIVE, reason="shortcuts are those of C")
def test_a_mode_of_somebody_else_keeps_no_call_from_its_shortcut() -> None:
    def generator() -> Iterator[None]:
        with sg.no_grad():
            yield

    gate, x = sg.compile(lambda x: x * x), Value(3.0)
    jacobian = sg.jacobian(sg.compile(lambda v: [y * y for y in v]))
    gate(x), jacobian([1.0, 2.0])
    gate._in_full = lambda *_: pytest.fail("a call was made in full")
    suspended = generator()
    next(suspended)
    gate(x).backward()
    assert jacobian([1.0, 2.0]) == [[2.0, 0.0], [0.0, 4.0]]
    started, enough = threading.Event(), threading.Event()

    def quiet() -> None:
        with sg.detect_anomaly():
            started.set()
            enough.wait()

    thread = threading.Thread(target=quiet)
    thread.start()
    started.wait()
    gate(x).backward()
    enough.set()
    thread.join()
    assert x.grad == 12.0


def test_what_a_function_uses_may_change_between_calls_within_no_grad() -> None:
    w = Value(2.0)
    gate = sg.compile(lambda x: x * w)
    for number in (2.0, 5.0, 5.0, 7.0):
        w.data = number
        with sg.no_grad():
            assert gate(3.0).data == 3.0 * number


def test_derivatives_within_no_grad() -> None:
    gate = sg.compile(lambda x: x * x * x)
    both = sg.value_and_grad(gate)
    for _ in range(3):
        with sg.no_grad():
            assert both(2.0) == (8.0, 12.0)
            assert sg.grad(lambda x: gate(x) * x)(2.0) == 32.0
            assert not gate(Value(2.0)).parents
        assert gate(Value(2.0)).parents
