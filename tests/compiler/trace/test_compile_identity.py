"""Within a compiled function numbers are equal, and are found in lists, where they are
so in the function itself. What would find them by their hash is refused."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.compiler.surroundings.bytecode import reads_of

Function = Callable[[Any, Any], Any]

OF_VALUES: dict[str, Function] = {
    "==": lambda x, y: x == y,
    "== itself": lambda x, y: x == x,
    "== computed": lambda x, y: x * 1.0 == x,
    "== a number": lambda x, y: x == 1.0 or operator.eq(1.0, x),
    "!=": lambda x, y: x != y,
    "!= itself": lambda x, y: x != x,
    "== text, None": lambda x, y: x == "a" or x == None,  # noqa: E711
    "is": lambda x, y: x is +x,
    "in": lambda x, y: y in [x],
    "in, itself": lambda x, y: y in [x, y],
    "in, a number": lambda x, y: x in (1.0, 2.0) or 1.0 in [x],
    "index": lambda x, y: [x, y].index(y) == 1,
    "count": lambda x, y: [x, y, x].count(x) == 2,
    "count, a number": lambda x, y: [x, y].count(1.0) == 2,
    "lists": lambda x, y: [x, y] == [y, x],
    "lists, the same": lambda x, y: [x, (y,)] == [x, (y,)],
    "detached": lambda x, y: sg.stop_gradient(x) == sg.stop_gradient(x),
    "detached, a number": lambda x, y: x.detach() == 1.0,
    "<": lambda x, y: x < y,
    "sorted": lambda x, y: sorted([y, x])[0] is x,
    "min": lambda x, y: min(x, y) is x,
    "max": lambda x, y: max([x, y]) is y,
}

OF_NUMBERS: dict[str, Function] = {
    "==": lambda x, y: x.data == y.data,
    "== a number": lambda x, y: x.data == 1.0 or operator.eq(1, y.data),
    "== a Value": lambda x, y: x.data == x or y == y.data,
    "!=": lambda x, y: x.data != y.data,
    "!= itself": lambda x, y: x.data != x.data,
    "computed": lambda x, y: 2.0 * x.data + y.data == 3.0,
    "in": lambda x, y: x.data in [y.data, 2.0],
    "index": lambda x, y: [0.0, x.data, 1.0].index(1.0) == 1,
    "count": lambda x, y: [1.0, x.data, y.data].count(1.0) == 3,
    "lists": lambda x, y: [x.data, 1.0] == [y.data, 1.0],
    "a variable of its own": lambda x, y: sg.Value(x.data) == 1.0,
    "sorted": lambda x, y: sorted([y.data, x.data])[0] == y.data,
    "nan": lambda x, y: x.data == x.data,
}

POINTS = [(1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (0.0, -0.0), (math.nan, 1.0), (math.nan, -math.nan)]


@pytest.mark.parametrize(
    "decide",
    [*OF_VALUES.values(), *OF_NUMBERS.values()],
    ids=[*(f"Values {n}" for n in OF_VALUES), *(f"numbers {n}" for n in OF_NUMBERS)],
)
def test_numbers_are_equal_where_they_are_in_the_function_itself(decide: Function) -> None:
    def f(x: Any, y: Any) -> Any:
        return sg.Value(1.0) if decide(x, y) else sg.Value(0.0)

    compiled = sg.compile(f)
    # one compiled function for all points: what the first decides is not kept for the others
    for at in [*POINTS, *reversed(POINTS)]:
        assert compiled(*map(sg.Value, at)).data == f(*map(sg.Value, at)).data, at


KEYS: dict[str, Function] = {
    "hash": lambda x, y: hash(x) == hash(y),
    "set": lambda x, y: len({x, y, x}) == 2,
    "in a set": lambda x, y: x in {1.0, 2.0},
    "dict": lambda x, y: {x: 1.0, y: 2.0}[x] == 1.0,
    "dict, a number": lambda x, y: 1.0 in {x: 1.0},
    "of a dict": lambda x, y: {(1.0, 2): 3.0}.get((x, 2), 4.0),
}


@pytest.mark.parametrize("use", KEYS)
@pytest.mark.parametrize("at", [1.0, sg.Value(1.0)], ids=["number", "Value"])
def test_a_number_that_would_be_found_by_its_hash_is_refused(use: str, at: Any) -> None:
    with pytest.raises(TypeError, match="compile cannot follow a number in a set, or as a key"):
        sg.compile(KEYS[use])(at, 1.0)


def test_lanes_whose_numbers_are_equal_go_a_way_of_their_own() -> None:
    np = pytest.importorskip("numpy")
    f = sg.compile(lambda x, y: x * 2.0 if x.data == y.data else y, batch=True)
    at = np.array([1.0, 3.0, 4.0]), np.array([1.0, 2.0, 4.0])
    value, (dx, dy) = sg.value_and_grad(f, (0, 1))(*at)
    assert value.tolist() == [2.0, 2.0, 8.0]
    assert dx.tolist() == [2.0, 0.0, 2.0] and dy.tolist() == [0.0, 1.0, 0.0]


def test_no_gradient_flows_through_what_is_stopped() -> None:
    f = sg.compile(lambda x, y: x * sg.stop_gradient(x * y) + sg.stop_gradient(y))
    assert sg.value_and_grad(f, (0, 1))(3.0, 2.0) == (20.0, (6.0, 0.0))
    assert sg.hessian(f, (0, 1))(3.0, 2.0) == ((0.0, 0.0), (0.0, 0.0))


def test_classes_that_are_compared_tell_no_objects_apart() -> None:
    @dataclass
    class Pair:
        x: float
        y: float

    def same_class(x: object, y: object) -> bool:
        return x.__class__ is y.__class__

    def same(x: object, y: object) -> bool:
        return x is y

    found = [reads_of(f.__code__).told_apart for f in (Pair.__eq__, same_class, same)]
    assert [bool(x) for x in found] == [False, False, True]
