"""A batch of any size runs in the machine's own working set, beside its inputs and outputs; other
threads of Python run meanwhile."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

import scalargrad as sg
from tests.support.compiled import HAS_MACHINE
from tests.support.places import environment

np = pytest.importorskip("numpy")
pytest.importorskip("resource")

pytestmark = pytest.mark.skipif(not HAS_MACHINE, reason="the native machine was not built")

LANES = 4_000_000
GROWTH = """
import resource
import sys
import numpy as np
import scalargrad as sg

def peak():
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes * (1 if sys.platform == "darwin" else 1024)

def loss(w, x):
    for _ in range(20):
        x = sg.tanh(w * x + 0.5)
    return x * x

f = sg.compile(loss, batch="x", reduce="mean")
xs = np.linspace(-1.0, 1.0, {lanes})
of_both = sg.value_and_grad(f, (0, 1))
small = [of_both(0.5, xs[:1000]), f(0.5, xs[:1000])]
before = peak()
value = f(0.5, xs)
without_outputs = peak() - before
value, gradient = of_both(0.5, xs)
print(without_outputs, peak() - before)
"""


def test_lanes_take_no_memory_beside_inputs_and_outputs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GROWTH.format(lanes=LANES)],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    forward, gradient = map(int, done.stdout.split())
    # each of the function's 60 operations would take 32 MB
    assert forward < 4e6
    assert gradient < 8 * LANES + 4e6


def test_other_threads_run_while_the_machine_does() -> None:
    def slow(x: sg.Value) -> sg.Value:
        for _ in range(100):
            x = sg.sin(x)
        return x

    f = sg.compile(slow, batch="x", reduce="sum", threads=1)
    xs = np.linspace(0.0, 1.0, LANES // 4)
    f(xs[:100])
    span = [0.0, 0.0]

    def work() -> None:
        span[0] = time.perf_counter()
        f(xs)
        span[1] = time.perf_counter()

    thread, ticks = threading.Thread(target=work), []
    thread.start()
    while thread.is_alive():
        ticks.append(time.perf_counter())
    quarter = (span[1] - span[0]) / 4.0
    assert any(span[0] + quarter < tick < span[1] - quarter for tick in ticks)
