"""Trajectories equal torch.optim's, to 1e-12 over 100 steps."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest

from scalargrad import Value, optim
from scalargrad.optim import schedules

torch = pytest.importorskip("torch")

STEPS = 100
SIZE = 6

# ours, torch's name, and torch's options
PAIRS: dict[str, tuple[Callable[[Any], Any], str, dict[str, Any]]] = {
    "plain": (lambda ps: optim.SGD(ps, 0.05), "SGD", {"lr": 0.05}),
    "decay": (
        lambda ps: optim.SGD(ps, 0.05, weight_decay=0.1),
        "SGD",
        {"lr": 0.05, "weight_decay": 0.1},
    ),
    "momentum": (
        lambda ps: optim.SGD(ps, 0.02, 0.9, weight_decay=0.01),
        "SGD",
        {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.01},
    ),
    "nesterov": (
        lambda ps: optim.SGD(ps, 0.02, 0.9, nesterov=True, weight_decay=0.01),
        "SGD",
        {"lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    ),
    "adagrad": (lambda ps: optim.AdaGrad(ps, 0.1), "Adagrad", {"lr": 0.1}),
    "adagrad, decay": (
        lambda ps: optim.AdaGrad(ps, weight_decay=0.1),
        "Adagrad",
        {"weight_decay": 0.1},
    ),
    "rmsprop": (lambda ps: optim.RMSProp(ps), "RMSprop", {}),
    "rmsprop, momentum": (
        lambda ps: optim.RMSProp(ps, 0.005, 0.9, momentum=0.8, weight_decay=0.1),
        "RMSprop",
        {"lr": 0.005, "alpha": 0.9, "momentum": 0.8, "weight_decay": 0.1},
    ),
    "adam": (lambda ps: optim.Adam(ps), "Adam", {}),
    "adam, decay": (
        lambda ps: optim.Adam(ps, 0.05, (0.8, 0.95), eps=1e-6, weight_decay=0.1),
        "Adam",
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1},
    ),
    "adamw": (lambda ps: optim.AdamW(ps, 0.03), "AdamW", {"lr": 0.03}),
}


def gradients(data: list[float], t: int) -> list[float]:
    """An uneven bowl with ripples that move: the same formula for both, in plain floats."""
    return [(i + 1) * x + math.sin(3.0 * x + 0.3 * t) for i, x in enumerate(data)]


def our_path(optimizer: Any) -> list[list[float]]:
    path = []
    for t in range(STEPS):
        for parameter, grad in zip(
            optimizer.parameters, gradients([p.data for p in optimizer.parameters], t)
        ):
            parameter.grad = grad
        optimizer.step()
        path.append([p.data for p in optimizer.parameters])
    return path


def torch_path(parameters: list[Any], optimizer: Any, scheduler: Any = None) -> list[list[float]]:
    path = []
    for t in range(STEPS):
        slopes = gradients([p.item() for p in parameters], t)
        for parameter, grad in zip(parameters, slopes):
            parameter.grad = torch.tensor(grad, dtype=torch.float64)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        path.append([p.item() for p in parameters])
    return path


def start() -> list[float]:
    return [random.Random(i).uniform(-2, 2) for i in range(SIZE)]


def tensors() -> list[Any]:
    return [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in start()]


def assert_same(ours: list[list[float]], theirs: list[list[float]]) -> None:
    assert len({x for row in ours for x in row}) == STEPS * SIZE
    for our_row, their_row in zip(ours, theirs):
        assert our_row == pytest.approx(their_row, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("case", PAIRS)
def test_trajectory_is_torchs(case: str) -> None:
    make, name, options = PAIRS[case]
    parameters = tensors()
    theirs = torch_path(parameters, getattr(torch.optim, name)(parameters, **options))
    assert_same(our_path(make([Value(x) for x in start()])), theirs)


def test_groups_move_as_torchs() -> None:
    parameters, values = tensors(), [Value(x) for x in start()]
    first = {"lr": 0.01, "weight_decay": 0.2}

    def groups(all_of_them: list[Any]) -> list[dict[str, Any]]:
        return [{"params": all_of_them[:2], **first}, {"params": all_of_them[2:]}]

    theirs = torch_path(parameters, torch.optim.Adam(groups(parameters), lr=0.05))
    assert_same(our_path(optim.Adam(groups(values), lr=0.05)), theirs)


def test_state_of_torch_and_ours_is_the_same() -> None:
    parameters = tensors()
    theirs = torch.optim.Adam(parameters, lr=0.05)
    torch_path(parameters, theirs)
    ours = optim.Adam([Value(x) for x in start()], lr=0.05)
    our_path(ours)
    state = ours.state_dict()["groups"][0]["state"]
    for name, slot in (("mean", "exp_avg"), ("squares", "exp_avg_sq")):
        found = [theirs.state[p][slot].item() for p in parameters]
        assert state[name] == pytest.approx(found, rel=1e-11, abs=1e-12)


SCHEDULERS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "step": (schedules.step([30, 60, 90], 0.1), "MultiStepLR", {"milestones": [30, 60, 90]}),
    "cosine": (schedules.cosine(100), "CosineAnnealingLR", {"T_max": 100}),
    "linear": (
        schedules.linear(80, 0.1),
        "LinearLR",
        {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 80},
    ),
    "inverse square root": (
        schedules.inverse_sqrt(10),
        "LambdaLR",
        {"lr_lambda": lambda t: min(1.0, (10.0 / t) ** 0.5) if t else 1.0},
    ),
}


@pytest.mark.parametrize("case", SCHEDULERS)
def test_schedule_is_torchs(case: str) -> None:
    schedule, name, options = SCHEDULERS[case]
    parameters = tensors()
    theirs = torch.optim.SGD(parameters, lr=0.05, momentum=0.9)
    scheduler = getattr(torch.optim.lr_scheduler, name)(theirs, **options)
    path = torch_path(parameters, theirs, scheduler)
    ours = optim.SGD([Value(x) for x in start()], 0.05, 0.9, schedule=schedule)
    assert_same(our_path(ours), path)


def test_clipping_by_norm_is_torchs() -> None:
    parameters, values = tensors(), [Value(x) for x in start()]
    for parameter, value, grad in zip(parameters, values, gradients(start(), 0)):
        parameter.grad = torch.tensor(grad, dtype=torch.float64)
        value.grad = grad
    norm = torch.nn.utils.clip_grad_norm_(parameters, 0.5).item()
    assert optim.clip_grad_norm(values, 0.5) == pytest.approx(norm, rel=1e-14)
    # torch divides by norm + 1e-6
    assert [v.grad for v in values] == pytest.approx([p.grad.item() for p in parameters], rel=1e-5)
