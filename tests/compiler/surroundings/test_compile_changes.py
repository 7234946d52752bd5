"""Whatever a function can see may change between calls: no number of it is ever stale."""

from __future__ import annotations

import functools
import types
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler import compile
from tests.support.changes import Case, number

pytest.importorskip("numpy")

CASES: dict[str, Callable[[], Case]] = {}
OPTION: Any = None
ACTIVATION: Any = sg.tanh
MODULE = types.ModuleType("settings_of_a_user")


def case(made: Callable[[], Case]) -> Callable[[], Case]:
    CASES[made.__name__] = made
    return made


class Holder:
    k = 2.0

    def __init__(self) -> None:
        self.own = 2.0
        self.count = 0

    def scaled(self, x: Any) -> Any:
        return x * self.own * self.k

    def __call__(self, x: Any) -> Any:
        return x + self.own

    @property
    def doubled(self) -> float:
        return 2.0 * self.own


class Slotted:
    __slots__ = ("k",)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = {name: globals()[name] for name in ("OPTION", "ACTIVATION")}
    attributes = dict(vars(Holder))
    yield
    globals().update(before)
    globals().pop("max", None)
    for name in ("k", "scaled"):
        setattr(Holder, name, attributes[name])


@case
def namespace() -> Case:
    config = types.SimpleNamespace(k=2.0)
    return lambda x: x * config.k, lambda: setattr(config, "k", 3.0)


@case
def attribute_by_getattr() -> Case:
    config = Holder()
    return lambda x: x * getattr(config, "own"), lambda: setattr(config, "own", 3.0)  # noqa: B009


@case
def attribute_of_a_class() -> Case:
    return lambda x: x * Holder.k, lambda: setattr(Holder, "k", 3.0)


@case
def attribute_that_hides_the_class_s() -> Case:
    holder = Holder()
    return lambda x: x * holder.k, lambda: setattr(holder, "k", 3.0)


@case
def attribute_with_a_slot() -> Case:
    slotted = Slotted()
    slotted.k = 2.0
    return lambda x: x * slotted.k, lambda: setattr(slotted, "k", 3.0)


@case
def property_of_an_object() -> Case:
    holder = Holder()
    return lambda x: x * holder.doubled, lambda: setattr(holder, "own", 3.0)


@case
def bound_method() -> Case:
    holder = Holder()
    return holder.scaled, lambda: setattr(holder, "own", 3.0)


@case
def callable_object() -> Case:
    holder = Holder()
    return lambda x: holder(x), lambda: setattr(holder, "own", 3.0)


@case
def method_of_a_class() -> Case:
    holder = Holder()
    return lambda x: holder.scaled(x), lambda: setattr(Holder, "scaled", lambda self, x: x * 9.0)


@case
def attribute_of_a_module() -> Case:
    MODULE.k = 2.0  # type: ignore[attr-defined]
    return lambda x: x * MODULE.k, lambda: setattr(MODULE, "k", 3.0)


@case
def global_that_was_none() -> Case:
    return lambda x: x if OPTION is None else x * OPTION, lambda: globals().update(OPTION=3.0)


@case
def global_that_was_another_operator() -> Case:
    return lambda x: ACTIVATION(x), lambda: globals().update(ACTIVATION=sg.sin)


@case
def global_that_hides_a_builtin() -> Case:
    return lambda x: max(x, 1.0), lambda: globals().update(max=lambda x, y: x * 100.0)


@case
def queue() -> Case:
    numbers = deque([2.0])
    return lambda x: x * numbers[0], lambda: numbers.append(numbers.popleft() + 1.0)


@case
def set_of_numbers() -> Case:
    numbers = {2.0}
    return lambda x: x * sum(numbers), lambda: numbers.add(3.0)


@case
def dictionary_behind_its_method() -> Case:
    table = {"k": 2.0}
    get = table.get
    return lambda x: x * get("k"), lambda: table.update(k=3.0)


@case
def partial() -> Case:
    numbers = [2.0]
    f = functools.partial(lambda given, x: x * given[0], numbers)
    return f, lambda: numbers.append(numbers.pop() + 1.0)


@case
def defaults() -> Case:
    def helper(x: Any, k: float = 2.0) -> Any:
        return x * k

    return lambda x: helper(x), lambda: setattr(helper, "__defaults__", (3.0,))


@case
def keyword_defaults() -> Case:
    def helper(x: Any, *, k: float = 2.0) -> Any:
        return x * k

    return lambda x: helper(x), lambda: setattr(helper, "__kwdefaults__", {"k": 3.0})


@case
def code_of_a_function() -> Case:
    def helper(x: Any) -> Any:
        return x * 2.0

    other = lambda x: x * 3.0  # noqa: E731
    return lambda x: helper(x), lambda: setattr(helper, "__code__", other.__code__)


@case
def attribute_of_a_function() -> Case:
    def f(x: Any) -> Any:
        return x * f.k  # type: ignore[attr-defined]

    f.k = 2.0  # type: ignore[attr-defined]
    return f, lambda: setattr(f, "k", 3.0)


@case
def another_compiled_function() -> Case:
    numbers = [2.0]
    inner = compile(lambda x: x * numbers[0])
    return lambda x: inner(x) + x, lambda: numbers.append(numbers.pop() + 1.0)


@case
def derivative_of_a_function() -> Case:
    numbers = [2.0]
    slope = sg.grad(lambda x: x * x * numbers[0])
    return lambda x: slope(x) + x, lambda: numbers.append(numbers.pop() + 1.0)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("at", [2.5, sg.Value(2.5)], ids=["number", "Value"])
def test_a_change_is_seen_by_the_next_call(name: str, at: Any) -> None:
    f, change = CASES[name]()
    compiled = compile(f)
    before = number(compiled(at))
    assert number(compiled(at)) == number(f(at)) == before
    change()
    assert number(compiled(at)) == number(f(at)) != before
    assert number(sg.value_and_grad(compiled)(at)[0]) == number(f(at))


def test_attributes_that_the_function_does_not_name_do_not_matter() -> None:
    """A counter in the object around must not have the function traced anew at every call."""
    holder = Holder()
    compiled = compile(holder.scaled)
    for k in range(5):
        holder.count = k
        assert compiled(2.0) == 8.0
    assert len(compiled._programs.paths) == 1


def test_a_function_that_changes_what_it_sees_is_run_anew_every_time() -> None:
    calls: list[int] = []
    compiled = compile(lambda x: calls.append(1) or x * len(calls))
    assert [compiled(1.0) for _ in range(4)] == [1.0, 2.0, 3.0, 4.0]
