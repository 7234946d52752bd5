"""Whole small programs in the shapes in which people write on top of a scalar Value class.

Each uses Value as its own class would be used: by constructor, by the names of its attributes, with
walks of its own over the graph. Numbers are checked against derivatives by hand.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest

from scalargrad import Value
from scalargrad.nn import MLP, Layer, Module, Neuron

# ------ functions built with the constructor


def log(x: Any) -> Any:
    return Value(math.log(x.data), (x,), (1 / x.data,))


def exp(x: Any) -> Any:
    out = math.exp(x.data)
    return Value(out, (x,), (out,))


def sigmoid(x: Any) -> Any:
    s = 1 / (1 + math.exp(-x.data))
    return Value(s, children=(x,), local_grads=(s * (1 - s),))


def softmax(logits: list[Any]) -> list[Any]:
    largest = max(v.data for v in logits)
    exps = [exp(v - largest) for v in logits]
    total = sum(exps)
    return [e / total for e in exps]


def test_a_loss_of_functions_made_by_the_constructor() -> None:
    logits = [Value(0.5), Value(-1.0), Value(2.0)]
    probabilities = softmax(logits)
    loss = -log(probabilities[2])
    loss.backward()
    expected = [math.exp(v.data) / sum(math.exp(u.data) for u in logits) for v in logits]
    expected[2] -= 1.0
    assert [v.grad for v in logits] == pytest.approx(expected, abs=1e-12)


def test_logistic_regression_by_a_sigmoid_of_ones_own() -> None:
    random.seed(3)
    points = [(random.uniform(-1, 1), random.uniform(-1, 1)) for _ in range(20)]
    labels = [1.0 if a + b > 0 else 0.0 for a, b in points]
    w = [Value(0.0, label="w0"), Value(0.0, label="w1")]
    for _ in range(60):
        loss = Value(0.0)
        for (a, b), y in zip(points, labels):
            p = sigmoid(w[0] * a + w[1] * b)
            loss = loss - (log(p) * y + log(1.0 - p) * (1.0 - y))
        for p in w:
            p.grad = 0.0
        loss.backward()
        for p in w:
            p.data -= 0.1 * p.grad
    right = sum(
        (w[0].data * a + w[1].data * b > 0) == (y == 1) for (a, b), y in zip(points, labels)
    )
    assert right == len(points)


# ------ backward passes by hand


def topological(root: Any, children: Callable[[Any], Any]) -> list[Any]:
    order: list[Any] = []
    visited = set()

    def build(v: Any) -> None:
        if v not in visited:
            visited.add(v)
            for child in children(v):
                build(child)
            order.append(v)

    build(root)
    return order


def sample_graph() -> tuple[Any, list[Any]]:
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    e = a * b
    d = e + c
    f = (d * d - a) / b
    return f, [a, b, c]


def test_backward_by_hand_over_children_and_local_grads() -> None:
    root, leaves = sample_graph()
    grads = dict.fromkeys(topological(root, lambda v: v._children), 0.0)
    grads[root] = 1.0
    for v in reversed(list(grads)):
        for child, local in zip(v._children, v._local_grads):
            grads[child] += local * grads[v]
    root.backward()
    assert [grads[x] for x in leaves] == [x.grad for x in leaves]


RULES: dict[str, Callable[[Any, Any], tuple[float, float]]] = {
    "+": lambda x, y: (1.0, 1.0),
    "-": lambda x, y: (1.0, -1.0),
    "*": lambda x, y: (y.data, x.data),
    "/": lambda x, y: (1.0 / y.data, -x.data / y.data**2),
}


def test_backward_by_hand_by_the_names_of_operators() -> None:
    root, leaves = sample_graph()
    order = topological(root, lambda v: v._prev)
    for v in order:
        v.grad = 0.0
    root.grad = 1.0
    for v in reversed(order):
        if v._op:
            for parent, slope in zip(v.parents, RULES[v._op](*v.parents)):
                parent.grad += slope * v.grad
    by_hand = [x.grad for x in leaves]
    for x in leaves:
        x.grad = 0.0
    root.backward()
    assert by_hand == pytest.approx([x.grad for x in leaves])


def test_operators_are_counted_by_their_names() -> None:
    x, y = Value(2.0), Value(3.0)
    z = (x * y + x / y - y) ** 2 + (x + 1.0).relu().tanh()
    names = [v._op for v in topological(z, lambda v: v._prev) if v._op]
    assert sorted(names) == sorted(["*", "/", "+", "-", "**2", "+", "ReLU", "tanh", "+"])


def test_an_expression_is_printed_by_walking_it() -> None:
    def text(v: Any) -> str:
        if not v._prev:
            return v.label or f"{v.data:g}"
        return f"({f' {v._op} '.join(text(x) for x in v._children)})"

    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    assert text(a * b - a / b) == "((a * b) - (a / b))"


def test_gradients_are_checked_by_differences_in_place() -> None:
    a, b = Value(0.7), Value(-1.3)

    def f() -> Any:
        return (a * b).tanh() + b**3 / a

    out, h = f(), 1e-6
    out.backward()
    for x in (a, b):
        before = x.data
        x.data = before + h
        above = f().data
        x.data = before - h
        below = f().data
        x.data = before
        assert x.grad == pytest.approx((above - below) / (2 * h), rel=1e-6)


# ------ branches by value


def test_newtons_method_ends_when_a_value_equals_the_last() -> None:
    x, steps = Value(1.0), 0
    last: Any = None
    while x != last and steps < 50:
        last = x
        y = x * x - 4.0
        x = Value((x - y / (2.0 * x)).data)
        steps += 1
    assert x == last == 2
    assert steps < 10


def test_a_piecewise_function_is_told_by_equality() -> None:
    def sinc(x: Any) -> Any:
        return Value(1.0) if x == 0 else x.sin() / x

    def count_zeros(xs: list[Any]) -> int:
        return xs.count(0)

    xs = [Value(0.0), Value(math.pi / 2), Value(-0.0)]
    assert [sinc(x).data for x in xs] == pytest.approx([1.0, 2 / math.pi, 1.0])
    assert count_zeros(xs) == 2
    assert xs.index(0.0) == 0
    assert Value(math.pi / 2) in xs


# ------ networks


def test_a_network_with_another_activation() -> None:
    random.seed(1)
    model = MLP(2, [4, 1], activation="tanh")
    assert repr(model.layers[0].neurons[0]) == "TanhNeuron(2)"
    assert repr(model.layers[1].neurons[0]) == "LinearNeuron(4)"
    data = [([0.0, 0.0], -1.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], -1.0)]
    first = None
    for _ in range(150):
        loss = sum((model(x) - y) ** 2 for x, y in data)
        first = loss.data if first is None else first
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.05 * p.grad
    assert loss.data < 0.2 * first


class TinyGpt(Module):
    """One block of microgpt: tokens and places embedded, one head of attention, a small MLP."""

    def __init__(self, vocabulary: int, width: int, block: int) -> None:
        def matrix(rows: int, columns: int) -> list[list[Any]]:
            return [[Value(random.gauss(0, 0.3)) for _ in range(columns)] for _ in range(rows)]

        self.wte, self.wpe = matrix(vocabulary, width), matrix(block, width)
        self.wq, self.wk, self.wv = (matrix(width, width) for _ in range(3))
        self.up, self.down = matrix(2 * width, width), matrix(width, 2 * width)

    def __call__(self, tokens: list[int]) -> list[list[Any]]:
        keys: list[list[Any]] = []
        values: list[list[Any]] = []
        logits = []
        for place, token in enumerate(tokens):
            x = rmsnorm([t + p for t, p in zip(self.wte[token], self.wpe[place])])
            q = linear(x, self.wq)
            keys.append(linear(x, self.wk))
            values.append(linear(x, self.wv))
            scores = [sum(a * b for a, b in zip(q, k)) / len(q) ** 0.5 for k in keys]
            weights = softmax(scores)
            x = [xi + sum(w * v[j] for w, v in zip(weights, values)) for j, xi in enumerate(x)]
            hidden = [h.relu() for h in linear(rmsnorm(x), self.up)]
            x = [a + b for a, b in zip(x, linear(hidden, self.down))]
            logits.append(linear(x, self.wte))
        return logits


def linear(x: list[Any], w: list[list[Any]]) -> list[Any]:
    return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]


def rmsnorm(x: list[Any]) -> list[Any]:
    mean_square = sum(xi * xi for xi in x) / len(x)
    scale = (mean_square + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def test_a_language_model_learns_a_word() -> None:
    random.seed(42)
    letters = [0, 1, 2, 1, 3, 0]
    model = TinyGpt(4, 6, 5)
    params = model.parameters()
    m, v = [0.0] * len(params), [0.0] * len(params)
    losses = []
    for step in range(40):
        logits = model(letters[:-1])
        terms = [-log(softmax(row)[y]) for row, y in zip(logits, letters[1:])]
        loss = (1 / len(terms)) * sum(terms)
        loss.backward()
        for i, p in enumerate(params):
            m[i] = 0.85 * m[i] + 0.15 * p.grad
            v[i] = 0.99 * v[i] + 0.01 * p.grad**2
            m_hat, v_hat = m[i] / (1 - 0.85 ** (step + 1)), v[i] / (1 - 0.99 ** (step + 1))
            p.data -= 0.05 * m_hat / (v_hat**0.5 + 1e-8)
            p.grad = 0
        losses.append(loss.data)
    assert losses[0] > 1.0
    assert losses[-1] < 0.1


def test_parameters_are_kept_in_sets_and_dicts_though_their_numbers_are_equal() -> None:
    zeros = [*Layer(3, 2).parameters(), Value(0.0), Value(0.0)]
    for p in zeros:
        p.data = 0.0
    assert len(set(zeros)) == len(zeros)
    momentum = {p: i for i, p in enumerate(zeros)}
    assert [momentum[p] for p in zeros] == list(range(len(zeros)))


def test_a_neuron_by_hand_with_labels() -> None:
    neuron = Neuron(2)
    neuron.w = [Value(0.5, (), "", "w0"), Value(-0.25, (), "", "w1")]
    neuron.b = Value(0.1, _children=(), _op="", label="b")
    out = neuron([Value(2.0, label="x0"), Value(1.0, label="x1")])
    out.backward()
    assert out.data == pytest.approx(0.85)
    assert [p.grad for p in neuron.parameters()] == [2.0, 1.0, 1.0]
    assert [p.label for p in neuron.parameters()] == ["w0", "w1", "b"]
