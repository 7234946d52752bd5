"""Files generated from the operator table. `python -m scalargrad.codegen` writes them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .engine_pyi import stub
from .rules_h import header

PACKAGE = Path(__file__).parent.parent

FILES: dict[Path, Callable[[], str]] = {
    PACKAGE / "native" / "rules.h": header,
    PACKAGE / "engine.pyi": stub,
}
"""Every generated file, with the function that returns its text."""
