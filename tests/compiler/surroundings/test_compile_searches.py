"""How often the surroundings of a function are searched."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.compiler.surroundings import search

table = [[1.0, 2.0], [3.0, 4.0]]
settings = {"rate": 0.5, "names": ("a", "b"), "on": True}
things = [SimpleNamespace(weight=2.0, other=3.0) for _ in range(3)]
MODEL = nn.MLP(2, [3, 1])


def helper(x: Any) -> Any:
    return x * things[1].weight


class Scaled:
    def __init__(self) -> None:
        self.scale = 3.0

    def __call__(self, x: Any) -> Any:
        return helper(x) * self.scale

    def method(self, x: Any) -> Any:
        return x * self.scale


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "a list": lambda x: x * table[0][1],
    "a dict": lambda x: x * settings["rate"],
    "objects, and a function": lambda x: helper(x) + things[0].other,
}


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    begin = search.Surroundings.__init__

    def noted(self: Any, *args: Any) -> None:
        found.append(self)
        begin(self, *args)

    monkeypatch.setattr(search.Surroundings, "__init__", noted)
    return found


@pytest.mark.skipif(sg.engine != "native", reason="records are checked in C")
@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_the_first_call_searches_once(f: Any, searches: list[Any]) -> None:
    gate = sg.compile(f)
    assert gate(2.0) == f(2.0)
    assert len(searches) == 1
    assert gate(3.0) == f(3.0)
    assert len(searches) == 1


@pytest.mark.skipif(sg.engine != "native", reason="records are checked in C")
@pytest.mark.parametrize("f", [Scaled(), Scaled().method, lambda x: MODEL([x, x])])
def test_names_in_methods_that_are_found_on_the_way_take_a_second_search(
    f: Any, searches: list[Any]
) -> None:
    gate = sg.compile(f)
    gate(2.0)
    assert len(searches) <= 2


@pytest.mark.parametrize(
    ("container", "change"),
    [
        ([1, 2.0, "a", None, True, b"x"], lambda x: x.__setitem__(0, True)),
        ([1, 2], lambda x: x.__setitem__(0, 1.0)),
        ([0.0, 1.0], lambda x: x.__setitem__(0, -0.0)),
        ([1.0] * 20, lambda x: x.__setitem__(7, 2.0)),
        ({"a": 1.0, "b": 2.0}, lambda x: x.__setitem__("b", 3.0)),
        ({"a": 1.0, "b": 2.0}, lambda x: x.update(b=x.pop("a"), a=1.0)),
        ({1: "a", 2: "b"}, lambda x: x.__setitem__(1, "b")),
        ({"a": [1.0], "b": [2.0]}, lambda x: x["b"].__setitem__(0, 3.0)),
        ([(1.0, 2.0), (3.0, [4.0])], lambda x: x[1][1].append(1.0)),
    ],
)
def test_plain_items_are_noted_down_all_at_once_and_a_change_is_seen(
    container: Any, change: Any
) -> None:
    def told(x: Any) -> Any:
        return x * sum(map(ord, repr(container)))

    gate = sg.compile(told)
    assert gate(0.5) == told(0.5)
    before = search.surroundings(told).findings
    assert search.surroundings(told).findings == before
    change(container)
    assert search.surroundings(told).findings != before
    assert gate(0.5) == told(0.5)
