"""Generators and coroutines, which can be suspended: for which of them a block is entered, and
how the bodies of functions run within a block. Blocks themselves are in `blocks.py`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

SUSPENDABLE = 0x20 | 0x80 | 0x100 | 0x200
"""CO_GENERATOR, CO_COROUTINE, CO_ITERABLE_COROUTINE and CO_ASYNC_GENERATOR of a function's code."""
ENTERING = ("__enter__", "__aenter__", "enter_context", "enter_async_context")
"""Functions that enter a block for their caller. So does a generator that one of the first two
runs, as `contextlib.contextmanager` has it run."""


def owner(frame: FrameType | None) -> FrameType | None:
    """The generator or coroutine for which a block is entered in `frame`, None for a function."""
    while frame is not None:
        caller, suspendable = frame.f_back, frame.f_code.co_flags & SUSPENDABLE
        is_entering = frame.f_code.co_name in ENTERING
        if suspendable and caller is not None and caller.f_code.co_name in ENTERING[:2]:
            is_entering = True
        if not is_entering:
            return frame if suspendable else None
        frame = caller
    return None


def is_below(frame: FrameType) -> bool:
    """Tell whether the caller was called, through whatever, from `frame`."""
    found: FrameType | None = sys._getframe(1)
    while found is not None and found is not frame:
        found = found.f_back
    return found is not None


def within(block: Callable[[], AbstractContextManager[Any]], f: Any) -> Any:
    """Return `f` with its body in a block; the body of a generator or coroutine is in the block
    whenever it runs."""
    import inspect  # here, because an import of the package has no need of it

    def call(*args: Any, **named: Any) -> Any:
        with block():
            return f(*args, **named)

    def generate(*args: Any, **named: Any) -> Any:
        with block():
            return (yield from f(*args, **named))

    async def run(*args: Any, **named: Any) -> Any:
        with block():
            return await f(*args, **named)

    async def generate_async(*args: Any, **named: Any) -> Any:
        with block():
            generator = f(*args, **named)
            step = generator.__anext__()
            while True:
                try:
                    item = await step
                except StopAsyncIteration:
                    return
                try:
                    step = generator.asend((yield item))
                except GeneratorExit:
                    await generator.aclose()
                    raise
                except BaseException as error:
                    step = generator.athrow(error)

    if inspect.isasyncgenfunction(f):
        return functools.wraps(f)(generate_async)
    if inspect.iscoroutinefunction(f):
        return functools.wraps(f)(run)
    return functools.wraps(f)(generate if inspect.isgeneratorfunction(f) else call)
