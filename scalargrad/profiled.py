"""Python's profiler, lent to the package for a `with` block: it tells of every call."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from io import IOBase
from typing import Any

Notice = Callable[..., None]
"""Is told the frame, the event and its argument, as `sys.setprofile` has them."""


class Profiled(IOBase):
    """A `with` block in which `notice` is Python's profiler; there is none where it is None. C code
    puts back the profiler before: an IOBase is left by C code, which calls `close`."""

    closed = True

    def __init__(self, notice: Notice | None) -> None:
        self.notice = notice
        before = sys.getprofile()
        self.close = partial(deque, map(installer(before), [before]), 0)  # type: ignore

    def __enter__(self) -> Any:
        try:
            sys.setprofile(self.notice)
        except BaseException:
            self.close()
            raise


def installer(profiler: Any) -> Callable[[Any], object]:
    """The function that installs a profiler. One in C, as cProfile's, is an object that nobody can
    call."""
    is_of_python = profiler is None or callable(profiler)
    return sys.setprofile if is_of_python else type(profiler).enable


def unless_profiled(notice: Notice) -> AbstractContextManager[Any]:
    """The same, but a program that is being profiled already stays as it is."""
    return nullcontext() if sys.getprofile() is not None else Profiled(notice)
