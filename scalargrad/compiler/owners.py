"""What has code or attributes: functions, methods, classes, modules, objects."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cached_property, partial
from importlib.util import resolve_name
from types import (
    CellType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

from ..trees import is_array, is_model
from .bytecode import ANYTHING, WHOLE, Import, reads_of
from .contents import CONTENTS, of_buffer
from .installed import (
    OF_A_CLASS_IN_PYTHON,
    is_installed_class,
    is_installed_code,
    is_installed_module,
    reads_any_attribute,
)
from .watching import CELL, CLASS, FUNCTION, INSTANCE, NONE, SLOTS, Watch, Where, first

ENVIRONMENT = {"environ", "getenv", "environb", "getenvb"}
NOT_OF_AN_OBJECT = {
    *("__init__", "__new__", "__init_subclass__", "__class_getitem__", "__set_name__", "__del__"),
    *("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__dir__", "__sizeof__"),
}
"""Methods that nothing calls which has but an object of the class."""
AS_CLASS = {"__class__", "type", "__new__", "with_parameters", WHOLE}
"""Where code reads one of these names it may call the class of an object."""
TEXT = {"__repr__", "__str__", "__format__"}
OF_FUNCTIONS = (FunctionType, MethodType, type, partial, staticmethod, classmethod, property)
POINTER = 8


# ------ functions
def of_function(watch: Watch, f: FunctionType, where: Where) -> None:
    """Code, defaults, what is closed over; of a function of the user's own the globals that the
    code reads, and its attributes."""
    code, is_own = f.__code__, not is_installed_code(f.__code__)
    watch.identify(code)
    watch.record(FUNCTION, f, (code, f.__defaults__, f.__kwdefaults__))
    if is_own:
        reads = reads_of(code)
        watch.names |= reads.attributes | (reads.globals & AS_CLASS)
        of_globals(watch, f, sorted(reads.globals), where)
        for found in sorted(reads.imports):
            of_import(watch, f.__globals__, found)
        watch.attributes(f.__dict__, where, WHOLE in watch.names)
    elif reads_any_attribute(f):
        watch.names.add(WHOLE)
    for x, name in cells(watch, f):
        if is_own or is_followed(x):
            watch.go([(x, (None, "", name))])
        else:
            watch.identify(x)
    watch.go([(f.__defaults__, (where, ".", "__defaults__"))])
    watch.go([(f.__kwdefaults__, (where, ".", "__kwdefaults__"))])


def cells(watch: Watch, f: FunctionType) -> Iterator[tuple[Any, str]]:
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or ()):
        held = content(cell)
        watch.record(CELL, cell, held)
        watch.parts.append(len(held))
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
        watch.parts.append(found is not NONE)
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
        module = watch.look_up(sys.modules, whole)  # type: ignore[arg-type]
        watch.parts.append(module is not NONE)
        if module is not NONE:
            watch.go([(module, (None, "", whole))])


def of_method(watch: Watch, x: MethodType, where: Where) -> None:
    watch.go([(x.__func__, where), (x.__self__, (where, ".", "__self__"))])


def of_partial(watch: Watch, x: partial[Any], where: Where) -> None:
    watch.go(
        [(x.func, where), (x.args, (where, ".", "args")), (x.keywords, (where, ".", "keywords"))]
    )


def of_wrapper(watch: Watch, x: Any, where: Where) -> None:
    watch.go([(x.__func__, where)])


def of_property(watch: Watch, x: property, where: Where) -> None:
    watch.go([(x.fget, where), (x.fset, where), (x.fdel, where)])


def of_cached_property(watch: Watch, x: cached_property[Any], where: Where) -> None:
    watch.go([(x.func, where)])


def of_wrapped(watch: Watch, x: Any, where: Where) -> None:
    """A function in C, or an object of a library, that stands before another function."""
    watch.identify(x)
    watch.go([(x.__wrapped__, where)])


# ------ modules
def of_module(watch: Watch, x: ModuleType, where: Where) -> None:
    watch.identify(x)
    held = vars(x)
    if is_installed_module(x):
        if reads_any_attribute(x):
            watch.names.add(WHOLE)
        if x is os and watch.names & ENVIRONMENT:
            watch.go([(os.environ, (where, ".", "environ"))])
    elif ANYTHING <= watch.names:
        watch.attributes(held, where, True)
    else:
        names = sorted({*watch.names, "__getattr__"} - ANYTHING)
        found = [(name, watch.look_up(held, name)) for name in names]
        watch.members([pair for pair in found if pair[1] is not NONE], where)


# ------ classes
def of_class(watch: Watch, kind: type, where: Where) -> None:
    of_class_members(watch, kind, where, True)


def of_class_members(watch: Watch, kind: type, where: Where, is_called: bool) -> None:
    """A class of the user's own with those before it; `is_called` if the code has itself, so that
    it may make objects."""
    watch.identify(kind)
    if is_installed_class(kind):
        if reads_any_attribute(kind):
            watch.names.add(WHOLE)
        return
    watch.parts.append(tuple(map(id, kind.__mro__)))
    watch.kept.append(kind.__mro__)
    is_called = is_called or gives_class(watch, kind)
    bases = kind.__mro__[1:]
    installed = [vars(x) for x in bases if is_installed_class(x) and x is not object]

    def counts(name: str, value: Any) -> bool:
        if name in watch.names:
            return True
        if name[:2] == "__":
            return callable(value) and (is_called or name not in NOT_OF_AN_OBJECT)
        # a library's class may call what is put in place of something of its own
        return WHOLE in watch.names or any(name in held for held in installed)

    found, expected = watch.entries(vars(kind), counts)
    watch.record(CLASS, kind, (kind.__mro__, *expected))
    watch.members(sorted(found, key=first), where)
    for base in bases:
        if not is_installed_class(base):
            seen_class(watch, base, where, is_called)
    if not is_installed_class(type(kind)):
        seen_class(watch, type(kind), where, False)


def gives_class(watch: Watch, kind: type) -> bool:
    """Whether code that has an object of a class may get at the class itself."""
    is_named = not watch.names.isdisjoint(AS_CLASS)
    return is_named or any(isinstance(x, classmethod) for x in vars(kind).values())


def seen_class(watch: Watch, kind: type, where: Where, is_called: bool) -> None:
    if watch.is_new(kind, is_called):
        of_class_members(watch, kind, (None, "", kind.__name__), is_called)


# ------ objects
def of_object(watch: Watch, x: Any, where: Where) -> None:
    """An object with attributes. One that a class in C keeps something in that is not an attribute
    may change unseen."""
    kind = type(x)
    if hides(watch, kind):
        return watch.cannot_tell(where, x)
    held = attributes_of(x)
    watch.record(INSTANCE, x, (kind, NONE if held is None else held))
    base = next((base for base in kind.__mro__ if base in CONTENTS), None)
    if base is not None:
        CONTENTS[base](watch, x, where)
    elif is_array(x):
        of_buffer(watch, x, where)
    whole = is_read_whole(watch, x)
    if held is not None:
        watch.attributes(held, where, whole)
    of_slots(watch, x, where, whole)
    seen_class(watch, kind, where, False)


def of_namespace(watch: Watch, x: Any, where: Where) -> None:
    watch.attributes(x.__dict__, where, WHOLE in watch.names)


def attributes_of(x: Any) -> Any:
    """The dict of an object's attributes, whatever the class says that `__dict__` is."""
    for kind in type(x).__mro__:
        found = vars(kind).get("__dict__")
        if type(found) is GetSetDescriptorType:
            return found.__get__(x)
    return None


