"""Staging: when each node of a body is computed, before the lanes, in each, or after them."""

from __future__ import annotations

from typing import NamedTuple

from ...rows import Operator
from ..inputs.sources import COUNT, FIRST
from ..trace.body import Body


class Stages(NamedTuple):
    """The stages of a body's nodes."""

    of: bytes
    """BEFORE, LANES, AFTER, TOO_LATE or UNNEEDED, of every node of the trace."""
    computed: tuple[list[int], ...]
    """The nodes of each of the four stages that are computed, in order."""
    constants: list[int]
    """Those that are needed."""
    rows: set[Operator]
    lane_guards: list[int]
    """The guards that are checked in each lane; the others are uniform."""
    counted: int
    """The input that tells how many lanes hold all guards, −1 if all lanes do: a guard that is
    checked in each lane makes this known only after the lanes."""


def staged(body: Body, late: int = 0) -> Stages:
    """The stages of a body. Where so many of the numbers that a call gives, the first, come `late`,
    what depends on them is computed after all else: a run with others computes no more."""
    trace = body.trace
    lanes = trace.lanes
    lane_guards = [k for k, g in enumerate(trace.guards) if lanes[g.x] or lanes[g.y]]
    count = trace.inputs[COUNT] if lane_guards else -1
    known_late = trace.inputs[FIRST : FIRST + late]
    known_late = [count, *known_late] if lane_guards else known_late
    return Stages(*trace.staged(body.wanted, known_late), lane_guards, count)
