"""Files generated from the tables of operators, of instructions and of update rules.

`python -m scalargrad.codegen` writes them anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from . import instructions_h, rules_h, updates_h
from .engine_pyi import stub

PACKAGE = Path(__file__).parent.parent

FILES: dict[Path, Callable[[], str]] = {
    PACKAGE / "native" / "shared" / "rules.h": rules_h.header,
    PACKAGE / "native" / "shared" / "instructions.h": instructions_h.header,
    PACKAGE / "native" / "machine" / "words.h": instructions_h.words,
    PACKAGE / "native" / "machine" / "layouts.h": instructions_h.layouts,
    PACKAGE / "native" / "engine" / "updates.h": updates_h.header,
    PACKAGE / "engine.pyi": stub,
}
"""Every generated file, with the function that returns its text."""
