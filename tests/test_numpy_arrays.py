"""Object arrays of Values: NumPy's functions find the operators of the table on the elements."""

from __future__ import annotations

import operator
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.rows import BUILT_IN

np = pytest.importorskip("numpy")

ELEMENTWISE = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
]


def values(*numbers: float) -> Any:
    return np.array([Value(x) for x in numbers], dtype=object)


def data(array: Any) -> list[float]:
    return [v.data for v in np.ravel(array)]


def takes_objects(name: str, arity: int) -> bool:
    ufunc = getattr(np, name, None)
    # np.sign compares objects with 0 and returns plain integers: its gradient is 0 anyway
    return isinstance(ufunc, np.ufunc) and "O" * arity + "->O" in ufunc.types and name != "sign"


def rows_of(arity: int) -> list[Any]:
    """The rows that NumPy has a function for, each with NumPy's name."""
    # np.remainder is not math's but Python's %
    rows = [op for op in BUILT_IN.values() if op.arity == arity and not op.hidden and op.array]
    named = [(op, op.numpy or op.name) for op in rows]
    return [pytest.param(op, name, id=name) for op, name in named if takes_objects(name, arity)]


def test_numpys_functions_are_found() -> None:
    names = {case.id for arity in (1, 2) for case in rows_of(arity)}
    wanted = "tanh arctan exp2 cbrt expm1 rint fabs arctan2 hypot fmod square floor"
    assert names >= set(wanted.split())


@pytest.mark.parametrize("op, name", rows_of(1))
def test_unary_functions_apply_to_every_element(op: Any, name: str) -> None:
    xs = values(*op.samples)
    result = getattr(np, name)(xs)
    assert data(result) == [op(x) for x in op.samples]
    assert [v.parents[0] for v in result] == list(xs)


@pytest.mark.parametrize("op, name", rows_of(2))
def test_binary_functions_apply_to_every_pair(op: Any, name: str) -> None:
    left, right = zip(*op.samples)
    result = getattr(np, name)(values(*left), values(*right))
    assert data(result) == [op(*pair) for pair in op.samples]


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.__name__)
def test_an_array_operand_works_elementwise(op: Any) -> None:
    v, numbers = Value(2.5), np.array([1.5, 2.0, 3.0])
    right, left = op(v, numbers), op(numbers, v)
    assert right.shape == left.shape == (3,)
    assert data(right) == [op(2.5, float(x)) for x in numbers]
    assert data(left) == [op(float(x), 2.5) for x in numbers]


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.__name__)
def test_an_array_of_no_dimension_is_a_number(op: Any) -> None:
    v, number = Value(2.5), np.array(1.5)
    for result in (op(v, number), op(number, v)):
        assert type(result) is Value
        assert v in result.parents


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,)])
def test_an_array_is_never_wrapped_inside_one_value(shape: tuple[int, ...]) -> None:
    array = np.ones(shape)
    with pytest.raises(TypeError, match="ndarray"):
        Value(array)
    for function in (sg.exp, sg.relu, lambda x: sg.maximum(Value(1.0), x)):
        with pytest.raises(TypeError, match="ndarray"):
            function(array)


def test_comparison_with_an_array_is_elementwise() -> None:
    v = Value(2.0)
    assert (v > np.array([1.0, 3.0])).tolist() == [True, False]
    assert (np.array([1.0, 3.0]) > v).tolist() == [False, True]


def test_scalar_operations_with_object_arrays() -> None:
    xs = values(1.0, 2.0)
    assert data(xs * 2.0) == data(2.0 * xs) == [2.0, 4.0]
    assert data(Value(3.0) - xs) == [2.0, 1.0]
    assert data(xs**2) == [1.0, 4.0]
    assert data(-xs) == [-1.0, -2.0]


def test_matrix_product_carries_gradients() -> None:
    weights = values(1.0, 2.0, 3.0, 4.0).reshape(2, 2)
    y = weights @ np.array([10.0, 1.0])
    assert data(y) == [12.0, 34.0]
    y.sum().backward()
    assert [w.grad for w in weights.ravel()] == [10.0, 1.0, 10.0, 1.0]


def test_matrix_product_of_two_arrays_of_values() -> None:
    a, b = values(1.0, 2.0, 3.0, 4.0).reshape(2, 2), values(5.0, 6.0, 7.0, 8.0).reshape(2, 2)
    np.trace(a @ b).backward()
    assert [x.grad for x in a.ravel()] == [5.0, 7.0, 6.0, 8.0]
    assert [x.grad for x in b.ravel()] == [1.0, 3.0, 2.0, 4.0]


def test_reductions_carry_gradients() -> None:
    xs = values(1.0, 2.0, 4.0)
    (xs.sum() + xs.mean() + xs.prod() + np.dot(xs, xs)).backward()
    third = 1.0 + 1.0 / 3.0
    assert [x.grad for x in xs] == pytest.approx([third + 8 + 2, third + 4 + 4, third + 2 + 8])


def test_sorting_and_extremes_are_by_value() -> None:
    xs = values(3.0, 1.0, 2.0)
    assert xs.max() is xs[0]
    assert np.argmin(xs) == 1
    assert data(np.sort(xs)) == [1.0, 2.0, 3.0]


def test_random_choices_and_shapes_keep_the_nodes() -> None:
    xs = values(*range(6)).reshape(2, 3)
    assert xs.T[2, 1] is xs[1, 2]
    assert np.concatenate([xs, xs])[3, 0] is xs[1, 0]


@pytest.mark.parametrize("kind", [np.complex64, np.complex128, np.datetime64, np.str_, np.void])
def test_numpy_scalars_that_are_no_real_number_are_refused(kind: Any) -> None:
    wrong = kind("2020") if kind in (np.datetime64, np.str_) else kind(1)
    with pytest.raises(TypeError, match=kind.__name__):
        Value(wrong)
    with pytest.raises(TypeError):
        Value(1.0) + wrong


def test_numpy_infinities_and_nan_pass() -> None:
    assert Value(np.inf).data == float("inf")
    assert np.isnan((Value(1.0) * np.float32("nan")).data)
