"""What the standard library, NumPy and this package keep, and a compiled function asks for: a
change is seen by the next call, or the function is traced anew at each call and says so."""

from __future__ import annotations

import abc
import calendar
import collections.abc
import decimal
import gc
import linecache
import locale
import logging
import numbers
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
import types
import warnings
import weakref
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.compiler import compile

np = pytest.importorskip("numpy")

LOCK, OWNED = threading.Lock(), threading.RLock()
ONE = Decimal(1)
MODULE = types.ModuleType("a_module_of_ones_own")
sys.modules["a_module_of_ones_own"] = MODULE


class Shape:
    """A shape."""

    side: int = 1


class Kind(abc.ABC):  # noqa: B024
    pass


SHAPE = Shape()


def helper(a: int = 1) -> int:
    """A helper."""
    return a


class Module(types.ModuleType):
    @property
    def rate(self) -> float:
        return 7.0


def put(holder: Any, name: str, value: Any) -> Callable[[], Callable[[], None]]:
    """What sets an attribute, and returns what sets it back."""

    def change() -> Callable[[], None]:
        before = getattr(holder, name)
        setattr(holder, name, value)
        return lambda: setattr(holder, name, before)

    return change


def after(change: Callable[[], object], undo: Callable[[], object] = lambda: None) -> Any:
    def changed() -> Callable[[], object]:
        change()
        return undo

    return changed


Case = tuple[Callable[[Any], Any], Callable[[], Callable[[], object]]]
LIMIT = sys.getrecursionlimit()
CTYPE = locale.setlocale(locale.LC_CTYPE)


def precision(digits: int) -> Callable[[], Callable[[], None]]:
    return lambda: put(decimal.getcontext(), "prec", digits)()


def a_class_of_the_module() -> Callable[[], None]:
    del MODULE.rate  # type: ignore[attr-defined]
    MODULE.__class__ = Module

    def undo() -> None:
        MODULE.__class__ = types.ModuleType
        MODULE.rate = 1.0  # type: ignore[attr-defined]

    return undo


def texts() -> Any:
    """What sets a text in the environment of programs."""
    return after(lambda: os.environ.update(A_TEXT="text"), lambda: os.environ.pop("A_TEXT"))


def run(*command: str) -> bytes:
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        return program.communicate()[0]


def said(command: str) -> str:
    with os.popen(command) as output:
        return output.read()


LINES = "a file of lines"
KEPT: list[Any] = []


def lines() -> Callable[[], object]:
    linecache.cache[LINES] = (8, None, ["a line\n"], LINES)
    return linecache.clearcache


