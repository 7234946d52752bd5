"""What a function takes something from at each call: iterators, files, queues, channels. Alone it
is run anew at each call; over lanes it would take once for all of them, and is refused."""

from __future__ import annotations

import builtins
import functools
import io
import itertools
import mmap
import multiprocessing
import os
import queue
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import scalargrad as sg

np = pytest.importorskip("numpy")

pytestmark = pytest.mark.filterwarnings("ignore:.*is traced anew at each call:RuntimeWarning")

NUMBERS = [1.0, 2.0, 3.0, 5.0, 7.0, 11.0]


OPEN: list[Any] = []
"""What a test opened, to be closed after it."""


class OwnZip(zip):  # type: ignore[type-arg]
    """An iterator in C below a class of the user's."""


class OwnQueue(queue.SimpleQueue):  # type: ignore[type-arg]
    pass


def filled(kind: type) -> Any:
    made = kind()
    for number in NUMBERS:
        made.put(number)
    return made


def piped() -> Any:
    near, far = multiprocessing.Pipe()
    for number in NUMBERS:
        near.send(number)
    OPEN.extend([near, far])
    return far


def selected() -> Any:
    rows = ",".join(f"({number})" for number in NUMBERS)
    OPEN.append(sqlite3.connect(":memory:"))
    return OPEN[-1].execute(f"values {rows}")


def mapped(tmp: Path) -> Any:
    (tmp / "bytes").write_bytes(b"123456")
    with (tmp / "bytes").open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def item(x: Any) -> float:
    return float(x[-1] if isinstance(x, tuple) else x)


ITERATORS: dict[str, Callable[[], Any]] = {
    "map": lambda: map(float, NUMBERS),
    "zip": lambda: zip(NUMBERS),
    "own zip": lambda: OwnZip(NUMBERS),
    "enumerate": lambda: enumerate(NUMBERS),
    "filter": lambda: filter(None, NUMBERS),
    "cycle": lambda: itertools.cycle(NUMBERS),
    "chain": lambda: itertools.chain(NUMBERS),
    "islice": lambda: itertools.islice(NUMBERS, 6),
    "accumulate": lambda: itertools.accumulate(NUMBERS),
    "starmap": lambda: itertools.starmap(float, [(x,) for x in NUMBERS]),
    "tee": lambda: itertools.tee(NUMBERS)[0],
    "called": lambda: iter(functools.partial(next, iter(NUMBERS)), None),
    "matches": lambda: map(re.Match.group, re.finditer(r"\d", "1234567")),
    "lines": lambda: io.StringIO("\n".join(map(str, NUMBERS))),
    "nditer": lambda: np.nditer(np.array(NUMBERS)),
    "flat": lambda: np.array(NUMBERS).flat,
    "rows": selected,
}
TAKES: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "next": lambda it: lambda x: x * item(next(it)),
    "for": lambda it: lambda x: x * next((item(y) for y in it), 0.0),
    "sum": lambda it: lambda x: x * sum(map(item, itertools.islice(it, 2))),
    "method": lambda it: functools.partial(times_next, it.__next__),
    "in a dict": lambda it: functools.partial(times_next_of, {"it": [it]}),
    "default": lambda it: lambda x, it=it: x * item(next(it)),
}


def times_next(take: Callable[[], Any], x: Any) -> Any:
    return x * item(take())


def times_next_of(held: Any, x: Any) -> Any:
    return x * item(next(held["it"][0]))


OTHERS: dict[str, Callable[[Path], Callable[[Any], Any]]] = {
    "line of a file": lambda tmp: functools.partial(times_next, opened(tmp).readline),
    "file": lambda tmp: functools.partial(times_read, opened(tmp)),
    "queue": lambda tmp: functools.partial(times_got, filled(queue.Queue)),
    "simple queue": lambda tmp: functools.partial(times_got, filled(queue.SimpleQueue)),
    "own queue": lambda tmp: functools.partial(times_got, filled(OwnQueue)),
    "method of a queue": lambda tmp: functools.partial(times_next, filled(queue.SimpleQueue).get),
    "channel": lambda tmp: functools.partial(times_received, piped()),
    "memory": lambda tmp: functools.partial(times_byte, mapped(tmp)),
    "cursor": lambda tmp: functools.partial(times_next, selected().fetchone),
    "descriptor": lambda tmp: functools.partial(times_bytes_of, piped_bytes()),
    "input": lambda tmp: times_typed,
}


