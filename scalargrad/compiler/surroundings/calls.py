"""The calls that a function makes while it is traced, of clocks, settings, files and the like.

Some give another answer each time, and are refused; after others the function is traced anew at
each call.
"""

from __future__ import annotations

import builtins
import importlib
import io
import logging
import os
import random
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from types import FrameType, GeneratorType
from typing import Any

from ...profiled import Profiled
from .installed import is_installed_code
from .settings import is_setting, library_of_call, library_of_frame
from .suspects import CLOCKS, NOW

OF_FILES = {"genericpath", "posixpath", "ntpath", "pathlib", "glob", "os"}
"""Modules that ask the system for files whenever they are asked for them."""
DRAWING = {"random", "secrets", "uuid"}
"""Modules that draw on behalf of the function that calls them."""


def refused_calls() -> dict[Any, str]:
    found = {getattr(time, name): f"time.{name}()" for name in CLOCKS if hasattr(time, name)}
    for name in ("urandom", "getrandom"):
        if hasattr(os, name):
            found[getattr(os, name)] = f"os.{name}()"
    return found


REFUSED = refused_calls()
TAKING: dict[Any, str] = {
    builtins.input: "input()",
    **{getattr(os, x): f"os.{x}()" for x in ("read", "readv") if hasattr(os, x)},
}
"""Calls that take away what they return."""
REPEATED: dict[Any, str] = {
    builtins.print: "print()",
    **TAKING,
    io.open: "open()",
    warnings.warn: "warnings.warn()",
    **{
        x: f"{x.__name__}(), which reads by any name"
        for x in (builtins.eval, builtins.exec, builtins.globals, builtins.__import__)
    },
    **{
        getattr(os, name): f"os.{name}()"
        for name in ("stat", "lstat", "listdir", "scandir", "getcwd", "access", "readlink")
        if hasattr(os, name)
    },
}
"""Calls after which a function is traced anew each time."""


class Calls:
    """The calls that a traced function makes of clocks, of sources of chance without a state, and
    of what has to happen at each call."""

    def __init__(self, generators: list[Any], repeated: Callable[[str], None]) -> None:
        self.frames = {id(x.gi_frame) for x in generators if isinstance(x, GeneratorType)}
        self.repeated = repeated
        self.refused: str | None = None
        self.taken: str | None = None
        """The first call that took something away."""

    def notice(self, frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            self.notice_own(frame)
        elif event == "c_call":
            try:
                what, again = REFUSED.get(called), REPEATED.get(called)
                self.taken = self.taken or TAKING.get(called)
            except TypeError:
                return
            if is_output(called):
                again = "write()"
            elif is_setting(library := library_of_call(called), called.__name__):
                again = said(library, called.__name__)
            if again and (called is io.open or not is_library(frame)):
                self.repeated(again)
            elif (what or is_now(called)) and not is_library(frame):
                self.refused = self.refused or what or f"{called.__name__}()"

    def notice_own(self, frame: FrameType) -> None:
        code = frame.f_code
        if id(frame) in self.frames:
            self.refused = self.refused or "next() of a generator from outside"
        elif code is random.Random.__init__.__code__ and is_unseeded(frame):
            self.refused = self.refused or "a generator without a seed"
        elif code.co_name == "uuid1" and frame.f_globals.get("__name__") == "uuid":
            self.refused = self.refused or "uuid.uuid1()"
        elif is_setting(library := library_of_frame(frame), code.co_name):
            if frame.f_back is None or not is_library(frame.f_back):
                self.repeated(said(library, code.co_name))
        elif code is importlib.import_module.__code__:
            self.repeated("import_module(), which imports by any name")
        elif code is logging.Logger.handle.__code__:
            self.repeated("logging")
        elif code.co_name == "write" and frame.f_locals.get("self") in (sys.stdout, sys.stderr):
            self.repeated("write()")


def is_unseeded(frame: FrameType) -> bool:
    """Whether this makes a generator without a seed; tempfile keeps one, and asking it for a name
    is noticed by itself."""
    by = frame.f_back and library_of_frame(frame.f_back)
    return frame.f_locals.get("x") is None and by != "tempfile"


def said(library: str, name: str) -> str:
    return f"{library.removeprefix('_')}.{name}(), which tells of a setting"


def is_output(called: Any) -> bool:
    return isinstance(getattr(called, "__self__", None), io.IOBase) and called.__name__ == "write"


def is_now(called: Any) -> bool:
    holder = getattr(called, "__self__", None)
    return isinstance(holder, type) and issubclass(holder, date) and called.__name__ in NOW


def is_library(frame: FrameType) -> bool:
    """Whether a call comes from a library for a purpose of its own."""
    name = str(frame.f_globals.get("__name__")).partition(".")[0]
    return name not in DRAWING | OF_FILES and is_installed_code(frame.f_code)


def noticing(calls: Calls) -> Profiled:
    return Profiled(calls.notice)


def unnoticed() -> AbstractContextManager[Any]:
    """A `with` block in which the package is at work, and no code of the user's: there no calls are
    noticed. To be told of each would take ten times as long as the work."""
    is_noticing = isinstance(getattr(sys.getprofile(), "__self__", None), Calls)
    return Profiled(None) if is_noticing else nullcontext()
