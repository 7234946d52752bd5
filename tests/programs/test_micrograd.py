"""Scripts written for micrograd run with only the import changed, and give the same numbers."""

from __future__ import annotations

from typing import Any

import pytest

ENGINE = """
from micrograd.engine import Value

a = Value(-4.0)
b = Value(2.0)
c = a + b
d = a * b + b**3
c += c + 1
c += 1 + c + (-a)
d += d * 2 + (b + a).relu()
d += 3 * d + (b - a).relu()
e = c - d
f = e**2
g = f / 2.0
g += 10.0 / f
g.backward()
results = [v.data for v in (a, b, c, d, e, f, g)] + [v.grad for v in (a, b, c, d, e, f, g)]
text = "%.4f %s" % (g.data, type(g).__name__)
"""

NETWORK = """
import random
from micrograd.nn import MLP, Layer, Neuron

random.seed(7)
model = MLP(3, [4, 4, 1])
xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
ys = [1.0, -1.0, -1.0, 1.0]
losses = []
for k in range(20):
    ypred = [model(x) for x in xs]
    loss = sum((yout - ygt)**2 for ygt, yout in zip(ys, ypred))
    for p in model.parameters():
        p.grad = 0.0
    loss.backward()
    for p in model.parameters():
        p.data += -0.01 * p.grad
    losses.append(loss.data)
results = losses + [p.data for p in model.parameters()]
text = str(model) + str(Layer(2, 2)) + str(Neuron(2, nonlin=False)) + str(len(model.parameters()))
"""

MOONS = """
import math, random
import numpy as np
from micrograd.engine import Value
from micrograd.nn import MLP

np.random.seed(1337)
random.seed(1337)
t = np.linspace(0, np.pi, 20)
upper = np.stack([np.cos(t), np.sin(t)], axis=1)
lower = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], axis=1)
X = np.concatenate([upper, lower]) + 0.1 * np.random.randn(40, 2)
y = np.array([0] * 20 + [1] * 20) * 2 - 1

model = MLP(2, [16, 16, 1])

def loss(batch_size=None):
    if batch_size is None:
        Xb, yb = X, y
    else:
        ri = np.random.permutation(X.shape[0])[:batch_size]
        Xb, yb = X[ri], y[ri]
    inputs = [list(map(Value, xrow)) for xrow in Xb]
    scores = list(map(model, inputs))
    losses = [(1 + -yi*scorei).relu() for yi, scorei in zip(yb, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum((p*p for p in model.parameters()))
    total_loss = data_loss + reg_loss
    accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]
    return total_loss, sum(accuracy) / len(accuracy)

results = []
for k in range(4):
    total_loss, acc = loss(None if k % 2 else 16)
    model.zero_grad()
    total_loss.backward()
    learning_rate = 1.0 - 0.9*k/100
    for p in model.parameters():
        p.data -= learning_rate * p.grad
    results += [total_loss.data, acc]
results += [p.data for p in model.parameters()]
text = ""
"""

WALKER = """
import random
from micrograd.engine import Value
from micrograd.nn import Neuron

def trace(root):
    nodes, edges = set(), set()
    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)
    build(root)
    return nodes, edges

def draw(root):
    lines = []
    nodes, edges = trace(root)
    for n in nodes:
        uid = str(id(n))
        lines.append("{ data %.4f | grad %.4f }" % (n.data, n.grad))
        if n._op:
            lines.append(uid + n._op + " -> " + uid)
    for n1, n2 in edges:
        lines.append(str(id(n1)) + " -> " + str(id(n2)) + n2._op)
    return lines

x = Value(1.0)
y = (x * 2 + 1).relu()
y.backward()
nodes, edges = trace(y)
results = sorted(n.data for n in nodes if n._op) + sorted(n.grad for n in nodes if n._op)
results += [len(x._prev), len((x * x)._prev), len((x + y)._prev), len(x._op)]
text = str(len([line for line in draw(y) if "data" in line]) >= 4)
"""

SCRIPTS = {"engine": ENGINE, "network": NETWORK, "moons": MOONS, "walker": WALKER}


def run(script: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(script, "script", "exec"), names)
    return names


