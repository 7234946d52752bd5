"""Bundle adjustment: where were the cameras, and the points that they saw?

    python examples/bundle_adjustment.py [--cameras 8] [--points 60]

Each camera has a place, a direction and a focal length; each point three coordinates. A picture of
a point is two residuals, which depend on one camera and one point: the Jacobian has ten entries in
a row, whatever the size. The data are made here. Needs SciPy: pip install scipy.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import optimize

import scalargrad as sg

OF_CAMERA, OF_POINT = 7, 3


def rotated(axis: Sequence[Any], x: Sequence[Any]) -> list[Any]:
    """A point, turned about an axis by the angle that is its length: Rodrigues' formula."""
    square = axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2] + 1e-12
    angle = sg.sqrt(square)
    cos, sin = sg.cos(angle), sg.sin(angle) / angle
    along = (axis[0] * x[0] + axis[1] * x[1] + axis[2] * x[2]) * (1.0 - cos) / square
    across = [
        axis[1] * x[2] - axis[2] * x[1],
        axis[2] * x[0] - axis[0] * x[2],
        axis[0] * x[1] - axis[1] * x[0],
    ]
    return [x[k] * cos + across[k] * sin + axis[k] * along for k in range(3)]


def seen(camera: Sequence[Any], point: Sequence[Any]) -> tuple[Any, Any]:
    """Where a camera (axis, place, focal length) sees a point in its picture."""
    x, y, z = rotated(camera[:3], [point[k] - camera[3 + k] for k in range(3)])
    return camera[6] * x / z, camera[6] * y / z


class Pictures:
    """Which camera saw which point, and where."""

    def __init__(self, cameras: int, points: int) -> None:
        rng = random.Random(1)
        self.cameras, self.points = cameras, points
        axes = [[rng.gauss(0.0, 0.1) for _ in range(3)] for _ in range(cameras)]
        places = [[rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0), -8.0] for _ in range(cameras)]
        self.truth = [x for a, p in zip(axes, places) for x in (*a, *p, 1.0)]
        self.truth += [rng.uniform(-2.0, 2.0) for _ in range(points * OF_POINT)]
        self.pairs = [(c, p) for c in range(cameras) for p in range(points) if rng.random() < 0.6]
        self.where = [seen(*self.parts(self.truth, c, p)) for c, p in self.pairs]
        self.start = [x + rng.gauss(0.0, 0.02) for x in self.truth]

    def parts(self, x: Any, camera: int, point: int) -> tuple[Any, Any]:
        begin = self.cameras * OF_CAMERA + point * OF_POINT
        return x[camera * OF_CAMERA : (camera + 1) * OF_CAMERA], x[begin : begin + OF_POINT]

    def residuals(self, x: Any) -> Any:
        found = []
        for (camera, point), (u, v) in zip(self.pairs, self.where):
            a, b = seen(*self.parts(x, camera, point))
            found += [a - u, b - v]
        return np.array(found)


def adjusted(pictures: Pictures) -> Any:
    return optimize.least_squares(
        sg.compile(pictures.residuals),
        np.array(pictures.start),
        jac=sg.sparse_jacobian(pictures.residuals),
        x_scale="jac",
        xtol=1e-12,
        ftol=1e-12,
        gtol=1e-12,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--points", type=int, default=60)
    options = parser.parse_args()
    pictures = Pictures(options.cameras, options.points)
    start = np.array(pictures.start)
    jacobian = sg.sparse_jacobian(pictures.residuals)(start)
    share = jacobian.nnz / (jacobian.shape[0] * jacobian.shape[1])
    print(f"{jacobian.shape[0]} residuals of {jacobian.shape[1]} unknowns, {share:.1%} of entries")
    found = adjusted(pictures)
    print(f"error in the pictures: {rms(pictures.residuals(start)):.1e} at the start")
    print(f"                       {rms(found.fun):.1e} after {found.njev} Jacobians")


def rms(x: Any) -> float:
    return float(np.sqrt(np.mean(np.square(np.asarray(x, float)))))


if __name__ == "__main__":
    main()
