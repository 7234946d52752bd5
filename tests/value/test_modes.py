"""no_grad and detect_anomaly: what they change, where they end, and that they are free when off."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import scalargrad as sg
from scalargrad import Value

FILE = Path(__file__).name


def line_of(text: str) -> int:
    """Return the line number at which `text` stands, once, in this file."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    (found,) = [i for i, line in enumerate(lines, start=1) if line.strip() == text]
    return found


# ------ no_grad


def test_no_grad_returns_leaves() -> None:
    x = Value(2.0)
    with sg.no_grad():
        results = [x * x, x.tanh(), -x, x + 1, 3 / x, sg.sum([x, x]), sg.dot([x], [x]), abs(x)]
    assert [r.parents for r in results] == [()] * len(results)
    assert [r.op for r in results] == [None] * len(results)
    assert results[0].data == 4.0


def test_no_grad_ends_with_the_block_and_on_an_exception() -> None:
    x = Value(2.0)
    with pytest.raises(ZeroDivisionError), sg.no_grad():
        raise ZeroDivisionError
    assert (x * x).parents == (x, x)


def test_no_grad_nests() -> None:
    x = Value(2.0)
    with sg.no_grad():
        with sg.no_grad():
            assert not (x * x).parents
        assert not (x * x).parents
    assert (x * x).parents


def test_no_grad_decorates_a_function() -> None:
    @sg.no_grad()
    def predict(x: Value) -> Value:
        return x * x

    x = Value(2.0)
    assert not predict(x).parents
    assert (x * x).parents


def test_no_grad_keeps_backward_of_older_graphs_working() -> None:
    x = Value(2.0)
    y = x * x
    with sg.no_grad():
        y.backward()
        still = y + 1.0
    still.backward()
    assert x.grad == 4.0


# ------ detect_anomaly, forward


def test_a_value_that_is_not_finite_is_named_with_operands_and_line() -> None:
    x = Value(0.0)
    with pytest.raises(sg.AnomalyError) as caught, sg.detect_anomaly():
        x.log()  # the anomaly
    message = str(caught.value)
    assert "log(0.0)" in message
    assert "-inf" in message
    assert f"{FILE}:{line_of('x.log()  # the anomaly')}" in message


def test_a_partial_that_is_not_finite_is_named_with_its_operand() -> None:
    x = Value(0.0)
    with pytest.raises(sg.AnomalyError) as caught, sg.detect_anomaly():
        sg.hypot(1.0, 1.0) + x.sqrt()  # the partial
    message = str(caught.value)
    assert "sqrt(0.0)" in message
    assert "inf" in message
    assert f"{FILE}:{line_of('sg.hypot(1.0, 1.0) + x.sqrt()  # the partial')}" in message


def test_a_line_without_source_is_named_by_its_number_alone() -> None:
    with pytest.raises(sg.AnomalyError, match=r"at <string>:2$"), sg.detect_anomaly():
        exec("\nx.log()", {"x": Value(0.0)})


def test_a_binary_operator_names_both_operands() -> None:
    x = Value(1.0)
    with pytest.raises(sg.AnomalyError, match=r"div\(1\.0, 0\.0\)"), sg.detect_anomaly():
        x / 0
    with pytest.raises(sg.AnomalyError, match=r"pow\(0\.0, -1\.0\)"), sg.detect_anomaly():
        Value(0.0) ** -1


def test_a_fold_names_its_first_operands() -> None:
    xs = [Value(float(i)) for i in range(20)]
    xs[7].data = math.nan
    with pytest.raises(sg.AnomalyError, match=r"sum\(0\.0, 1\.0, .*…\)"), sg.detect_anomaly():
        sg.sum(xs)


def test_the_line_is_the_users_through_the_librarys_own_functions() -> None:
    xs = [Value(1e308), Value(1e308)]
    with pytest.raises(sg.AnomalyError) as caught, sg.detect_anomaly():
        sg.sum(xs)  # the fold
    assert f"{FILE}:{line_of('sg.sum(xs)  # the fold')}" in str(caught.value)


