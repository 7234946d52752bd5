"""How everything here is timed: contestants in turn, the least of their times.

Taking turns spreads what else the machine does over all contestants alike; the minimum is the
time with the least of it.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

SHORT = 0.05
"""Seconds: a contestant faster than this runs several times when it is its turn."""


@dataclass(frozen=True)
class Figure:
    """One measured number, and the target it is held to, if any."""

    name: str
    value: float
    unit: str = "×"
    at_most: float = math.inf
    at_least: float = -math.inf
    aim: str = ""
    """What is striven for, where that is not the target: missing it fails no run."""

    def met(self, slack: float = 1.0) -> bool:
        return self.at_least / slack <= self.value <= self.at_most * slack

    @property
    def has_target(self) -> bool:
        return math.isfinite(self.at_most) or math.isfinite(self.at_least)

    @property
    def target(self) -> str:
        if math.isfinite(self.at_most):
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if math.isfinite(self.at_least) else ""


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def least(work: Callable[[], object], budget: float = SHORT) -> float:
    """Return the least time of `work`, run again until `budget` seconds are spent."""
    best, spent = math.inf, 0.0
    while spent < budget:
        taken = seconds(work)
        best, spent = min(best, taken), spent + taken
    return best


def minima(contestants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return each contestant's least time in seconds, over `rounds` in which all take turns."""
    best = dict.fromkeys(contestants, math.inf)
    for _ in range(rounds):
        for name, work in contestants.items():
            gc.collect()  # nobody pays for another's garbage
            best[name] = min(best[name], least(work))
    return best


@contextmanager
def gc_disabled() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
