"""Bundle adjustment: how far points, as cameras would see them, are from where they were seen.

Each observation has a camera (rotation 3, centre 3, focal length, principal point 2, radial
distortion 2), a point and a weight. Its two rows of the Jacobian have 11 + 3 + 1 entries that are
not zero: observations are lanes, and the sparse matrix is put together of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

import scalargrad as sg

from . import Run


def cross(a: Any, b: Any) -> list[Any]:
    pairs = (1, 2), (2, 0), (0, 1)
    return [a[i] * b[j] - a[j] * b[i] for i, j in pairs]


def rotated(rotation: Any, point: Any) -> list[Any]:
    """Turned about an axis by its length: Rodrigues' formula."""
    square = sg.sum([r * r for r in rotation])
    if square == 0.0:
        return [p + c for p, c in zip(point, cross(rotation, point))]
    angle = sg.sqrt(square)
    axis = [r / angle for r in rotation]
    along = sg.sum([a * p for a, p in zip(axis, point)]) * (1.0 - sg.cos(angle))
    turned = zip(point, cross(axis, point), axis)
    return [p * sg.cos(angle) + c * sg.sin(angle) + a * along for p, c, a in turned]


def seen(camera: Any, point: Any) -> list[Any]:
    x, y, z = rotated(camera[:3], [p - c for p, c in zip(point, camera[3:6])])
    x, y = x / z, y / z
    square = x * x + y * y
    bent = 1.0 + camera[9] * square + camera[10] * square * square
    return [x * bent * camera[6] + camera[7], y * bent * camera[6] + camera[8]]


def misses(camera: Any, point: Any, weight: Any, feature: Any) -> list[Any]:
    return [weight * (at - f) for at, f in zip(seen(camera, point), feature)]


def excess(weight: Any) -> Any:
    return 1.0 - weight * weight


errors = sg.compile(misses, batch=("camera", "point", "weight", "feature"))
excesses = sg.compile(excess, batch="weight")
excess_slopes = sg.grad(excesses)
slopes = sg.jacobian(misses, (0, 1, 2))


def rows_of_one(camera: Any, point: Any, weight: Any, feature: Any) -> Any:
    """The numbers of the two rows of an observation. As an array of each lane they come in one
    array of all lanes, in the order in which they stand in the matrix."""
    return np.array([[*c, *p, w] for c, p, w in slopes(camera, point, weight, feature)])


rows_of = sg.compile(rows_of_one, batch=("camera", "point", "weight", "feature"))

PART = 8192
"""So many observations go together: their numbers stay in the processor's cache."""


class Adjustment:
    def __init__(self, given: dict[str, Any]) -> None:
        self.n, self.m, self.p = n, m, p = given["n"], given["m"], given["p"]
        self.cameras = np.tile(given["cam"], (n, 1))
        self.points = np.tile(given["x"], (m, 1))
        self.weights = np.full(p, float(given["w"]))
        self.features = np.tile(given["feat"], (p, 1))
        self.of_camera, self.of_point = np.arange(p) % n, np.arange(p) % m

    def parts(self) -> Iterator[tuple[slice, tuple[Any, Any, Any, Any]]]:
        """Yield some observations after the others, and the numbers of their lanes."""
        cameras, points = np.empty((PART, 11)), np.empty((PART, 3))
        for first in range(0, self.p, PART):
            part = slice(first, min(first + PART, self.p))
            own = slice(0, part.stop - first)
            # indices that are in range: to be sure of that, NumPy would take memory each time
            self.cameras.take(self.of_camera[part], 0, cameras[own], "clip")
            self.points.take(self.of_point[part], 0, points[own], "clip")
            yield part, (cameras[own], points[own], self.weights[part], self.features[part])

    def objective(self) -> tuple[Any, Any]:
        found = np.empty((self.p, 2))
        for part, lanes in self.parts():
            found[part, 0], found[part, 1] = errors(*lanes)
        return found, excesses(self.weights)

    def jacobian(self) -> tuple[Any, Any, Any]:
        """The sparse matrix in rows: where each begins, and the columns and numbers in them."""
        values = np.empty(31 * self.p)
        rows = values[: 30 * self.p].reshape(self.p, 2, 15)
        for part, lanes in self.parts():
            rows[part] = rows_of(*lanes)
        values[30 * self.p :] = excess_slopes(self.weights)
        return *self.pattern, values

    @cached_property
    def pattern(self) -> tuple[Any, Any]:
        """Where rows begin, and columns: the same at every call."""
        points, weights = 11 * self.n, 11 * self.n + 3 * self.m
        begins = np.cumsum(np.repeat([0, 15, 1], [1, 2 * self.p, self.p]))
        columns = np.empty(31 * self.p, int)
        rows = columns[: 30 * self.p].reshape(self.p, 2, 15)
        rows[:, :, :11] = 11 * self.of_camera[:, None, None] + np.arange(11)
        rows[:, :, 11:14] = points + 3 * self.of_point[:, None, None] + np.arange(3)
        columns[30 * self.p :] = weights + np.arange(self.p)
        rows[:, :, 14] = columns[30 * self.p :, None]
        return begins, columns


def shown_errors(found: tuple[Any, Any]) -> dict[str, Any]:
    misses, excess = found
    return {
        "reproj_error": {"elements": misses[0].tolist(), "repeated": len(misses)},
        "w_err": {"element": float(excess[0]), "repeated": len(excess)},
    }


def shown_matrix(found: tuple[Any, Any, Any]) -> dict[str, Any]:
    """The first thirty of each part, and its last: the observations are all alike."""
    names = "rows", "cols", "vals"
    return {name: [*x[:30].tolist(), x[-1].item()] for name, x in zip(names, found)}


FUNCTIONS = {
    "objective": lambda given: Run(Adjustment(given).objective, shown_errors),
    "jacobian": lambda given: Run(Adjustment(given).jacobian, shown_matrix),
}
