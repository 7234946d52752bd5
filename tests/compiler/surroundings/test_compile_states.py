"""States that a function looks at and does not change: of iterators, of generators, of chance; and
what reaches an object by another way than its name."""

from __future__ import annotations

import copy
import csv
import inspect
import itertools
import operator
import pickle
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg

np = pytest.importorskip("numpy")

ITERATORS: dict[str, Callable[[], Any]] = {
    "list": lambda: iter([1.0, 2.0, 4.0, 8.0]),
    "tuple": lambda: iter((1.0, 2.0, 4.0, 8.0)),
    "dict": lambda: iter({1.0: 0, 2.0: 0, 4.0: 0, 8.0: 0}),
    "values": lambda: iter({"a": 1.0, "b": 2.0, "c": 4.0, "d": 8.0}.values()),
    "range": lambda: iter(range(1, 5)),
    "reversed": lambda: reversed([1.0, 2.0, 4.0, 8.0]),
    "repeat": lambda: itertools.repeat(2.0, 4),
}
LOOKS: dict[str, Callable[[Any], float]] = {
    "length_hint": operator.length_hint,
    "__length_hint__": lambda it: float(it.__length_hint__()),
    "copy": lambda it: sum(copy.copy(it)),
    "deepcopy": lambda it: sum(copy.deepcopy(it)),
    "pickle": lambda it: sum(pickle.loads(pickle.dumps(it))),
    "repr": lambda it: float(len(repr(it.__reduce__()))),
}


KINDS, WAYS = st.sampled_from(sorted(ITERATORS)), st.sampled_from(sorted(LOOKS))


@given(kind=KINDS, look=WAYS, taken=st.data())
def test_an_iterator_that_is_looked_at(kind: str, look: str, taken: st.DataObject) -> None:
    it, ask = ITERATORS[kind](), LOOKS[look]

    def f(x: Any) -> Any:
        return x * ask(it)

    compiled = sg.compile(f)
    for _ in range(3):
        assert compiled(2.0) == f(2.0)
        for _ in range(taken.draw(st.integers(0, 1))):
            next(it)


def test_an_iterator_leads_to_what_it_goes_over() -> None:
    held = [1.0, 2.0]
    it = iter(held)
    compiled = sg.compile(lambda x: x * sum(copy.copy(it)))
    assert compiled(1.0) == 3.0
    held[1] = 5.0
    assert compiled(1.0) == 6.0


def test_a_count_is_read_in_its_text() -> None:
    counted = itertools.count(1)
    compiled = sg.compile(lambda x: x * int(repr(counted)[6:-1]))
    assert [(compiled(1.0), next(counted)) for _ in range(3)] == [(1.0, 1), (2.0, 2), (3.0, 3)]


def steps() -> Iterator[float]:
    k = 1.0
    yield k
    k = 5.0
    yield k


@pytest.mark.parametrize(
    "ask",
    [
        lambda it: len(inspect.getgeneratorstate(it)),
        lambda it: inspect.getgeneratorlocals(it).get("k", 0.0),
        lambda it: 2.0 if it.gi_frame is None else 3.0,
        lambda it: it.gi_frame.f_lasti if it.gi_frame else -1,
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_generator_that_is_looked_at(ask: Callable[[Any], float]) -> None:
    it = steps()

    def f(x: Any) -> Any:
        return x * ask(it)

    compiled = sg.compile(f)
    for _ in range(3):
        assert compiled(2.0) == f(2.0)
        next(it, None)


@pytest.mark.parametrize(
    ("made", "ask"),
    [
        (lambda: random.Random(1), lambda r: copy.copy(r).random()),
        (lambda: random.Random(1), lambda r: r.getstate()[1][-1]),
        (lambda: np.random.default_rng(3), lambda r: copy.deepcopy(r).random()),
        (lambda: np.random.default_rng(3), lambda r: r.bit_generator.state["state"]["state"] % 99),
        (lambda: np.random.RandomState(3), lambda r: r.get_state()[2]),
        (lambda: np.random, lambda r: r.get_state()[2]),
        (lambda: random, lambda r: r.getstate()[1][-1]),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_chance_that_is_looked_at(made: Callable[[], Any], ask: Callable[[Any], float]) -> None:
    source = made()

    def f(x: Any) -> Any:
        return x * ask(source)

    compiled = sg.compile(f)
    for _ in range(3):
        assert compiled(2.0) == f(2.0)
        source.random()


class Base:
    k = 2.0

    def scaled(self, x: Any) -> Any:
        return x * self.k


class Derived(Base):
    pass


def test_an_object_as_its_class_above_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Derived()
    above = super(Derived, one)
    compiled = sg.compile(lambda x: above.scaled(x))
    assert compiled(1.0) == 2.0
    one.k = 5.0
    assert compiled(1.0) == 5.0
    monkeypatch.setattr(Base, "scaled", lambda self, x: x * 7.0)
    assert compiled(1.0) == 7.0


class Slotted:
    __slots__ = ("k",)


@pytest.mark.parametrize("get", [Slotted.k.__get__, lambda x: vars(Slotted)["k"].__get__(x)])  # type: ignore[attr-defined]
def test_a_slot_that_its_descriptor_reads(get: Callable[[Any], float]) -> None:
    one = Slotted()
    one.k = 2.0  # type: ignore[attr-defined]
    compiled = sg.compile(lambda x: x * get(one))
    assert compiled(1.0) == 2.0
    one.k = 5.0  # type: ignore[attr-defined]
    assert compiled(1.0) == 5.0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_dialect_that_a_reader_is_told_of() -> None:
    def f(x: Any) -> Any:
        return x * len(next(csv.reader(["a,b;c;d"], dialect="told")))

    compiled = sg.compile(f)
    for delimiter, parts in ((",", 2.0), (";", 3.0)):
        csv.register_dialect("told", delimiter=delimiter)
        assert compiled(1.0) == parts
    csv.unregister_dialect("told")
