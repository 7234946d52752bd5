"""What a compiled function does besides computing happens at each call, or is refused; no number of
a trace is left anywhere."""

from __future__ import annotations

import builtins
import functools
import gc
import io
import logging
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile, pipeline
from scalargrad.compiler.trace.tracer import Number

np = pytest.importorskip("numpy")

GLOBAL: Any = None


class Slotted:
    __slots__ = ("k",)


class Node:
    kept: Any = None

    def __init__(self, x: Any) -> None:
        self.x = x


class Store:
    """Places to keep a number in."""

    def __init__(self) -> None:
        self.items: list[Any] = [1.0]
        self.table: dict[str, Any] = {"a": 1.0}
        self.set = {1.0}
        self.queue: deque[Any] = deque([1.0])
        self.array = np.array([1.0, None], dtype=object)
        self.slotted = Slotted()
        self.attribute: Any = None

    def look(self) -> str:
        held = (self.items, self.table, self.set, self.queue, self.array, self.attribute)
        others = (vars(self).keys(), vars(Node)["kept"], GLOBAL, hasattr(self.slotted, "k"))
        return repr((held, others))


store = Store()


def in_a_global(x: Any) -> Any:
    global GLOBAL
    GLOBAL = x * 2.0
    return x


def closing_over() -> Callable[[Any], Any]:
    kept: Any = None

    def f(x: Any) -> Any:
        nonlocal kept
        if kept is not None:
            raise AssertionError(kept)
        kept = x * 2.0
        return x

    return f


def in_an_attribute_of_itself(x: Any) -> Any:
    in_an_attribute_of_itself.k = x  # type: ignore[attr-defined]
    return x


KEEPS: dict[str, Callable[[Any], Any]] = {
    "list": lambda x: store.items.append(x * 2.0) or x,
    "item": lambda x: store.items.__setitem__(0, x) or x,
    "dict": lambda x: store.table.__setitem__("b", x * x) or x,
    "nested": lambda x: store.items.append([{"q": x}]) or x,
    "attribute": lambda x: setattr(store, "attribute", x) or x,
    "new attribute": lambda x: setattr(store, "other", [x]) or x,
    "queue": lambda x: store.queue.append(x) or x,
    "array": lambda x: store.array.__setitem__(1, x) or x,
    "slot": lambda x: setattr(store.slotted, "k", x) or x,
    "class": lambda x: setattr(Node, "kept", x) or x,
    "an object of its own": lambda x: store.items.append(Node(x)) or x,
    "global": in_a_global,
    "closure": closing_over(),
    "function": in_an_attribute_of_itself,
}


def tracers() -> int:
    gc.collect()
    return sum(issubclass(type(x), Number) for x in gc.get_objects())


@pytest.mark.parametrize("name", KEEPS)
@pytest.mark.parametrize("at", [2.0, sg.Value(2.0)], ids=["number", "Value"])
def test_a_number_that_is_kept_is_refused_and_taken_away(name: str, at: Any) -> None:
    before, compiled = store.look(), compile(KEEPS[name])
    for _ in range(2):
        with pytest.raises(TypeError, match=r"kept in .*: return it, and keep what"):
            compiled(at)
        assert store.look() == before
    assert not hasattr(in_an_attribute_of_itself, "k")


def test_the_place_of_a_number_that_is_kept_is_named() -> None:
    with pytest.raises(TypeError, match=r"kept in store\.items\[1\]\[0\]\['q'\]:"):
        compile(KEEPS["nested"])(1.0)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
@pytest.mark.parametrize("name", KEEPS)
def test_no_number_is_left_after_an_error(name: str, error: type[BaseException]) -> None:
    def f(x: Any) -> Any:
        KEEPS[name](x)
        raise error

    before = store.look()
    with pytest.raises(error):
        compile(f)(2.0)
    assert store.look() == before
    assert sg.Value(1.0).data == 1.0


