"""The objects that a program keeps its Values in: models, and objects of classes of the user's own.

A path names an object's place within another: layers.0.neurons.3.b, as the attributes and the
places in lists lead to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from ...scalars import is_value
from ...transforms.trees import is_array, is_model

PACKAGE = __name__.partition(".")[0]
MOST_ENTRIES = 10_000
"""A longer list holds data: nothing in it has a name."""
MOST_ASKED = 3
"""Entries of a list that tell whether it is one of parts."""
MOST_HELD = 1_000_000
"""Entries of lists and attributes that are looked at, in all."""


class Held(NamedTuple):
    """A Value or a part, its path, and the path of the part that it stands in."""

    path: str
    inside: str | None
    thing: Any


def is_part(x: object) -> bool:
    """Tell whether an object may hold Values in its attributes: a model, or of a class of the
    user's own."""
    if is_model(x):
        return True
    module = type(x).__module__
    known = module == "builtins" or module.partition(".")[0] == PACKAGE
    return not known and not isinstance(x, type) and isinstance(attributes(x), dict)


def keeps_parts(x: object) -> bool:
    """Tell whether an object is a part or, as the first entries tell, a list of parts."""
    entries = x.values() if isinstance(x, dict) else x if isinstance(x, (list, tuple)) else (x,)
    return any(map(is_part, islice(entries, MOST_ASKED)))


def attributes(x: object) -> Any:
    try:
        return object.__getattribute__(x, "__dict__")
    except AttributeError:
        return None


def held(root: Any) -> Iterator[Held]:
    """Yield the parts and the Values in an object, itself included, as its attributes come. Each
    part is met once; attributes that begin with an underscore are private."""
    seen: set[int] = set()
    pending = [Held("", None, root)]
    room = MOST_HELD
    while pending and room > 0:
        found = pending.pop()
        if is_value(found.thing):
            yield found
            continue
        if id(found.thing) in seen:
            continue
        seen.add(id(found.thing))
        if is_part(found.thing):
            yield found
        entries = list(within(found))
        room -= len(entries)
        pending += reversed(entries)


def within(at: Held) -> Iterator[Held]:
    """Yield the entries of a list or the attributes of a part."""
    path, inside, x = at
    start = f"{path}." if path else ""
    if is_part(x):
        for key, inner in attributes(x).items():
            if not key.startswith("_"):
                yield Held(f"{start}{key}", path, inner)
    elif (isinstance(x, (list, tuple, dict)) or is_object_array(x)) and len(x) <= MOST_ENTRIES:
        pairs = x.items() if isinstance(x, dict) else enumerate(x)
        yield from (Held(f"{start}{key}", inside, inner) for key, inner in pairs)


def is_object_array(x: Any) -> bool:
    return bool(is_array(x) and x.dtype == object and x.ndim)
