"""Files generated from the tables of operators and of update rules.

`python -m scalargrad.codegen` writes them anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from . import rules_h, updates_h
from .engine_pyi import stub

PACKAGE = Path(__file__).parent.parent

FILES: dict[Path, Callable[[], str]] = {
    PACKAGE / "native" / "shared" / "rules.h": rules_h.header,
    PACKAGE / "native" / "engine" / "updates.h": updates_h.header,
    PACKAGE / "engine.pyi": stub,
}
"""Every generated file, with the function that returns its text."""
