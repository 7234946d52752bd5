"""A function of numbers at many points, on every engine: eager, compiled, on the lanes of every
instruction set, in the languages it is exported to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import scalargrad as sg

from .compiled import RUNNERS, running
from .in_c import built, run

Points = Sequence[tuple[float, ...]]
Way = Callable[[Any, Points], list[float]]


def columns_of(points: Points) -> list[Any]:
    return [np.array(column) for column in zip(*points, strict=True)]


def numbers(found: Any, points: Points) -> list[float]:
    """A result for each point, of which there is one only where all are the same."""
    return list(map(float, np.broadcast_to(np.asarray(found, dtype=float), len(points))))


def eagerly(f: Any, points: Points) -> list[float]:
    return [float(f(*x)) for x in points]


def compiled(f: Any, points: Points) -> list[float]:
    return eagerly(sg.compile(lambda *x: f(*x)), points)


def on_lanes(f: Any, points: Points, runner: str = RUNNERS[-1]) -> list[float]:
    with running(runner):
        return numbers(sg.compile(lambda *x: f(*x), batch=True)(*columns_of(points)), points)


def in_c(f: Any, points: Points) -> list[float]:
    columns = columns_of(points)

    def exported(*x: Any) -> Any:
        return f(*x)

    source = sg.compile(exported, batch=True).to_c(*columns, gradient=False)
    with TemporaryDirectory() as folder:
        function = built(source, Path(folder)).exported
        (alone,), (column,) = run(function, (), columns, 1, 1)
    return numbers(column if "columns[0][lane]" in source else alone, points)


def in_python(f: Any, points: Points) -> list[float]:
    return eagerly(sg.compile(lambda *x: f(*x)).to_python(*points[0]), points)


def in_numpy(f: Any, points: Points) -> list[float]:
    columns = columns_of(points)
    with np.errstate(all="ignore"):
        exported = sg.compile(lambda *x: f(*x), batch=True).to_numpy(*columns)
        return numbers(exported(*columns), points)


ENGINES: dict[str, Way] = {
    "eager": eagerly,
    "compiled": compiled,
    **{f"lanes, {name}": partial(on_lanes, runner=name) for name in RUNNERS},
    "Python": in_python,
    "NumPy": in_numpy,
}
"""All of them but C, which takes a compiler's run for each function."""
