"""Object arrays of Values: NumPy's functions find the operators of the table on the elements."""

from __future__ import annotations

import operator
from collections.abc import Callable
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


# ------ a Value given to NumPy's functions, alone or beside numbers and arrays


@pytest.mark.parametrize("op, name", rows_of(1))
def test_unary_functions_apply_to_one_value(op: Any, name: str) -> None:
    for sample in op.samples:
        v = Value(sample)
        result = getattr(np, name)(v)
        assert type(result) is Value
        assert result.data == op(sample)
        assert result.parents[0] is v


def binary_ufuncs() -> list[Any]:
    """The rows that NumPy has a function of two numbers for, also where not for objects."""
    rows = [op for op in BUILT_IN.values() if op.arity == 2 and not op.hidden and op.array]
    named = [(op, op.numpy or op.name) for op in rows]
    found = [(op, name) for op, name in named if isinstance(getattr(np, name, None), np.ufunc)]
    return [pytest.param(op, name, id=name) for op, name in found]


def test_binary_functions_are_found() -> None:
    names = {case.id for case in binary_ufuncs()}
    assert names >= {"arctan2", "hypot", "fmod", "maximum", "minimum", "logaddexp", "copysign"}


@pytest.mark.parametrize("op, name", binary_ufuncs())
def test_binary_functions_apply_beside_numbers_and_arrays(op: Any, name: str) -> None:
    function = getattr(np, name)
    for x, y in op.samples:
        v, w = Value(x), Value(y)
        expected = op(x, y)
        assert function(v, w).data == function(x, w).data == function(v, y).data == expected
        assert function(x, w).parents == (w,)
        assert data(function(np.array([x, x]), w)) == [expected] * 2
        assert data(function(v, np.array([[y]]))) == [expected]
        assert data(function(values(x), w)) == [expected]


@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite", "signbit"])
@pytest.mark.parametrize("x", [0.0, -0.0, -1.5, np.inf, -np.inf, np.nan])
def test_questions_about_a_value_are_answered(name: str, x: float) -> None:
    answer = getattr(np, name)(Value(x))
    assert isinstance(answer, (bool, np.bool_))
    assert answer == (getattr(np, name)(x) and not (name == "signbit" and x != x))


def test_a_comparison_with_nan_is_nan_in_either_order() -> None:
    v, nan = Value(1.0), Value(np.nan)
    for pair in ((v, nan), (nan, v), (1.0, nan), (nan, 1.0)):
        assert np.isnan(np.maximum(*pair).data)
        assert np.isnan(np.minimum(*pair).data)


@pytest.mark.parametrize("name", ["std", "var", "mean", "median", "sum", "prod", "max", "ptp"])
def test_statistics_of_values(name: str) -> None:
    numbers = [1.5, -2.0, 4.0, 0.5]
    xs = values(*numbers)
    result = getattr(np, name)(xs)
    assert result.data == pytest.approx(getattr(np, name)(numbers))
    result.backward()
    assert any(x.grad for x in xs)


def test_standard_deviation_carries_the_gradient() -> None:
    xs = values(1.0, 2.0, 6.0)
    np.std(xs).backward()
    deviation = np.std([1.0, 2.0, 6.0])
    assert [x.grad for x in xs] == pytest.approx([(x - 3.0) / 3 / deviation for x in (1, 2, 6)])


@pytest.mark.parametrize("name", ["conj", "conjugate", "real", "trunc", "deg2rad", "degrees"])
def test_functions_of_numbers_that_are_real(name: str) -> None:
    for x in (Value(1.5), values(1.5, -2.5)):
        found = data(getattr(np, name)(x))
        assert found == np.ravel(getattr(np, name)([v.data for v in np.ravel(x)])).tolist()
    assert Value(2.0).imag == 0.0


def test_closeness_of_values() -> None:
    assert np.isclose(Value(1.0), 1.0 + 1e-12)
    assert not np.isclose(Value(1.0), 1.1)
    assert np.allclose(values(1.0, 2.0), [1.0, 2.0])
    assert np.array_equal(values(1.0, 2.0), [1.0, 2.0])


def test_arrays_of_longer_numbers_are_rounded_once() -> None:
    long = np.array([1, 3], np.longdouble) / 3
    assert data(Value(2.0) * long) == data(long * Value(2.0)) == [2.0 * (1 / 3), 2.0]
    objects = np.array([long[0], Value(1.0)], dtype=object)
    assert data(objects * Value(3.0)) == [3.0 * (1 / 3), 3.0]


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.longdouble, np.int64, np.array])
@pytest.mark.parametrize("op", [*ELEMENTWISE, divmod], ids=lambda op: op.__name__)
def test_numpys_scalars_and_arrays_of_no_dimension_are_numbers(op: Any, kind: Any) -> None:
    v = Value(2.5)
    right, left = op(v, kind(4)), op(kind(4), v)
    assert data(right) == data(op(v, 4.0))
    assert data(left) == data(op(4.0, v))
    assert bool(Value(4.0) == kind(4))
    assert bool(kind(4) == Value(4.0))
    assert bool(kind(4) != v)


