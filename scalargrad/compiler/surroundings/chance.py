"""Chance and clocks: which objects and calls give another number each time, and whether one did."""

from __future__ import annotations

import builtins
import importlib
import io
import logging
import operator
import os
import random
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable
from datetime import date
from functools import partial
from io import IOBase
from types import BuiltinFunctionType, FrameType, FunctionType, GeneratorType, ModuleType
from typing import Any

from .bytecode import ANYTHING
from .installed import is_installed_code, library_of
from .settings import SETTINGS, is_setting, library_of_call, library_of_frame

CLOCKS = {
    *("time", "monotonic", "perf_counter", "process_time", "thread_time", "localtime", "gmtime"),
    *("time_ns", "monotonic_ns", "perf_counter_ns", "process_time_ns", "thread_time_ns", "ctime"),
    *("clock_gettime", "clock_gettime_ns"),
}
NOW = {"now", "utcnow", "today"}
SEEDED_BY_CHANCE = {
    *("default_rng", "RandomState", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox"),
    *("SFC64", "Generator"),
}
NOTICED: dict[str, set[str]] = {
    "time": CLOCKS,
    "datetime": {*NOW, "datetime", "date"},
    "os": {"urandom", "getrandom"},
    "posix": {"urandom", "getrandom"},
    "random": {"Random", "SystemRandom"},
    "numpy": SEEDED_BY_CHANCE,
    "builtins": {"print", "open", "input", "eval", "exec", "globals", "compile", "__import__"},
    "io": {"open"},
    "sys": {"stdout", "stderr", "__stdout__", "__stderr__"},
    "logging": {"debug", "info", "warning", "error", "exception", "critical", "log"},
    "warnings": {"warn"},
    "_warnings": {"warn"},
    "_io": {"open"},
    "importlib": {"import_module", "reload"},
    **dict.fromkeys(
        ("secrets", "uuid"),
        {"choice", "randbelow", "randbits", "SystemRandom", "token_bytes", "token_hex", "uuid1"}
        | {"token_urlsafe", "uuid4"},
    ),
}
"""Of each library what makes the walk have calls noticed, where the code can reach it."""
READS_FILES = {
    *("read_text", "read_bytes", "open", "load", "loadtxt", "genfromtxt", "read_csv"),
    *("exists", "isfile", "isdir", "is_file", "is_dir", "stat", "getsize", "getmtime", "access"),
    *("listdir", "scandir", "iterdir", "glob", "getcwd", "cwd", "readlink"),
}
"""Attributes with which code may ask for files: that is noticed too."""
OF_FILES = {"genericpath", "posixpath", "ntpath", "pathlib", "glob", "os"}
"""Modules that ask the system for files whenever they are asked for them."""
DRAWING = {"random", "secrets", "uuid"}
"""What these modules do is as if the function did it that calls them."""


def refused_calls() -> dict[Any, str]:
    found = {getattr(time, name): f"time.{name}()" for name in CLOCKS if hasattr(time, name)}
    for name in ("urandom", "getrandom"):
        if hasattr(os, name):
            found[getattr(os, name)] = f"os.{name}()"
    return found


REFUSED = refused_calls()
REPEATED: dict[Any, str] = {
    builtins.print: "print()",
    builtins.input: "input()",
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


def is_suspect(names: set[str], x: Any) -> bool:
    """Tell whether with `x` the code can reach a call that is to be noticed."""
    if isinstance(x, (BuiltinFunctionType, FunctionType, type)):
        return is_noticed(library_of(x), x.__name__)
    if isinstance(x, ModuleType):
        library = library_of(x)
        if names >= ANYTHING:
            return library in NOTICED or library in SETTINGS
        return any(is_noticed(library, name) for name in names)
    methods = SETTINGS.get(type(x).__module__)
    if methods and not methods.isdisjoint(names):
        return True
    return isinstance(x, (random.SystemRandom, GeneratorType))


def is_noticed(library: str, name: str) -> bool:
    return name in NOTICED.get(library, ()) or is_setting(library, name)


# ------ what has a state
def numpy_random() -> Any:
    return sys.modules.get("numpy.random")


def is_chance(x: Any) -> bool:
    found = numpy_random()
    return isinstance(x, (random.Random, GeneratorType)) or (
        found is not None
        and isinstance(x, (found.Generator, found.RandomState, found.BitGenerator))
    )


def has_readable_state(x: Any) -> bool:
    """Whether `state_of` tells how far an iterator is."""
    return hasattr(type(x), "__length_hint__") or type(x).__name__ == "count"


def state_of(x: Any) -> Any:
    """What changes in it whenever a number is taken from it; None if it has no such state."""
    if isinstance(x, (random.SystemRandom, GeneratorType)):
        return None
    if isinstance(x, random.Random):
        return x.getstate()
    if hasattr(x, "bit_generator"):
        return x.bit_generator.state
    if hasattr(x, "get_state"):
        return x.get_state(legacy=False)
    if hasattr(x, "random_raw"):
        return x.state
    return operator.length_hint(x) if hasattr(type(x), "__length_hint__") else repr(x)


def set_state(x: Any, state: Any) -> None:
    if isinstance(x, random.Random):
        x.setstate(state)
    elif hasattr(x, "bit_generator"):
        x.bit_generator.state = state
    elif hasattr(x, "get_state"):
        x.set_state(state)
    elif hasattr(x, "random_raw"):
        x.state = state


def same(x: Any, y: Any) -> bool:
    """Whether two states are equal, arrays in them included."""
    if isinstance(x, dict):
        return x.keys() == y.keys() and all(same(x[key], y[key]) for key in x)
    return bool((x == y).all()) if hasattr(x, "shape") else bool(x == y)


class Chance:
    """The generators within reach of a function, as they were before it ran."""

    def __init__(self, reached: list[tuple[str, Any]]) -> None:
        # a method of another name may share a generator's state
        sources = [("random", getattr(random, "_inst")), *reached]  # noqa: B009
        found = numpy_random()
        if found is not None:
            sources.append(("np.random", found.mtrand._rand))
        self.before = [(where, x, state_of(x)) for where, x in sources]
        self.is_used_up = False
        """Whether what was drawn from is an iterator, which cannot be set back."""

    def drawn(self) -> str | None:
        """Which of them the function took a number from, if any."""
        for where, x, state in self.before:
            if not same(state, state_of(x)):
                self.is_used_up = hasattr(type(x), "__next__")
                return where
        return None

    def restore(self) -> None:
        for _, x, state in self.before:
            if state is not None:
                set_state(x, state)


# ------ what has none
class Calls:
    """The calls that a traced function makes of clocks, of sources of chance without a state, and
    of what has to happen at each call."""

    def __init__(self, generators: list[Any], repeated: Callable[[str], None]) -> None:
        self.frames = {id(x.gi_frame) for x in generators if isinstance(x, GeneratorType)}
        self.repeated = repeated
        self.refused: str | None = None

    def notice(self, frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            self.notice_own(frame)
        elif event == "c_call":
            try:
                what, again = REFUSED.get(called), REPEATED.get(called)
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
        elif code is random.Random.__init__.__code__ and frame.f_locals.get("x") is None:
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


class Profiled(IOBase):
    """A block in which `notice` is Python's profiler. C code puts back what was before: an IOBase
    is left by C code that calls `close`."""

    closed = True

    def __init__(self, notice: Callable[..., None]) -> None:
        self.notice = notice
        self.close = partial(deque, map(sys.setprofile, [sys.getprofile()]), 0)  # type: ignore

    def __enter__(self) -> Any:
        try:
            sys.setprofile(self.notice)
        except BaseException:
            self.close()
            raise


def noticing(calls: Calls) -> Profiled:
    return Profiled(calls.notice)
