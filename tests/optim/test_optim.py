"""Optimizers by hand: what their rules do, and what all of them share."""

from __future__ import annotations

import copy
import math
import pickle
import random
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.losses import binary_hinge
from scalargrad.nn import MLP, Neuron
from scalargrad.optim import SGD, AdaGrad, Adam, AdamW, Nesterov, Optimizer, RMSProp, Rule
from tests.support.optimizers import KINDS, path, quadratic, with_grads

# ------ rules by hand


def test_plain_step_is_against_the_gradient() -> None:
    assert path(SGD([Value(2.0)], lr=0.25), [4.0]) == [1.0]


def test_momentum_by_hand() -> None:
    optimizer = SGD([Value(1.0)], lr=0.5, momentum=0.5)
    # velocities 1, 1.5, 0.75
    assert path(optimizer, [1.0, 1.0, 0.0]) == [0.5, -0.25, -0.625]


def test_rewritten_nesterov_by_hand() -> None:
    optimizer = SGD([Value(1.0)], lr=0.5, momentum=0.5, nesterov=True)
    # velocities 1, 1.5, 0.75; steps 0.5·(1 + 0.5), 0.5·(1 + 0.75), 0.5·0.375
    assert path(optimizer, [1.0, 1.0, 0.0]) == [0.25, -0.625, -0.8125]


def test_look_ahead_nesterov_by_hand() -> None:
    x = Value(1.0)
    optimizer = Nesterov([x], lr=0.25, momentum=0.5)
    seen = []
    for _ in range(2):
        with optimizer.look_ahead():
            seen.append(x.data)
            x.grad = x.data
        optimizer.step()
        seen.append(x.data)
    # v = −0.25; ahead at 0.75 − 0.125; v = −0.125 − 0.25·0.625
    assert seen == [1.0, 0.75, 0.625, 0.46875]


def test_adagrad_by_hand() -> None:
    seen = path(AdaGrad([Value(0.0)], lr=1.0, eps=1e-300), [3.0, 4.0])
    assert seen == [-1.0, -1.0 - 4.0 / 5.0]


def test_rmsprop_by_hand() -> None:
    seen = path(RMSProp([Value(0.0)], lr=1.0, decay=0.75, eps=1e-300), [2.0, 0.0])
    assert seen == [-2.0, -2.0]
    seen = path(RMSProp([Value(0.0)], 1.0, 0.75, eps=1e-300, momentum=0.5), [2.0, 0.0])
    assert seen == [-2.0, -3.0]


def test_first_step_of_adam_is_lr_whatever_the_gradient() -> None:
    for gradient in (1e-6, 1.0, -1e6):
        (seen,) = path(Adam([Value(0.0)], lr=0.125, eps=1e-30), [gradient])
        assert seen == pytest.approx(-0.125 * math.copysign(1.0, gradient), rel=1e-14)


def test_adam_by_the_formulas_of_its_paper() -> None:
    gradients = [1.0, -0.5, 0.25, 3.0]
    m = v = x = 0.0
    expected = []
    for t, g in enumerate(gradients, 1):
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g * g
        x -= 0.1 * (m / (1 - 0.8**t)) / (math.sqrt(v / (1 - 0.9**t)) + 1e-8)
        expected.append(x)
    optimizer = Adam([Value(0.0)], lr=0.1, betas=(0.8, 0.9))
    assert path(optimizer, gradients) == pytest.approx(expected, rel=1e-13)


def test_adamw_decays_beside_the_means() -> None:
    (seen,) = path(AdamW([Value(2.0)], lr=0.5, weight_decay=0.25), [0.0])
    assert seen == 2.0 * (1.0 - 0.5 * 0.25)


def test_weight_decay_is_the_gradient_of_half_its_squares() -> None:
    for kind in (SGD, AdaGrad, RMSProp, Adam):
        decayed, penalised = Value(1.5), Value(1.5)
        one, other = kind([decayed], lr=0.1, weight_decay=0.25), kind([penalised], lr=0.1)
        for gradient in (1.0, -2.0, 0.5):
            decayed.grad, penalised.grad = gradient, gradient + 0.25 * penalised.data
            one.step()
            other.step()
            assert decayed.data == pytest.approx(penalised.data, rel=1e-14)


