"""A function with the numbers of a trace that it closes over: it can be made again with others.

They are found in its cells and defaults, in containers and models there, and in functions that
these hold; not in objects of other kinds, nor in modules.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from types import CellType, FunctionType, MethodType
from typing import Any, NoReturn

from ..scalars import is_value
from ..transforms.trees import HOLDS_VALUES, flatten

Make = Callable[[Iterator[Any]], Any]
"""Makes a thing again, with numbers from an iterator in place of those of a trace."""


def is_traced(x: Any) -> bool:
    return is_value(x) and hasattr(x, "trace")


class Hole:
    """Stands where a number of a trace was."""

    @staticmethod
    def __operator__(op: Any, operands: Any) -> NoReturn:
        raise AssertionError("a hole is filled before anything computes with it")


def is_hole(x: Any) -> bool:
    return type(x) is Hole


def hollow(thing: Any) -> tuple[list[Any], Opened]:
    """Return the numbers of a trace in a thing, and the thing without them: one of them would keep
    the whole trace."""
    opened = Opened(thing, is_traced)
    holes = [Hole() for _ in opened.found]
    return opened.found, Opened(opened.made(holes), is_hole)


class Opened:
    """A thing, which may be a function, and certain numbers in it: `found`, in order."""

    def __init__(self, thing: Any, is_sought: Callable[[Any], bool]) -> None:
        self.is_sought = is_sought
        self.found: list[Any] = []
        self._open: set[int] = set()
        self._make = self._maker(thing)

    def made(self, numbers: Sequence[Any]) -> Any:
        """The same thing with other numbers."""
        return self._make(iter(numbers))

    def _maker(self, x: Any) -> Make:
        count = len(self.found)
        if id(x) in self._open:
            # a function that calls itself
            return lambda numbers: x
        self._open.add(id(x))
        make = self._known(x)
        self._open.discard(id(x))
        return make if len(self.found) > count else lambda numbers: x

    def _known(self, x: Any) -> Make:
        if isinstance(x, FunctionType):
            return self._function(x)
        if isinstance(x, MethodType):
            return self._all((x.__func__, x.__self__), lambda f, own: MethodType(f, own))
        if type(x) is functools.partial:
            return self._all((x.func, *x.args, x.keywords), partial_again)
        if isinstance(x, (tuple, list)) and any(map(callable, x)):
            kind = type(x)
            return self._all(x, lambda *parts: kind(parts))
        return self._tree(x)

    def _all(self, parts: Sequence[Any], together: Callable[..., Any]) -> Make:
        makers = list(map(self._maker, parts))
        return lambda numbers: together(*[make(numbers) for make in makers])

    def _function(self, f: FunctionType) -> Make:
        cells = f.__closure__ or ()
        inside = [self._maker(contents(cell)) for cell in cells]
        defaults, named = self._maker(f.__defaults__), self._maker(f.__kwdefaults__)

        def make(numbers: Iterator[Any]) -> Any:
            closed = tuple([CellType(part(numbers)) for part in inside])
            made = FunctionType(f.__code__, f.__globals__, f.__name__, defaults(numbers), closed)
            made.__kwdefaults__ = named(numbers)
            # a derived function wraps the one that it was derived from
            made.__dict__.update({k: x for k, x in f.__dict__.items() if k != "__wrapped__"})
            return made

        return make

    def _tree(self, x: Any) -> Make:
        entries, structure = flatten(x, "a closed-over object", HOLDS_VALUES)
        is_sought = self.is_sought
        self.found += filter(is_sought, entries)

        def make(numbers: Iterator[Any]) -> Any:
            return structure.rebuilt([next(numbers) if is_sought(e) else e for e in entries])

        return make


def contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        # not assigned yet
        return None


def partial_again(f: Any, *rest: Any) -> Any:
    *args, named = rest
    return functools.partial(f, *args, **named)
