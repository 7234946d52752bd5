"""Every row of the operator table against mpmath: value, first and second derivative.

One suite for all rows, at each row's own samples. A new row needs a function in
`tests/support/reference.py`, and nothing here.
"""

from __future__ import annotations

import operator as py
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from mpmath import mp

import scalargrad as sg
from scalargrad.rows import BUILT_IN, Operator
from tests.support.floats import all_bits
from tests.support.reference import (
    FUNCTIONS,
    arguments,
    call,
    sample_operands,
)
from tests.support.row_checks import check_first_derivative, check_second_derivative, check_value


@pytest.fixture(autouse=True)
def sixty_digits() -> Iterator[None]:
    with mp.workdps(60):
        yield


every_row = pytest.mark.parametrize("name", BUILT_IN)


def test_every_row_has_a_reference_and_no_reference_is_without_its_row() -> None:
    assert set(FUNCTIONS) == set(BUILT_IN)


@every_row
def test_value_is_what_mpmath_says(name: str) -> None:
    check_value(BUILT_IN[name])


@every_row
def test_first_derivative_is_what_mpmath_says(name: str) -> None:
    check_first_derivative(BUILT_IN[name])


@every_row
def test_second_derivative_is_what_mpmath_says(name: str) -> None:
    check_second_derivative(BUILT_IN[name])


# ------ every name under which a row can be called builds the same node


def assert_same_node(found: Any, wanted: Any) -> None:
    assert (found.data, found.op.name) == (wanted.data, wanted.op.name)
    assert found.operands == wanted.operands
    assert all_bits(found.partials) == all_bits(wanted.partials)


def rows_with(has: Callable[[Operator], Any]) -> Any:
    return pytest.mark.parametrize("name", [name for name, row in BUILT_IN.items() if has(row)])


def with_values(row: Operator, operands: Sequence[float]) -> list[Any]:
    """The operands as Values, those that the row takes only as constants as they are."""
    last = len(operands) if row.constant_from is None else row.constant_from
    return [*map(sg.Value, operands[:last]), *operands[last:]]


@rows_with(lambda row: not row.hidden)
def test_public_function_takes_floats_and_values(name: str) -> None:
    row, function = BUILT_IN[name], getattr(sg, name)
    for operands in sample_operands(row):
        values = with_values(row, operands)
        out = function(*arguments(row, values))
        assert_same_node(out, call(row, values))
        found = function(*arguments(row, operands))
        assert type(found) is float
        assert found == out.data


@rows_with(lambda row: row.hidden)
def test_rows_that_only_derivatives_use_are_not_public(name: str) -> None:
    assert not hasattr(sg, name)
    assert not hasattr(sg.Value, name)


@rows_with(lambda row: row.method)
def test_row_is_a_method_under_its_name_and_numpys(name: str) -> None:
    row = BUILT_IN[name]
    for operands in sample_operands(row):
        x, *others = with_values(row, operands)
        for method in filter(None, (row.name, row.numpy)):
            assert_same_node(getattr(x, method)(*others), row(x, *others))
            assert_same_node(getattr(x, method)(*operands[1:]), row(x, *operands[1:]))


@rows_with(lambda row: row.dunder)
def test_row_is_an_operator_of_python_on_either_side(name: str) -> None:
    row = BUILT_IN[name]
    written = getattr(py, row.dunder)
    for operands in sample_operands(row):
        values = list(map(sg.Value, operands))
        assert_same_node(written(*values), row(*values))
        for i, x in enumerate(values):
            mixed = [*operands[:i], x, *operands[i + 1 :]]
            assert_same_node(written(*mixed), row(*mixed))


@rows_with(lambda row: row.defaults)
def test_last_operands_left_out_take_their_defaults(name: str) -> None:
    row = BUILT_IN[name]
    x = sg.Value(-0.7)
    assert_same_node(getattr(sg, name)(x), row(x, *row.defaults))
    assert_same_node(getattr(x, name)(), row(x, *row.defaults))


def test_wrong_number_of_operands_is_a_type_error_that_shows_both() -> None:
    with pytest.raises(TypeError, match=r"expected atan2\(y, x\), got atan2\(Value"):
        sg.atan2(sg.Value(1.0))
    with pytest.raises(TypeError, match=r"expected exp\(x\), got exp\(1.0, 2.0\)"):
        sg.exp(1.0, 2.0)
