"""k means: the squares of the distances of points to the nearest of k centroids.

The step of Newton's method is the gradient over the second derivatives: the Hessian is diagonal, so
that its product with ones has all of it. Each point pulls at its own centroid alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import scalargrad as sg

from . import Run


def square(point: Any, centroid: Any) -> Any:
    return sg.sum([(p - c) * (p - c) for p, c in zip(point, centroid)])


to_one = sg.compile(square, batch="point")
to_own = sg.compile(square, batch=("point", "centroid"))
pull = sg.grad(to_own, 1)


class Clusters:
    def __init__(self, given: dict[str, Any]) -> None:
        self.points, self.centroids = np.array(given["points"]), np.array(given["centroids"])

    def squares(self) -> tuple[Any, Any]:
        """To the nearest centroid, and which it is."""
        least, nearest = to_one(self.points, self.centroids[0]), np.zeros(len(self.points), int)
        for k, centroid in enumerate(self.centroids[1:], 1):
            found = to_one(self.points, centroid)
            closer = found < least
            least[closer], nearest[closer] = found[closer], k
        return least, nearest

    def cost(self) -> float:
        return float(self.squares()[0].sum())

    def step(self) -> Any:
        _, nearest = self.squares()
        own = self.centroids[nearest]
        ones, still = np.ones_like(own), np.zeros_like(own)
        slopes, curvatures = sg.jvp(pull, (self.points, own), (still, ones))
        return self.together(nearest, slopes) / self.together(nearest, curvatures)

    def together(self, nearest: Any, parts: Any) -> Any:
        """The sum of the points' parts for each centroid."""
        found = np.zeros_like(self.centroids)
        np.add.at(found, nearest, parts)
        return found


FUNCTIONS = {
    "cost": lambda given: Run(Clusters(given).cost),
    "dir": lambda given: Run(Clusters(given).step, lambda found: found.tolist()),
}
