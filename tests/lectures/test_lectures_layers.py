"""The worked examples of lectures on back-propagation: whole networks.

Error terms unit by unit, with plain lists of Values, stand in `test_lectures_networks.py`.
"""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.losses import half_squared_error, l2, mean_squared_error, squared_error

# ------ a network in NumPy and in scalars


def numpy_step(x: Any, y: Any, w1: Any, w2: Any) -> tuple[float, Any, Any]:
    """The lecture's network: forward, loss, backward, and a step of 1e-4."""
    h = 1.0 / (1.0 + np.exp(-x @ w1))
    error = h @ w2 - y
    grad_w2 = h.T @ (2.0 * error)
    grad_h = 2.0 * error @ w2.T
    grad_w1 = x.T @ (grad_h * h * (1.0 - h))
    return float(np.square(error).sum()), w1 - 1e-4 * grad_w1, w2 - 1e-4 * grad_w2


@pytest.mark.parametrize("first", [0, 7])
def test_two_layers_in_numpy_and_in_scalars_take_the_same_step(first: int) -> None:
    # the pure engine takes its time: fewer samples for it
    n, d_in, h, d_out = (64 if sg.engine == "native" else 1), 1000, 100, 10
    draw = np.random.default_rng(first).standard_normal
    x, y, w1, w2 = draw((n, d_in)), draw((n, d_out)), draw((d_in, h)), draw((h, d_out))
    model = nn.Sequential(nn.Linear(d_in, h, bias=False), nn.Sigmoid(), nn.Linear(h, d_out, False))
    parameters = model.parameters()
    for parameter, number in zip(parameters, [*w1.T.ravel(), *w2.T.ravel()]):
        parameter.data = number
    total = 0.0
    for inputs, targets in zip(x, y):
        loss = squared_error(model(inputs), targets)
        loss.backward()  # adds to the gradients: those of the sum over all samples
        total += loss.data
    stepped = [p.data - 1e-4 * p.grad for p in parameters]
    expected, *weights = numpy_step(x, y, w1, w2)
    assert total == pytest.approx(expected, rel=1e-12)
    moved = np.concatenate([w.T.ravel() for w in weights])
    np.testing.assert_allclose(stepped, moved, rtol=1e-10)


# ------ wiring


def trained(model: Any, samples: list[Any], steps: int, rate: float) -> list[float]:
    seen = []
    for _ in range(steps):
        loss = sg.mean([mean_squared_error(model(x), y) for x, y in samples])
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= rate * p.grad
        seen.append(loss.data)
    return seen


XOR = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)]


@pytest.mark.parametrize("seed", range(3))
def test_network_wired_at_random_learns_xor(seed: int) -> None:
    nn.seed(seed)
    units = 10
    wiring = nn.random_wiring(2, units, fan_in=4)
    model = nn.Wired([0, 1], wiring, [2 + units - 1])
    assert trained(model, XOR, steps=400, rate=0.2)[-1] < 1e-3


def test_partial_connectivity_has_fewer_weights() -> None:
    # 6 inputs, 4 neurons: 24 weights if each listens to all, 8 if each listens to two
    heard = [[0, 1], [1, 2], [3, 4], [4, 5]]
    assert len(nn.Linear(6, 4, bias=False).parameters()) == 24
    assert len(nn.Sparse(6, heard).parameters()) == 8 + 4


def test_partial_connectivity_is_a_full_layer_with_weights_of_zero() -> None:
    nn.seed(0)
    heard = [[0, 2], [1]]
    sparse, full = nn.Sparse(3, heard), nn.Linear(3, 2)
    for row, unit, numbers in zip(full.weight, sparse.units, heard):
        weights = dict(zip(numbers, unit.weight))
        for i, w in enumerate(row):
            w.data = weights[i].data if i in weights else 0.0
    x = [0.5, -2.0, 1.5]
    assert [y.data for y in sparse(x)] == pytest.approx([y.data for y in full(x)], rel=1e-15)


# ------ units by hand


def test_gradient_of_a_sigmoid_unit_with_mean_squared_error_by_hand() -> None:
    # E = 1/(2N)·Σ(t − out)², N = 2: both outputs are ½, with slope ¼
    neuron = nn.Sequential(nn.Linear(1, 1), nn.Sigmoid())
    neuron.parameters()[0].data = 0.0
    samples = [([2.0], 1.0), ([-3.0], 1.0)]
    (sg.sum([squared_error(neuron(x), t) for x, t in samples]) / (2 * 2)).backward()
    # ∂E/∂w = −1/N·Σ(t − out)·out′·x = −½·(½·¼·2 − ½·¼·3)
    assert [p.grad for p in neuron.parameters()] == [0.0625, -0.125]


