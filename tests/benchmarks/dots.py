"""A weighted sum of 16 as one node, against a chain of × and + and against micrograd's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import scalargrad as sg

from .peers import present
from .timing import Figure, minima

WIDTH = 16


def fused(count: int) -> Callable[[], None]:
    ws, xs = operands(sg.Value)
    dot, total = sg.dot, sg.sum
    return lambda: total([dot(ws, xs) for _ in range(count)]).backward()


def chained(value: Any, count: int) -> Callable[[], None]:
    ws, xs = operands(value)
    start = value(0.0)

    def work() -> None:
        sums = [sum((w * x for w, x in zip(ws, xs)), start) for _ in range(count)]
        sum(sums, start).backward()

    return work


def operands(value: Any) -> tuple[list[Any], list[Any]]:
    ws = [value(0.1 * i) for i in range(WIDTH)]
    return ws, [value(1.0 - 0.1 * i) for i in range(WIDTH)]


def figures(quick: bool) -> Iterator[Figure]:
    """Nanoseconds a multiply-add, forward and backward, and the ratios to other ways."""
    count = 50 if quick else 500
    contestants = {"dot": fused(count), "chain": chained(sg.Value, count)}
    if present("micrograd"):
        from micrograd.engine import Value as MicrogradValue

        # its backward recurses, once for every sum on the way
        contestants["micrograd"] = chained(MicrogradValue, min(count, 20))
    best = minima(contestants, rounds=3 if quick else 10)
    each = {name: t / WIDTH / count * 1e9 for name, t in best.items()}
    at_most = 30.0 if sg.engine == "native" else math.inf
    yield Figure("dot of 16: a multiply-add, forward + backward", each["dot"], "ns", at_most)
    yield Figure("dot of 16: chain of × and + ÷ dot", each["chain"] / each["dot"])
    if "micrograd" in best:
        theirs = best["micrograd"] / WIDTH / min(count, 20) * 1e9
        yield Figure("dot of 16: micrograd ÷ dot", theirs / each["dot"])