@pytest.mark.parametrize("decay", [0.0, 0.125])
def test_both_forms_of_nesterov_agree(decay: float) -> None:
    ahead, rewritten = [Value(3.0), Value(3.0)], [Value(3.0), Value(3.0)]
    one = Nesterov(ahead, lr=0.05, momentum=0.9, weight_decay=decay)
    other = SGD(rewritten, lr=0.05, momentum=0.9, nesterov=True, weight_decay=decay)
    for _ in range(100):
        for optimizer in (one, other):
            optimizer.zero_grad()
        with one.look_ahead():
            # the rewritten form keeps what the other looks ahead to
            assert [x.data for x in ahead] == pytest.approx([x.data for x in rewritten], rel=1e-11)
            quadratic(ahead).backward()
        quadratic(rewritten).backward()
        one.step()
        other.step()


# ------ what all of them share


@pytest.mark.parametrize("kind", KINDS)
def test_optimizer_minimises_and_takes_a_model(kind: Any) -> None:
    random.seed(0)
    model = Neuron(2, nonlin=False)
    optimizer = kind(model, lr=0.01 if kind is RMSProp else 0.1)
    for _ in range(300):
        loss = (model([1.0, 2.0]) - 3.0) ** 2 + (model([-1.0, 0.5]) - 1.0) ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.data < 1e-2
    assert optimizer.steps == 300


@pytest.mark.parametrize("kind", KINDS)
def test_parameter_without_a_gradient_stays_where_it_is(kind: Any) -> None:
    used, unused = Value(1.0), Value(-0.5)
    options = {"weight_decay": 0.0} if kind is AdamW else {}
    optimizer = kind([used, unused], lr=0.1, **options)
    for _ in range(3):
        optimizer.zero_grad()
        (used * 2.0).backward()
        optimizer.step()
    assert unused.data == -0.5
    assert used.data < 1.0


def test_lr_may_change_between_steps() -> None:
    x = Value(0.0)
    optimizer = SGD([x], lr=1.0)
    path(optimizer, [1.0])
    optimizer.lr = 0.5
    assert path(optimizer, [1.0]) == [-1.5]


def test_zero_grad_clears_the_parameters() -> None:
    x, y = with_grads(3.0, math.nan)
    SGD(iter([x, y]), lr=0.1).zero_grad()
    assert (x.grad, y.grad) == (0.0, 0.0)
    assert math.copysign(1.0, x.grad) == 1.0
    assert not x.has_grad


def test_network_learns_xor() -> None:
    random.seed(3)
    model = MLP(2, [8, 1])
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    points = [([0.0, 0.0], -1), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], -1)]
    for _ in range(100):
        loss = sg.mean([binary_hinge(model(x), label) for x, label in points])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.data < 0.01
    assert all(model(x).data * label > 0.9 for x, label in points)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", KINDS)
def test_step_at_a_gradient_that_is_not_finite_changes_nothing(kind: Any, bad: float) -> None:
    parameters = with_grads(1.0, 2.0, bad)
    parameters[2].label = "slope"
    optimizer = kind([{"params": parameters[:1]}, {"params": parameters[1:]}], lr=0.1)
    before = optimizer.state_dict()
    with pytest.raises(sg.AnomalyError, match=rf"parameter 1 'slope' of group 1 is {bad}"):
        optimizer.step()
    assert [p.data for p in parameters] == [1.0, 1.0, 1.0]
    assert optimizer.state_dict() == before
    parameters[2].grad = 3.0
    optimizer.step()
    assert optimizer.steps == 1


def test_copy_of_model_and_optimizer_goes_on_by_itself() -> None:
    model = Neuron(1)
    optimizer = Adam(model, lr=0.1)
    for p in model.parameters():
        p.grad = 0.5
    optimizer.step()
    for again in (copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))):
        other, copied = again((model, optimizer))
        before = [p.data for p in model.parameters()]
        copied.step()
        assert [p.data for p in model.parameters()] == before
        assert all(p is q for p, q in zip(copied.parameters, other.parameters()))
        assert copied.steps == 2


class Sign(Optimizer):
    """An optimizer of one's own, as its documentation says."""

    rule = Rule(lambda data, grad, count, lr: (data - lr * sg.sign(grad), count + 1.0), "count")

    def settings(self, t: int, lr: float, **options: float) -> tuple[float, ...]:
        return (lr,)


def test_optimizer_with_a_rule_of_ones_own() -> None:
    x, y = with_grads(7.0, -0.25)
    optimizer = Sign([x, y], lr=0.5)
    optimizer.step()
    optimizer.step()
    assert (x.data, y.data) == (0.0, 2.0)
    assert optimizer.state_dict()["groups"][0]["state"] == {"count": [2.0, 2.0]}


def test_rule_takes_data_and_grad_first() -> None:
    with pytest.raises(TypeError, match=r"a rule takes \(data, grad, \*state, \*settings\)"):
        Rule(lambda grad, data: (data,))
