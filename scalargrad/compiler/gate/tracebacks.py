"""Tracebacks of errors in a function that is traced, without the compiler's own frames between the
call of the gate and the function."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from ..inputs.arguments import Arguments
from ..passes import record
from ..trace.arithmetic import is_ours

RUNS = record.ran.__code__
"""The code that runs a function on Tracers, and reads what it returns."""
CALLS = Arguments.applied.__code__
"""The code that calls the function."""


def without_inner_frames(error: Exception) -> Exception:
    """Return the error with the traceback from the user's function on; from the code that read its
    result, if that is at fault. The traceback of any other error stays as it is but for its first
    part, that of the caller, who is about to raise the error again."""
    assert error.__traceback__ is not None
    below = error.__traceback__.tb_next
    called = first(below, lambda at: at.tb_frame.f_code is CALLS)
    rest = first(called, lambda at: not is_ours(at.tb_frame.f_globals)) or called
    rest = rest or first(below, lambda at: at.tb_frame.f_code is RUNS)
    return BaseException.with_traceback(error, rest or below)


def first(
    at: TracebackType | None, wanted: Callable[[TracebackType], bool]
) -> TracebackType | None:
    """The first part of a traceback that is wanted."""
    while at is not None and not wanted(at):
        at = at.tb_next
    return at
