"""The patterns of back-propagation, found in the operator table; and the names of nodes."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.drawing import explain
from scalargrad.drawing.symbols.names import names
from scalargrad.drawing.symbols.patterns import DISTRIBUTES, PATTERNS, ROUTES, SUMS, SWAPS, routes
from scalargrad.rows import BUILT_IN


def pattern(root: Value) -> list[tuple[str, ...]]:
    return [step.patterns for step in explain(root)]


def pair() -> tuple[Value, Value]:
    return Value(3.0), Value(-4.0)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda x, y: x + y, [DISTRIBUTES] * 2),
        (lambda x, y: x - y, [DISTRIBUTES] * 2),
        (lambda x, y: sg.sum([x, y, 1.0]), [DISTRIBUTES] * 2),
        (lambda x, y: x * y, [SWAPS] * 2),
        (lambda x, y: sg.prod([x, y]), [SWAPS] * 2),
        (lambda x, y: sg.dot([x, 2.0], [1.0, y]), [SWAPS] * 2),
        (lambda x, y: sg.maximum(x, y), [ROUTES] * 2),
        (lambda x, y: sg.min([x, y]), [ROUTES] * 2),
        (lambda x, y: sg.where(1.0, x, y), [ROUTES] * 2),
        (lambda x, y: sg.hypot(x, y), [] * 2),
        (lambda x, y: x / y, [] * 2),
    ],
)
def test_pattern_is_named_where_it_occurs(build: Any, expected: list[str]) -> None:
    found = pattern(build(*pair()))
    assert [name for names in found for name in names] == expected
    assert set(expected) <= PATTERNS.keys()


def test_a_product_with_a_constant_swaps_and_a_negation_is_no_pattern() -> None:
    assert pattern(Value(3.0) * 2.0) == [(SWAPS,)]
    assert pattern(-Value(3.0)) == [()]


def test_an_operand_that_is_its_own_derivative_does_not_swap() -> None:
    half = sg.operator(
        "half",
        lambda x, y: 0.5 * x * x + 0.5 * y * y,
        lambda out, x, y: x,
        lambda out, x, y: y,
    )
    assert pattern(half(*pair())) == [(), ()]


def test_copies_sum() -> None:
    x = Value(3.0)
    assert pattern(x * x) == [(SWAPS, SUMS)] * 2


def test_relu_routes_and_rounding_does_not() -> None:
    assert pattern(Value(3.0).relu()) == [(ROUTES,)]
    assert pattern(sg.floor(Value(3.5))) == [()]


def test_which_rows_route_follows_from_their_samples() -> None:
    found = {name for name, op in BUILT_IN.items() if not op.hidden and routes(op)}
    assert found == {"maximum", "minimum", "max", "min", "where", "clamp", "relu"}


def test_an_operator_of_ones_own_shows_its_pattern() -> None:
    swap = sg.operator("swap", lambda x, y: x * y, lambda out, x, y: y, lambda out, x, y: x)
    assert pattern(swap(*pair())) == [(SWAPS,)] * 2


def test_an_operator_that_does_not_run_on_symbols_has_no_formula() -> None:
    sine = sg.operator("sine", math.sin, lambda out, x: math.cos(getattr(x, "data", x)))
    (step,) = explain(sine(Value(0.5, "x")))
    assert (step.patterns, step.formula) == ((), "")
    assert step.line.endswith(f"1 × {math.cos(0.5):.4g}")


# ------ names


@given(st.lists(st.text(max_size=12), min_size=2, max_size=6))
def test_names_are_unique_identifiers_whatever_the_labels(labels: list[str]) -> None:
    root = sg.sum([Value(1.0, label) * 2.0 for label in labels])
    found = list(names(root).values())
    assert len(set(found)) == len(found)
    assert all(name.isidentifier() for name in found)
    assert list(names(root).values()) == found


def test_labels_are_names_where_they_can_be() -> None:
    x, twice, again = Value(1.0, "x1"), Value(2.0, "b"), Value(3.0, "b")
    wrong = [Value(4.0, label) for label in ("lambda", "exp", "grad_x", "2", "", "nan")]
    path = Value(5.0, "layer[0].weights['w']")
    root = sg.sum([x, twice, again, *wrong, path])
    found = names(root)
    assert found[x] == "x1"
    assert found[path] == "layer_0_weights_w"
    assert [found[n] for n in (twice, again, *wrong)] == [
        "x0", "x2", "x3", "x4", "x5", "x6", "x7", "x8",
    ]  # fmt: skip
    assert found[root] == "L"
