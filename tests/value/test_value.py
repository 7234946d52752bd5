"""What one Value is: what can be set, what cannot, how it compares and how it prints."""

from __future__ import annotations

import operator
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value


def test_a_leaf_has_data_and_nothing_else() -> None:
    v = Value(2.5)
    assert (v.data, v.grad, v.label) == (2.5, 0.0, "")
    assert (v.op, v.parents, v.operands, v.partials) == (None, (), (), ())


def test_a_node_knows_what_it_was_computed_from() -> None:
    x, y = Value(3.0), Value(4.0)
    z = x * y
    assert z.op.name == "mul"
    assert z.parents == z.operands == (x, y)
    assert z.partials == (4.0, 3.0)


def test_a_constant_is_an_operand_but_not_a_parent() -> None:
    x = Value(3.0)
    z = 10 - x
    assert z.operands == (10.0, x)
    assert z.parents == (x,)
    assert z.partials == (-1.0,)
    assert type(z.operands[0]) is float


def test_label_is_given_by_position_or_name() -> None:
    assert Value(1.0, "a").label == "a"
    assert Value(1.0, label="b").label == "b"
    assert Value(data=1.0).data == 1.0


@pytest.mark.parametrize("name", ["data", "grad"])
def test_data_and_grad_are_set_as_floats(name: str) -> None:
    v = Value(1.0)
    setattr(v, name, 3)
    assert getattr(v, name) == 3.0
    assert type(getattr(v, name)) is float


@pytest.mark.parametrize("name", ["data", "grad"])
@pytest.mark.parametrize("wrong", ["a", None, 1j, [1.0], Value(2.0)])
def test_data_and_grad_refuse_what_is_not_a_number(name: str, wrong: object) -> None:
    v = Value(1.0)
    before = getattr(v, name)
    with pytest.raises(TypeError, match=type(wrong).__name__):
        setattr(v, name, wrong)
    assert getattr(v, name) == before


@pytest.mark.parametrize("name", ["data", "grad"])
def test_data_and_grad_refuse_an_integer_beyond_the_floats(name: str) -> None:
    with pytest.raises(OverflowError):
        setattr(Value(1.0), name, 10**400)


@pytest.mark.parametrize("wrong", [None, 3, b"a"])
def test_label_is_a_string(wrong: object) -> None:
    v = Value(1.0, "old")
    with pytest.raises(TypeError, match=type(wrong).__name__):
        v.label = wrong
    assert v.label == "old"
    with pytest.raises(TypeError, match=type(wrong).__name__):
        Value(1.0, wrong)


@pytest.mark.parametrize("text", ["", "x₁", "a" * 10_000, "\0", "\U0001f600"])
def test_label_keeps_any_text(text: str) -> None:
    v = Value(1.0) * 2.0
    v.label = text
    assert v.label == text


@pytest.mark.parametrize(
    "name", ["op", "parents", "operands", "partials", "has_grad", "_prev", "_op"]
)
def test_structure_cannot_be_set(name: str) -> None:
    v = Value(1.0) * 2.0
    with pytest.raises(AttributeError):
        setattr(v, name, getattr(v, name))


@pytest.mark.parametrize("name", ["data", "grad", "has_grad", "label", "op", "parents"])
def test_attributes_cannot_be_deleted(name: str) -> None:
    v = Value(1.0, "kept") * 2.0
    with pytest.raises((AttributeError, TypeError)):
        delattr(v, name)
    assert v.data == 2.0


def test_no_other_attribute_can_be_added() -> None:
    with pytest.raises(AttributeError):
        Value(1.0).colour = "red"


def test_cannot_be_subclassed() -> None:
    with pytest.raises(TypeError):
        type("Special", (Value,), {})


def test_equality_is_by_value_and_hash_that_of_the_object() -> None:
    x, twin, other = Value(2.0), Value(2.0), Value(3.0)
    assert x == twin == 2.0 == x
    assert x != other
    assert x != 3.0
    assert x in (1.0, 2.0)
    assert [other, twin, x].index(x) == 1
    assert [twin, other, x].count(2.0) == 2
    assert len({x, twin, x}) == 2
    assert {x: "first", twin: "second"}[twin] == "second"


