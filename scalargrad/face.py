"""What the package shows: its public names; modules of it that load when they are first used."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

PACKAGE = __name__.rpartition(".")[0]
PARTS = frozenset(("data", "diagnose", "losses", "nn", "optim", "plots", "scores", "train"))


def __getattr__(name: str) -> Any:
    """`scalargrad.nn` and the other parts."""
    if name in PARTS:
        return import_module(f"{PACKAGE}.{name}")
    raise AttributeError(f"module {PACKAGE!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names of the package."""
    names = vars(sys.modules[PACKAGE]).items()
    own = {x for x, found in names if x[0] != "_" and not isinstance(found, ModuleType)}
    return sorted(own | PARTS)