@pytest.mark.parametrize("name", ["list", "closure", "class"])
def test_no_number_is_left_over_lanes(name: str) -> None:
    before = store.look()
    with pytest.raises(TypeError, match="kept in"):
        compile(KEEPS[name], batch="x")(np.ones(3))
    assert store.look() == before


def test_a_number_in_a_set_or_as_a_key_is_refused() -> None:
    @functools.lru_cache
    def double(x: Any) -> Any:
        return x * 2.0

    for f in (lambda x: double(x), lambda x: store.set.add(x) or x, lambda x: {1.0: x}[x]):
        with pytest.raises(
            TypeError, match="cannot follow a number in a set, or as a key of a dict"
        ):
            compile(f)(1.0)
    assert compile(double)(1.0) == 2.0


def test_a_function_that_calls_itself_leaves_a_circle_and_no_number() -> None:
    def f(x: Any) -> Any:
        def power(n: int) -> Any:
            return x if n == 0 else power(n - 1) * x

        return power(3)

    before = tracers()
    assert compile(f)(2.0) == 16.0
    assert tracers() == before


# ------ plain numbers


def test_a_change_happens_at_each_call() -> None:
    calls: list[int] = []
    compiled = compile(lambda x: calls.append(1) or x * len(calls))
    assert [compiled(1.0) for _ in range(4)] == [1.0, 2.0, 3.0, 4.0]


def test_a_change_that_is_undone_by_the_next_call_happens_at_each() -> None:
    flag = [False]

    def f(x: Any) -> Any:
        flag[0] = not flag[0]
        return x * (2.0 if flag[0] else 3.0)

    compiled = compile(f)
    assert [compiled(1.0) for _ in range(6)] == [2.0, 3.0] * 3


def test_a_change_of_what_is_never_read_happens_where_it_changes_something() -> None:
    node = Node(0.0)

    def f(x: Any) -> Any:
        node.x = 5.0
        return x

    compiled = compile(f)
    for _ in range(3):
        node.x = 0.0
        compiled(1.0)
        assert node.x == 5.0


def test_what_is_filled_once_costs_one_more_trace() -> None:
    memory: dict[str, float] = {}

    def f(x: Any) -> Any:
        if "k" not in memory:
            memory["k"] = 3.0
        return x * memory["k"]

    for batch, at in ((None, 1.0), ("x", np.ones(3))):
        memory.clear()
        compiled = compile(f, batch=batch)
        assert [np.all(compiled(at) == 3.0) for _ in range(3)] == [True] * 3
        assert len(compiled._programs.paths) == 1


def test_a_change_in_each_lane_is_refused() -> None:
    calls: list[int] = []
    compiled = compile(lambda x: calls.append(1) or x * len(calls), batch="x")
    with pytest.raises(TypeError, match="a change of calls in each lane"):
        compiled(np.ones(3))


# ------ output


def say(text: str) -> None:
    print(text)


log = logging.getLogger("test_compile_effects")
SAYS: dict[str, Callable[[Any], Any]] = {
    "print": lambda x: print("positive"),
    "helper": lambda x: say("positive"),
    "write": lambda x: sys.stdout.write("positive\n"),
    "log": lambda x: log.error("positive"),
    "number": lambda x: print(x * 2.0, f"{x:.1f}", [x]),
}


@pytest.mark.parametrize("name", SAYS)
def test_what_is_said_is_said_at_each_call(name: str) -> None:
    def f(x: Any) -> Any:
        if x > 0:
            SAYS[name](x)
        return x * 2.0

    points = [-1.0, -2.0, 1.5, -1.0, 2.5, 3.5]
    expected, _, plain = said(f, points)
    found, told, text = said(compile(f), points)
    assert found == expected
    assert text == plain != ""
    assert told == 1
    assert said(compile(f), points[:2])[1:] == (0, "")


