"""k means: the squares of the distances of points to the nearest of k centroids.

The step of Newton's method is the gradient over the second derivatives: the Hessian is diagonal, so
that its product with ones has all of it. Each point pulls at its own centroid alone.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import scalargrad as sg

from . import Run


def nearest(point: Any, centroids: Any) -> Any:
    """Which centroid is nearest. Half the square of its distance is this, and a half of the point's
    own square, which is the same for all: products with many centroids are done together."""
    least, which = math.inf, 0.0
    for k, centroid in enumerate(centroids):
        own = 0.5 * sg.sum([c * c for c in centroid]) - sg.dot(list(point), list(centroid))
        which = sg.where(sg.step(least - own), float(k), which)
        least = sg.minimum(least, own)
    return which


def square(point: Any, centroid: Any) -> Any:
    return sg.sum([(p - c) * (p - c) for p, c in zip(point, centroid)])


which = sg.compile(nearest, batch="point")
to_own = sg.compile(square, batch=("point", "centroid"))
total = sg.compile(square, batch=("point", "centroid"), reduce="sum")
pull = sg.grad(to_own, 1)


class Clusters:
    def __init__(self, given: dict[str, Any]) -> None:
        self.points, self.centroids = np.array(given["points"]), np.array(given["centroids"])

    def nearest(self) -> Any:
        return which(self.points, self.centroids).astype(int)

    def cost(self) -> float:
        return float(total(self.points, self.centroids[self.nearest()]))

    def step(self) -> Any:
        nearest = self.nearest()
        own = self.centroids[nearest]
        ones, still = np.broadcast_to(1.0, own.shape), np.broadcast_to(0.0, own.shape)
        found = sg.jvp(pull, (self.points, own), (still, ones))
        places = (nearest[:, None] * own.shape[1] + np.arange(own.shape[1])).ravel()
        slopes, curvatures = (self.together(places, parts) for parts in found)
        return slopes / curvatures

    def together(self, places: Any, parts: Any) -> Any:
        """The sum of the points' parts at each place among the centroids' numbers."""
        flat = np.bincount(places, parts.ravel(), self.centroids.size)
        return flat.reshape(self.centroids.shape)


FUNCTIONS = {
    "cost": lambda given: Run(Clusters(given).cost),
    "dir": lambda given: Run(Clusters(given).step, lambda found: found.tolist()),
}