def is_read_whole(watch: Watch, x: Any) -> bool:
    """Whether code that the walk does not see may read any attribute of an object."""
    if WHOLE in watch.names or is_model(x):
        return True
    return any(
        is_installed_class(base) and base is not object and base not in CONTENTS
        for base in type(x).__mro__
    )


def of_slots(watch: Watch, x: Any, where: Where, whole: bool) -> None:
    found, expected = [], []
    for kind in type(x).__mro__:
        for name, slot in vars(kind).items():
            if type(slot) is MemberDescriptorType and (whole or name in watch.names):
                value = slot_content(slot, x)
                expected += [slot, value]
                if value is not NONE:
                    found.append((name, value))
    if expected:
        watch.record(SLOTS, x, tuple(expected))
    watch.members(sorted(found, key=first), where)


def slot_content(slot: Any, x: Any) -> Any:
    try:
        return slot.__get__(x)
    except AttributeError:
        return NONE


def hides(watch: Watch, kind: type) -> bool:
    """Tell whether objects of a class hold more than their attributes and what a container among
    the class's bases holds."""
    if kind not in watch.hidden:
        watch.hidden[kind] = is_hiding(kind)
    return watch.hidden[kind]


def is_hiding(kind: type) -> bool:
    while kind is not object and kind not in CONTENTS and not is_array_class(kind):
        base = kind.__base__
        if base is None or not kind.__flags__ & OF_A_CLASS_IN_PYTHON:
            return True
        if kind.__basicsize__ - base.__basicsize__ > POINTER * explained(kind, base):
            return True
        kind = base
    return False


def is_array_class(kind: type) -> bool:
    return (kind.__module__, kind.__name__) == ("numpy", "ndarray")


def explained(kind: Any, base: Any) -> int:
    """How many pointers more than those of its base are attributes of a class's objects."""
    slots = sum(type(x) is MemberDescriptorType for x in vars(kind).values())
    # −1: it stands before the object, and does not count
    has_dict = kind.__dictoffset__ not in (0, -1, base.__dictoffset__)
    return slots + has_dict + (kind.__weakrefoffset__ > 0 == base.__weakrefoffset__)
