"""What keeps something out of sight, is asked of the system, or is used up: traced again at each
call, or refused."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg

pytestmark = pytest.mark.filterwarnings("ignore:.*is traced anew at each call")


def test_what_a_cache_keeps_may_be_thrown_away_or_changed() -> None:
    rates = {"k": 2.0}

    @functools.lru_cache
    def table() -> list[float]:
        return [rates["k"]]

    gate = sg.compile(lambda x: x * table()[0])
    assert [gate(1.0), gate(1.0)] == [2.0, 2.0]
    table()[0] = 3.0
    assert gate(1.0) == 3.0
    rates["k"] = 5.0
    assert gate(1.0) == 3.0
    table.cache_clear()
    assert gate(1.0) == 5.0


def test_what_a_thread_keeps_for_itself_may_change() -> None:
    local = threading.local()
    local.rate = 2.0
    gate = sg.compile(lambda x: x * local.rate)
    assert gate(1.0) == 2.0
    local.rate = 3.0
    assert gate(1.0) == 3.0


def test_files_are_asked_for_at_each_call(tmp_path: Path) -> None:
    file = tmp_path / "flag"
    asks: list[Callable[[], Any]] = [
        lambda: os.path.exists(file),
        lambda: file.exists(),
        lambda: len(os.listdir(tmp_path)),
        lambda: len(list(tmp_path.iterdir())),
        lambda: bool(os.access(file, os.R_OK)),
    ]
    for ask in asks:
        gate = sg.compile(lambda x, ask=ask: x * 2.0 if ask() else x)  # type: ignore[misc]
        assert gate(1.0) == 1.0
        file.touch()
        assert gate(1.0) == 2.0
        file.unlink()
        assert gate(1.0) == 1.0


ITERATORS: list[Callable[[], Iterator[float]]] = [
    lambda: iter([1.0, 2.0]),
    lambda: reversed([1.0, 2.0]),
    lambda: iter({"a": 1.0}.values()),
    lambda: iter((1.0, 2.0)),
    lambda: iter(range(3)),
    lambda: iter({1.0}),
    lambda: (x for x in [1.0, 2.0]),
]


@pytest.mark.parametrize("make", ITERATORS)
def test_an_iterator_that_is_used_up_is_refused(make: Callable[[], Iterator[float]]) -> None:
    for use in (lambda it: len(list(it)), lambda it: next(it), lambda it: sum(it)):
        it = make()
        gate = sg.compile(lambda x, use=use, it=it: x * use(it))  # type: ignore[misc]
        with pytest.raises(TypeError, match=r"compile cannot follow .*(iterator|generator)"):
            gate(1.0)


def test_an_iterator_of_the_function_s_own_is_followed() -> None:
    xs = [1.0, 2.0, 3.0]
    gate = sg.compile(lambda x: sum(x * k for k in iter(xs)) + next(iter(xs)))
    assert [gate(1.0), gate(2.0)] == [7.0, 13.0]
    xs.append(4.0)
    assert gate(1.0) == 11.0


def test_an_error_that_ends_iterators_comes_through() -> None:
    with pytest.raises(StopIteration):
        sg.compile(lambda x: next(iter([])))(1.0)


def caught(x: Any) -> Any:
    try:
        return 1.0 / x
    except ZeroDivisionError:
        return 7.0


def suppressed(x: Any) -> Any:
    with contextlib.suppress(ArithmeticError):
        return x % (x * x)
    return -1.0


def any_error(x: Any) -> Any:
    try:
        return sg.exp(3.0 // x)
    except:  # noqa: E722
        return 5.0


@pytest.mark.parametrize("f", [caught, suppressed, any_error])
def test_a_division_by_zero_that_is_caught_is_one(f: Callable[[Any], Any]) -> None:
    gate = sg.compile(f)
    for x in (2.0, 0.0, 3.0, -0.0, sg.Value(2.0), sg.Value(0.0), 0.0):
        found, expected = gate(x), f(x)
        assert type(found) is type(expected)
        assert getattr(found, "data", found) == getattr(expected, "data", expected) or x == 0.0
        if not isinstance(x, sg.Value):
            assert found == expected
    np = pytest.importorskip("numpy")
    xs = np.array([0.0, 2.0, 0.0])
    assert sg.compile(f, batch="x")(xs).tolist() == [f(x) for x in xs.tolist()]
    assert sg.compile(lambda x: 1.0 / x)(0.0) == float("inf")


@pytest.mark.parametrize("x", [-0.0, 0.0])
def test_the_sign_of_a_zero_is_kept(x: float) -> None:
    gate = sg.compile(lambda x: [x, x * 1.0, -x])
    for _ in range(2):
        assert list(map(str, gate(x))) == [str(x), str(x * 1.0), str(-x)]
