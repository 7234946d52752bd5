"""What compiled functions are measured on: each as plain scalar Python, and as others write it.

All in float64; values and gradients are compared before anything is timed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Peer = Callable[[Any], Callable[[], Any]]
"""From a module, such as jax, to a step: value and gradient."""


def leaves(result: Any) -> Any:
    """All numbers of a result in order, in one array."""
    import numpy

    if isinstance(result, (tuple, list)):
        return numpy.concatenate([leaves(x) for x in result])
    return numpy.asarray(result, dtype=float).ravel()


class Workload(NamedTuple):
    """A step of ours and of each peer, by the module that it needs. `found` takes value and
    gradient from what our step returned."""

    name: str
    ours: Callable[[], Any]
    peers: Mapping[str, Peer]
    found: Callable[[Any], Any] = leaves
