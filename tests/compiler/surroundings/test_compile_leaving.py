"""Nothing of a trace outlives it: what a function raises, and what a refused call leaves, is as
plain Python has it."""

from __future__ import annotations

import array
import contextvars
import functools
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import scalargrad as sg

np = pytest.importorskip("numpy")


# ------ errors
class Diverged(Exception):
    def __init__(self, at: Any, *more: Any) -> None:
        super().__init__(at, *more)
        self.at = at
        self.held = {"items": [at, (at * 3.0, {"deep": at})], "queue": deque([at])}
        self.object = SimpleNamespace(at=at)
        self.later = lambda: at
        self.array = np.array([at], dtype=object)
        self.call = functools.partial(max, at)


class WithSlot(Exception):
    __slots__ = ("q",)


def itself(x: Any) -> Any:
    if x < 0.0:
        raise Diverged(x * 2.0, [x, (x * 3.0,)])
    return x


def as_cause(x: Any) -> Any:
    try:
        raise ValueError(x)
    except ValueError as error:
        raise Diverged(x) from error


def as_context(x: Any) -> Any:
    try:
        raise ValueError(x)
    except ValueError:
        raise KeyError(x * 2.0)  # noqa: B904


def in_a_group(x: Any) -> Any:
    group: Any = getattr(__builtins__, "ExceptionGroup", None) or __builtins__["ExceptionGroup"]
    raise group("many", [ValueError(x), group("inner", [TypeError(x + 1.0)])])


def in_a_slot(x: Any) -> Any:
    error = WithSlot()
    error.q = x
    raise error


def as_a_stop(x: Any) -> Any:
    raise StopIteration(x)


def as_an_exit(x: Any) -> Any:
    raise SystemExit(x)


def by_an_attribute(x: Any) -> Any:
    return x.nothing


RAISING = [itself, as_cause, as_context, in_a_slot, as_a_stop, as_an_exit, by_an_attribute]
RAISING += [in_a_group] if sys.version_info >= (3, 11) else []


def parts_of(error: BaseException) -> Iterator[Any]:
    yield error.args
    yield from vars(error).values()
    for name in ("q", "value", "code", "obj"):
        yield getattr(error, name, None)
    for other in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        yield from () if other is None else parts_of(other)


def numbers_in(x: Any) -> Iterator[Any]:
    """The floats and Values in parts of an error, in order."""
    if isinstance(x, (list, tuple, deque, np.ndarray)):
        for part in x:
            yield from numbers_in(part)
    elif isinstance(x, dict):
        yield from numbers_in(list(x.values()))
    elif isinstance(x, SimpleNamespace):
        yield from numbers_in(x.at)
    elif isinstance(x, functools.partial):
        yield from numbers_in(x.args)
    elif hasattr(x, "__closure__"):
        yield from numbers_in(x())
    elif type(x) is float or hasattr(type(x), "__operator__"):
        yield x


def raised(f: Callable[..., Any], *args: Any) -> list[Any]:
    with pytest.raises(BaseException) as caught:
        f(*args)
    return [x for part in parts_of(caught.value) for x in numbers_in(part)]


def plain(x: Any) -> Any:
    return type(x), x.data if type(x) is sg.Value else x


@pytest.mark.parametrize("f", RAISING)
@pytest.mark.parametrize("of", [lambda f: f, sg.grad, sg.hessian], ids=["f", "grad", "hessian"])
@pytest.mark.parametrize("x", [-1.0, sg.Value(-1.0)], ids=["float", "Value"])
def test_an_error_carries_numbers_as_the_plain_function_has_them(f: Any, of: Any, x: Any) -> None:
    found = raised(of(sg.compile(f)), x)
    assert list(map(plain, found)) == list(map(plain, raised(of(f), x)))
    assert len(found) > 0


@pytest.mark.parametrize("f", RAISING)
def test_an_error_in_a_lane_carries_floats_of_that_lane(f: Any) -> None:
    found = raised(sg.compile(f, batch="x"), np.array([-1.0, -1.0]))
    assert list(map(plain, found)) == list(map(plain, raised(f, -1.0)))


def test_the_error_of_a_lane_that_leaves_the_path_carries_the_numbers_of_that_lane() -> None:
    with pytest.raises(Diverged) as caught:
        sg.compile(itself, batch="x")(np.array([1.0, 2.0, -3.0]))
    assert caught.value.at == -6.0


def test_a_value_that_an_error_carries_has_its_graph() -> None:
    w, x = sg.Value(2.0), sg.Value(-3.0)

    def f(x: Any) -> Any:
        raise Diverged(x * w * x)

    with pytest.raises(Diverged) as caught:
        sg.compile(f)(x)
    caught.value.at.backward()
    assert (caught.value.at.data, x.grad, w.grad) == (18.0, -12.0, 9.0)


def test_a_stop_has_no_other_context_than_its_own() -> None:
    with pytest.raises(StopIteration) as caught:
        sg.compile(as_a_stop)(1.0)
    assert caught.value.__context__ is None


# ------ refused calls
LEFT: list[Any] = []
VARIABLE: contextvars.ContextVar[Any] = contextvars.ContextVar("VARIABLE")
BEFORE: contextvars.ContextVar[Any] = contextvars.ContextVar("BEFORE")
LOCAL = threading.local()


@functools.lru_cache
def remembered(n: int) -> list[Any]:
    return [float(n)]


def with_defaults(q: float = 1.0, *, r: float = 1.0) -> float:
    return q * r


