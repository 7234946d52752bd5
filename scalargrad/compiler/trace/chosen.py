"""Which Trace is in use: that in C where it was built, else the one in Python."""

from __future__ import annotations

from typing import Any

from . import in_python
from .native import nodes

Trace: Any = in_python.Trace

if nodes is not None:
    from .in_c import Trace  # noqa: F401