def test_nan_equals_nothing() -> None:
    nan = Value(float("nan"))
    for other in (nan, float("nan"), 1.0):
        assert not operator.eq(nan, other)
        assert operator.ne(nan, other)


@pytest.mark.parametrize("other", [None, "2.0", b"2", [2.0], (2.0,), {}, object(), 2j])
def test_a_value_equals_nothing_that_is_no_real_number(other: object) -> None:
    v = Value(2.0)
    for pair in ((v, other), (other, v)):
        assert not operator.eq(*pair)
        assert operator.ne(*pair)


def test_a_pattern_matches_by_value() -> None:
    def named(x: Any) -> str:
        match x:
            case 0:
                return "zero"
            case 1 | 2:
                return "few"
            case _:
                return "many"

    assert [named(Value(x)) for x in (0.0, -0.0, 2.0, 2.5)] == ["zero", "zero", "few", "many"]


def test_hash_outlives_changes() -> None:
    x = Value(2.0)
    before = hash(x)
    x.data, x.grad, x.label = 5.0, 6.0, "x"
    assert hash(x) == before


def test_order_is_by_value() -> None:
    small, large = Value(1.0), Value(2.0)
    assert small < large
    assert small <= Value(1.0)
    assert large > 1
    assert not large >= 3
    assert not small > large
    assert max(small, large) is large
    assert min([large, small]) is small
    assert sorted([large, small]) == [small, large]


def test_nan_is_not_ordered() -> None:
    nan = Value(float("nan"))
    assert not nan < 1.0
    assert not nan >= 1.0
    assert not nan <= nan


def test_truth_is_by_value() -> None:
    assert Value(0.5)
    assert Value(float("nan"))
    assert not Value(0.0)
    assert not Value(-0.0)


def test_repr_is_micrograds() -> None:
    x = Value(2.0)
    (x * 3.0).backward()
    assert repr(x) == str(x) == f"{x}" == "Value(data=2.0, grad=3.0)"


def test_format_specs_apply_to_data() -> None:
    assert f"{Value(3.14159):.2f}" == "3.14"
    assert f"{Value(-2.0):+8.1e}" == "-2.0e+00"
    assert f"{Value(0.25):%}" == "25.000000%"
    with pytest.raises(ValueError):
        format(Value(1.0), "d")


def test_detach_returns_a_leaf_that_stops_gradients() -> None:
    x = Value(3.0)
    y = x * x
    still = y.detach()
    (still * x).backward()
    assert (still.data, still.parents, still.op) == (9.0, (), None)
    assert x.grad == 9.0
    assert still.grad == 3.0


def test_plus_is_the_value_itself() -> None:
    x = Value(3.0)
    y = +x
    y.backward()
    assert (y.data, x.grad) == (3.0, 1.0)


@pytest.mark.parametrize("arguments", [(), (1.0, "label", 3.0)])
def test_constructor_refuses_other_arguments(arguments: tuple[object, ...]) -> None:
    with pytest.raises(TypeError):
        Value(*arguments)
    with pytest.raises(TypeError, match=r"Value\(data, parents, partials\), got .*'colour'"):
        Value(1.0, colour="red")


def test_functions_of_the_table_are_methods_too() -> None:
    x = Value(0.3)
    assert x.tanh().data == sg.tanh(x).data == sg.tanh(0.3)
    assert x.relu().op.name == "relu"
    assert x.exp().partials == sg.exp(x).partials


def test_functions_on_floats_return_floats() -> None:
    assert type(sg.exp(0.0)) is float
    assert type(sg.maximum(1, 2)) is float
    assert type(sg.dot([1, 2], [3, 4])) is float


def test_the_engine_in_use_has_a_name() -> None:
    assert sg.engine in ("pure", "native")