def opened(tmp: Path) -> Any:
    (tmp / "lines").write_text("".join(f"{int(number):02}\n" for number in NUMBERS))
    OPEN.append((tmp / "lines").open())
    return OPEN[-1]


@pytest.fixture(autouse=True)
def files_are_closed() -> Iterator[None]:
    yield
    for file in OPEN:
        file.close()
    OPEN.clear()


def times_read(file: Any, x: Any) -> Any:
    return x * float(file.read(3))


def times_got(held: Any, x: Any) -> Any:
    return x * held.get()


def times_received(held: Any, x: Any) -> Any:
    return x * held.recv()


def times_byte(held: Any, x: Any) -> Any:
    return x * held.read_byte()


def times_bytes_of(descriptor: int, x: Any) -> Any:
    return x * float(os.read(descriptor, 3))


def piped_bytes() -> int:
    read, write = os.pipe()
    os.write(write, b"01\n02\n03\n05\n")
    os.close(write)
    return read


def times_typed(x: Any) -> Any:
    return x * float(input())


def answers(compiled: Callable[[Any], Any]) -> list[float]:
    return [compiled(k + 1.0) for k in range(3)]


def holds_alone_and_is_refused_in_lanes(make: Callable[[], Callable[[Any], Any]]) -> None:
    assert answers(sg.compile(make())) == answers(make())
    for transform in (sg.compile, sg.grad):
        gate = sg.compile(make(), batch=True)
        with pytest.raises(TypeError, match=r"in each lane.*for one sample"):
            (gate if transform is sg.compile else sg.grad(gate))(np.array([1.0, 2.0]))


@pytest.mark.parametrize("take", TAKES)
@pytest.mark.parametrize("kind", ITERATORS)
def test_iterators_that_do_not_tell_how_far_they_are(kind: str, take: str) -> None:
    holds_alone_and_is_refused_in_lanes(lambda: TAKES[take](ITERATORS[kind]()))


@pytest.mark.parametrize("name", OTHERS)
def test_what_gives_away_what_others_put_into_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make() -> Callable[[Any], Any]:
        typed = io.StringIO("1\n2\n3\n5\n")
        monkeypatch.setattr("sys.stdin", typed)
        return OTHERS[name](tmp_path)

    assert builtins.input is input
    holds_alone_and_is_refused_in_lanes(make)


def test_an_iterator_that_the_function_makes_is_its_own() -> None:
    def f(x: Any) -> Any:
        return sum(x * y for y, _ in zip(NUMBERS, map(float, NUMBERS)))

    gate = sg.compile(f, batch=True)
    assert gate(np.array([1.0, 2.0])).tolist() == [29.0, 58.0]


class Homeless(zip):  # type: ignore[type-arg]
    """An iterator whose class says of no module."""


Homeless.__module__ = None  # type: ignore[assignment]


def test_an_iterator_of_a_class_without_a_module() -> None:
    holds_alone_and_is_refused_in_lanes(lambda: TAKES["next"](Homeless(NUMBERS)))


class Source:
    def __init__(self) -> None:
        self.it, self.w = zip(NUMBERS), 3.0

    def times(self, x: Any) -> Any:
        return x * self.w


def test_an_iterator_that_the_code_does_not_name_is_not_asked_for() -> None:
    assert sg.compile(Source().times, batch=True)(np.array([1.0, 2.0])).tolist() == [3.0, 6.0]


@pytest.mark.parametrize("kind", [np.void, np.record])
@pytest.mark.parametrize("lanes", [False, True])
def test_a_row_of_an_array_with_named_columns_may_be_set(kind: type, lanes: bool) -> None:
    row = np.zeros(2, dtype=(kind, [("a", float), ("b", np.int8)]))[1]
    gate = sg.compile(lambda x: x * row["a"], batch=lanes)
    x: Any = np.array([1.0, 2.0]) if lanes else 2.0
    for k in range(3):
        row["a"] = k
        assert np.all(gate(x) == x * k)
