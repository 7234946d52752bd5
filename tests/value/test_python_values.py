"""Python around a Value: other number types, arrays, wrong operands, Python's own protocols."""

from __future__ import annotations

import math
import operator
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from tests.support.floats import bits

np = pytest.importorskip("numpy")

ARITHMETIC = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]
PYTHON_NUMBERS = [True, 3, Fraction(3, 2), Decimal("1.5"), 2.5]
NUMPY_KINDS = [
    *(np.float16, np.float32, np.float64, np.longdouble),
    *(np.int8, np.int16, np.int32, np.int64),
    *(np.uint8, np.uint16, np.uint32, np.uint64),
    np.bool_,
]
NUMBERS = [*PYTHON_NUMBERS, *(kind(1) for kind in NUMPY_KINDS), np.float32(2.25), np.int64(3)]
NOT_NUMBERS: list[Any] = ["a", b"a", None, 1j, [1.0], (1.0,), {}, object()]

each_number = pytest.mark.parametrize("number", NUMBERS, ids=lambda n: f"{type(n).__name__} {n}")
each_wrong = pytest.mark.parametrize("wrong", NOT_NUMBERS, ids=lambda w: type(w).__name__)
each_operator = pytest.mark.parametrize("op", ARITHMETIC, ids=lambda op: op.__name__)
each_comparison = pytest.mark.parametrize("op", COMPARISONS, ids=lambda op: op.__name__)


# ------ numbers of other types


@each_number
def test_constructor_converts_numbers_to_float(number: Any) -> None:
    v = Value(number)
    assert v.data == float(number)
    assert type(v.data) is float


@each_operator
@each_number
def test_numbers_are_operands_on_either_side(number: Any, op: Any) -> None:
    v, same = Value(2.5), float(number)
    left, right = op(number, v), op(v, number)
    assert type(left) is type(right) is Value
    assert (left.data, right.data) == (op(same, 2.5), op(2.5, same))
    assert left.operands == (same, v)
    assert right.operands == (v, same)
    assert [type(x) for x in (*left.operands, *right.operands)] == [float, Value, Value, float]


@each_number
def test_divmod_works_on_either_side(number: Any) -> None:
    v, same = Value(2.5), float(number)
    assert [x.data for x in divmod(v, number)] == list(divmod(2.5, same))
    assert [x.data for x in divmod(number, v)] == list(divmod(same, 2.5))


@each_comparison
@each_number
def test_numbers_compare_by_value_on_either_side(number: Any, op: Any) -> None:
    v, same = Value(1.5), float(number)
    assert bool(op(number, v)) is op(same, 1.5)
    assert bool(op(v, number)) is op(1.5, same)


@each_number
def test_a_number_equals_the_value_made_of_it(number: Any) -> None:
    v, other = Value(number), Value(float(number) + 1.0)
    assert bool(v == number)
    assert bool(number == v)
    assert not bool(v != number)
    assert not bool(other == number)
    assert bool(number != other)


WHOLE = st.integers(-(2**70), 2**70) | st.integers(2**53 - 3, 2**53 + 3)
EXACT = WHOLE | st.fractions() | st.decimals(allow_nan=False) | st.floats() | st.booleans()


@given(st.floats() | WHOLE.map(float), EXACT)
def test_a_value_equals_what_its_float_equals(x: float, y: Any) -> None:
    assert (Value(x) == y) is (x == y)
    assert (y == Value(x)) is (x == y)
    assert (Value(x) != y) is (x != y)
    assert (Value(x) == Value(x)) is (x == x)


def test_a_value_equals_no_integer_beyond_the_floats() -> None:
    assert Value(float("inf")) != 10**400
    assert Value(1.0) != -(10**400)


@given(st.floats(width=32), st.floats())
def test_a_number_converts_to_the_same_bits(single: float, double: float) -> None:
    for number in (np.float32(single), np.float64(double), double):
        assert bits(Value(number).data) == bits(float(number))
        assert bits((Value(1.0) * number).operands[1]) == bits(float(number))


@each_number
def test_functions_and_folds_take_numbers(number: Any) -> None:
    v, same = Value(2.0), float(number)
    assert sg.maximum(number, v).data == max(same, 2.0)
    assert sg.sum([number, v]).data == same + 2.0
    assert sg.dot([v], [number]).data == 2.0 * same
    assert type(sg.tanh(number)) is float


@pytest.mark.parametrize("op", [*ARITHMETIC, *COMPARISONS, divmod], ids=lambda op: op.__name__)
def test_an_integer_beyond_the_floats_overflows(op: Any) -> None:
    huge, v = 10**400, Value(2.0)
    references = sys.getrefcount(v)
    with pytest.raises(OverflowError):
        op(v, huge)
    with pytest.raises(OverflowError):
        op(huge, v)
    assert sys.getrefcount(v) == references


