"""Hot paths, for callgrind to count the instructions of: see `instructions.py`, which runs this.

Each path is warmed, and run once more while callgrind counts. The argument is the library of
`tests/support/counting.c`, which tells callgrind so. What is printed is the machine's instruction
set: callgrind knows fewer than the processor has.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable

import scalargrad as sg
from scalargrad.native import _machine as machine

from . import moons
from .loops import compiled, loops
from .mixture import gaussian_mixture
from .perceptrons import perceptron

Work = Callable[[], object]
WARM = 3
"""Runs before the one that is counted: the first compiles, in the next Python specialises."""
CALLS = range(100)


def step() -> Work:
    return moons.with_backward(sg.Value, moons.POINTS)


def calls() -> Work:
    f = sg.compile(lambda x, y: x * y + x)

    def work() -> None:
        for _ in CALLS:
            f(2.0, 3.0)

    return work


def lists() -> Work:
    numbers = [float(k) for k in range(1000)]
    rows = [numbers[k : k + 10] for k in range(0, 1000, 10)]
    f = sg.compile(lambda flat, rows: flat[0] * rows[1][1])
    return lambda: f(numbers, rows)


def loop(name: str) -> Callable[[], Work]:
    return lambda: next(compiled(x) for x in loops(quick=True) if x.name.startswith(name))


def first_call() -> Work:
    """Recorded, differentiated, compiled and run each time."""
    return lambda: loop("HMM")()()


PATHS: dict[str, Callable[[], Work]] = {
    "moons, a step, eager": step,
    "a call of two operators on floats, 100 times": calls,
    "a call with 2,000 numbers in lists": lists,
    "MLP 2-16-16-1, 100 samples, a step": lambda: perceptron(100).ours,
    "Gaussian mixture, d 2, K 5, n 1,000": lambda: gaussian_mixture(2, 5, 1000).ours,
    "Kalman filter of 100 observations, a loop": loop("Kalman"),
    "hidden Markov model of 40 observations, the first call": first_call,
}


def main(library: str) -> None:
    counting = ctypes.CDLL(library)
    gc.disable()
    print(machine.choose("best"))
    for made in PATHS.values():
        work = made()
        for _ in range(WARM):
            work()
        counting.start()
        work()
        counting.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
