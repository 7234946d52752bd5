"""Loops that keep much for the way back; and how calls of them are made, and told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.compiler.nests import checkpoints


def always(monkeypatch: pytest.MonkeyPatch, in_segment: int = 1) -> None:
    """Have every loop keep checkpoints, so many numbers at a time at least."""
    monkeypatch.setattr(checkpoints, "MOST_HELD", 0)
    monkeypatch.setattr(checkpoints, "IN_SEGMENT", in_segment)


def never(monkeypatch: pytest.MonkeyPatch) -> None:
    for most in ("MOST_HELD", "MOST_KEPT"):
        monkeypatch.setattr(checkpoints, most, 2**60)


def flat(found: Any) -> Iterator[bytes]:
    """The bits of numbers in any structure."""
    if isinstance(found, list | tuple):
        for part in found:
            yield from flat(part)
    else:
        yield np.asarray(found).tobytes()


def swing(angle: Any, speed: Any, g: Any, steps: int = 700) -> Any:
    for _ in range(steps):
        speed = speed - 0.001 * g * sg.sin(angle)
        angle = angle + 0.001 * speed
    return angle * angle + speed


def spring(x: Any, v: Any, k: Any, c: Any, steps: int) -> Any:
    """Four numbers are kept, and take little work."""
    for _ in range(steps):
        v = v - 0.001 * (k * x + c * v * x * x)
        x = x + 0.001 * v
    return x + v


def springs(x: Any, v: Any, k: Any, c: Any) -> Any:
    """Two loops, of which the shorter is better computed anew with more lanes."""
    return spring(spring(x, v, k, c, 5_000), v, k, c, 2_500)


def gradient(f: Callable[..., Any], *args: Any, **options: Any) -> Callable[[], Any]:
    """The value and the derivatives in all arguments, twice: a second call may run otherwise."""

    def call() -> Any:
        both = sg.value_and_grad(sg.compile(f, **options), tuple(range(len(args))))
        return [both(*args), both(*args)]

    return call


def flat_columns(found: Any) -> list[Any]:
    value, gradients = found
    return [value, *gradients]


def runner_of(f: Callable[..., Any], *args: Any, **options: Any) -> Any:
    both = sg.value_and_grad(sg.compile(f, **options), tuple(range(len(args))))
    both(*args)
    (paths,) = both._programs.paths.values()
    return paths.first.runner
