"""A step of Adam over as many parameters as the character transformer has."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

import scalargrad as sg
from scalargrad import updates
from scalargrad.engine import update
from scalargrad.optim import Adam

from .peers import present
from .timing import Figure, minima

COUNT = 4192


def torch_step() -> Any:
    """torch's Adam on one tensor of as many numbers: what a vectorised update costs."""
    import torch

    tensor = torch.rand(COUNT, dtype=torch.float64, requires_grad=True)
    tensor.grad = torch.rand(COUNT, dtype=torch.float64)
    return torch.optim.Adam([tensor]).step


def figures(quick: bool) -> Iterator[Figure]:
    """Microseconds a step, and the ratios to the same rule in Python and to torch."""
    parameters = [sg.Value(random.uniform(-1, 1)) for _ in range(COUNT)]
    for parameter in parameters:
        parameter.grad = random.uniform(-1, 1)
    optimizer = Adam(parameters)
    job = optimizer.groups[0].job(optimizer.settings(1, **optimizer.groups[0].options))
    contestants: dict[str, Any] = {
        "step": optimizer.step,
        "rule in Python": lambda: updates.update((job,)),
    }
    if present("torch"):
        contestants["torch"] = torch_step()
    best = minima(contestants, rounds=2 if quick else 10)
    at_most = 100.0 if sg.engine == "native" else math.inf
    yield Figure(f"adam: a step of {COUNT:,} parameters", best["step"] * 1e6, "µs", at_most)
    if update is not updates.update:
        ratio = best["rule in Python"] / best["step"]
        yield Figure("adam: the same in Python ÷ ours", ratio, at_least=80.0)
    if "torch" in best:
        yield Figure("adam: torch, on one tensor ÷ ours", best["torch"] / best["step"])
