"""Attributes of objects that have other values within a `with` block, whatever ends the block."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from io import IOBase
from itertools import chain, repeat
from typing import Any

from .blocks import UserBlock


class Temporary(IOBase):
    """A block in which attributes of objects have other values; `with` gives `result`.

    `changes` are (objects, name of the attribute, the values in the block); `also` is a block that
    is entered and left with this one. An IOBase is left by C code, which calls `close`; all that
    `close` does here is in C too, unless the class of an object sets attributes with Python code.
    """

    closed = True  # it is no file: there is nothing to close when freed

    def __init__(
        self,
        *changes: tuple[Sequence[Any], str, Iterable[Any]],
        result: Any = None,
        also: UserBlock | None = None,
    ) -> None:
        self.result = result
        self.also = also
        self.begin = [settings(*change) for change in changes]
        self.back = [settings(xs, name, [getattr(x, name) for x in xs]) for xs, name, _ in changes]
        nothing = repeat(None)
        left = map(UserBlock.__exit__, [also] if also else [], nothing, nothing, nothing)
        self.close = functools.partial(deque, chain(*self.back, left), 0)  # type: ignore

    def __repr__(self) -> str:
        return "<attributes that are changed within a block>"

    def __enter__(self) -> Any:
        try:
            deque(chain(*self.begin), 0)
            if self.also is not None:
                self.also.__enter__()
        except BaseException:
            deque(chain(*self.back), 0)
            if self.also is not None and self.also.lock.locked():
                # it was entered, and a signal came before this function ended
                self.also.__exit__(None, None, None)
            raise
        return self.result


def settings(objects: Iterable[Any], name: str, values: Iterable[Any]) -> Iterator[None]:
    """Set the attributes of one object after the other as the iterator is consumed."""
    return map(setattr, objects, repeat(name), values)