def test_gradients_of_an_output_and_a_hidden_unit_by_hand() -> None:
    # one hidden unit and c = 2 outputs, N = 1: E = 1/(2cN)·ΣΣ(t − z)²
    model = nn.Sequential(nn.Linear(1, 1), nn.Sigmoid(), nn.Linear(1, 2), nn.Sigmoid())
    for p, number in zip(model.parameters(), [0.0, 0.0, 4.0, -4.0, -2.0, 2.0]):
        p.data = number
    # hidden ½; outputs ½ and ½; errors (t − z) = ½ and −½
    (squared_error(model([8.0]), [1.0, 0.0]) / (2 * 2 * 1)).backward()
    output = 0.5 * 0.5 * 0.25  # (1/c)·(t − z)·z′
    hidden = (output * 4.0 + -output * -4.0) * 0.25
    expected = [-hidden * 8.0, -hidden, -output * 0.5, output * 0.5, -output, output]
    assert [p.grad for p in model.parameters()] == expected


# ------ a regulariser


def test_regulariser_adds_its_own_gradient() -> None:
    # two layers of one tanh unit without bias: y = tanh(w2·tanh(w1·x))
    decay, x, target, w1, w2 = 0.1, 1.5, 0.25, 0.5, -2.0
    layers = [nn.Linear(1, 1, bias=False), nn.Tanh(), nn.Linear(1, 1, bias=False), nn.Tanh()]
    model = nn.Sequential(*layers)
    first, second = model.parameters()
    first.data, second.data = w1, w2
    (half_squared_error(model([x]), [target]) + decay * l2(model.parameters())).backward()
    h = np.tanh(w1 * x)
    y = np.tanh(w2 * h)
    delta2 = (y - target) * (1.0 - y**2)
    delta1 = w2 * delta2 * (1.0 - h**2)
    assert second.grad == pytest.approx(delta2 * h + 2.0 * decay * w2, rel=1e-14)
    assert first.grad == pytest.approx(delta1 * x + 2.0 * decay * w1, rel=1e-14)


# ------ the perceptron


def test_perceptron_learns_and_by_its_own_rule() -> None:
    unit = nn.Perceptron(2)
    table = [([0, 0], 0), ([0, 1], 0), ([1, 0], 0), ([1, 1], 1)]
    mistakes = [sum(unit.learn(x, target) for x, target in table) for _ in range(6)]
    assert mistakes == [1, 3, 3, 2, 1, 0]
    assert [p.data for p in unit.parameters()] == [2.0, 1.0, -2.0]
    assert [unit(x).data for x, _ in table] == [0.0, 0.0, 0.0, 1.0]


def test_perceptron_never_learns_xor() -> None:
    unit = nn.Perceptron(2)
    mistakes = [sum(unit.learn(x, target) for x, target in XOR) for _ in range(100)]
    assert min(mistakes) > 0


# ------ dropout, normalisation, stochastic depth


def test_dropout_leaves_the_mean_over_all_masks_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, w = [1.0, -2.0, 3.0], [0.5, 1.5, -1.0]
    outputs = []
    for mask in product([0.0, 1.0], repeat=3):
        rest = iter(mask)
        monkeypatch.setattr(nn.containers, "bernoulli", lambda p, rest=rest: next(rest))
        outputs.append(sg.dot(w, nn.Dropout(0.5)(x)))
    # the 8 masks are equally likely; without dropout w·x = −5.5
    assert sg.mean(outputs) == sg.dot(w, x) == -5.5
    assert len(set(outputs)) > 1


def test_batch_normalisation_of_three_numbers_by_hand() -> None:
    # 1, 3, 5: mean 3, variance 8/3, so ±2 become ±1.2247
    outputs = nn.BatchNorm(1).batch([[1.0], [3.0], [5.0]])
    assert [round(y.data, 4) for (y,) in outputs] == [-1.2247, 0.0, 1.2247]


def test_batch_normalisation_forgets_scale_and_shift_of_its_inputs() -> None:
    xs = [random.uniform(-1, 1) for _ in range(6)]
    small, large = ([[a * x + 3.0] for x in xs] for a in (1.0, 250.0))
    outputs = [[y.data for (y,) in nn.BatchNorm(1, epsilon=1e-12).batch(b)] for b in (small, large)]
    assert outputs[0] == pytest.approx(outputs[1], rel=1e-9)


def test_stochastic_depth_leaves_the_mean_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    # a block that adds 2 and survives one time in four
    block = nn.Residual(lambda x: [2.0], drop=0.75)
    outputs = []
    for stays in (0.0, 0.0, 0.0, 1.0):
        monkeypatch.setattr(nn.containers, "bernoulli", lambda p, stays=stays: stays)
        outputs.append(block([10.0])[0])
    assert outputs == [10.0, 10.0, 10.0, 18.0]
    assert sg.mean(outputs) == block.eval()([10.0])[0] == 12.0
