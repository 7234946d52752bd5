"""The worked examples of lectures on learning: search, descent, optimizers, schedules."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value
from scalargrad.losses import cross_entropy, squared_error
from scalargrad.nn import MLP, Neuron
from scalargrad.optim import SGD, AdaGrad, Adam, Nesterov, RMSProp, random_search, schedules

Path = list[tuple[float, float]]


def blobs(count: int, seed: int = 0) -> list[tuple[list[float], int]]:
    """Points of three classes around three centres, a third of them of each."""
    rng = random.Random(seed)
    centres = [(0.0, 2.0), (-2.0, -1.0), (2.0, -1.0)]
    points = [(centres[i % 3], i % 3) for i in range(count)]
    return [([rng.gauss(x, 0.6), rng.gauss(y, 0.6)], label) for (x, y), label in points]


def loss_of(model: MLP, data: list[tuple[list[float], int]]) -> Any:
    return sg.mean([cross_entropy(model(x), label) for x, label in data])


def trained_by(optimizer: Any, loss: Callable[[], Any]) -> float:
    found = loss()
    optimizer.zero_grad()
    found.backward()
    optimizer.step()
    return float(found.data)


# ------ search and descent


def test_following_the_slope_beats_random_search() -> None:
    random.seed(1)
    data = blobs(60)
    searched, descended = MLP(2, [3]), MLP(2, [3])
    guesses = 100
    found = random_search(searched, lambda: loss_of(searched, data), guesses)
    optimizer = SGD(descended, lr=0.5)
    for _ in range(guesses // 3):  # a backward pass costs what two more forward passes do
        reached = trained_by(optimizer, lambda: loss_of(descended, data))
    assert found < math.log(3.0)  # better than knowing nothing
    assert reached < 0.5 * found


def test_local_search_is_between_random_search_and_descent() -> None:
    random.seed(2)
    data = blobs(60)
    blind, local = MLP(2, [3]), MLP(2, [3])
    there = [p.data for p in blind.parameters()]
    for p, x in zip(local.parameters(), there):
        p.data = x
    from_blind = random_search(blind, lambda: loss_of(blind, data), 100)
    from_local = random_search(local, lambda: loss_of(local, data), 100, scale=0.5, local=True)
    assert from_local < from_blind


@pytest.mark.parametrize("size", [32, 64, 128])
def test_mini_batches_point_where_the_whole_does_on_average(size: int) -> None:
    random.seed(3)
    data, model = blobs(384), MLP(2, [3])

    def gradient(batch: list[Any]) -> list[float]:
        model.zero_grad()
        loss_of(model, batch).backward()
        return [p.grad for p in model.parameters()]

    parts = [gradient(data[i : i + size]) for i in range(0, len(data), size)]
    averages = [sum(column) / len(parts) for column in zip(*parts)]
    assert averages == pytest.approx(gradient(data), rel=1e-9, abs=1e-14)


def test_stochastic_descent_learns_from_mini_batches() -> None:
    random.seed(4)
    data, model = blobs(128), MLP(2, [3])
    optimizer = SGD(model, lr=0.5)
    for _ in range(5):
        random.shuffle(data)
        for start in range(0, len(data), 32):
            trained_by(optimizer, lambda at=start: loss_of(model, data[at : at + 32]))
    assert loss_of(model, data).data < 0.2
    assert optimizer.steps == 5 * 4


# ------ optimizers


def bowl(x: Any, y: Any) -> Any:
    """Ill-conditioned: fifty times as steep across as along."""
    return 0.5 * (x * x + 50.0 * y * y)


def saddle(x: Any, y: Any) -> Any:
    return 0.5 * (x * x - 0.1 * y * y)


def path(make: Callable[[list[Any]], Any], surface: Any, start: Any, steps: int) -> Path:
    point = [Value(x) for x in start]
    optimizer = make(point)
    seen = [(point[0].data, point[1].data)]
    for _ in range(steps):
        trained_by(optimizer, lambda: surface(*point))
        seen.append((point[0].data, point[1].data))
    return seen


def turns(numbers: list[float]) -> int:
    return sum(a * b < 0.0 for a, b in pairwise(numbers))


def test_sgd_zigzags_across_the_bowl_and_creeps_along_it() -> None:
    seen = path(lambda ps: SGD(ps, lr=0.039), bowl, (3.0, 1.0), 40)
    assert turns([y for _, y in seen]) == 40
    assert turns([x for x, _ in seen]) == 0
    # each step multiplies x by 1 − lr
    assert seen[-1][0] == pytest.approx(3.0 * (1.0 - 0.039) ** 40, rel=1e-12)


@pytest.mark.parametrize("rho", [0.9, 0.99])
def test_momentum_follows_the_formula_of_the_lecture(rho: float) -> None:
    seen = path(lambda ps: SGD(ps, 0.002, rho), bowl, (3.0, 1.0), 30)
    x, y, vx, vy = 3.0, 1.0, 0.0, 0.0
    for found in seen[1:]:
        vx, vy = rho * vx + x, rho * vy + 50.0 * y
        x, y = x - 0.002 * vx, y - 0.002 * vy
        assert found == pytest.approx((x, y), rel=1e-12)


def test_momentum_gets_further_along_the_bowl_than_sgd() -> None:
    plain = path(lambda ps: SGD(ps, lr=0.02), bowl, (3.0, 1.0), 40)
    with_momentum = path(lambda ps: SGD(ps, 0.02, 0.7), bowl, (3.0, 1.0), 40)
    nesterov = path(lambda ps: SGD(ps, 0.02, 0.7, nesterov=True), bowl, (3.0, 1.0), 40)
    ends = [math.hypot(*seen[-1]) for seen in (plain, with_momentum, nesterov)]
    assert ends[1] < 0.2 * ends[0]
    assert ends[2] < 0.2 * ends[0]


def test_nesterovs_two_forms_walk_the_same_path() -> None:
    lr, rho = 0.01, 0.9
    rewritten = path(lambda ps: SGD(ps, lr, rho, nesterov=True), bowl, (3.0, 1.0), 50)
    point = [Value(3.0), Value(1.0)]
    optimizer = Nesterov(point, lr, rho)
    for expected in rewritten:
        optimizer.zero_grad()
        with optimizer.look_ahead():
            assert (point[0].data, point[1].data) == pytest.approx(expected, rel=1e-11, abs=1e-12)
            bowl(*point).backward()
        optimizer.step()


def test_adagrad_and_rmsprop_take_equal_steps_whatever_the_slope() -> None:
    for kind in (AdaGrad, RMSProp):
        seen = path(lambda ps, kind=kind: kind(ps, lr=0.1, eps=1e-12), bowl, (3.0, 3.0), 10)
        assert [x for x, _ in seen] == pytest.approx([y for _, y in seen], rel=1e-9)


def test_adagrad_slows_down_and_rmsprop_does_not() -> None:
    def slope(x: Any, y: Any) -> Any:
        return x + y

    def steps(make: Any) -> list[float]:
        seen = [x for x, _ in path(make, slope, (0.0, 0.0), 400)]
        return [a - b for a, b in pairwise(seen)]

    slowing = steps(lambda ps: AdaGrad(ps, lr=0.1))
    assert slowing[99] == pytest.approx(0.1 / math.sqrt(100.0), rel=1e-9)
    steady = steps(lambda ps: RMSProp(ps, lr=0.1, decay=0.9))
    assert steady[399] == pytest.approx(0.1, rel=1e-6)


def test_bias_correction_makes_adams_first_steps_as_long_as_the_others() -> None:
    seen = path(lambda ps: Adam(ps, lr=0.1), lambda x, y: x + 10.0 * y, (0.0, 0.0), 20)
    steps = [a - b for (a, _), (b, _) in pairwise(seen)]
    assert steps == pytest.approx([0.1] * 20, rel=1e-6)
    # without it the first would be lr·0.1·g/√(0.001·g²), over three times as long
    assert 0.1 * 0.1 / math.sqrt(0.001) > 3.0 * steps[0]


def test_adam_leaves_the_saddle_where_sgd_lingers() -> None:
    start = (1.0, 1e-6)
    slow = path(lambda ps: SGD(ps, lr=0.1), saddle, start, 100)
    quick = path(lambda ps: Adam(ps, lr=0.1), saddle, start, 100)
    assert abs(slow[-1][1]) < 1e-5
    assert abs(quick[-1][1]) > 1.0


# ------ schedules


def test_step_decay_divides_the_rate_by_ten_at_epochs_30_60_90() -> None:
    factors = [schedules.step([30, 60, 90])(epoch) for epoch in (0, 29, 30, 60, 90, 99)]
    assert factors == pytest.approx([1.0, 1.0, 0.1, 0.01, 0.001, 0.001], rel=1e-15)


@pytest.mark.parametrize(
    ("schedule", "formula"),
    [
        (schedules.cosine(100), lambda t: 0.5 * (1.0 + math.cos(t * math.pi / 100.0))),
        (schedules.linear(100), lambda t: 1.0 - t / 100.0),
        (schedules.inverse_sqrt(), lambda t: 1.0 / math.sqrt(t)),
    ],
    ids=["cosine", "linear", "inverse square root"],
)
def test_decays_follow_their_formulas(schedule: Any, formula: Any) -> None:
    optimizer = SGD([Value(0.0)], lr=0.25, schedule=schedule)
    for t in range(100):
        if t:
            assert optimizer.rate == pytest.approx(0.25 * formula(t), rel=1e-14, abs=1e-17)
        optimizer.step()


# ------ one example at a time


def test_online_learning_is_one_example_at_a_time() -> None:
    random.seed(6)
    neuron = Neuron(2, nonlin=False)
    by_hand = [p.data for p in neuron.parameters()]
    optimizer = SGD(neuron, lr=0.1)
    for _ in range(200):
        x = [random.uniform(-1, 1), random.uniform(-1, 1)]
        target = 2.0 * x[0] - 0.5 * x[1] + 0.25
        trained_by(optimizer, lambda x=x, t=target: squared_error(neuron(x), t))
        # w ← w − η ∂E/∂w
        error = by_hand[0] * x[0] + by_hand[1] * x[1] + by_hand[2] - target
        by_hand = [w - 0.1 * 2.0 * error * xi for w, xi in zip(by_hand, [*x, 1.0])]
        assert [p.data for p in neuron.parameters()] == pytest.approx(by_hand, rel=1e-9)
    assert by_hand == pytest.approx([2.0, -0.5, 0.25], rel=1e-3)
