"""The native machine, where it was built: the one file of the compiler that names it."""

from __future__ import annotations

from typing import Any

from ..engine import engine, wanted

machine: Any = None
"""Runs programs; None where there is none."""
nodes: Any = None
"""The engine whose Values go with it, read and built without a way through Python."""

if engine == "native":
    try:
        from ..native import _engine, _machine

        nodes, machine = _engine, _machine
    except ImportError:
        if wanted == "native":
            raise
