"""The posterior of a Gaussian mixture: how likely are points, and the parameters themselves?

Component k has the mean μ and the precision QᵀQ, where Q is lower triangular, with exp(q) on its
diagonal and l below it, column by column. The prior of the precisions is Wishart's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import scalargrad as sg

from . import Run


def component(x: Any, alpha: Any, mean: Any, q: Any, low: Any) -> Any:
    """The logarithm of the density of a component in one point, but for what all have in common."""
    d = len(x)
    off = [x[j] - mean[j] for j in range(d)]
    rows = [sg.exp(q[j]) * off[j] for j in range(d)]
    rest = iter(low)
    for j in range(d):
        for i in range(j + 1, d):
            rows[i] = rows[i] + next(rest) * off[j]
    return alpha + sg.sum(list(q)) - 0.5 * sg.sum([row * row for row in rows])


def weighed(x: Any, weight: Any, alpha: Any, mean: Any, q: Any, low: Any) -> Any:
    return weight * component(x, alpha, mean, q, low)


def prior(q: Any, low: Any, m: float, gamma: float) -> Any:
    """Of one component, but for what does not depend on it."""
    norm = sg.sum([sg.exp(2.0 * x) for x in q]) + sg.sum([x * x for x in low])
    return m * sg.sum(list(q)) - 0.5 * gamma * gamma * norm


densities = sg.compile(component, batch="x")
mixed = sg.compile(lambda parts: sg.logsumexp(list(parts)), batch="parts", reduce="sum")
pulled = sg.grad(sg.compile(weighed, batch=("x", "weight"), reduce="sum"), (2, 3, 4, 5))
prior_slopes = sg.grad(sg.compile(prior), (0, 1))


class Mixture:
    def __init__(self, given: dict[str, Any]) -> None:
        self.n, self.d, self.k = given["n"], given["d"], given["k"]
        self.m, self.gamma = float(given["m"]), given["gamma"]
        self.x, self.alpha = np.array(given["x"]), np.array(given["alpha"])
        mu, q, low = (np.array(given[name], float) for name in ("mu", "q", "l"))
        self.components = list(zip(self.alpha.tolist(), mu, q, low.reshape(self.k, -1)))

    def common(self) -> float:
        """What does not depend on the variables."""
        d, dof = self.d, self.d + self.m + 1.0
        gammas = sum(math.lgamma(0.5 * (dof - j)) for j in range(d))
        log_gamma = 0.25 * d * (d - 1) * math.log(math.pi) + gammas
        scale = dof * d * math.log(self.gamma / math.sqrt(2.0))
        return self.k * (scale - log_gamma) - 0.5 * self.n * d * math.log(2.0 * math.pi)

    def parts(self) -> Any:
        return np.stack([densities(self.x, *own) for own in self.components], axis=1)

    def objective(self) -> float:
        priors = sum(prior(q, low, self.m, self.gamma) for _, _, q, low in self.components)
        shares = self.n * sg.logsumexp(self.alpha.tolist())
        return float(mixed(self.parts()) - shares + priors + self.common())

    def jacobian(self) -> dict[str, Any]:
        weights = sg.grad(mixed)(self.parts())
        slopes = [
            pulled(self.x, np.ascontiguousarray(w), *own)
            for w, own in zip(weights.T, self.components)
        ]
        of_shares = sg.grad(lambda a: sg.logsumexp(list(a)))(self.alpha)
        of_priors = [prior_slopes(q, low, self.m, self.gamma) for _, _, q, low in self.components]
        return {
            "alpha": np.array([own[0] for own in slopes]) - self.n * of_shares,
            "mu": np.array([own[1] for own in slopes]),
            "q": np.array([own[2] + of[0] for own, of in zip(slopes, of_priors)]),
            "l": np.array([own[3] + of[1] for own, of in zip(slopes, of_priors)]),
        }


def shown(found: dict[str, Any]) -> dict[str, Any]:
    return {name: part.tolist() for name, part in found.items()}


FUNCTIONS = {
    "objective": lambda given: Run(Mixture(given).objective),
    "jacobian": lambda given: Run(Mixture(given).jacobian, shown),
}
