"""Functions, methods and modules: how the search of the surroundings goes on from them."""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Iterator
from functools import cached_property, lru_cache, partial
from importlib.util import resolve_name
from itertools import chain
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

from ...rows import Operator
from .bytecode import ANYTHING, WHOLE, Import, Reads, reads_of
from .contents import CONTENTS
from .installed import (
    is_installed_class,
    is_installed_code,
    is_installed_module,
    reads_any_attribute,
)
from .settings import TEXTS, note_texts, of_installed_module
from .watching import CELL, FUNCTION, INSTANCE, NONE, SLOTS, Watch, Where

UNSEEN = {
    **dict.fromkeys(
        ("__globals__", "f_globals", "f_locals", "f_back"), "with which code reads by any name"
    ),
    "__subclasses__": "which grow with each class that is made",
}
"""Attributes that tell of what the search does not see."""
OF_A_FUNCTION = frozenset({"__name__", "__qualname__", "__doc__", "__module__", "__annotations__"})
"""Attributes of a function that are not in its dict."""
ENVIRONMENT = {"environ", "getenv", "environb", "getenvb"}
AS_CLASS = {"__class__", "type", "__new__", "with_parameters", WHOLE}
"""Where code reads one of these names it may call the class of an object."""
OF_FUNCTIONS = (FunctionType, MethodType, type, partial, staticmethod, classmethod, property)


def of_function(watch: Watch, f: FunctionType, where: Where) -> None:
    """Code, defaults, what is closed over; of a function of the user's own the globals that the
    code reads, and its attributes."""
    code, is_own = f.__code__, not is_installed_code(f.__code__)
    watch.identify(code)
    watch.record(FUNCTION, f, (code, f.__defaults__, f.__kwdefaults__, f.__dict__))
    if is_own:
        reads = reads_of(code)
        watch.names |= counting(reads)
        watch.catches |= reads.catches
        watch.tells_apart |= any(not is_type(f, name) for name in reads.told_apart)
        if not TEXTS.isdisjoint(reads.globals):
            note_texts(watch)
        watch.unknown += [f"{x}, {UNSEEN[x]}" for x in sorted(UNSEEN.keys() & reads.attributes)]
        of_globals(watch, f, sorted(reads.globals), where)
        for found in sorted(reads.imports):
            of_import(watch, f.__globals__, found)
        watch.attributes(f.__dict__, where, WHOLE in watch.names)
        watch.of_descriptors(f, FunctionType, OF_A_FUNCTION)
    elif reads_any_attribute(f):
        watch.names.add(WHOLE)
    for x, name in cells(watch, f):
        if is_own or is_followed(x):
            watch.go([(x, (None, "", name))])
        else:
            watch.identify(x)
    watch.go([(f.__defaults__, (where, ".", "__defaults__"))])
    watch.go([(f.__kwdefaults__, (where, ".", "__kwdefaults__"))])


def is_type(f: FunctionType, name: str) -> bool:
    """Whether a global is a class or a module: no argument is."""
    around = f.__globals__
    return isinstance(around.get(name, getattr(builtins, name, None)), (type, ModuleType))


def names_said(f: Any) -> set[str]:
    """The attributes that count for the code of `f` and of the functions that it names, as far as
    these are found without a search."""
    names: set[str] = set()
    pending, seen = [f], set()
    while pending:
        x = pending.pop()
        x = x.__func__ if type(x) is MethodType else x.func if type(x) is partial else x
        if type(x) is FunctionType and x not in seen and not is_installed_code(x.__code__):
            seen.add(x)
            reads = reads_of(x.__code__)
            names |= counting(reads)
            pending += [x.__globals__.get(name) for name in reads.globals]
            pending += [held for cell in x.__closure__ or () for held in content(cell)]
    return names


def counting(reads: Reads) -> frozenset[str]:
    return reads.attributes | (reads.globals & AS_CLASS)


def cells(watch: Watch, f: FunctionType) -> Iterator[tuple[Any, str]]:
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or ()):
        held = content(cell)
        watch.record(CELL, cell, held)
        watch.findings.append(len(held))
        yield from ((x, name) for x in held)


