"""Hand tracking: a hand of bones is bent, its skin follows, and is held against measured points.

The Jacobian has a row for each number of each measured point: in the two coordinates of the point
on its triangle, where these are given, then in 26 parameters. The vertices of the skin are lanes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import scalargrad as sg

from . import Run

FINGERS, BONES = 5, 4
"""Each finger bends in three of its bones; the first of them turns sideways too."""


def product(a: Any, b: Any) -> list[list[Any]]:
    return [[sg.dot(list(row), list(column)) for column in zip(*b)] for row in a]


def turned(x: Any, z: Any, y: Any) -> list[list[Any]]:
    """The rotation about x, then y, then z."""
    (cx, sx), (cy, sy), (cz, sz) = ((sg.cos(t), sg.sin(t)) for t in (x, y, z))
    about_x = [[1.0, 0.0, 0.0], [0.0, cx, -sx], [0.0, sx, cx]]
    about_y = [[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]]
    about_z = [[cz, -sz, 0.0], [sz, cz, 0.0], [0.0, 0.0, 1.0]]
    return product(product(about_z, about_y), about_x)


def about(axis: Any) -> list[list[Any]]:
    """The rotation about an axis, by its length."""
    angle = sg.sqrt(sg.sum([a * a for a in axis]))
    if angle < 1e-4:
        return [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    (x, y, z), c, s = [a / angle for a in axis], sg.cos(angle), sg.sin(angle)
    t = 1.0 - c
    return [
        [x * x + (1.0 - x * x) * c, x * y * t - z * s, x * z * t + y * s],
        [x * y * t + z * s, y * y + (1.0 - y * y) * c, y * z * t - x * s],
        [x * z * t - y * s, z * y * t + x * s, z * z + (1.0 - z * z) * c],
    ]


def angles(theta: Any, bones: int) -> list[list[Any]]:
    """How each bone is turned: about three axes."""
    found = [[0.0, 0.0, 0.0] for _ in range(bones)]
    rest = iter(theta[6:])
    for finger in range(FINGERS):
        for bone in range(BONES - 1):
            own = found[2 + finger * BONES + bone]
            own[0] = next(rest)
            if bone == 0:
                own[1] = next(rest)
    return found


def transforms(theta: Any, hand: dict[str, Any]) -> list[Any]:
    """What each bone does to a vertex: three rows of four."""
    absolute: list[Any] = []
    turns = [turned(*own) for own in angles(theta, len(hand["parents"]))]
    for turn, parent, base in zip(turns, hand["parents"], hand["base_relatives"]):
        square = [[*row, 0.0] for row in turn] + [[0.0, 0.0, 0.0, 1.0]]
        relative = product(base, square)
        absolute.append(relative if parent == -1 else product(absolute[parent], relative))
    inverse = hand["inverse_base_absolutes"]
    return [product(a[:3], b) for a, b in zip(absolute, inverse)]


def vertex(theta: Any, position: Any, weights: Any, hand: dict[str, Any]) -> list[Any]:
    """Where a vertex of the skin is: its place by each bone, weighed."""
    bones = transforms(theta, hand)
    rows = [
        [sg.dot(list(weights), [bone[i][j] for bone in bones]) for j in range(4)] for i in range(3)
    ]
    at = [sg.dot(row, list(position)) for row in rows]
    at[0] = -at[0] if hand["is_mirrored"] else at[0]
    return [sg.dot(row, at) + shift for row, shift in zip(about(theta[:3]), theta[3:6])]


vertices = sg.compile(vertex, batch=("position", "weights"))
vertex_slopes = sg.jacobian(vertices)


def on_triangle(u: Any, a: Any, b: Any, c: Any) -> list[Any]:
    return [u[0] * x + u[1] * y + (1.0 - u[0] - u[1]) * z for x, y, z in zip(a, b, c)]


points_on = sg.compile(on_triangle, batch=("u", "a", "b", "c"))
slopes_on = sg.jacobian(points_on)


class Tracking:
    def __init__(self, given: dict[str, Any]) -> None:
        data, model = given["data"], given["data"]["model"]
        self.theta, self.points = np.array(given["theta"]), np.array(data["points"])
        names = "parents", "base_relatives", "inverse_base_absolutes", "is_mirrored"
        self.hand = {name: model[name] for name in names}
        self.skin = np.array(model["base_positions"]), np.array(model["weights"])
        self.us = np.array(given["us"]).reshape(-1, 2)
        which = np.array(data["correspondences"])
        # one vertex of the skin, or the three of a triangle
        self.corners = np.array(model["triangles"])[which] if len(self.us) else which[:, None]

    def shares(self) -> Any:
        """The share of each corner in its point, as columns."""
        u = self.us
        return (
            np.column_stack([u, 1.0 - u.sum(axis=1)]) if len(u) else np.ones((len(self.points), 1))
        )

    def objective(self) -> Any:
        at = np.column_stack(vertices(self.theta, *self.skin, self.hand))
        return (self.points - self.met(at)).ravel()

    def met(self, at: Any) -> Any:
        if not len(self.us):
            return at[self.corners[:, 0]]
        return np.column_stack(points_on(self.us, *(at[k] for k in self.corners.T)))

    def jacobian(self) -> Any:
        of_theta = np.stack(vertex_slopes(self.theta, *self.skin, self.hand), axis=1)
        # a weighed mean of corners, and so is its slope
        corners = [of_theta[k] * s[:, None, None] for k, s in zip(self.corners.T, self.shares().T)]
        found = -sum(corners)
        if not len(self.us):
            return found.reshape(-1, found.shape[2])
        at = np.column_stack(vertices(self.theta, *self.skin, self.hand))
        of_u = np.stack(slopes_on(self.us, *(at[k] for k in self.corners.T)), axis=1)
        return np.concatenate([-of_u, found], axis=2).reshape(-1, 2 + found.shape[2])


FUNCTIONS = {
    "objective": lambda given: Run(Tracking(given).objective, lambda found: found.tolist()),
    "jacobian": lambda given: Run(Tracking(given).jacobian, lambda found: found.tolist()),
}