MODULE.rate = 1.0  # type: ignore[attr-defined]
WATCHED: dict[str, Case] = {
    "a class is registered": (
        lambda x: x * isinstance(SHAPE, Kind),
        after(lambda: Kind.register(Shape)),
    ),
    "a class is registered by another library": (
        lambda x: x * isinstance(SHAPE, collections.abc.Sequence),
        after(lambda: collections.abc.Sequence.register(Shape)),
    ),
    "a class is registered as a number": (
        lambda x: x * issubclass(Shape, numbers.Number),
        after(lambda: numbers.Number.register(Shape)),
    ),
    "name of a function": (lambda x: x * len(helper.__name__), put(helper, "__name__", "f")),
    "qualified name": (lambda x: x * len(helper.__qualname__), put(helper, "__qualname__", "f")),
    "text of a function": (lambda x: x * len(helper.__doc__ or ""), put(helper, "__doc__", "a")),
    "module of a function": (lambda x: x * len(helper.__module__), put(helper, "__module__", "a")),
    "annotations": (
        lambda x: x * len(helper.__annotations__),
        after(lambda: helper.__annotations__.update(b=int)),
    ),
    "other annotations": (
        lambda x: x * len(helper.__annotations__),
        put(helper, "__annotations__", {}),
    ),
    "name of a class": (lambda x: x * len(Shape.__name__), put(Shape, "__name__", "S")),
    "name of a type": (lambda x: x * len(type(SHAPE).__name__), put(Shape, "__name__", "S")),
    "text of a class": (lambda x: x * len(Shape.__doc__ or ""), put(Shape, "__doc__", "S")),
    "class of a module": (lambda x: x * MODULE.rate, a_class_of_the_module),  # type: ignore[attr-defined]
    "an operator of this package": (lambda x: sg.sin(x), lambda: put(sg, "sin", sg.cos)()),
    "a part of this package": (
        lambda x: nn.softmax([x, 1.0])[0],
        lambda: put(nn, "softmax", lambda xs: [xs[0] * 2.0])(),
    ),
    "a part of a part of this package": (
        lambda x: sg.nn.softmax([x, 1.0])[0],  # type: ignore[attr-defined]
        lambda: put(nn, "softmax", lambda xs: [xs[0] * 3.0])(),
    ),
    "context of decimals": (lambda x: x * decimal.getcontext().prec, precision(5)),
    "context of a quotient": (lambda x: x * float(Decimal(1) / Decimal(3)), precision(3)),
    "context of a closed-over decimal": (lambda x: x * float(ONE / 3), precision(3)),
    "list of a module": (
        lambda x: x * len(sys.path),
        after(lambda: sys.path.append("nowhere"), lambda: sys.path.remove("nowhere")),
    ),
    "environment": (
        lambda x: x * float(os.getenv("A_NUMBER", "1")),
        after(lambda: os.environ.update(A_NUMBER="3"), lambda: os.environ.pop("A_NUMBER")),
    ),
}
TRACED_ANEW: dict[str, Case] = {
    "subclasses": (
        lambda x: x * len(Shape.__subclasses__()),
        after(lambda: setattr(Shape, "kept", type("Square", (Shape,), {}))),
    ),
    "errors of NumPy": (
        lambda x: x * len(np.geterr()["under"]),
        after(lambda: np.seterr(under="warn"), lambda: np.seterr(under="ignore")),
    ),
    "printing of NumPy": (
        lambda x: x * np.get_printoptions()["precision"],
        after(lambda: np.set_printoptions(precision=3), lambda: np.set_printoptions(precision=8)),
    ),
    "a lock": (lambda x: x * LOCK.locked(), after(LOCK.acquire, LOCK.release)),
    "an owned lock": (
        lambda x: x * OWNED._is_owned(),  # type: ignore[attr-defined]
        after(OWNED.acquire, OWNED.release),
    ),
    "recursion limit": (
        lambda x: x * sys.getrecursionlimit(),
        after(
            lambda: sys.setrecursionlimit(LIMIT + 1),
            lambda: sys.setrecursionlimit(LIMIT),
        ),
    ),
    "name of the thread": (
        lambda x: x * len(threading.current_thread().name),
        lambda: put(threading.current_thread(), "name", "a")(),
    ),
    "garbage": (lambda x: x * gc.isenabled(), after(gc.disable, gc.enable)),
    "garbage by a computed name": (
        lambda x: x * getattr(gc, "".join(["is", "enabled"]))(),
        after(gc.disable, gc.enable),
    ),
    "locale": (
        lambda x: x * len(str(locale.setlocale(locale.LC_CTYPE))),
        after(
            lambda: locale.setlocale(locale.LC_CTYPE, "C" if CTYPE != "C" else "C.UTF-8"),
            lambda: locale.setlocale(locale.LC_CTYPE, CTYPE),
        ),
    ),
    "level of a logger": (
        lambda x: x * logging.getLogger("of.a.test").level,
        after(
            lambda: logging.getLogger("of.a.test").setLevel(10),
            lambda: logging.getLogger("of.a.test").setLevel(0),
        ),
    ),
    "sockets": (
        lambda x: x * (socket.getdefaulttimeout() or 0.0),
        after(lambda: socket.setdefaulttimeout(5.0), lambda: socket.setdefaulttimeout(None)),
    ),
    "first day of the week": (
        lambda x: x * calendar.firstweekday(),
        after(lambda: calendar.setfirstweekday(3), lambda: calendar.setfirstweekday(0)),
    ),
    "state of chance": (
        lambda x: x * random.getstate()[1][-1],
        after(random.random),
    ),
    "output of a program": (lambda x: x * len(subprocess.getoutput("printenv A_TEXT")), texts()),
    "output of a program that runs": (lambda x: x * len(run("printenv", "A_TEXT")), texts()),
    "status of a program": (lambda x: x * os.system('test -z "$A_TEXT"'), texts()),
    "output of a shell": (lambda x: x * len(said("printenv A_TEXT")), texts()),
    "line of a file": (lambda x: x * len(linecache.getline(LINES, 1)), lines),
    "tracing of memory": (
        lambda x: x * tracemalloc.is_tracing(),
        after(tracemalloc.start, tracemalloc.stop),
    ),
    "weak references": (
        lambda x: x * weakref.getweakrefcount(SHAPE),
        after(lambda: KEPT.append(weakref.proxy(SHAPE)), KEPT.clear),
    ),
    "signals": (
        lambda x: x * (signal.getsignal(signal.SIGTERM) == signal.SIG_IGN),
        after(
            lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
            lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL),
        ),
    ),
}


@pytest.fixture(autouse=True)
def own_context() -> Iterator[None]:
    with decimal.localcontext():
        yield


@pytest.mark.parametrize("name", [*WATCHED, *TRACED_ANEW])
def test_a_change_of_what_is_kept_elsewhere_is_seen(name: str) -> None:
    f, change = (WATCHED | TRACED_ANEW)[name]
    gate = compile(f)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        before = f(2.5)
        assert [gate(2.5) for _ in range(3)] == [before] * 3
        undo = change()
        try:
            expected, found = f(2.5), [gate(2.5) for _ in range(3)]
        finally:
            undo()
    assert expected != before
    assert found == [expected] * 3
    assert len(caught) == (name in TRACED_ANEW)
    assert all("traced anew at each call" in str(warning.message) for warning in caught)


@pytest.mark.filterwarnings("ignore:.*is traced anew at each call:RuntimeWarning")
def test_each_call_has_a_temporary_name_of_its_own() -> None:
    names: list[str] = []

    def f(x: Any) -> Any:
        names.append(tempfile.mktemp())
        return x * len(set(names))

    gate = compile(f)
    assert [gate(1.0) for _ in range(3)] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("clock", [lambda: time.strftime("%S"), time.asctime])
def test_texts_of_the_time_are_refused(clock: Callable[[], str]) -> None:
    with pytest.raises(TypeError, match="compile cannot follow time"):
        compile(lambda x: x * len(clock()))(1.0)


def test_settings_that_a_library_asks_for_do_not_count() -> None:
    gate = compile(lambda x: x * float(np.linalg.norm(np.ones(4))) + threading.TIMEOUT_MAX * 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gate(2.0) == gate(2.0) == 4.0
