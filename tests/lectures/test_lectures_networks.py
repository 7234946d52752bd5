"""The worked examples of lectures on back-propagation: neurons, networks and their error terms.

Every closed form of a lecture is computed in plain floats and compared with the engine.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value

Matrix = list[list[Any]]


def sigmoid(x: float) -> float:
    return float(sg.sigmoid(x))


def matrix(rows: int, columns: int) -> Matrix:
    return [[Value(random.uniform(-1, 1)) for _ in range(columns)] for _ in range(rows)]


def numbers(w: Matrix) -> list[list[float]]:
    return [[x.data for x in row] for row in w]


def gradients(w: Matrix) -> list[float]:
    return [x.grad for x in flat(w)]


def apply(w: Matrix, xs: list[Any]) -> list[Any]:
    """The matrix–vector product W·x, each entry one node."""
    return [sg.dot(row, xs) for row in w]


def flat(w: list[list[Any]]) -> list[Any]:
    return [x for row in w for x in row]


def product(a: list[list[float]], b: list[list[float]]) -> list[list[float]]:
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


def random_points(count: int, width: int) -> list[list[float]]:
    return [[random.uniform(-1, 1) for _ in range(width)] for _ in range(count)]


# ------ neurons and layers


def test_a_neuron_is_weighted_inputs_bias_and_activation() -> None:
    w, x, b = [0.5, -1.0], [2.0, 0.25], 0.1
    neuron = sg.dot([Value(v) for v in w], x, bias=Value(b)).tanh()
    assert neuron.data == sg.tanh(0.5 * 2.0 - 1.0 * 0.25 + 0.1)


def test_three_layers_with_max_bend_the_input() -> None:
    w1, w2, w3 = [[1.0], [-1.0]], [[1.0, 1.0]], [[2.0]]

    def network(x: float) -> Any:
        hidden = [sg.maximum(0.0, h) for h in apply(w1, [Value(x)])]
        return apply(w3, [sg.maximum(0.0, h) for h in apply(w2, hidden)])[0]

    assert [network(x).data for x in (-2.0, 0.0, 2.0)] == [4.0, 0.0, 4.0]


def test_without_an_activation_layers_collapse_to_one_linear_map() -> None:
    w1, w2, w3 = matrix(4, 3), matrix(5, 4), matrix(2, 5)
    collapsed = product(numbers(w3), product(numbers(w2), numbers(w1)))
    for xs in random_points(5, 3):
        deep = [y.data for y in apply(w3, apply(w2, apply(w1, xs)))]
        linear = [sum(w * x for w, x in zip(row, xs)) for row in collapsed]
        assert deep == pytest.approx(linear, rel=1e-12, abs=1e-14)
    jacobian = sg.jacobian(lambda xs: apply(w3, apply(w2, apply(w1, xs))))([0.1, 0.2, 0.3])
    rows = [[getattr(x, "data", x) for x in row] for row in jacobian]
    assert flat(rows) == pytest.approx(flat(collapsed), rel=1e-12, abs=1e-14)


# ------ wiring


def random_wiring(inputs: int, units: int) -> list[tuple[list[int], list[Value], Value]]:
    """For each unit: the earlier units it listens to, a weight for each, and a bias."""
    wiring = []
    for unit in range(inputs, inputs + units):
        heard = random.sample(range(unit), random.randint(1, min(unit, 4)))
        wiring.append((heard, [Value(random.uniform(-1, 1)) for _ in heard], Value(0.0)))
    return wiring


def wired_loss(wiring: Any, data: list[tuple[list[float], float]]) -> Any:
    errors = []
    for xs, target in data:
        levels: list[Any] = list(xs)
        for heard, weights, bias in wiring:
            levels.append(sg.dot(weights, [levels[i] for i in heard], bias=bias).tanh())
        errors.append((levels[-1] - target) ** 2)
    return sg.mean(errors)


def test_any_acyclic_wiring_trains() -> None:
    wiring = random_wiring(inputs=2, units=8)
    data = [(xs, 0.9 if xs[0] > xs[1] else 0.5) for xs in random_points(10, 2)]
    parameters = [p for _, weights, bias in wiring for p in (*weights, bias)]
    first = wired_loss(wiring, data).data
    for _ in range(150):
        for p in parameters:
            p.grad = 0.0
        loss = wired_loss(wiring, data)
        loss.backward()
        for p in parameters:
            p.data -= 0.1 * p.grad
    assert wired_loss(wiring, data).data < 0.9 * first


def test_a_weight_that_nobody_listens_to_has_no_gradient() -> None:
    x, heard, ignored = Value(1.0), Value(0.5), Value(0.5)
    levels = [(heard * x).tanh(), (ignored * x).tanh()]
    (levels[0] * 2.0).backward()
    assert heard.grad != 0.0
    assert ignored.grad == 0.0


# ------ error terms


def test_error_terms_equal_autograds_unit_by_unit() -> None:
    w1, w2, xs, targets = matrix(4, 3), matrix(2, 4), [0.5, -1.0, 2.0], [1.0, 0.0]
    b1 = [Value(0.1) for _ in w1]
    z1 = [sg.dot(row, xs, bias=b) for row, b in zip(w1, b1)]
    a1 = [z.sigmoid() for z in z1]
    z2 = apply(w2, a1)
    a2 = [z.sigmoid() for z in z2]
    (0.5 * sg.sum([(a - t) ** 2 for a, t in zip(a2, targets)])).backward()

    slope = [[a.data * (1 - a.data) for a in layer] for layer in (a1, a2)]
    delta2 = [(a.data - t) * s for a, t, s in zip(a2, targets, slope[1])]
    spread = product([delta2], numbers(w2))[0]  # Wᵀ·δ
    delta1 = [s * e for s, e in zip(slope[0], spread)]
    assert [z.grad for z in z2] == pytest.approx(delta2, rel=1e-13)
    assert [z.grad for z in z1] == pytest.approx(delta1, rel=1e-13)
    assert gradients(w2) == pytest.approx([d * a.data for d in delta2 for a in a1], rel=1e-13)
    assert gradients(w1) == pytest.approx([d * x for d in delta1 for x in xs], rel=1e-13)
    assert [b.grad for b in b1] == pytest.approx(delta1, rel=1e-13)


# ------ closed forms


def test_closed_form_of_a_sigmoid_unit_with_mean_squared_error() -> None:
    w, points = [Value(0.3), Value(-0.8)], random_points(6, 2)
    targets, n = [float(i % 2) for i in range(6)], 6
    outs = [sg.dot(w, xs).sigmoid() for xs in points]
    (sg.sum([(t - out) ** 2 for t, out in zip(targets, outs)]) / (2 * n)).backward()
    terms = [(t - o.data) * o.data * (1 - o.data) for t, o in zip(targets, outs)]
    closed = [-sum(e * xs[j] for e, xs in zip(terms, points)) / n for j in range(2)]
    assert [v.grad for v in w] == pytest.approx(closed, rel=1e-13)


def test_closed_forms_of_output_and_hidden_units() -> None:
    v, w, c, n = matrix(3, 2), matrix(2, 3), 2, 5
    points, targets = random_points(n, 2), random_points(n, c)
    errors, from_v, from_w = [], [[0.0] * 2 for _ in v], [[0.0] * 3 for _ in w]
    for xs, ts in zip(points, targets):
        hidden = [h.sigmoid() for h in apply(v, xs)]
        outs = [z.sigmoid() for z in apply(w, hidden)]
        errors += [(t - z) ** 2 for t, z in zip(ts, outs)]
        output = [-(t - z.data) * z.data * (1 - z.data) / (c * n) for t, z in zip(ts, outs)]
        for j, h in enumerate(hidden):
            back = sum(output[k] * w[k][j].data for k in range(c)) * h.data * (1 - h.data)
            for k in range(c):
                from_w[k][j] += output[k] * h.data
            for i, x in enumerate(xs):
                from_v[j][i] += back * x
    (sg.sum(errors) / (2 * c * n)).backward()
    assert gradients(w) == pytest.approx(flat(from_w), rel=1e-12, abs=1e-16)
    assert gradients(v) == pytest.approx(flat(from_v), rel=1e-12, abs=1e-16)


# ------ layer by layer


def forward_layers(ws: list[Any], xs: list[float]) -> tuple[list[Any], list[Any]]:
    """The lecture's forward algorithm in floats: pre-activations a and activations h."""
    pre, active = [], [xs]
    for w in ws:
        pre.append([sum(m * x for m, x in zip(row, active[-1])) for row in w])
        active.append([sg.tanh(a) for a in pre[-1]])
    return pre, active


