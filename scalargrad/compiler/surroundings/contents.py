"""The contents of containers and arrays: how the search of the surroundings notes them down."""

from __future__ import annotations

import array
from collections import OrderedDict, defaultdict, deque
from collections.abc import Hashable, Iterable
from functools import partial
from itertools import chain, repeat
from math import copysign
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from ...engine import Value
from ...transforms.trees import is_array
from .watching import ASK, BUFFER, ENTRIES, ITEMS, LIST, NONE, SLOTS, Handler, Watch, Where

FACTORY: Any = vars(defaultdict)["default_factory"]
KEYS, VALUES, PAIRS = map(type, ({1: 1}.keys(), {1: 1}.values(), {1: 1}.items()))
PLAIN = {float, int, bool, str, bytes, type(None)}
"""Of items of these types the search notes down all at once; none of them leads on."""


def items(
    watch: Watch, found: tuple[Any, ...], where: Where, keys: Iterable[Any] | None = None
) -> None:
    """Watch these items, which a container has under these keys, or one after the other."""
    watch.findings.append(len(found))
    kinds = set(map(type, found))
    if kinds <= PLAIN:
        watch.findings.append(noted(found, kinds))
    elif kinds == {Value} and not watch.inputs:
        watch.findings.append(tuple(map(id, found)))
        watch.kept += found
    else:
        places = range(len(found)) if keys is None else keys
        watch.go((x, (where, "[", k)) for k, x in zip(places, found))


def noted(found: tuple[Any, ...], kinds: set[type]) -> Hashable:
    """A key that is equal for plain items that are the same: 1 is not True."""
    if float not in kinds:
        return tuple(map(type, found)), found
    if len(kinds) == 1:
        # their bits: −0.0 is not 0.0, NaN is itself
        return array.array("d", found).tobytes()
    return tuple([(type(x), told(x) if type(x) is float else x) for x in found])


def told(x: float | complex) -> Hashable:
    """A key that tells a number from another: its text, and of NaN the sign, too."""
    return repr(x) if x == x else (repr(x), copysign(1.0, x.real), copysign(1.0, x.imag))


def of_list(watch: Watch, x: list[Any], where: Where) -> None:
    found = tuple(list.__iter__(x))
    watch.record(LIST, x, found)
    items(watch, found, where)


def of_tuple(watch: Watch, x: tuple[Any, ...], where: Where) -> None:
    items(watch, tuple(tuple.__iter__(x)), where)


def pairs(watch: Watch, keys: tuple[Any, ...], found: tuple[Any, ...], where: Where) -> None:
    """Watch keys and the items under them. The items are visited first where both lead on: the
    order is the same at every search."""
    items(watch, keys, where, repeat("a key"))
    items(watch, found, where, keys)


def of_dict(watch: Watch, x: dict[Any, Any], where: Where) -> None:
    found = tuple(dict.items(x))
    watch.record(ENTRIES, x, tuple(chain.from_iterable(found)))
    if isinstance(x, OrderedDict):
        # it has an order of its own
        watch.record(ITEMS, x, (OrderedDict, *OrderedDict.__iter__(x)))
        found = tuple(OrderedDict.items(x))
    if isinstance(x, defaultdict):
        watch.record(SLOTS, x, (FACTORY, x.default_factory))
        watch.go([(x.default_factory, (where, ".", "default_factory"))])
    keys, values = tuple(map(itemgetter(0), found)), tuple(map(itemgetter(1), found))
    pairs(watch, keys, values, where)


def in_order(kind: Any) -> Handler:
    """For what holds items in the order in which this type goes through them."""

    def visit(watch: Watch, x: Any, where: Where) -> None:
        found = tuple(kind.__iter__(x))
        watch.record(ITEMS, x, (kind, *found))
        if kind is deque:
            watch.findings.append(x.maxlen)
        items(watch, found, where)

    return visit


def of_frozenset(watch: Watch, x: frozenset[Any], where: Where) -> None:
    items(watch, tuple(frozenset.__iter__(x)), where)


def of_pairs(watch: Watch, x: Any, where: Where) -> None:
    """A view of a dict's items, or a dict behind a proxy."""
    proxy = x if isinstance(x, MappingProxyType) else x.mapping
    keys, values = tuple(proxy), tuple(proxy.values())
    watch.record(ITEMS, proxy.keys(), (KEYS, *keys))
    watch.record(ITEMS, proxy.values(), (VALUES, *values))
    pairs(watch, keys, values, where)


def of_buffer(watch: Watch, x: Any, where: Where) -> None:
    try:
        view = memoryview(x)
    except (ValueError, TypeError):
        return watch.cannot_tell(where, x)
    held = tuple(x.ravel().tolist()) if is_array(x) and x.dtype == object else None
    if held is None and "O" in view.format:
        return watch.cannot_tell(where, x)
    content = x.tobytes() if is_array(x) else view.tobytes()
    watch.record(BUFFER, x, (content, view.format, view.shape, held))
    watch.findings.append((view.format, view.shape, None if held is not None else content))
    if held is not None:
        items(watch, held, where)


def of_context(watch: Watch, x: Any, where: Where) -> None:
    found = x.get(NONE)
    watch.record(ASK, partial(x.get, NONE), (found,))
    watch.go([(found, (where, "", ".get()"))])


def number(base: Any) -> Handler:
    """For an instance of a class of the user's own below a class of numbers or text."""
    return lambda watch, x, where: watch.findings.append((base, base.__repr__(x)))


CONTENTS: dict[type, Handler] = {
    list: of_list,
    tuple: of_tuple,
    dict: of_dict,
    set: in_order(set),
    frozenset: of_frozenset,
    deque: in_order(deque),
    bytearray: of_buffer,
    array.array: of_buffer,
    **{kind: number(kind) for kind in (int, float, complex, str, bytes)},
}
"""Handlers of what an instance of a class below one of these holds besides its attributes."""
CONTAINERS: dict[type, Handler] = {
    **{k: f for k, f in CONTENTS.items() if k not in (int, float, complex, str, bytes)},
    OrderedDict: of_dict,
    defaultdict: of_dict,
    memoryview: of_buffer,
    MappingProxyType: of_pairs,
    KEYS: in_order(KEYS),
    VALUES: in_order(VALUES),
    PAIRS: of_pairs,
}
