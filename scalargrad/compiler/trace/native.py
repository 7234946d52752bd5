"""The native parts of the compiler, where they were built: the one file that names them."""

from __future__ import annotations

from typing import Any

from ...engine import engine, wanted

machine: Any = None
"""Runs programs; None where there is none."""
nodes: Any = None
"""The engine whose Values go with it, read and built without a way through Python."""

traces: Any = None
"""Traces kept in C; None where they are kept in Python."""

if engine == "native":
    try:
        from ...native import _engine, _machine

        nodes, machine = _engine, _machine
    except ImportError:
        if wanted == "native":
            raise
    try:
        from ...native import _trace

        traces = _trace
    except ImportError:
        if wanted == "native":
            raise
