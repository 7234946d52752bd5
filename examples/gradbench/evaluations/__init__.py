"""The evaluations of GradBench, each in plain scalar Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Run(NamedTuple):
    """What is timed, and what makes JSON of its result."""

    call: Callable[[], Any]
    shown: Callable[[Any], Any] = lambda found: found
