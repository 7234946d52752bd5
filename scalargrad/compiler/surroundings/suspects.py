"""Objects and names with which code can reach a call that another run may answer otherwise.

The search of the surroundings of a function asks whether there are any: only then are the calls
noticed, which takes time (`calls.py`).
"""

from __future__ import annotations

import random
from types import BuiltinFunctionType, FunctionType, GeneratorType, ModuleType
from typing import Any

from .bytecode import ANYTHING
from .installed import library_of
from .settings import SETTINGS, is_setting

CLOCKS = {
    *("time", "monotonic", "perf_counter", "process_time", "thread_time", "localtime", "gmtime"),
    *("time_ns", "monotonic_ns", "perf_counter_ns", "process_time_ns", "thread_time_ns", "ctime"),
    *("clock_gettime", "clock_gettime_ns", "asctime", "strftime"),
}
NOW = {"now", "utcnow", "today"}
SEEDED_BY_CHANCE = {
    *("default_rng", "RandomState", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox"),
    *("SFC64", "Generator"),
}
NOTICED: dict[str, set[str]] = {
    "time": CLOCKS,
    "datetime": {*NOW, "datetime", "date"},
    "os": {"urandom", "getrandom", "read", "readv"},
    "posix": {"urandom", "getrandom", "read", "readv"},
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
"""Of each library the names that make the search have calls noticed, where code can reach them."""
READS_FILES = {
    *("read_text", "read_bytes", "open", "load", "loadtxt", "genfromtxt", "read_csv"),
    *("exists", "isfile", "isdir", "is_file", "is_dir", "stat", "getsize", "getmtime", "access"),
    *("listdir", "scandir", "iterdir", "glob", "getcwd", "cwd", "readlink"),
}
"""Attributes with which code may ask for files."""


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
