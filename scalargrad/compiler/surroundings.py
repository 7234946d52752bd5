"""What a function uses without being given it: closed-over numbers, globals, attributes, models.

A program has these numbers in it. Their fingerprint is part of what it is looked up by: where one
of them has changed, the function is traced anew. Of modules, classes and objects those attributes
count that the code names.
"""

from __future__ import annotations

import builtins
import sys
from collections import deque
from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from ..rows import is_number
from ..trees import is_array, is_model, is_value

OWN = {"scalargrad"}
LIBRARIES = {*sys.stdlib_module_names, "numpy", *OWN}
"""Their modules, classes and functions do not change."""
NOT_CALLED = {"__init__", "__new__", "__init_subclass__", "__repr__", "__str__", "__reduce__"}
MISSING = NotImplemented
"""Stands for what a name has no value for."""
IN_PLACE = (set, frozenset, bytearray, deque)


class Fingerprint:
    """Walks over objects and all they hold; equal `parts` mean that nothing has changed.

    `kept` holds what is told apart by its identity, so that no other object gets that identity.
    `records` say which object each container holds: as long as all hold the very same ones, the
    parts need not be looked at. None if there is something that changes in place. `names` are the
    attributes that count; None for all.
    """

    def __init__(self, names: Iterable[str] | None = ()) -> None:
        self.names = None if names is None else set(names)
        self.parts: list[Hashable] = []
        self.kept: list[Any] = []
        self.records: list[tuple[bool, Any, tuple[Any, ...]]] | None = []
        self.unknown: list[str] = []
        self._seen: set[int] = set()

    def add(self, x: Any) -> None:
        if is_value(x):
            self.identify(x)
        elif x is None or isinstance(x, (str, bytes)) or is_number(x):
            # −0.0 equals 0.0, True equals 1
            self.parts.append((type(x), repr(x)))
        elif id(x) in self._seen:
            self.identify(x)
        else:
            self._seen.add(id(x))
            # an object that is gone would leave its identity to another
            self.kept.append(x)
            self.add_container(x)

    def identify(self, x: Any) -> None:
        self.parts.append(id(x))
        self.kept.append(x)

    def add_all(self, parts: Iterable[Any]) -> None:
        for x in parts:
            self.add(x)

    def add_container(self, x: Any) -> None:
        if is_array(x) and x.dtype != object:
            self.records = None
            self.parts.append((x.shape, x.dtype.str, x.tobytes()))
        elif isinstance(x, dict):
            self.parts.append((type(x), len(x)))
            self.hold(True, x, [y for item in x.items() for y in item])
        elif isinstance(x, (list, tuple)):
            self.parts.append((type(x), len(x)))
            self.hold(True, x, x)
        elif isinstance(x, IN_PLACE) or is_array(x):
            self.records = None
            self.parts.append((type(x), len(x)))
            self.add_all(x)
        else:
            self.identify(x)
            self.add_used(x)

    def hold(self, whole: bool, holder: Any, held: Sequence[Any]) -> None:
        """Note that `holder` holds these; some of what it holds, if not `whole`."""
        if self.records is not None and type(holder) is not tuple:
            self.records.append((whole, holder, tuple(held)))
        self.add_all(held if whole else held[1::2])

    def hold_names(self, holder: Any, names: Iterable[str], found: Mapping[str, Any]) -> None:
        self.hold(False, holder, [y for name in names for y in (name, found.get(name, MISSING))])

    # ------ what has code or attributes
    def add_used(self, x: Any) -> None:
        """Add what a function, a method or an object uses."""
        if isinstance(x, FunctionType):
            self.add_function(x)
        elif isinstance(x, MethodType):
            self.add_all((x.__func__, x.__self__))
        elif isinstance(x, partial):
            self.add_all((x.func, x.args, x.keywords))
        elif isinstance(x, (staticmethod, classmethod)):
            self.add(x.__func__)
        elif isinstance(x, property):
            self.add_all((x.fget, x.fset))
        elif isinstance(x, ModuleType):
            if not is_library(x.__name__):
                self.hold_names(vars(x), self.named(vars(x)), vars(x))
        elif isinstance(x, type):
            self.add_classes(x.__mro__)
        else:
            self.add_object(x)

    def add_function(self, f: FunctionType) -> None:
        """Add a function's code, what it closes over, its defaults, and the globals it names."""
        self.hold(True, f, (f.__code__, f.__defaults__, f.__kwdefaults__))
        for cell in f.__closure__ or ():
            if is_filled(cell):
                self.hold(True, cell, (cell.cell_contents,))
        if is_library(f.__module__):
            return
        if vars(f):
            self.add(vars(f))
        names = sorted({*names_in(f.__code__)})
        if self.names is not None:
            self.names.update(names)
        known = f.__globals__.keys() | vars(builtins).keys()
        self.hold_names(f.__globals__, filter(known.__contains__, names), f.__globals__)

    def add_classes(self, classes: Iterable[type]) -> None:
        for kind in classes:
            if not is_library(kind.__module__):
                self.identify(kind)
                names = self.named(vars(kind))
                called = {n for n, x in vars(kind).items() if n[:2] == "__" and callable(x)}
                self.hold_names(kind, sorted({*names, *called} - NOT_CALLED), vars(kind))

    def add_object(self, x: Any) -> None:
        if is_model(x):
            self.add(vars(x))
        elif hasattr(x, "__dict__") and not is_library(type(x).__module__, OWN):
            known = {*vars(x), *(name for kind in type(x).__mro__ for name in vars(kind))}
            self.hold_names(vars(x), self.named(known), vars(x))
        if is_library(type(x).__module__):
            # the function behind it, as a compiled one has; what a built-in method is bound to
            behind = (getattr(x, name, None) for name in ("__wrapped__", "__self__"))
            self.add_all(y for y in behind if y is not None)
            return
        for name in self.named({n for kind in type(x).__mro__ for n in slots_of(kind)}):
            self.records = None
            self.add(getattr(x, name, MISSING))
        self.add_classes(type(x).__mro__)

    def named(self, names: Iterable[str]) -> list[str]:
        return sorted(names if self.names is None else self.names.intersection(names))


def surroundings(f: Any, arguments: Iterable[Any] = (), names: Iterable[str] = ()) -> Fingerprint:
    """Return the fingerprint of all that `f` uses, and of these objects among its arguments.
    `names` saves a second walk, if they are those that an earlier one found."""
    found = Fingerprint(names)
    found.add(f)
    found.add_all(arguments)
    assert found.names is not None
    return found if found.names == set(names) else surroundings(f, arguments, found.names)


def names_in(code: CodeType) -> Iterator[str]:
    """The names of globals and attributes in a function and in those written within it, and the
    texts, which may be names for getattr."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)
        elif isinstance(constant, str):
            yield constant


def is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def slots_of(kind: type) -> list[str]:
    slots = vars(kind).get("__slots__", ())
    names = [slots] if isinstance(slots, str) else list(slots)
    return [name for name in names if name not in ("__dict__", "__weakref__")]


def is_library(module: Any, libraries: Container[str] = LIBRARIES) -> bool:
    return str(module).split(".")[0] in libraries
