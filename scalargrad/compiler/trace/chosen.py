"""Which Trace and which recorder of loops are in use: those in C where they were built, else those
in Python."""

from __future__ import annotations

from collections.abc import Callable

from ..loops import recorder
from . import in_python
from .native import nodes
from .recorder import Recorder

Trace: type[Recorder] = in_python.Trace
recorded: Callable[..., recorder.Recorded] = recorder.recorded
"""Finds the loops of operator calls."""

if nodes is not None:
    from . import in_c, loops_in_c

    Trace, recorded = in_c.Trace, loops_in_c.recorded
