"""A fault thrown into running code of the package, at a step of one's choice."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


class Fault(Exception):
    """What is thrown."""


def raise_at(step: int) -> Callable[..., Any]:
    """Return a trace function that throws at the given step of the package's Python it sees."""
    seen = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal seen
        if "scalargrad" not in frame.f_code.co_filename:
            return None
        seen += 1
        if seen == step:
            raise Fault
        return trace

    return trace


def struck(run: Callable[[], object], step: int) -> bool:
    """Tell whether the fault struck at this step; `run()` went to its end otherwise."""
    previous = sys.gettrace()
    sys.settrace(raise_at(step))
    try:
        run()
    except Fault:
        return True
    finally:
        sys.settrace(previous)
    return False