def with_import_changed(script: str) -> str:
    return script.replace("micrograd.engine", "scalargrad").replace("micrograd.nn", "scalargrad.nn")


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_gives_the_same_numbers(script: str) -> None:
    pytest.importorskip("micrograd")
    if "numpy" in script:
        pytest.importorskip("numpy")
    theirs, ours = run(script), run(with_import_changed(script))
    assert ours["results"] == pytest.approx(theirs["results"], rel=1e-10, abs=1e-12)
    assert ours["text"] == theirs["text"]


def test_the_engine_script_gives_micrograds_published_numbers() -> None:
    ours = run(with_import_changed(ENGINE))
    assert ours["g"].data == pytest.approx(24.7041, abs=5e-5)
    assert ours["a"].grad == pytest.approx(138.8338, abs=5e-5)
    assert ours["b"].grad == pytest.approx(645.5773, abs=5e-5)


LECTURE_NEURON = """
from scalargrad import Value

x1 = Value(2.0, label='x1')
x2 = Value(0.0, label='x2')
w1 = Value(-3.0, label='w1')
w2 = Value(1.0, label='w2')
b = Value(6.8813735870195432, label='b')
x1w1 = x1*w1; x1w1.label = 'x1*w1'
x2w2 = x2*w2; x2w2.label = 'x2*w2'
x1w1x2w2 = x1w1 + x2w2; x1w1x2w2.label = 'x1*w1 + x2*w2'
n = x1w1x2w2 + b; n.label = 'n'
{activation}
o.label = 'o'
o.backward()
"""
ACTIVATIONS = ["o = n.tanh()", "e = (2*n).exp(); o = (e - 1) / (e + 1)"]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_lecture_notebooks_neuron(activation: str) -> None:
    names = run(LECTURE_NEURON.format(activation=activation))
    assert names["o"].data == pytest.approx(0.7071, abs=5e-5)
    gradients = {name: names[name].grad for name in ("x1", "w1", "x2", "w2", "n", "b")}
    expected = {"x1": -1.5, "w1": 1.0, "x2": 0.5, "w2": 0.0, "n": 0.5, "b": 0.5}
    assert gradients == pytest.approx(expected, abs=1e-12)
    assert names["x1w1x2w2"].label == "x1*w1 + x2*w2"
    assert names["n"]._prev == {names["x1w1x2w2"], names["b"]}


CHARACTER_MODEL = """
import random
from scalargrad import Value

def linear(x, w):
    return [sum(wi * xi for wi, xi in zip(wo, x)) for wo in w]

def softmax(logits):
    max_val = max(val.data for val in logits)
    exps = [(val - max_val).exp() for val in logits]
    total = sum(exps)
    return [e / total for e in exps]

def rmsnorm(x):
    ms = sum(xi * xi for xi in x) / len(x)
    scale = (ms + 1e-5) ** -0.5
    return [xi * scale for xi in x]

random.seed(42)
matrix = lambda nout, nin: [[Value(random.gauss(0, 0.5)) for _ in range(nin)] for _ in range(nout)]
vocabulary, width = 5, 4
wte, wpe, head = matrix(vocabulary, width), matrix(6, width), matrix(vocabulary, width)
params = [p for mat in (wte, wpe, head) for row in mat for p in row]
m, v = [0.0] * len(params), [0.0] * len(params)
document = [0, 1, 2, 3, 4, 0]
losses = []
for step in range(60):
    parts = []
    for pos in range(5):
        x = rmsnorm([t + p for t, p in zip(wte[document[pos]], wpe[pos])])
        x = [xi.relu() + xi for xi in x]
        probs = softmax(linear(x, head))
        parts.append(-probs[document[pos + 1]].log())
    loss = (1 / len(parts)) * sum(parts)
    loss.backward()
    for i, p in enumerate(params):
        m[i] = 0.9 * m[i] + 0.1 * p.grad
        v[i] = 0.95 * v[i] + 0.05 * p.grad ** 2
        m_hat = m[i] / (1 - 0.9 ** (step + 1))
        v_hat = v[i] / (1 - 0.95 ** (step + 1))
        p.data -= 0.05 * m_hat / (v_hat ** 0.5 + 1e-8)
        p.grad = 0
    losses.append(loss.data)
"""


def test_a_character_model_in_the_manner_of_microgpt_learns_its_document() -> None:
    losses = run(CHARACTER_MODEL)["losses"]
    assert losses[0] > 1.0
    assert losses[-1] < 0.1