def generated(x: Any) -> Any:
    yield x


def caught_error(x: Any) -> Any:
    try:
        raise ValueError(x)
    except ValueError as error:
        return error


OWN = "({}|a dict, under 'a')"
"""Of an object with an attribute `a`: Python has a dict for these once somebody asked for it."""
PLACES: dict[str, tuple[Callable[[Any], Any], Callable[[], Any], str]] = {
    "a context variable": (VARIABLE.set, lambda: VARIABLE.get(0.0), r"\.get\(\)"),
    "a context variable that was set": (BEFORE.set, BEFORE.get, r"\.get\(\)"),
    "a thread's own": (lambda x: setattr(LOCAL, "a", x), lambda: LOCAL.a, "'a'"),
    "a module": (lambda x: setattr(sys, "kept_", x), lambda: vars(sys)["kept_"], r"sys\.kept_"),
    "a module's dict": (
        lambda x: vars(sys).update(kept_=x),
        lambda: vars(sys)["kept_"],
        r"sys\.kept_",
    ),
    "defaults": (
        lambda x: setattr(with_defaults, "__defaults__", (x,)),
        lambda: list(with_defaults.__defaults__ or ()),
        r"with_defaults\.__defaults__",
    ),
    "defaults by keyword": (
        lambda x: setattr(with_defaults, "__kwdefaults__", {"r": x}),
        lambda: list((with_defaults.__kwdefaults__ or {}).values()),
        r"with_defaults\.__kwdefaults__",
    ),
    "a logger": (
        lambda x: setattr(logging.getLogger("kept"), "a", x),
        lambda: logging.getLogger("kept").a,  # type: ignore[attr-defined]
        OWN.format("Logger"),
    ),
    "a thread": (
        lambda x: setattr(threading.main_thread(), "a", x),
        lambda: threading.main_thread().a,  # type: ignore[attr-defined]
        OWN.format("Thread"),
    ),
    "globals": (lambda x: globals().update(KEPT=x), lambda: globals()["KEPT"], "KEPT"),
    "a generator": (lambda x: LEFT.append(generated(x)), lambda: LEFT, "generated"),
    "an error": (lambda x: LEFT.append(caught_error(x)), lambda: LEFT, "ValueError"),
    "a closure": (lambda x: LEFT.append(lambda: x), lambda: LEFT, "x"),
    "an iterator": (lambda x: LEFT.append(iter([x])), lambda: LEFT, r"LEFT\[0\]"),
    "a method": (lambda x: LEFT.append((x * 1.0).__add__), lambda: LEFT, "LEFT"),
    "a cached list": (lambda x: remembered(1).append(x), lambda: remembered(1), "list"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_refused_call_leaves_no_tracer_and_names_the_place(place: str) -> None:
    keep, kept, name = PLACES[place]
    BEFORE.set(5.0)

    def f(x: Any) -> Any:
        keep(x)
        return x

    with pytest.raises(TypeError, match=f"a number that is kept in .*{name}"):
        sg.compile(f)(2.0)
    found = kept()
    assert all(type(x) is float for x in (found if isinstance(found, list) else [found]))
    assert not LEFT
    assert BEFORE.get() == 5.0


def test_a_refused_batch_call_changes_nothing() -> None:
    total, seen, whole, raw = [0.0], {"n": 0}, np.zeros(2), array.array("d", [0.0])

    def f(x: Any) -> Any:
        total[0] += 1.0
        seen["n"] += 1
        whole[0] += 1.0
        raw[0] += 1.0
        return x if x < 1.0 else -x

    with pytest.raises(TypeError, match=r"a change of .* in each lane"):
        sg.compile(f, batch="x")(np.array([0.0, 2.0]))
    assert (total, seen, whole.tolist(), raw.tolist()) == ([0.0], {"n": 0}, [0.0, 0.0], [0.0])


@pytest.mark.parametrize(
    "fold",
    [
        lambda x: sg.sum([x, 1.0]),
        lambda x: sg.dot([x, 0.5], [1.5, 2.0], x),
        lambda x: sg.prod([x, 2.0, x]),
        lambda x: sg.max([x, 1.0]),
        lambda x: sg.logsumexp([x, 0.0]),
        lambda x: sg.mean([0.25, x]) + sg.sin(x) ** 2,
    ],
)
def test_an_error_carries_what_was_computed_over_lists(fold: Callable[[Any], Any]) -> None:
    def f(x: Any) -> None:
        raise ValueError(fold(x))

    found, slopes = [], []
    for call in (f, sg.compile(f)):
        x = sg.Value(1.5)
        with pytest.raises(ValueError) as raised:
            call(x)
        (value,) = raised.value.args
        value.backward()
        found.append(value.data)
        slopes.append(x.grad)
    assert found[0] == found[1]
    assert slopes[0] == slopes[1] != 0.0


class Sly:
    """As libraries have them that tell of what is deprecated: to ask for the class runs code."""

    @property
    def __class__(self) -> Any:
        raise RuntimeError("asked for its class")


def test_the_search_for_what_is_left_asks_no_object_for_its_class() -> None:
    sly = [Sly()]
    with pytest.raises(TypeError, match="a number that is kept in"):
        sg.compile(lambda x: (logging.getLogger("kept").__setattr__("a", x), x)[1])(2.0)
    assert logging.getLogger("kept").a == 2.0  # type: ignore[attr-defined]
    assert len(sly) == 1