def said(f: Any, points: list[float]) -> tuple[list[float], int, str]:
    """The results, how many warnings there were, and what was said."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    log.addHandler(handler)
    with redirect_stdout(output), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        results = [f(x) for x in points]
    log.removeHandler(handler)
    return results, len(caught), output.getvalue()


def test_an_error_says_the_number() -> None:
    def f(x: Any) -> Any:
        if x < 0:
            raise ValueError(f"negative: {x}, {x!r}, {x:.2f}")
        return x

    for compiled, at in ((compile(f), -2.5), (compile(f, batch="x"), np.array([-2.5, 1.0]))):
        with pytest.raises(ValueError, match=r"^negative: -2\.5, -2\.5, -2\.50$"):
            compiled(at)


def test_the_text_of_a_number_in_each_lane_is_refused() -> None:
    with pytest.raises(TypeError, match="the text of a number in each lane"):
        compile(lambda x: x * float(f"{x:.1f}"), batch="x")(np.ones(2))


def test_a_number_read_from_a_text_is_read_at_each_call() -> None:
    compiled = compile(lambda x: x * float(f"{x:.1f}"))
    with pytest.warns(RuntimeWarning, match="the text of a number"):
        assert [compiled(1.26), compiled(2.31)] == [1.26 * 1.3, 2.31 * 2.3]


def test_a_profiler_in_another_thread_is_no_number_kept() -> None:
    """It holds the frames of a traced function for a moment, and with them its numbers."""
    here, running, stop = threading.get_ident(), threading.Event(), threading.Event()

    def sampled() -> None:
        while not stop.is_set():
            frame: Any = sys._current_frames()[here]
            while frame is not None and frame.f_code is not traced.__code__:
                frame = frame.f_back
            if frame is not None:
                running.set()
                time.sleep(0.02)
            del frame

    def traced(x: Any) -> Any:
        y = x * x
        running.wait(0.5)
        return y * 2.0

    profiler = threading.Thread(target=sampled)
    profiler.start()
    try:
        for _ in range(5):
            running.clear()
            assert sg.compile(traced)(3.0) == 18.0
    finally:
        stop.set()
        profiler.join()


KEPT: list[Any] = []


def keeping(x: Any) -> Any:
    KEPT.append(x)
    return NotImplemented if x is None else x * 2.0


def test_a_name_whose_value_is_not_implemented_is_there_after_all_is_put_back() -> None:
    with pytest.raises(TypeError, match=r"kept in KEPT\[0\]"):
        compile(keeping)(2.0)
    assert KEPT == []
    assert builtins.NotImplemented is type(NotImplemented)()


# ------ calls that are noticed


def test_calls_are_noticed_while_the_function_runs_and_not_while_loops_are_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    profilers = []

    def looped(run: Any) -> Any:
        profilers.append(sys.getprofile())
        return in_full(run)

    in_full = pipeline.looped
    monkeypatch.setattr(pipeline, "looped", looped)

    def f(x: Any, is_loud: bool) -> Any:
        for _ in range(2000):
            x = sg.sin(x) + 0.1
        if is_loud:
            print("after the loop")
        return x

    gate = sg.grad(sg.compile(f))
    assert gate(0.5, False) == pytest.approx(sg.grad(f)(0.5, False), rel=1e-12)
    assert profilers == [None] * len(profilers) and sys.getprofile() is None
    with redirect_stdout(io.StringIO()) as out:
        for _ in range(3):
            gate(0.5, True)
    assert out.getvalue() == "after the loop\n" * 3


def test_the_profiler_of_a_program_sees_how_loops_are_compiled() -> None:
    seen = set()
    sys.setprofile(lambda frame, *_: seen.add(frame.f_code.co_name))
    try:
        sg.compile(lambda x: functools.reduce(lambda y, _: sg.sin(y) + 0.1, range(2000), x))(0.5)
    finally:
        sys.setprofile(None)
    assert "looped" in seen or not pipeline.NATIVE
