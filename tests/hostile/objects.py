"""Objects that run code in every protocol method: `Acting.act`, whatever that is now."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Iterator
from numbers import Real
from typing import Any


class Acting:
    act: Callable[[], None] = staticmethod(lambda: None)


def stream(items: Iterable[Any]) -> Iterator[Any]:
    """The items, and code before each and after the last."""
    for item in items:
        Acting.act()
        yield item
    Acting.act()


def asked(protocol: Callable[..., Any]) -> Callable[..., Any]:
    """A method that runs code, then answers as the object inside would."""

    def method(self: Any, *args: Any) -> Any:
        Acting.act()
        return protocol(self.inside, *args)

    return method


def iterate(inside: Any) -> Iterator[Any]:
    return stream(inside)


class Hostile:
    """Answers as `inside` would, after code has run."""

    def __init__(self, inside: Any) -> None:
        self.inside = inside

    __index__ = __int__ = asked(int)
    __float__ = asked(float)
    __bool__ = asked(bool)
    __len__ = asked(len)
    __iter__ = asked(iterate)
    __getitem__ = asked(lambda inside, at: inside[at])
    __hash__ = asked(hash)
    __eq__ = asked(lambda inside, other: inside == getattr(other, "inside", other))
    __lt__ = asked(lambda inside, other: inside < other)
    __add__ = __radd__ = asked(lambda inside, other: inside + other)
    __mul__ = __rmul__ = asked(lambda inside, other: inside * other)
    __call__ = asked(lambda inside, *args: inside(*args))
    __repr__ = __str__ = asked(repr)
    __get__ = asked(lambda inside, *_: inside)
    __buffer__ = asked(memoryview)  # asked for from Python 3.12 on

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "inside":
            raise AttributeError(name)
        Acting.act()
        return getattr(self.inside, name)

    def __del__(self) -> None:
        Acting.act()


Real.register(Hostile)


def asked_above(name: str) -> Callable[..., Any]:
    """A method that runs code, then does what that of the class above does."""

    def method(self: Any, *args: Any) -> Any:
        Acting.act()
        return getattr(super(type(self), self), name)(*args)

    return method


def final(self: Any) -> None:
    Acting.act()


def hostile_kind(kind: type, *names: str) -> Any:
    """A subclass whose methods of these names run code first, and its finalizer."""
    methods = {name: asked_above(name) for name in names}
    return type(f"Hostile{kind.__name__}", (kind,), {**methods, "__del__": final})


HostileFloat = hostile_kind(float, "__float__", "__hash__", "__eq__", "__mul__", "__add__")
HostileInt = hostile_kind(int, "__index__", "__int__", "__float__", "__hash__", "__eq__")
HostileStr = hostile_kind(str, "__hash__", "__eq__", "__str__")
HostileList = hostile_kind(list, "__iter__", "__len__", "__getitem__")
HostileTuple = hostile_kind(tuple, "__iter__", "__len__", "__getitem__", "__hash__", "__eq__")
HostileDict = hostile_kind(dict, "__iter__", "__len__", "__getitem__")


def as_tuple(items: list[Any]) -> tuple[Any, ...]:
    """Not tuple(items): before Python 3.12 a finalizer that changes the list breaks that."""
    return (*items,)


def as_hostile_tuple(items: list[Any]) -> Any:
    return HostileTuple(as_tuple(items))


KINDS: dict[type, tuple[Callable[[Any], Any], ...]] = {
    int: (HostileInt, HostileInt, Hostile),
    bool: (Hostile,),
    float: (HostileFloat, Hostile),
    str: (HostileStr,),
    list: (HostileList, stream, as_tuple, Hostile, as_hostile_tuple),
    tuple: (HostileTuple, list, stream, Hostile),
    dict: (HostileDict,),
    **({array: (Hostile,)} if sys.version_info >= (3, 12) else {}),
}
"""In place of what: what."""