def backward_layers(ws: list[Any], xs: list[float], ts: list[float], decay: float) -> list[Any]:
    """The lecture's backward algorithm for ½Σ(h − t)² + λ·½ΣW²: the gradient of each W."""
    pre, active = forward_layers(ws, xs)
    g = [h - t for h, t in zip(active[-1], ts)]
    found = []
    for w, a, h in zip(ws[::-1], pre[::-1], active[-2::-1]):
        g = [up * (1 - sg.tanh(z) ** 2) for up, z in zip(g, a)]
        found.append([[d * x + decay * m for x, m in zip(h, row)] for d, row in zip(g, w)])
        g = product([g], w)[0]
    return found[::-1]


def test_layer_by_layer_algorithms_with_a_regulariser_give_the_same_gradients() -> None:
    ws, xs, ts, decay = [matrix(4, 3), matrix(3, 4), matrix(2, 3)], [0.3, -0.7, 1.1], [1, -1], 0.01
    level: list[Any] = xs
    for w in ws:
        level = [a.tanh() for a in apply(w, level)]
    loss = 0.5 * sg.sum([(h - t) ** 2 for h, t in zip(level, ts)])
    weights = [m for w in ws for m in flat(w)]
    (loss + decay * 0.5 * sg.sum([m.square() for m in weights])).backward()
    by_hand = backward_layers([numbers(w) for w in ws], xs, ts, decay)
    expected = [m for w in by_hand for m in flat(w)]
    assert [m.grad for m in weights] == pytest.approx(expected, rel=1e-12, abs=1e-15)
