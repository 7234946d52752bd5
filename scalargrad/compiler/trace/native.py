"""The native parts of the compiler, where they were built: the one file that names them."""

from __future__ import annotations

from typing import Any

from ...engine import built, engine

machine: Any = None
"""Runs programs; None where there is none."""
nodes: Any = None
"""The engine in C: its Values are read and built without a way through Python, and it keeps
traces; None where the engine is the pure one."""

if engine == "native":
    from ...native import _engine

    nodes = _engine
    machine = built("_machine")
