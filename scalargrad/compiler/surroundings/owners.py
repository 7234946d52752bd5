"""Classes and objects: how the search of the surroundings goes on from them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any

from ...transforms.trees import is_array, is_model
from .bytecode import ANYTHING, TOLD, WHOLE, reads_of
from .contents import CONTENTS, of_buffer
from .installed import OF_A_CLASS_IN_PYTHON, is_installed_class, reads_any_attribute
from .routines import AS_CLASS
from .settings import note_abstract, note_decimals
from .watching import CLASS, INSTANCE, NONE, SLOTS, Watch, Where, first

NOT_OF_AN_OBJECT = {
    *("__init__", "__new__", "__init_subclass__", "__class_getitem__", "__set_name__", "__del__"),
    *("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__dir__", "__sizeof__"),
}
"""Methods that code calls only if it has the class itself, and not just an object of it."""
SAYS_NOTHING = {
    *("__module__", "__doc__", "__qualname__", "__annotations__", "__dict__", "__weakref__"),
    *("__firstlineno__", "__static_attributes__", "__abstractmethods__", "__parameters__"),
    *("__orig_bases__", "__dataclass_fields__", "__dataclass_params__", "__type_params__"),
    *("__annotate__", "__annotate_func__", "__annotations_cache__", "__slots__"),
}
"""Entries of a class that Python itself puts there, and does not ask of its objects."""
OF_A_CLASS = frozenset({"__name__", "__qualname__"})
"""Attributes of a class that are not in its dict."""
POINTER = 8


def of_class(watch: Watch, kind: type, where: Where) -> None:
    of_class_members(watch, kind, where, True)


def counts_in(watch: Watch, kind: type, is_called: bool) -> Callable[[str, Any], bool]:
    """Return a function that tells of an attribute of a class whether it counts."""
    asked = {name for x in kind.__mro__[1:] if is_installed_class(x) for name in asked_by(x)}

    def counts(name: str, value: Any) -> bool:
        if name in watch.names:
            return True
        if name[:2] == "__":
            return name not in SAYS_NOTHING and (is_called or name not in NOT_OF_AN_OBJECT)
        if WHOLE in watch.names and not isinstance(value, FunctionType):
            return True
        return watch.names >= ANYTHING or name in asked

    return counts


def of_class_members(watch: Watch, kind: type, where: Where, is_called: bool) -> None:
    """Watch a class of the user's own, and its bases. `is_called` says that the code has the class
    itself, and so may make objects of it."""
    watch.identify(kind)
    note_abstract(watch, kind)
    if is_installed_class(kind):
        if reads_any_attribute(kind):
            watch.names.add(WHOLE)
        note_decimals(watch, kind)
        return
    watch.of_descriptors(kind, type, OF_A_CLASS)
    watch.findings.append(tuple(map(id, kind.__mro__)))
    watch.kept.append(kind.__mro__)
    is_called = is_called or gives_class(watch, kind)
    found, expected = watch.entries(vars(kind), counts_in(watch, kind, is_called))
    watch.record(CLASS, kind, (kind.__mro__, *expected))
    watch.members(sorted(found, key=first), where)
    for base in kind.__mro__[1:]:
        if not is_installed_class(base):
            seen_class(watch, base, where, is_called)
    if not is_installed_class(type(kind)):
        seen_class(watch, type(kind), where, False)


@lru_cache(maxsize=1024)
def asked_by(kind: type) -> frozenset[str]:
    """The names that a library's class may call of a class below it: those that the class has, and
    those that its methods read."""
    functions = [getattr(x, "__func__", x) for x in vars(kind).values()]
    codes = [x.__code__ for x in functions if isinstance(x, FunctionType)]
    own = () if kind is object else vars(kind).keys()
    return frozenset(own).union(*(reads_of(code).attributes for code in codes)) - ANYTHING


def gives_class(watch: Watch, kind: type) -> bool:
    """Whether code that has an object of a class may get at the class itself."""
    is_named = not watch.names.isdisjoint(AS_CLASS)
    return is_named or any(isinstance(x, classmethod) for x in vars(kind).values())


def seen_class(watch: Watch, kind: type, where: Where, is_called: bool) -> None:
    if watch.inputs:
        watch.put_off.append((kind, where, is_called))
    elif watch.is_new(kind, is_called):
        of_class_members(watch, kind, (None, "", kind.__name__), is_called)


# ------ objects
def of_object(watch: Watch, x: Any, where: Where) -> None:
    """Watch an object with attributes. A class in C may keep something else in its objects: these
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
    watch.attributes(x.__dict__, where, not watch.names.isdisjoint((WHOLE, TOLD)))


def attributes_of(x: Any) -> Any:
    """The dict of an object's attributes, whatever the class says that `__dict__` is."""
    for kind in type(x).__mro__:
        found = vars(kind).get("__dict__")
        if type(found) is GetSetDescriptorType:
            return found.__get__(x)
    return None


def is_read_whole(watch: Watch, x: Any) -> bool:
    """Whether code that the search does not see may read any attribute of an object."""
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
    has_references = kind.__weakrefoffset__ > 0 == base.__weakrefoffset__
    return slots + int(has_dict) + int(has_references)
