"""Puts back what was changed since a record of it was made."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from functools import partial
from types import FunctionType
from typing import Any

from ...transforms.trees import is_array
from .owners import slot_content
from .watching import (
    ASK,
    BUFFER,
    CELL,
    CLASS,
    ENTRIES,
    FUNCTION,
    INSTANCE,
    ITEMS,
    LIST,
    NAMES,
    NONE,
    SLOTS,
    Record,
)


def restore(records: Iterable[Record]) -> None:
    for kind, holder, expected in records:
        if kind in RESTORE:
            RESTORE[kind](holder, expected)


def pairs(expected: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
    return zip(expected[::2], expected[1::2])


def of_list(holder: list[Any], expected: Sequence[Any]) -> None:
    if len(holder) != len(expected) or any(x is not y for x, y in zip(holder, expected)):
        list.__setitem__(holder, slice(None), expected)


def of_entries(holder: dict[Any, Any], expected: Sequence[Any]) -> None:
    known = dict(pairs(expected))
    for key in [key for key in dict(holder) if key not in known]:
        dict.__delitem__(holder, key)
    of_names(holder, expected)


def of_names(holder: dict[Any, Any], expected: Sequence[Any]) -> None:
    for key, value in pairs(expected):
        if value is not NONE and dict.get(holder, key, NONE) is not value:
            dict.__setitem__(holder, key, value)


def of_globals(holder: dict[Any, Any], expected: Sequence[Any]) -> None:
    for key, value in pairs(expected):
        # one whose value is that very object, as `NotImplemented` itself, stays
        if value is NONE and holder.get(key, NONE) is not NONE:
            del holder[key]
    of_names(holder, expected)


def of_cell(holder: Any, expected: Sequence[Any]) -> None:
    if expected:
        holder.cell_contents = expected[0]
    else:
        del holder.cell_contents


def of_function(holder: FunctionType, expected: Sequence[Any]) -> None:
    names = "__code__", "__defaults__", "__kwdefaults__", "__dict__"
    for name, held in zip(names, expected):
        if getattr(holder, name) is not held:
            setattr(holder, name, held)


def of_class(holder: type, expected: Sequence[Any]) -> None:
    known = dict(pairs(expected[1:]))
    for name, value in list(vars(holder).items()):
        if name not in known:
            type.__delattr__(holder, name)
        elif known[name] is not NONE and known[name] is not value:
            type.__setattr__(holder, name, known[name])


def of_instance(holder: Any, expected: Sequence[Any]) -> None:
    kind, held = expected
    if type(holder) is not kind:
        object.__setattr__(holder, "__class__", kind)
    if held is not NONE and holder.__dict__ is not held:
        object.__setattr__(holder, "__dict__", held)


def of_slots(holder: Any, expected: Sequence[Any]) -> None:
    for slot, value in pairs(expected):
        held = slot_content(slot, holder)
        if held is value or isinstance(holder, partial):
            continue
        if value is not NONE:
            slot.__set__(holder, value)
        else:
            slot.__delete__(holder)


def of_items(holder: Any, expected: Sequence[Any]) -> None:
    if isinstance(holder, (set, deque)):
        holder.clear()
        (holder.update if isinstance(holder, set) else holder.extend)(expected[1:])


def of_buffer(holder: Any, expected: Sequence[Any]) -> None:
    content, _, shape, items = expected
    if items is not None:
        for k, x in enumerate(items):
            holder.flat[k] = x
    elif is_array(holder):
        if holder.shape == shape and holder.tobytes() != content:
            holder.flat = frombuffer(content, holder.dtype)
    elif isinstance(holder, bytearray):
        holder[:] = content
    elif isinstance(holder, array):
        holder[:] = array(holder.typecode, content)


def frombuffer(content: bytes, dtype: Any) -> Any:
    import numpy

    return numpy.frombuffer(content, dtype)


def of_asked(holder: Any, expected: Sequence[Any]) -> None:
    """A context variable, by its method `get`; one that had nothing cannot be emptied again."""
    variable = getattr(getattr(holder, "func", None), "__self__", None)
    if isinstance(variable, ContextVar) and expected[0] is not NONE:
        variable.set(expected[0])


RESTORE: dict[int, Any] = {
    LIST: of_list,
    ENTRIES: of_entries,
    NAMES: of_globals,
    CELL: of_cell,
    FUNCTION: of_function,
    CLASS: of_class,
    INSTANCE: of_instance,
    SLOTS: of_slots,
    ITEMS: of_items,
    BUFFER: of_buffer,
    ASK: of_asked,
}