def content(cell: CellType) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def is_followed(x: Any) -> bool:
    """Whether to look into what a function closes over that is installed itself: an object of its
    own library is its own business."""
    return isinstance(x, OF_FUNCTIONS) or not is_installed_class(type(x)) or type(x) in CONTENTS


def of_globals(watch: Watch, f: FunctionType, names: list[str], where: Where) -> None:
    around = f.__globals__
    built_in = around.get("__builtins__", {})
    built_in = vars(built_in) if isinstance(built_in, ModuleType) else built_in
    for name in names:
        found = watch.look_up(around, name)
        if found is NONE:
            found = watch.look_up(built_in, name)
        watch.findings.append(found is not NONE)
        if found is not NONE:
            watch.go([(found, (None, "", name))])


def of_import(watch: Watch, around: dict[str, Any], wanted: Import) -> None:
    name = "." * wanted.level + wanted.name
    package = around.get("__package__") or str(around.get("__name__", "")).rpartition(".")[0]
    try:
        name = resolve_name(name, package or None) if wanted.level else name
    except ImportError:
        return
    parts = name.split(".")
    for k in range(len(parts)):
        whole = ".".join(parts[: k + 1])
        module = watch.look_up(sys.modules, whole)
        watch.findings.append(module is not NONE)
        if module is not NONE:
            watch.go([(module, (None, "", whole))])


def of_method(watch: Watch, x: MethodType, where: Where) -> None:
    watch.go([(x.__func__, where), (x.__self__, (where, ".", "__self__"))])


def of_partial(watch: Watch, x: partial[Any], where: Where) -> None:
    slots = [(vars(partial)[name], getattr(x, name)) for name in ("func", "args", "keywords")]
    watch.record(SLOTS, x, tuple(chain.from_iterable(slots)))
    watch.go(
        [(x.func, where), (x.args, (where, ".", "args")), (x.keywords, (where, ".", "keywords"))]
    )


def of_cell(watch: Watch, x: CellType, where: Where) -> None:
    held = content(x)
    watch.record(CELL, x, held)
    watch.findings.append(len(held))
    watch.go((y, (where, ".", "cell_contents")) for y in held)


def of_wrapper(watch: Watch, x: Any, where: Where) -> None:
    watch.go([(x.__func__, where)])


def of_property(watch: Watch, x: property, where: Where) -> None:
    watch.go([(x.fget, where), (x.fset, where), (x.fdel, where)])


def of_cached_property(watch: Watch, x: cached_property[Any], where: Where) -> None:
    watch.go([(x.func, where)])


def of_operator(watch: Watch, x: Operator, where: Where) -> None:
    """An operator: one of the user's own has functions of the user's own."""
    watch.identify(x)
    if x.code < 0:
        watch.record(INSTANCE, x, (type(x), vars(x)))
        watch.attributes(vars(x), where, True)


def of_wrapped(watch: Watch, x: Any, where: Where) -> None:
    """A function in C, or an object of a library, that wraps another function."""
    watch.identify(x)
    if isinstance(x, CACHED):
        # what it keeps may be thrown away, or changed by who has it
        watch.cannot_tell(where, x)
    watch.go([(x.__wrapped__, where)])


CACHED = type(lru_cache(len))


# ------ modules
def of_module(watch: Watch, x: ModuleType, where: Where) -> None:
    watch.identify(x)
    held = vars(x)
    if is_installed_module(x):
        if reads_any_attribute(x):
            watch.names.add(WHOLE)
        if x is sys and "modules" in watch.names:
            watch.unknown.append("sys.modules")
        if x is os and watch.names & ENVIRONMENT:
            watch.go([(os.environ, (where, ".", "environ"))])
        of_installed_module(watch, x, where)
        return
    watch.record(INSTANCE, x, (type(x), held))
    if type(x) is not ModuleType:
        watch.go([(type(x), (where, ".", "__class__"))])
    if watch.names >= ANYTHING:
        watch.attributes(held, where, True)
    else:
        names = sorted({*watch.names, "__getattr__"} - ANYTHING)
        found = [(name, watch.look_up(held, name)) for name in names]
        watch.members([pair for pair in found if pair[1] is not NONE], where)