def test_a_custom_operator_is_named_too() -> None:
    steep = sg.operator("steep", lambda x: x, lambda out, x: math.inf)
    with pytest.raises(sg.AnomalyError, match=r"steep\(2\.0\)"), sg.detect_anomaly():
        steep(Value(2.0))


def test_leaves_and_finite_graphs_raise_nothing() -> None:
    with sg.detect_anomaly():
        x = Value(math.inf)
        y = Value(2.0) * 3.0
        y.backward()
    assert (x.data, y.data) == (math.inf, 6.0)


def test_an_anomaly_is_a_floating_point_error() -> None:
    assert issubclass(sg.AnomalyError, FloatingPointError)


# ------ detect_anomaly, backward


def test_a_gradient_that_overflows_names_operator_operands_and_line() -> None:
    x = Value(0.0, "x")
    with sg.detect_anomaly():
        y = x * 1e200
        z = y * 1e200  # the second factor
        with pytest.raises(sg.AnomalyError) as caught:
            z.backward()
    message = str(caught.value)
    assert "mul(0.0, 1e+200)" in message
    assert f"{FILE}:{line_of('y = x * 1e200')}" in message
    assert [node.grad for node in (x, y, z)] == [0.0, 0.0, 0.0]


def test_contributions_that_overflow_only_together_are_caught() -> None:
    x = Value(0.0)
    with sg.detect_anomaly():
        y = x * 1e308 + x * 1e308
        with pytest.raises(sg.AnomalyError, match="gradient"):
            y.backward()
    assert x.grad == 0.0


def test_an_infinite_seed_is_caught() -> None:
    x = Value(2.0)
    with sg.detect_anomaly():
        y = x * x
        with pytest.raises(sg.AnomalyError):
            y.backward(math.inf)
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_a_node_built_outside_says_that_its_line_is_unknown() -> None:
    x = Value(0.0)
    y = x * 1e200 * 1e200
    with pytest.raises(sg.AnomalyError, match="outside detect_anomaly"), sg.detect_anomaly():
        y.backward()
    y.backward()
    assert x.grad == math.inf


def test_a_branch_not_taken_is_no_anomaly() -> None:
    x = Value(0.0)
    y = x.sqrt() * 0.0
    with sg.detect_anomaly():
        y.backward()
    assert x.grad == 0.0


def test_anomaly_mode_ends_with_the_block() -> None:
    with sg.detect_anomaly(), sg.detect_anomaly():
        pass
    assert (Value(1.0) / 0.0).data == math.inf


def test_both_modes_together_detect_and_record_nothing() -> None:
    x = Value(1.0)
    with sg.no_grad(), sg.detect_anomaly():
        assert not (x * 2.0).parents
        with pytest.raises(sg.AnomalyError):
            x / 0.0


# ------ cost


def seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def build_and_go_back() -> None:
    y = x = Value(1.0)
    for _ in range(3000):
        y = y * 1.0 + x
    y.backward()


def build() -> None:
    y = x = Value(1.0)
    for _ in range(300):
        y = y * 1.0 + x


def test_building_without_a_graph_takes_about_as_long_as_building_one() -> None:
    with_graph, without = math.inf, math.inf
    for _ in range(100):
        with_graph = min(with_graph, seconds(build))
        with sg.no_grad():
            without = min(without, seconds(build))
    assert without < 5.0 * with_graph


def test_modes_cost_nothing_once_left() -> None:
    before, after = math.inf, math.inf
    for _ in range(15):
        before = min(before, seconds(build_and_go_back))
        with sg.no_grad(), sg.detect_anomaly():
            Value(1.0) * 2.0
        after = min(after, seconds(build_and_go_back))
    assert after < 1.5 * before
