"""A long training takes no more memory than a short one.

`SCALARGRAD_SOAK=100000 pytest tests/train/test_soak.py` runs the long form, so many updates;
without the variable it is short.
"""

from __future__ import annotations

import gc
import math
import os
import sys
from pathlib import Path
from typing import Any

import scalargrad as sg
from scalargrad import nn
from scalargrad.losses import binary_hinge
from scalargrad.nn import Dropout, Linear, ReLU, Residual, Sequential
from scalargrad.optim import AdamW
from scalargrad.optim.schedules import cosine
from scalargrad.train import accuracy, correct, fit

UPDATES = int(os.environ.get("SCALARGRAD_SOAK", "3000"))
ROUND = 100
"""Updates of one call of `fit`, whose history grows by design and is dropped with it."""
WARM = 25
"""Rounds before memory is looked at: the interpreter keeps 2,000 freed tuples of each length."""
PAGES = Path("/proc/self/statm")

MOONS = [
    ([math.cos(t) + (i % 2), math.sin(t) * (1 - 2 * (i % 2)) + 0.3], 1 if i % 2 else -1)
    for i, t in enumerate(math.pi * k / 40 for k in range(40))
]


def resident() -> int:
    """Bytes of memory in use."""
    return int(PAGES.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Training:
    def __init__(self) -> None:
        nn.seed(0)
        self.model = Sequential(
            Linear(2, 6), ReLU(), Residual(Linear(6, 6), drop=0.1), Dropout(0.05), Linear(6, 1)
        )
        self.optimizer = AdamW(self.model, 0.01)

    def round(self) -> None:
        history = fit(
            self.model,
            binary_hinge,
            MOONS,
            self.optimizer,
            ROUND // 10,
            batch_size=4,
            validation=MOONS[:8],
            metrics={"accuracy": correct},
            schedule=cosine(ROUND, last=0.1),
            clip=5.0,
            penalty=lambda: 1e-4 * sg.dot(self.model[0].weight[0], self.model[0].weight[0]),
            progress=False,
        )
        assert (len(history.losses), history.stopped) == (ROUND, "")


def test_memory_stays_where_it_was(gc_off: Any) -> None:
    training = Training()
    rounds = max(WARM + 1, UPDATES // ROUND)
    before = blocks = 0
    for done in range(rounds):
        if done == WARM:
            before, blocks = resident() if PAGES.exists() else 0, sys.getallocatedblocks()
        training.round()
    # one block for each update would be 500 and more; free lists, emptied whenever all garbage is
    # collected, fill with 47 a round at most, up to round 170
    assert sys.getallocatedblocks() - blocks < 400
    assert training.optimizer.steps == rounds * ROUND
    assert accuracy(training.model, MOONS) > 0.9
    if PAGES.exists():
        assert resident() - before < 2 << 20


def test_a_training_leaves_no_cycles() -> None:
    training = Training()
    training.round()
    gc.collect()
    gc.disable()
    try:
        training.round()
        assert gc.collect() == 0
    finally:
        gc.enable()
