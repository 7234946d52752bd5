"""What the tests of changes around a compiled function share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import scalargrad as sg

Case = tuple[Callable[[Any], Any], Callable[[], object]]
"""A function, and what changes something that it sees."""


def number(x: Any) -> float:
    return x.data if isinstance(x, sg.Value) else float(x)
