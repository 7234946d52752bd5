"""Which Trace and which recorder of loops are in use: those in C where they were built, else those
in Python."""

from __future__ import annotations

from typing import Any

from ..loops import recorder
from . import in_python
from .native import nodes

Trace: Any = in_python.Trace
recorded: Any = recorder.recorded
"""Finds the loops of operator calls."""

if nodes is not None:
    from .in_c import Trace  # noqa: F401
    from .loops_in_c import recorded  # noqa: F401
