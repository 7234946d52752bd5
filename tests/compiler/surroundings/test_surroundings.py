"""The parts of what a function uses are equal where, and only where, nothing has changed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.compiler.surroundings.search import surroundings

np = pytest.importorskip("numpy")


def parts_of(x: Any) -> tuple[Any, ...]:
    return tuple(surroundings(lambda: x).findings)


DIFFERENT = [-0.0, 0.0, 0, False, 1, True, 1.0, "1", b"1", 1j, None, ..., math.nan, math.inf]
DIFFERENT += [np.float64(1.0), np.float32(1.0), np.int64(1)]


def test_numbers_are_told_apart_by_their_kind_and_their_bits() -> None:
    found = [parts_of(x)[3:] for x in DIFFERENT]
    assert len(set(found)) == len(DIFFERENT)
    assert found == [parts_of(x)[3:] for x in DIFFERENT]


@pytest.mark.parametrize(
    "make",
    [
        lambda a, b: [a, b],
        lambda a, b: (a, b),
        lambda a, b: {"a": a, "b": b},
        lambda a, b: [a] * 9 + [b],
        lambda a, b: np.array([a, b]),
        lambda a, b: np.array([a, None, b], dtype=object),
        lambda a, b: [[a], {"k": (b,)}],
    ],
)
def test_equal_contents_have_equal_parts(make: Callable[[Any, Any], Any]) -> None:
    held = make(1.0, math.nan)
    f = lambda: held  # noqa: E731
    first = surroundings(f).findings
    held = make(1.0, float("nan"))
    assert surroundings(f).findings == first
    for a, b in ((1.0, 2.0), (math.nan, 1.0), (-1.0, math.nan)):
        held = make(a, b)
        assert surroundings(f).findings != first


def test_the_order_of_a_dict_and_of_lists_in_lists_counts() -> None:
    held: Any = {"a": 1.0, "b": 5.0}
    f = lambda: held  # noqa: E731
    first = surroundings(f).findings
    held = {"b": 5.0, "a": 1.0}
    assert surroundings(f).findings != first
    seen = set()
    for held in (  # noqa: B007
        [[1.0], 2.0],
        [[1.0, 2.0]],
        [1.0, [2.0]],
        [1.0, 2.0],
        [[], 1.0, 2.0],
        (1.0, 2.0),
    ):
        seen.add(tuple(surroundings(f).findings))
    assert len(seen) == 6


def test_what_is_held_twice_is_not_two_that_are_equal() -> None:
    inner: list[float] = [1.0]
    held = [inner, inner]
    f = lambda: held  # noqa: E731
    first = surroundings(f).findings
    held = [[1.0], [1.0]]
    assert surroundings(f).findings != first


def test_a_circle_ends() -> None:
    held: list[Any] = [1.0]
    held.append(held)
    f = lambda: held  # noqa: E731
    assert surroundings(f).findings == surroundings(f).findings


def test_depth_is_no_limit() -> None:
    held: Any = 1.0
    for _ in range(50_000):
        held = [held]
    f = lambda: held  # noqa: E731
    assert len(surroundings(f).records) > 50_000


def test_functions_made_anew_of_the_same_code_share_their_parts() -> None:
    def made(k: float) -> Callable[[Any], Any]:
        return lambda x: x * k

    assert surroundings(made(1.0)).findings == surroundings(made(1.0)).findings
    assert surroundings(made(1.0)).findings != surroundings(made(2.0)).findings


def test_classes_are_told_apart_by_identity() -> None:
    held = type("Kind", (), {})()
    f = lambda: held  # noqa: E731
    first = surroundings(f)
    held = type("Kind", (), {})()
    assert surroundings(f).findings != first.findings


# ------ what is among the arguments


def test_parameters_of_a_model_among_the_arguments_are_inputs() -> None:
    f = lambda m, x: m(x)  # noqa: E731
    model = nn.MLP(2, [3, 1])
    first = surroundings(f, (model,))
    assert surroundings(f, (nn.MLP(2, [3, 1]),)).findings == first.findings
    assert surroundings(f, (nn.MLP(2, [4, 1]),)).findings != first.findings
    assert surroundings(lambda x: model(x)).findings != surroundings(f, (model,)).findings


def test_any_object_may_be_among_the_arguments() -> None:
    class Own:
        k = 1.0

        def __init__(self) -> None:
            self.own = 1.0
            self.other = 1.0

        def method(self, x: Any) -> Any:
            return x * self.k * self.own

    own = Own()
    found = [surroundings(Own.method, (own,)).findings]
    own.other = 2.0
    assert surroundings(Own.method, (own,)).findings == found[0]
    assert surroundings(Own.method, (Own(),)).findings == found[0]
    for change in (lambda: setattr(own, "own", 2.0), lambda: setattr(Own, "k", 2.0)):
        change()
        found.append(surroundings(Own.method, (own,)).findings)
    assert found[0] != found[1] != found[2]
    assert not surroundings(Own.method, (own,)).unknown


def test_a_value_is_told_by_its_identity() -> None:
    held = sg.Value(1.0)
    f = lambda: held  # noqa: E731
    first = surroundings(f).findings
    held.data = 2.0
    assert surroundings(f).findings == first
    held = sg.Value(1.0)
    assert surroundings(f).findings != first
