"""Values that a compiled function closes over: how they compare decides its way at every call, and
what no call can watch makes it traced anew."""

from __future__ import annotations

import copy
import math
import operator
from array import array
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, modes, nn, optim
from scalargrad.compiler.trace import chosen, in_python

COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
NUMBERS = [-1.0, -0.0, 0.0, 1.0, 2.0, float("inf"), float("nan")]
each_comparison = pytest.mark.parametrize("compare", COMPARISONS, ids=lambda f: f.__name__)


def number(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


def sorted_first(x: Any, v: Any, w: Any) -> Any:
    return sorted([v, x, w])[0] * 2.0


def matched(x: Any, v: Any, w: Any) -> Any:
    match v:
        case 0:
            return x
        case 1 | 2:
            return x * 3.0
        case _:
            return x * w


WAYS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "above a number": lambda x, v, w: x * v if v > 1.0 else x + w,
    "at most a number": lambda x, v, w: x * v if v <= 1.0 else x + w,
    "a number above": lambda x, v, w: x * v if operator.gt(1.0, v) else x + w,
    "the larger of two": lambda x, v, w: x * max(v, w),
    "the larger, of the argument too": lambda x, v, w: max(x, v) * w,
    "the smallest": lambda x, v, w: min([v, w, x]) + 1.0,
    "sorted": sorted_first,
    "equal": lambda x, v, w: x if v == w else x * 2.0,
    "not equal to a number": lambda x, v, w: x if v != 0 else x * w,
    "truth": lambda x, v, w: x * 2.0 if v else x,
    "not": lambda x, v, w: x * 2.0 if not w else x,
    "in a tuple": lambda x, v, w: x if v in (0.0, 1.0) else x * 5.0,
    "the argument in a tuple": lambda x, v, w: x * w if x in (v, 0.0, 1.0) else -x,
    "an index": lambda x, v, w: x * [0.0, 1.0, v].index(v),
    "a count": lambda x, v, w: x * [v, w, 1.0].count(1.0),
    "matched": matched,
    "of what is computed": lambda x, v, w: x if v * w >= v + w else -x,
    "any": lambda x, v, w: x * 7.0 if any(p > 1.0 for p in (v, w)) else x,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@given(st.lists(st.tuples(*[st.sampled_from(NUMBERS)] * 3), min_size=2, max_size=6))
def test_a_compiled_function_follows_the_values_it_closes_over(
    way: Callable[[Any, Any, Any], Any], calls: list[tuple[float, float, float]]
) -> None:
    v, w = Value(0.0), Value(0.0)

    def plain(x: Any) -> Any:
        return way(x, v, w)

    compiled, slope = sg.compile(plain), sg.compile(sg.grad(plain))
    for x, v.data, w.data in calls:
        assert number(compiled(x)) == pytest.approx(number(plain(x)), rel=0, abs=0, nan_ok=True)
        assert number(slope(x)) == pytest.approx(sg.grad(plain)(x), rel=0, abs=0, nan_ok=True)


@each_comparison
@pytest.mark.parametrize("kind", [chosen.Trace, in_python.Trace])
def test_comparing_closed_over_values_is_a_guard(compare: Any, kind: Any) -> None:
    v, w, here = Value(1.0), Value(2.0), kind()
    with modes.tracing(here):
        outcomes = [compare(v, other) for other in (w, 2.0, 2, True)]
    assert outcomes == [compare(1.0, other) for other in (2.0, 2.0, 2.0, 1.0)]
    assert len(here.guards) == 3  # 2 and 2.0 are one number
    assert set(here.captured) == {v, w}


@each_comparison
def test_comparing_traced_numbers_is_a_guard(compare: Any) -> None:
    here = chosen.Trace()
    x = here.input(1.0)
    with modes.tracing(here):
        assert compare(x, Value(2.0)) is compare(1.0, 2.0)
        assert compare(Value(2.0), x) is compare(2.0, 1.0)
        assert compare(x, 2) is compare(1.0, 2)
    assert 2 <= len(here.guards) <= 3


@pytest.mark.parametrize("other", [None, "a", [1.0], object()])
def test_a_traced_number_equals_nothing_that_is_no_number(other: object) -> None:
    here = chosen.Trace()
    x, v = here.input(1.0), Value(1.0)
    with modes.tracing(here):
        for scalar in (x, v):
            assert not operator.eq(scalar, other)
            assert operator.ne(other, scalar)
    assert not here.guards


def test_equality_with_a_number_is_a_guard_beside_the_gradient_too() -> None:
    f = sg.compile(lambda x: x * x if x == 2.0 else 10.0 * x)
    assert [number(f(x)) for x in (3.0, 2.0, 3.0)] == [30.0, 4.0, 30.0]
    sinc = sg.compile(lambda x: 1.0 + 0.0 * x if x == 0 else sg.sin(x) / x)
    assert number(sinc(1e-9)) == number(sinc(0.0)) == 1.0


CLOSED_OVER = [Value(0.0)]
NUMBER_OF: dict[str, Callable[[Any], Any]] = {
    ".data": lambda v: v.data,
    "detach": lambda v: v.detach(),
    "stop_gradient": sg.stop_gradient,
    "stop_gradient of a result": lambda v: sg.stop_gradient(v * 2.0),
    "detach of a result": lambda v: sg.exp(v).detach(),
    "a leaf of it": lambda v: Value(v.data),
    "no_grad": lambda v: tripled(v),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "abs": abs,
    "floor": math.floor,
    "a comparison": lambda v: 1.0 if v > 0.7 else 0.0,
    "max": lambda v: max(v, 0.7),
    "sorted": lambda v: sorted([v, 0.7])[0],
    "a truth": lambda v: 1.0 if v else 2.0,
    "a checkpoint": lambda v: sg.checkpoint(sg.square, v),
    "a derivative": lambda v: sg.grad(lambda a: a * a * v)(v),
    "gradients": lambda v: sg.gradients(v * v, [v])[0],
}


def tripled(v: Any) -> Any:
    with sg.no_grad():
        return v * 3.0


@pytest.mark.parametrize("read", NUMBER_OF.values(), ids=NUMBER_OF)
def test_the_number_of_a_closed_over_value_is_read_at_each_call(read: Any) -> None:
    def f(x: float) -> Any:
        return x + read(CLOSED_OVER[0])

    gate = sg.compile(f)
    for number in (0.5, 0.9, -0.25):
        CLOSED_OVER[0].data = number
        assert sg.stop_gradient(gate(1.0)) == sg.stop_gradient(f(1.0))


@pytest.mark.parametrize("read", ["float", "float64", "float32", "list", "array"])
def test_floats_of_numpy_divide_by_zero_without_an_error(read: str) -> None:
    np = pytest.importorskip("numpy")
    kinds = {"float64": np.float64, "float32": np.float32, "list": lambda x: [x]}
    made = {"float": float, "array": lambda x: np.array([x]), **kinds}[read]

    def f(x: Any) -> Any:
        x = x[0] if hasattr(x, "__len__") else x
        try:
            return 1.0 / (x * 2.0) + 1.0 / sg.exp(x)
        except ZeroDivisionError:
            return -1.0

    gate = sg.compile(f)
    with np.errstate(divide="ignore"):
        for number in (0.0, 1.0, 0.0):
            assert gate(number) == f(number)
            assert gate(made(number)) == f(made(number))


READING: dict[str, Callable[[Any], Any]] = {
    "v.grad": lambda v: v.grad,
    "v.has_grad": lambda v: v.has_grad,
    "v.label": lambda v: v.label,
}


@pytest.mark.parametrize("what", READING)
def test_what_no_call_can_watch_is_noted(what: str) -> None:
    v, here = Value(1.0, "v"), chosen.Trace()
    with modes.tracing(here):
        READING[what](v)
    assert here.unknown == [what]
    READING[what](v)
    assert here.unknown == [what]


def test_what_is_written_while_a_function_is_traced_is_noted() -> None:
    v, here = Value(1.0), chosen.Trace()
    with modes.tracing(here):
        v.grad = 2.0
        v.label = "v"
    assert here.unknown == ["v.grad = …", "v.label = …"]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_a_copy_in_a_compiled_function_keeps_its_gradient(copied: Any) -> None:
    v = Value(1.5)

    def f(x: Any) -> Any:
        return copied(x) * copied([x * x])[0] * copied(v)

    assert sg.compile(sg.grad(f))(2.0) == sg.grad(f)(2.0) == 18.0
    assert number(sg.compile(f)(2.0)) == 12.0
    v.data = 2.0
    assert number(sg.compile(f)(2.0)) == 16.0


def test_a_node_of_ones_own_cannot_be_compiled() -> None:
    f = sg.compile(lambda x: Value(x.data * 2.0, (x,), (2.0,)))
    with pytest.raises(
        TypeError, match=r"cannot follow Value\(data, parents.*scalargrad\.operator"
    ):
        f(Value(1.0))


def test_a_node_of_ones_own_that_was_there_before_is_a_number_like_others() -> None:
    x = Value(3.0)
    node = Value(9.0, (x,), (6.0,))
    assert number(sg.compile(lambda y: y * node)(2.0)) == 18.0


def test_a_gradient_that_a_compiled_function_reads_is_that_of_the_call() -> None:
    v = Value(2.0, "a")
    graded = sg.compile(lambda x: x * v.grad)
    labelled = sg.compile(lambda x: x * 2.0 if v.label == "a" else x)
    with pytest.warns(RuntimeWarning, match=r"v\.grad"):
        graded(1.0)
    for v.grad in (1.0, 3.0, -2.0):
        assert graded(2.0) == 2.0 * v.grad
    with pytest.warns(RuntimeWarning, match=r"v\.label"):
        labelled(1.0)
    for v.label in ("b", "a", "b"):
        assert labelled(2.0) == (4.0 if v.label == "a" else 2.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_gradient_that_a_compiled_function_sets_is_set_at_every_call() -> None:
    v = Value(0.0)

    def counted(x: Any) -> Any:
        v.grad = v.grad + 1.0
        return x * v.grad

    f = sg.compile(counted)
    assert [f(1.0) for _ in range(3)] == [1.0, 2.0, 3.0]
    assert v.grad == 3.0


# ------ what a number that is traced is not

FROZEN = {
    "% of a text": lambda x: operator.mod("%.1f", x),
    "int": int,
    "float": float,
    "complex": complex,
    "math": math.sin,
    "an array of floats": lambda x: array("d", [x]),
    "an index": lambda x: "abc"[x],
    "a count": range,
}


@pytest.mark.parametrize("f", FROZEN.values(), ids=FROZEN)
def test_where_a_number_would_be_frozen_a_message_says_so_and_the_cure(f: Any) -> None:
    with pytest.raises(TypeError, match=r"compile cannot follow float\(x\).*return the number"):
        sg.compile(lambda x: f(x))(2.0)


@pytest.mark.parametrize("name", ["grad", "has_grad"])
def test_the_gradient_of_a_number_that_is_traced_is_refused(name: str) -> None:
    for gate in (sg.compile(lambda x: getattr(x, name)), sg.compile(lambda x: hasattr(x, name))):
        with pytest.raises(TypeError, match=f"compile cannot follow x.{name} of a Value"):
            gate(Value(2.0))
    assert not gate(2.0)


@pytest.mark.parametrize("name", ["hex", "is_integer", "as_integer_ratio"])
def test_a_method_of_a_float_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match=f"compile cannot follow x.{name} of a float"):
        sg.compile(lambda x: getattr(x, name)())(2.0)


def test_a_label_within_is_refused() -> None:
    with pytest.raises(TypeError, match="label what the compiled function returns"):
        sg.compile(lambda x: setattr(x, "label", "a"))(Value(2.0))


MISUSES = [
    *(lambda x: x.foo, lambda x: setattr(x, "foo", 1.0), len, list, lambda x: x[0]),
    *(lambda x: x(), lambda x: 1 in x, lambda x: x & 1, lambda x: ~x, lambda x: x @ x),
    *(
        lambda x: pow(x, 2, 3),
        lambda x: "".join([x]),
        bytes,
        Decimal,
        lambda x: operator.mod("%d", x),
    ),
    *(lambda x: sg.grad(x), lambda x: [*x], lambda x: sg.draw(x), lambda x: nn.Linear(x, 2)),
    *(lambda x: sg.sum(x), lambda x: optim.SGD([x], lr=x), lambda x: sg.Value([x])),
]


@pytest.mark.parametrize("f", MISUSES)
@pytest.mark.parametrize("x", [2.0, Value(2.0)], ids=["float", "Value"])
def test_no_message_names_a_part_of_the_compiler(f: Any, x: Any) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)) as caught:
        sg.compile(lambda x: f(x))(x)
    assert "Tracer" not in str(caught.value)


def test_a_missing_attribute_is_one_of_what_eager_has() -> None:
    for x in (2.0, Value(2.0)):
        with pytest.raises(AttributeError, match=f"'{type(x).__name__}' object has no .* 'foo'"):
            sg.compile(lambda x: x.foo)(x)
