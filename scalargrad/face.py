"""What the package shows: its public names, and the parts that load when they are first used."""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType

PACKAGE = __name__.rpartition(".")[0]
PARTS = ("losses", "nn", "optim", "plots", "train")


def part(name: str) -> ModuleType:
    """A module of the package, which is loaded as soon as one of its names is asked for.

    A `__getattr__` of the package would make each `scalargrad.tanh` slower by a fifth, for Python
    remembers no place in a module that has one.
    """
    path = f"{PACKAGE}.{name}"
    if path in sys.modules:
        return sys.modules[path]
    spec = find_spec(path)
    assert spec is not None and spec.loader is not None, path
    spec.loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    sys.modules[path] = module
    spec.loader.exec_module(module)
    return module


def __dir__() -> list[str]:
    """The public names of the package, its parts included."""
    names = vars(sys.modules[PACKAGE]).items()
    public = [x for x, found in names if x[0] != "_" and not isinstance(found, ModuleType)]
    return sorted([*public, *PARTS])
