"""Which Trace is in use: that in C where it was built, else the one in Python."""

from __future__ import annotations

from typing import Any

from . import trace
from .native import tape

Trace: Any = trace.Trace

if tape is not None:
    from .tape import Trace  # noqa: F401