def test_equality_with_an_array_is_elementwise() -> None:
    v = Value(2.0)
    assert (v == np.array([1.0, 2.0])).tolist() == [False, True]
    assert (np.array([1.0, 2.0]) != v).tolist() == [True, False]
    assert (values(1.0, 2.0) == v).tolist() == [False, True]


def test_numpys_functions_work_in_a_compiled_function() -> None:
    def f(x: Any) -> Any:
        return np.arctan2(1.0, x) * np.logaddexp(x, 0.5) if np.isfinite(x) else np.exp(-x)

    compiled = sg.compile(sg.grad(f))
    for x in (0.5, np.inf, -2.0):
        assert compiled(x) == sg.grad(f)(x)


NUMPYS_NAMES = [(op.name, op.numpy) for op in BUILT_IN.values() if op.numpy]


@pytest.mark.parametrize("name, numpys", NUMPYS_NAMES)
def test_functions_have_numpys_names_too(name: str, numpys: str) -> None:
    assert getattr(sg, numpys) is getattr(sg, name)
    assert hasattr(np, numpys)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "f",
    [
        lambda v: np.sin(np.where(v > 0.0, v, 0.0)),
        lambda v: np.tanh(np.append(v, 1.0)),
        lambda v: np.exp(np.clip(v, 0.0, 1.0)),
        lambda v: np.log(np.maximum(v, 1.0)),
        lambda v: np.exp(np.pad(v, 1)),
        lambda v: np.cos(np.array([v[0], 0])),
    ],
)
def test_numbers_beside_values_are_refused_with_the_cure(
    f: Callable[[Any], Any], compiled: bool
) -> None:
    def summed(v: Any) -> Any:
        return np.sum(f(v))

    derivative = sg.grad(sg.compile(summed) if compiled else summed)
    with pytest.raises(TypeError, match=r"no plain numbers among them; make Values of these"):
        derivative(np.array([0.5, -1.0]))


def test_the_cure_for_numbers_beside_values_is_one() -> None:
    def rectified(v: Any) -> Any:
        return np.sum(
            np.sin(np.where(v > 0.0, v, 0.0 * v)) + np.tanh(np.append(v, sg.Value(1.0)))[:2]
        )

    v = np.array([0.5, -1.0])
    expected = np.cos(v) * (v > 0.0) + 1.0 - np.tanh(v) ** 2
    for f in (rectified, sg.compile(rectified)):
        np.testing.assert_allclose(sg.grad(f)(v), expected, rtol=1e-15)


@pytest.mark.parametrize(
    "f",
    [
        lambda w, a: (w * a).sum(),
        lambda w, a: (a * w).mean(),
        lambda w, a: (a + w).sum() * w,
        lambda w, a: (w - a).sum() * w,
        lambda w, a: np.exp(w * a).sum(),
        lambda w, a: np.ma.exp(w * a).sum(),
        lambda w, a: np.ma.where(a > 1.5, w, a).sum(),
    ],
)
@pytest.mark.parametrize("mask", [[0, 0, 0], [0, 1, 0]])
def test_values_stay_values_beside_masked_arrays(f: Callable[..., Any], mask: list[int]) -> None:
    a = np.ma.array([1.0, 2.0, 3.0], mask=mask)

    def of_number(w: Any) -> Any:
        return f(w, a)

    step = 1e-6
    slope = (of_number(0.5 + step) - of_number(0.5 - step)) / (2.0 * step)
    for g in (of_number, sg.compile(of_number)):
        value, derivative = sg.value_and_grad(g)(0.5)
        assert value == pytest.approx(of_number(0.5), rel=1e-15)
        assert derivative == pytest.approx(slope, rel=1e-8)


@pytest.mark.parametrize("batch", ["x", True])
def test_a_masked_array_is_no_batch(batch: Any) -> None:
    compiled = sg.compile(lambda x: x * 2.0, batch=batch)
    for _ in range(2):
        with pytest.raises(TypeError, match=r"(?s)without a mask, got MaskedArray .*x\.filled"):
            compiled(np.ma.array([1.0, 2.0], mask=[0, 1]))
        assert list(compiled(np.array([1.0, 2.0]))) == [2.0, 4.0]
