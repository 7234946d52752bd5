"""One seed makes a whole training the same, bit for bit, in any process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.places import environment

CODE = """
import sys
from scalargrad import nn
from scalargrad.losses import cross_entropy
from scalargrad.optim import Adam
from scalargrad.train import correct, evaluate, fit

nn.seed(int(sys.argv[1]))
model = nn.Sequential(
    nn.Linear(2, 6), nn.BatchNorm(6), nn.Tanh(), nn.Dropout(0.3),
    nn.Residual(nn.Linear(6, 6), drop=0.2), nn.Linear(6, 3),
)
data = [([i / 10 - 1, (i * 7 % 11) / 5 - 1], i % 3) for i in range(20)]
history = fit(
    model, cross_entropy, data, Adam(model, 0.02), 4, batch_size=6, validation=data[:5],
    metrics={"accuracy": correct}, progress=False,
)
print(history)
print([p.data.hex() for p in model.parameters()], model[1].running_mean)
"""


def trained(seed: int, hashes: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(seed)],
        env=environment(PYTHONHASHSEED=hashes),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def first() -> str:
    return trained(1, "0")


@pytest.mark.parametrize("hashes", ["0", "1", "4294967295", "random"])
def test_the_same_seed_in_another_process_gives_the_same_bits(first: str, hashes: str) -> None:
    assert trained(1, hashes) == first


def test_another_seed_gives_another_training(first: str) -> None:
    assert trained(2, "0") != first
