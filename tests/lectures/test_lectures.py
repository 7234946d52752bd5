"""The worked examples of lectures on back-propagation: graphs and gates.

Each test is one example, with the lecture's own figures beside it. Vectors stand in
`test_lectures_vectors.py`, networks in `test_lectures_networks.py`.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value


def two_digits(x: float, printed: float) -> bool:
    """Tell whether x rounds to the four decimals the lecture prints."""
    return abs(x - printed) <= 5e-5


def nodes_of(root: Value) -> list[Value]:
    found, pending = {root: None}, [root]
    while pending:
        new = [p for p in pending.pop().parents if p not in found]
        found.update(dict.fromkeys(new))
        pending += new
    return list(found)


def gates(root: Value) -> Counter[str]:
    """How often each operator stands in the graph."""
    return Counter(node.op.name for node in nodes_of(root) if node.op)


def edges(root: Value) -> int:
    return sum(len(node.parents) for node in nodes_of(root))


# ------ graphs and gates


def test_a_gradient_of_a_product_of_a_sum_is_upstream_times_local() -> None:
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    f.backward()
    assert (q.data, f.data) == (3.0, -12.0)
    assert (z.grad, q.grad, x.grad, y.grad) == (3.0, -4.0, -4.0, -4.0)
    upstream_times_local = [f.grad * local for local in f.partials]
    assert upstream_times_local == [q.grad, z.grad]


SIGMOID_NEURON = {"w2": 0.1966, "x0": 0.3932, "w0": -0.1966, "x1": -0.5898, "w1": -0.3932}


def neuron_inputs() -> dict[str, Value]:
    numbers = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}
    return {name: Value(x, name) for name, x in numbers.items()}


def pre_activation(v: dict[str, Value]) -> Value:
    return v["w0"] * v["x0"] + v["w1"] * v["x1"] + v["w2"]


def test_a_sigmoid_neuron_of_elementary_gates_has_the_printed_gradients() -> None:
    v = neuron_inputs()
    s = pre_activation(v)
    minus = s * -1
    e = minus.exp()
    denominator = e + 1
    out = denominator.reciprocal()
    out.backward()
    assert s.data == 1.0
    assert two_digits(out.data, 0.7311)
    assert denominator.grad == pytest.approx(-0.53, abs=5e-3)
    assert minus.grad == denominator.grad * math.exp(-1.0) == pytest.approx(-0.20, abs=5e-3)
    assert all(two_digits(v[name].grad, printed) for name, printed in SIGMOID_NEURON.items())
    assert gates(out) == {"mul": 3, "add": 3, "exp": 1, "reciprocal": 1}


def test_one_sigmoid_gate_gives_the_neuron_the_same_gradients() -> None:
    v = neuron_inputs()
    out = pre_activation(v).sigmoid()
    out.backward()
    assert all(two_digits(v[name].grad, printed) for name, printed in SIGMOID_NEURON.items())
    assert out.partials[0] == pytest.approx((1.0 - out.data) * out.data, rel=1e-15)
    assert gates(out) == {"mul": 2, "add": 2, "sigmoid": 1}


def test_add_distributes_the_gradient() -> None:
    x, y = Value(3.0), Value(-4.0)
    (x + y).backward(2.0)
    assert (x.grad, y.grad) == (2.0, 2.0)


def test_multiply_swaps_its_operands_in_the_gradient() -> None:
    x, y = Value(3.0), Value(-4.0)
    (x * y).backward(2.0)
    assert (x.grad, y.grad) == (2.0 * -4.0, 2.0 * 3.0)


def test_what_is_used_twice_sums_its_gradients() -> None:
    x = Value(3.0)
    first, second = x * 4.0, x * 2.0
    (first + second).backward()
    assert x.grad == 4.0 + 2.0


def test_max_routes_the_gradient_to_the_larger() -> None:
    x, y = Value(4.0), Value(5.0)
    sg.maximum(x, y).backward(9.0)
    assert (x.grad, y.grad) == (0.0, 9.0)


def test_back_propagation_written_out_as_flat_code_gives_the_same_gradients() -> None:
    w0, x0, w1, x1, w2 = (v.data for v in neuron_inputs().values())
    s0 = w0 * x0
    s1 = w1 * x1
    s2 = s0 + s1
    s3 = s2 + w2
    out = sg.sigmoid(s3)
    grad_out = 1.0
    grad_s3 = grad_out * (1 - out) * out
    grad_w2 = grad_s3
    grad_s2 = grad_s3
    grad_s0, grad_s1 = grad_s2, grad_s2
    grad_w1, grad_x1 = grad_s1 * x1, grad_s1 * w1
    grad_w0, grad_x0 = grad_s0 * x0, grad_s0 * w0
    v = neuron_inputs()
    pre_activation(v).sigmoid().backward()
    flat = [grad_w0, grad_x0, grad_w1, grad_x1, grad_w2]
    assert [x.grad for x in v.values()] == pytest.approx(flat, rel=1e-15)


def test_a_gate_of_ones_own_saves_what_it_needs() -> None:
    gate = sg.operator(
        "lecture_gate",
        lambda x, y: x * y,
        lambda out, x, y: y,
        lambda out, x, y: x,
        symbol="∗",
    )
    x, y = Value(3.0), Value(-4.0)
    z = gate(x, y)
    x.data = 100.0
    z.backward(2.0)
    assert (z.data, x.grad, y.grad) == (-12.0, -8.0, 6.0)
    assert (z.op, z.op.symbol) == (gate, "∗")
    assert sg.hessian(lambda v: gate(v[0], v[1]))([3.0, -4.0]) == [[0.0, 1.0], [1.0, 0.0]]


def test_the_backward_pass_is_a_graph_and_is_differentiated_again() -> None:
    a, b, c = Value(1.0), Value(2.0), Value(2.0)
    f = ((a + b) * c) ** 2
    da, db, dc = sg.gradients(f, [a, b, c])
    assert (f.data, da.data, db.data, dc.data) == (36.0, 24.0, 24.0, 36.0)
    _, dadb, dadc = sg.gradients(da, [a, b, c])
    (dbdc,) = sg.gradients(db, [c])
    # the lecture's own check prints 12 for ∂²f/∂a∂c, but 4(a+b)c is 24
    assert (dadb.data, dbdc.data, dadc.data) == (8.0, 24.0, 24.0)


def test_every_inner_result_is_computed_once() -> None:
    runs = []
    f = sg.operator("f", lambda x: runs.append(x) or math.sin(x), lambda out, x: sg.cos(x))
    w = Value(0.5)
    z = f(f(f(w)))
    z.backward()
    inner = math.sin(0.5), math.sin(math.sin(0.5))
    assert runs == [0.5, *inner]
    assert w.grad == pytest.approx(math.cos(inner[1]) * math.cos(inner[0]) * math.cos(0.5))


def test_recomputing_instead_of_storing_gives_the_same_derivatives() -> None:
    def f(w: Any) -> Any:
        return w.sin().sin().sin()

    w, stored = Value(0.5), Value(0.5)
    z, long = sg.checkpoint(f, w), f(stored)
    z.backward()
    long.backward()
    assert (z.data, w.grad) == (long.data, stored.grad)
    assert (len(nodes_of(z)), len(nodes_of(long))) == (2, 4)
    second, expected = (sg.grad(sg.grad(g))(0.5) for g in (lambda x: sg.checkpoint(f, x), f))
    assert second == pytest.approx(expected, rel=1e-14)


def test_the_graph_of_a_product_is_one_gate_with_two_edges() -> None:
    x, y = Value(2.0), Value(3.0)
    z = x * y
    assert (gates(z), edges(z), z.parents) == ({"mul": 1}, 2, (x, y))


def test_the_graph_of_logistic_regression_has_three_gates() -> None:
    x, w, b = [Value(1.0), Value(2.0)], [Value(0.5), Value(-0.3)], Value(0.1)
    out = sg.sigmoid(sg.dot(x, w) + b)
    assert gates(out) == {"dot": 1, "add": 1, "sigmoid": 1}
    assert edges(out) == 4 + 2 + 1


def test_the_graph_of_a_layer_of_relus_sums_over_its_units() -> None:
    xs = [Value(1.0), Value(-2.0)]
    rows = [[Value(0.5), Value(1.0)], [Value(-1.0), Value(0.3)], [Value(2.0), Value(0.2)]]
    layer = [sg.dot(w, xs, bias=Value(0.1)).relu() for w in rows]
    assert gates(sg.sum(layer)) == {"dot": 3, "relu": 3, "sum": 1}
    sg.sum(layer).backward()
    assert [x.grad for x in xs] == [2.0, 0.2]


def test_the_graph_of_linear_regression_with_weight_decay_adds_both_gradients() -> None:
    x, y, w, decay = Value(2.0), Value(1.0), Value(0.7), 0.1
    loss = (x * w - y) ** 2 + decay * w**2
    loss.backward()
    assert gates(loss) == {"mul": 2, "sub": 1, "pow": 2, "add": 1}
    assert w.grad == pytest.approx(2 * (2.0 * 0.7 - 1.0) * 2.0 + 2 * decay * 0.7)


def test_a_dynamic_graph_is_built_while_running() -> None:
    def halvings(x: Value) -> Value:
        while x > 1.0:
            x = x * 0.5
        return x

    for start, expected in ((5.0, 3), (0.7, 0), (33.0, 6)):
        x = Value(start)
        y = halvings(x)
        y.backward()
        assert gates(y)["mul"] == expected
        assert x.grad == 0.5**expected
