"""A body: nodes of a trace that are computed together. Each pass takes one and returns one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .recorder import Recorder


class Body(NamedTuple):
    """What the nodes `outputs` of a trace, and its guards, are computed from: today all that a
    function does.

    `asked` tells of each guard of the body that this one was made from the number of the guard
    that it has become.
    """

    trace: Recorder
    outputs: list[int]
    asked: Sequence[int] = ()

    @property
    def wanted(self) -> list[int]:
        """The outputs, then both sides of each guard."""
        return [*self.outputs, *self.trace.guarded()]
