"""An operator of one's own: the same row form, used like a built-in one."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Sequence
from typing import Any

import pytest

import scalargrad as sg

cube = sg.operator("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x, symbol="x³")
share_of = sg.operator(
    "share_of",
    lambda x, y: x / (x + y),
    lambda out, x, y: y / ((x + y) * (x + y)),
    lambda out, x, y: -x / ((x + y) * (x + y)),
)
soft = sg.operator("soft", math.atan, lambda out, x: sg.square(sg.cos(out)))


def norm_forward(*xs: float) -> float:
    return math.sqrt(math.fsum(x * x for x in xs))


def norm_partials(out: Any, *xs: Any) -> list[Any]:
    return [x / out for x in xs]


norm = sg.operator("norm", norm_forward, all_partials=norm_partials)


def second_derivatives(f: Any, at: Sequence[float]) -> list[list[float]]:
    leaves = list(map(sg.Value, at))
    firsts = sg.gradients(f(*leaves), leaves)
    return [[g.data for g in sg.gradients(first, leaves)] for first in firsts]


def test_on_floats_it_gives_a_float() -> None:
    assert cube(2.0) == 8.0
    assert type(cube(2)) is float
    assert norm(3, 4.0) == 5.0


def test_on_values_it_is_one_node() -> None:
    x = sg.Value(2.0)
    y = cube(x)
    assert (y.data, y.op, y.op.symbol, y._op) == (8.0, cube, "x³", "cube")
    assert y.parents == (x,)
    assert y.partials == (12.0,)


def test_it_back_propagates_among_built_in_operators() -> None:
    x = sg.Value(2.0)
    (sg.exp(-cube(x)) + 5.0 * cube(x)).backward()
    assert x.grad == pytest.approx(12.0 * (5.0 - math.exp(-8.0)), rel=1e-15)


def test_constants_stand_on_either_side() -> None:
    x = sg.Value(1.0)
    left, right = share_of(x, 3.0), share_of(3, x)
    assert (left.operands, left.partials) == ((x, 3.0), (3.0 / 16.0,))
    assert (right.operands, right.partials) == ((3.0, x), (-3.0 / 16.0,))


def test_same_value_twice_gets_both_contributions() -> None:
    x = sg.Value(2.0)
    share_of(x, x).backward()
    assert x.grad == 0.0


def test_it_differentiates_twice() -> None:
    assert second_derivatives(cube, [2.0]) == [[12.0]]
    x, y = 1.0, 3.0
    total = (x + y) ** 3
    assert second_derivatives(share_of, [x, y]) == [
        [-2.0 * y / total, (x - y) / total],
        [(x - y) / total, 2.0 * x / total],
    ]


def test_partial_written_with_the_output_differentiates_through_it() -> None:
    ((found,),) = second_derivatives(soft, [0.5])
    assert found == pytest.approx(-2.0 * 0.5 / 1.25**2, rel=1e-14)


def test_any_number_of_operands() -> None:
    xs = list(map(sg.Value, (2.0, 3.0, 6.0)))
    out = norm(*xs)
    out.backward()
    assert out.data == 7.0
    assert [x.grad for x in xs] == [2.0 / 7.0, 3.0 / 7.0, 6.0 / 7.0]
    assert norm(sg.Value(3.0), 4.0).partials == (0.6,)


def test_any_number_of_operands_differentiates_twice() -> None:
    found = second_derivatives(norm, [3.0, 4.0])
    assert found[0] == pytest.approx([16.0 / 125.0, -12.0 / 125.0], rel=1e-14)
    assert found[1] == pytest.approx([-12.0 / 125.0, 9.0 / 125.0], rel=1e-14)


def test_within_no_grad_it_records_nothing() -> None:
    with sg.no_grad():
        assert cube(sg.Value(2.0)).parents == ()


def test_detect_anomaly_names_it() -> None:
    with sg.detect_anomaly(), pytest.raises(sg.AnomalyError, match="leap"):
        sg.operator("leap", lambda x: math.inf, lambda out, x: x)(sg.Value(1.0))


# ------ pickle, copy


def test_graph_pickles_by_the_name_of_the_module_variable() -> None:
    x = sg.Value(2.0)
    y = norm(cube(x), 1.0)
    copied = pickle.loads(pickle.dumps(y))
    assert copied.op is norm
    assert copied.parents[0].op is cube
    copied.backward()
    assert copied.parents[0].parents[0].grad == pytest.approx(12.0 * 8.0 / math.sqrt(65.0))


def test_copies_keep_the_very_operator() -> None:
    y = cube(sg.Value(2.0))
    assert copy.copy(y).op is copy.deepcopy(y).op is cube


def test_operator_that_is_no_module_variable_does_not_pickle() -> None:
    local = sg.operator("local", lambda x: x, lambda out, x: 1.0)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(local(sg.Value(1.0)))


# ------ mistakes: what was expected, what came


def test_operator_without_partials_is_refused() -> None:
    with pytest.raises(TypeError, match="'bare' needs one partial per operand, or all_partials"):
        sg.operator("bare", lambda x: x)


def test_partials_and_all_partials_together_are_refused() -> None:
    with pytest.raises(TypeError, match="all_partials"):
        sg.operator("both", lambda x: x, lambda out, x: 1.0, all_partials=norm_partials)


def test_partial_that_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match=r"needs functions, got 3\.0"):
        sg.operator("number", lambda x: 3.0 * x, 3.0)


def test_wrong_number_of_operands_is_refused() -> None:
    for operands in ((sg.Value(1.0), 2.0), (1.0, 2.0), ()):
        with pytest.raises(TypeError, match=r"expected cube\(x\), got cube\("):
            cube(*operands)


def test_wrong_number_of_partials_from_all_partials_is_refused() -> None:
    short = sg.operator("short", lambda *xs: xs[0], all_partials=lambda out, *xs: [1.0])
    assert short(sg.Value(1.0)).partials == (1.0,)
    with pytest.raises(TypeError, match="short needs one partial per operand: 2, got 1"):
        short(sg.Value(1.0), sg.Value(2.0))


@pytest.mark.parametrize("wrong", [None, "text", 1j, [1.0]])
def test_forward_that_returns_no_number_is_refused(wrong: Any) -> None:
    broken = sg.operator("broken", lambda x: wrong, lambda out, x: 1.0)
    with pytest.raises(TypeError, match=type(wrong).__name__):
        broken(sg.Value(1.0))


@pytest.mark.parametrize("wrong", [None, "text", 1j, [1.0]])
def test_partial_that_returns_no_number_is_refused(wrong: Any) -> None:
    broken = sg.operator("broken", lambda x: x, lambda out, x: wrong)
    with pytest.raises(TypeError, match=type(wrong).__name__):
        broken(sg.Value(1.0))


def test_integer_results_become_floats() -> None:
    whole = sg.operator("whole", lambda x: 7, lambda out, x: 2)
    out = whole(sg.Value(1.0))
    assert (type(out.data), type(out.partials[0])) == (float, float)


def test_operand_that_is_no_number_is_refused() -> None:
    for operand in ("two", None, [sg.Value(1.0)]):
        with pytest.raises(TypeError, match=type(operand).__name__):
            share_of(sg.Value(1.0), operand)


@pytest.mark.parametrize("where", ["forward", "partial"])
def test_exception_in_a_rule_reaches_the_caller_and_leaves_the_operands_as_they_were(
    where: str,
) -> None:
    def fail(*_: float) -> float:
        raise LookupError("on purpose")

    rules = (fail, lambda out, x: 1.0) if where == "forward" else (lambda x: x, fail)
    failing = sg.operator("failing", *rules)
    x = cube(sg.Value(2.0))
    for _ in range(100):
        with pytest.raises(LookupError, match="on purpose"):
            failing(x)
    x.backward()
    assert x.parents[0].grad == 12.0


@pytest.mark.parametrize("call", [sg.leaky_relu, lambda x, **named: x.leaky_relu(**named)])
def test_operands_can_be_given_by_name(call: Any) -> None:
    assert call(sg.Value(-2.0), slope=0.5).data == -1.0


@pytest.mark.parametrize(
    "call",
    [
        lambda x: sg.leaky_relu(x, slop=0.1),
        lambda x: x.leaky_relu(0.1, slope=0.1),
        lambda x: x.leaky_relu(0.1, 0.2),
        lambda x: sg.leaky_relu(),
    ],
)
def test_wrong_operands_are_answered_with_the_signature(call: Any) -> None:
    with pytest.raises(TypeError, match=r"expected leaky_relu\(x, slope=0.01\), got leaky_relu\("):
        call(sg.Value(-2.0))


@pytest.mark.parametrize("fold", [sg.sum, sg.max, lambda x: sg.dot([1.0], x)])
def test_what_is_no_list_is_named(fold: Any) -> None:
    with pytest.raises(TypeError, match="expected a list of numbers or Values, got int 3"):
        fold(3)


def test_documentation_begins_with_the_signature() -> None:
    assert sg.leaky_relu.__doc__.startswith("leaky_relu(x, slope=0.01): ")
    assert sg.dot.__doc__.startswith("dot(weights, inputs, bias=None): ")
    assert sg.Value.tanh.__doc__.startswith("tanh(x): ")


def test_an_operator_that_selects_says_where_nothing_flows() -> None:
    def rectifier(selects: bool) -> sg.Operator:
        return sg.operator(
            "rectifier",
            lambda x: max(x, 0.0),
            lambda out, x: sg.where(sg.step(x), 1.0, -0.0),
            selects=selects,
        )

    for selects in (True, False):
        row = rectifier(selects)
        for slope in (sg.grad(lambda x, row=row: sg.sqrt(row(x)))(-1.0), first_of_graph(row)):
            assert repr(slope) == ("0.0" if selects else "nan")


def first_of_graph(row: sg.Operator) -> float:
    x = sg.Value(-1.0)
    (slope,) = sg.gradients(sg.sqrt(row(x)), [x])
    return slope.data  # type: ignore[no-any-return]
