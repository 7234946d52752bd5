"""A body: nodes of a trace that are computed together. Each pass takes one and returns one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .recorder import Recorder


class Body(NamedTuple):
    """The nodes that the `outputs` of a trace, and its guards, are computed from.
    Lowering may make one guard of several: `became` has, for each guard of the body before it,
    the number of its guard in this one.
    """

    trace: Recorder
    outputs: list[int]
    became: Sequence[int] = ()

    @property
    def wanted(self) -> list[int]:
        """The outputs, then both sides of each guard."""
        return [*self.outputs, *self.trace.guarded()]
