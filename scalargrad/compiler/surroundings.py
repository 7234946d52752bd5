"""What a function uses without being given it: closed-over numbers, globals, models.

A program has these numbers in it. Their fingerprint is part of what it is looked up by: where one
of them has changed, the function is traced anew.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from ..rows import is_number
from ..trees import is_array, is_model, is_value


class Fingerprint:
    """Walks over objects and all they hold; equal `parts` mean that nothing has changed.

    `kept` holds what is told apart by its identity, so that no other object gets that identity.
    `records` say which object each container holds: as long as all hold the very same ones, the
    parts need not be looked at. None if there is something that changes in place.
    """

    def __init__(self) -> None:
        self.parts: list[Hashable] = []
        self.kept: list[Any] = []
        self.records: list[tuple[bool, Any, tuple[Any, ...]]] | None = []
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
        elif isinstance(x, (set, frozenset)) or is_array(x):
            self.records = None
            self.parts.append((type(x), len(x)))
            self.add_all(x)
        elif isinstance(x, (FunctionType, MethodType)):
            self.identify(x.__code__)
            self.add_used(x)
        else:
            self.identify(x)
            if is_model(x):
                self.add(vars(x))

    def hold(self, whole: bool, holder: Any, held: Sequence[Any]) -> None:
        """Note that `holder` holds these; some of what it holds, if not `whole`."""
        if self.records is not None and type(holder) is not tuple:
            self.records.append((whole, holder, tuple(held)))
        self.add_all(held if whole else held[1::2])

    def add_used(self, f: Any) -> None:
        """Add what a function closes over, its defaults, and the globals that it names."""
        if isinstance(f, MethodType):
            self.add(f.__self__)
            f = f.__func__
        if not isinstance(f, FunctionType):
            return
        for cell in f.__closure__ or ():
            if is_filled(cell):
                self.hold(True, cell, (cell.cell_contents,))
        self.add_all(f.__defaults__ or ())
        self.add_all((f.__kwdefaults__ or {}).values())
        for name in dict.fromkeys(names_in(f.__code__)):
            x = f.__globals__.get(name)
            if x is not None and not is_library(x):
                self.hold(False, f.__globals__, (name, x))

    def with_arguments(self, args: Sequence[Any]) -> list[Any] | None:
        """The records, with those of the models among the arguments."""
        self.add_all(x for x in args if is_model(x))
        return self.records


def names_in(code: CodeType) -> Iterator[str]:
    """The names of globals and attributes in a function and in those written within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def is_library(x: Any) -> bool:
    """Tell whether `x` is a module or a class, or the package's own: these do not change."""
    if isinstance(x, (ModuleType, type)):
        return True
    return callable(x) and str(getattr(x, "__module__", "")).split(".")[0] == "scalargrad"
