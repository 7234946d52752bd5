"""The workloads: inputs of each evaluation, drawn by the formulas that the suite states, at sizes
that a machine with two cores runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np


class Evaluation(NamedTuple):
    """The functions of an evaluation, and its inputs by name, small ones first: of these a short
    form has the first."""

    functions: tuple[str, ...]
    inputs: Callable[[], Iterator[tuple[str, Any]]]


def hello() -> Iterator[tuple[str, Any]]:
    yield "x 1", 1.0


def gmm() -> Iterator[tuple[str, Any]]:
    for d, k in ((2, 5), (10, 25), (20, 50)):
        draw = np.random.default_rng(31337)
        shapes = {"mu": (k, d), "q": (k, d), "l": (k, d * (d - 1) // 2), "alpha": (k,)}
        given = {"d": d, "k": k, "n": 1000, "m": 0, "gamma": 1.0, "x": draw.normal(size=(1000, d))}
        yield f"d {d}, k {k}", given | {name: draw.normal(size=s) for name, s in shapes.items()}


def ba() -> Iterator[tuple[str, Any]]:
    camera = [0.2, -0.3, 0.1, 0.5, -0.4, 0.3, 4.0, 0.5, -0.2, -0.1, 0.05]
    seen = {"cam": camera, "x": [0.3, 0.9, 3.0], "w": 0.9, "feat": [0.4, -0.7]}
    for n, m, p in ((5, 80, 320), (49, 7776, 31843)):
        yield f"{p:,} observations", {"n": n, "m": m, "p": p, **seen}


def lstm() -> Iterator[tuple[str, Any]]:
    units = 14
    for layers, length in ((2, 64), (2, 1024), (4, 1024)):
        draw = np.random.default_rng(31337)
        shapes = {"main_params": (2 * layers, 4 * units), "extra_params": (3, units)}
        given = {name: draw.random(shape) for name, shape in shapes.items()}
        given["state"] = draw.random((2 * layers, units))
        given["sequence"] = draw.integers(0, 2, (length, units)).astype(float)
        yield f"{layers} layers, {length:,} characters", given


def ht() -> Iterator[tuple[str, Any]]:
    for vertices, points, on_triangles in ((60, 20, False), (544, 100, False), (544, 100, True)):
        draw = np.random.default_rng(31337)
        square = np.tile(np.eye(4), (22, 1, 1))
        square[:, :3] += 0.2 * draw.normal(size=(22, 3, 4))
        parents = [-1, 0, *(1 if k % 4 == 0 else k + 1 for k in range(20))]
        positions = np.column_stack([draw.normal(size=(vertices, 3)), np.ones(vertices)])
        model = {
            "parents": parents,
            "base_relatives": square.tolist(),
            "inverse_base_absolutes": np.linalg.inv(square).tolist(),
            "base_positions": positions,
            "weights": draw.dirichlet(np.ones(22), vertices),
            "triangles": draw.integers(0, vertices, (2 * vertices, 3)),
            "is_mirrored": False,
        }
        which = draw.integers(0, vertices, points)
        data = {"model": model, "correspondences": which, "points": draw.normal(size=(points, 3))}
        us = draw.random((points if on_triangles else 0, 2))
        name = f"{vertices} vertices, {points} points{' on triangles' if on_triangles else ''}"
        yield name, {"theta": 0.3 * draw.normal(size=26), "data": data, "us": us}


def kmeans() -> Iterator[tuple[str, Any]]:
    for k, n, d in ((10, 1000, 8), (100, 10_000, 8), (100, 100_000, 16)):
        points = np.random.default_rng(31337).random((n, d))
        yield f"k {k}, n {n:,}, d {d}", {"points": points, "centroids": points[-k:]}


def llsq() -> Iterator[tuple[str, Any]]:
    for n in (16, 256, 4096, 16392):
        yield f"n {n:,}, m 128", {"x": np.random.default_rng(31337).random(128), "n": n}


def lse() -> Iterator[tuple[str, Any]]:
    for n in (2500, 40_000, 1_280_000):
        yield f"n {n:,}", {"x": np.random.default_rng(31337).uniform(-100.0, 100.0, n)}


def ode() -> Iterator[tuple[str, Any]]:
    for n, s in ((1000, 1), (1000, 10), (1000, 100), (10_000, 1), (10_000, 10)):
        yield f"n {n:,}, s {s}", {"x": np.random.default_rng(31337).random(n), "s": s}


def particle() -> Iterator[tuple[str, Any]]:
    yield "w 0", {"w": 0.0}


def saddle() -> Iterator[tuple[str, Any]]:
    yield "from 1, 1", {"start": [1.0, 1.0]}


def det() -> Iterator[tuple[str, Any]]:
    for size in (5, 6, 7, 8):
        a = np.random.default_rng(31337).random(size * size)
        yield f"{size} × {size}", {"A": a.tolist(), "ell": size}


MODES = "rr", "ff", "fr", "rf"
EVALUATIONS = {
    "hello": Evaluation(("square", "double"), hello),
    "gmm": Evaluation(("objective", "jacobian"), gmm),
    "ba": Evaluation(("objective", "jacobian"), ba),
    "lstm": Evaluation(("objective", "jacobian"), lstm),
    "ht": Evaluation(("objective", "jacobian"), ht),
    "kmeans": Evaluation(("cost", "dir"), kmeans),
    "llsq": Evaluation(("primal", "gradient"), llsq),
    "lse": Evaluation(("primal", "gradient"), lse),
    "ode": Evaluation(("primal", "gradient"), ode),
    "particle": Evaluation(MODES, particle),
    "saddle": Evaluation(MODES, saddle),
    "det": Evaluation(("primal", "gradient"), det),
}
