"""Whether a node costs the same in a large graph as in a small one, and in fragmented memory."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import scalargrad as sg

from .timing import Figure, gc_disabled, least, minima


def chain(count: int) -> Any:
    x = y = sg.Value(1.0000001)
    for _ in range(count // 2):
        y = y * x + x
    return y


def step(count: int) -> Callable[[], None]:
    """Build, backward and free."""
    return lambda: chain(count).backward()


def survivors(count: int, share: float) -> list[Any]:
    """Return a random `share` of `count` temporaries, scattered over the memory they had."""
    source, x = random.Random(), sg.Value(1.5)
    kept = [node for node in (x * x for _ in range(count)) if source.random() < share]
    return [node for node in kept if source.random() < 0.5]


def figures(quick: bool) -> Iterator[Figure]:
    """Ratios of times a node: a large graph to a small one, fragmented memory to fresh."""
    yield fragmentation(100_000 if quick else 1_000_000)
    small, large = sizes(quick)
    with gc_disabled():
        best = minima({"small": step(small), "large": step(large)}, rounds=2)
    ratio = (best["large"] / large) / (best["small"] / small)
    yield Figure(f"scaling: a node of {large:,} ÷ one of {small:,}", ratio, at_most=2.0)


def sizes(quick: bool) -> tuple[int, int]:
    if quick:
        return 10_000, 100_000
    return (100_000, 10_000_000) if sg.engine == "native" else (10_000, 1_000_000)


def fragmentation(temporaries: int) -> Figure:
    count = temporaries // 10
    with gc_disabled():
        fresh = least(lambda: chain(count), budget=0.5)
        kept = survivors(temporaries, share=0.2)
        # the first run takes new memory from the system, which costs the same in any state
        chain(count)
        fragmented = least(lambda: chain(count), budget=0.5)
        del kept
    name = f"scaling: allocation after {temporaries:,} temporaries ÷ before"
    return Figure(name, fragmented / fresh, at_most=2.0)
