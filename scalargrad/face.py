"""The public names of modules, which they show; and the parts of the package, which load when they
are first used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from threading import RLock
from types import ModuleType
from typing import Any

PACKAGE = __name__.rpartition(".")[0]
BEGUN = "begun"
PARTS = ("losses", "nn", "optim", "plots", "train")


LOADING = RLock()
AT_ONCE = {"__class__", "__name__", "__path__", "__spec__"}
"""Attributes that importing asks for at a module that is not loaded."""


class Unloaded(ModuleType):
    """A module that is loaded as soon as one of its names is asked for, by one thread alone: until
    Python 3.12 `importlib.util.LazyLoader` lets two threads at once see half a module."""

    def __getattribute__(self, name: str) -> Any:
        if name not in AT_ONCE:
            with LOADING:
                load(self)
        return ModuleType.__getattribute__(self, name)


def load(module: Unloaded) -> None:
    """Execute a module, unless it is loaded or being loaded."""
    spec = module.__spec__
    if type(module) is not Unloaded or spec is None or spec.loader_state == BEGUN:
        return
    spec.loader_state = BEGUN
    try:
        spec.loader.exec_module(module)  # type: ignore[union-attr]
    except BaseException:
        spec.loader_state = None
        raise
    module.__class__ = ModuleType  # type: ignore[assignment]


def part(name: str) -> ModuleType:
    """A module of the package, which is loaded as soon as one of its names is asked for.

    A `__getattr__` of the package would make each `scalargrad.tanh` slower by a fifth, for Python
    remembers no place in a module that has one.
    """
    path = f"{PACKAGE}.{name}"
    if path not in sys.modules:
        spec = find_spec(path)
        assert spec is not None, path
        module = sys.modules[path] = Unloaded(path)
        vars(ModuleType)["__dict__"].__get__(module).update(vars(module_from_spec(spec)))
    return sys.modules[path]


def shown(module: str, *parts: str) -> Callable[[], list[str]]:
    """A `__dir__` for a module: it tells the public names. Those are its `__all__`; of a package,
    all that its `__init__` hands on, and these `parts`."""

    def names() -> list[str]:
        held = vars(sys.modules[module])
        handed = [x for x in held if x[0] != "_" and not isinstance(held[x], ModuleType)]
        return sorted([*held.get("__all__", handed), *parts])

    return names