def test_the_constructor_overflows_too() -> None:
    with pytest.raises(OverflowError):
        Value(10**400)
    with pytest.raises(OverflowError):
        sg.sum([Value(1.0), 10**400])


# ------ what is not a number


@each_wrong
def test_constructor_names_the_wrong_type(wrong: Any) -> None:
    with pytest.raises(TypeError, match=type(wrong).__name__):
        Value(wrong)


@pytest.mark.parametrize("wrong", [np.array(1.0), np.array([1.0]), np.complex128(1.0), Value(1.0)])
def test_constructor_takes_no_array_no_complex_and_no_value(wrong: Any) -> None:
    with pytest.raises(TypeError, match=type(wrong).__name__):
        Value(wrong)


@pytest.mark.parametrize("op", [*ARITHMETIC, *COMPARISONS, divmod], ids=lambda op: op.__name__)
@each_wrong
def test_operators_name_the_wrong_type_and_build_nothing(wrong: Any, op: Any) -> None:
    v = Value(2.0)
    references = sys.getrefcount(v)
    with pytest.raises(TypeError, match=type(wrong).__name__):
        op(v, wrong)
    if not (op is operator.mod and isinstance(wrong, (str, bytes))):  # formatting is their own
        with pytest.raises(TypeError, match=type(wrong).__name__):
            op(wrong, v)
    assert sys.getrefcount(v) == references


@each_wrong
@pytest.mark.parametrize("name", ["maximum", "hypot", "atan2", "where", "dot", "sum", "max"])
def test_functions_name_the_wrong_type_and_build_nothing(wrong: Any, name: str) -> None:
    v, function = Value(2.0), getattr(sg, name)
    calls = {
        "where": lambda: function(v, v, wrong),
        "dot": lambda: function([v], [wrong]),
        "sum": lambda: function([v, wrong, v]),
        "max": lambda: function([v, wrong, v]),
    }
    references = sys.getrefcount(v)
    with pytest.raises(TypeError, match=type(wrong).__name__):
        calls.get(name, lambda: function(v, wrong))()
    assert sys.getrefcount(v) == references


@pytest.mark.parametrize("name", ["exp", "tanh", "relu", "abs"])
@each_wrong
def test_unary_functions_name_the_wrong_type(wrong: Any, name: str) -> None:
    with pytest.raises(TypeError, match=type(wrong).__name__):
        getattr(sg, name)(wrong)


def test_a_number_type_that_fails_to_convert_raises_its_own_error() -> None:
    v = Value(2.0)
    references = sys.getrefcount(v)
    with pytest.raises(ValueError):
        v + Decimal("sNaN")
    assert sys.getrefcount(v) == references


@pytest.mark.parametrize("convert", [float, int, complex, math.sin, math.isnan])
def test_nothing_detaches_in_silence(convert: Any) -> None:
    with pytest.raises(TypeError, match=r"v\.data.*scalargrad\.sin\(v\)"):
        convert(Value(1.0))


def test_numpy_cannot_detach_in_silence() -> None:
    with pytest.raises(TypeError):
        np.array([Value(1.0)], dtype=float)
    with pytest.raises(TypeError):
        np.float64(Value(1.0))


def test_a_value_is_no_index() -> None:
    with pytest.raises(TypeError):
        [1, 2, 3][Value(1.0)]  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        list(range(Value(3.0)))  # type: ignore[call-overload]


# ------ Python's functions


@pytest.mark.parametrize(
    "function",
    [abs, round, operator.neg, operator.pos, math.floor, math.ceil],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("x", [-2.5, -0.4, 0.0, 1.5, 7.0])
def test_functions_of_one_number_work(function: Any, x: float) -> None:
    result = function(Value(x))
    assert type(result) is Value
    assert result.data == function(x)


@pytest.mark.parametrize("digits", [0, 1, 3, -2])
def test_round_to_digits(digits: int) -> None:
    x = Value(1234.5678)
    y = round(x, digits)
    y.backward()
    assert y.data == round(1234.5678, digits)
    assert x.grad == 0.0


def test_sum_and_prod_of_values() -> None:
    xs = [Value(float(i)) for i in range(1, 5)]
    total, product = sum(xs), math.prod(xs)
    total.backward()
    product.backward()
    assert (total.data, product.data) == (10.0, 24.0)
    assert [x.grad for x in xs] == [25.0, 13.0, 9.0, 7.0]


def test_pow_with_three_arguments_is_refused() -> None:
    with pytest.raises(TypeError):
        pow(Value(2.0), 3, 5)


def test_augmented_assignment_builds_a_new_node() -> None:
    x = y = Value(2.0)
    y += 1.0
    y *= x
    assert x.data == 2.0
    assert y.data == 6.0
    assert y.parents[1] is x
