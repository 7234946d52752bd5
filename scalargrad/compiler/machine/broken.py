"""Guards that do not hold in some lanes of a run."""

from __future__ import annotations

from typing import Any, NamedTuple


class Broken(NamedTuple):
    """Which guards do not hold, lane by lane: the number of the first, −1 where all hold. Where one
    does not, its two `sides` are what it compared."""

    guards: Any
    sides: Any
