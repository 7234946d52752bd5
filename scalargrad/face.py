"""What the package shows: its public names."""

from __future__ import annotations

import sys
from types import ModuleType

PACKAGE = __name__.rpartition(".")[0]


def __dir__() -> list[str]:
    """The public names of the package. Its parts, as `scalargrad.nn`, are imported by themselves: a
    `__getattr__` that loads them when they are first used would make each `scalargrad.tanh` slower
    by a fifth, for Python remembers no place in a module that has one."""
    names = vars(sys.modules[PACKAGE]).items()
    return sorted(x for x, found in names if x[0] != "_" and not isinstance(found, ModuleType))
