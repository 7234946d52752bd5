"""What the posterior of a Gaussian mixture has that does not depend on its variables."""

from __future__ import annotations

import math
from typing import Any


def common(given: dict[str, Any]) -> float:
    """Wishart's norm for each component, and what the normal distribution is divided by."""
    n, d, k, m, gamma = (given[name] for name in ("n", "d", "k", "m", "gamma"))
    dof = d + m + 1.0
    log_gamma = 0.25 * d * (d - 1) * math.log(math.pi)
    log_gamma += sum(math.lgamma(0.5 * (dof - j)) for j in range(d))
    norm = dof * d * math.log(gamma / math.sqrt(2.0)) - log_gamma
    return k * norm - 0.5 * n * d * math.log(2.0 * math.pi)
