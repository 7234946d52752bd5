"""Settings that the standard library and NumPy keep, and a function may ask for.

A few are watched: the context of decimal numbers, what abstract classes were told to accept, lists
and dicts of a module, the package's own functions. The results of the calls in `SETTINGS` cannot
be watched: a function that makes such a call is traced anew each time.
"""

from __future__ import annotations

import abc
import sys
from types import FrameType, FunctionType, MethodType, ModuleType
from typing import Any

from ...rows import Operator
from .chance import is_chance
from .installed import library_of
from .watching import Watch, Where

SETTINGS: dict[str, set[str]] = {
    "asyncio": {"all_tasks", "current_task", "get_event_loop", "get_running_loop"},
    "_asyncio": {"current_task", "get_event_loop", "get_running_loop", "_get_running_loop"},
    "calendar": {"firstweekday", "getfirstweekday"},
    "contextvars": {"copy_context"},
    "_contextvars": {"copy_context"},
    "csv": {"field_size_limit", "get_dialect", "list_dialects", "reader"},
    "_csv": {"field_size_limit", "get_dialect", "list_dialects", "reader"},
    "faulthandler": {"is_enabled"},
    "gc": {"get_count", "get_debug", "get_freeze_count", "get_objects", "get_referents"}
    | {"get_referrers", "get_stats", "get_threshold", "is_finalized", "isenabled"},
    "inspect": {"currentframe", "stack"},
    "linecache": {"getline", "getlines"},
    "locale": {"atof", "atoi", "currency", "format_string", "getlocale", "getpreferredencoding"}
    | {"localeconv", "nl_langinfo", "setlocale", "strcoll", "strxfrm"},
    "_locale": {"localeconv", "nl_langinfo", "setlocale", "strcoll", "strxfrm"},
    "logging": {"getLevelName", "getLevelNamesMapping", "getLogger", "getLoggerClass"},
    "numpy": {"get_printoptions", "get_state", "getbufsize", "geterr", "geterrcall"},
    "os": {"getloadavg", "getpgrp", "getpid", "getppid", "getpriority", "times"}
    | {"popen", "posix_spawn", "sched_getaffinity", "system", "umask", "wait", "waitpid"},
    "random": {"getstate"},
    "resource": {"getrlimit", "getrusage"},
    "shutil": {"disk_usage", "get_terminal_size", "which"},
    "select": {"epoll", "poll", "select"},
    "signal": {"getitimer", "getsignal"},
    "_signal": {"getitimer", "getsignal"},
    "socket": {"getdefaulttimeout", "gethostname"},
    "_socket": {"getdefaulttimeout", "gethostname"},
    "sys": {"_current_frames", "_getframe", "get_asyncgen_hooks", "get_int_max_str_digits"}
    | {"getallocatedblocks", "getprofile", "getrecursionlimit", "getrefcount", "gettrace"}
    | {"getswitchinterval"},
    "subprocess": {"Popen", "call", "check_call", "check_output", "getoutput", "run", "__init__"}
    | {"getstatusoutput"},
    "tempfile": {"NamedTemporaryFile", "SpooledTemporaryFile", "TemporaryDirectory", "__init__"}
    | {"TemporaryFile", "gettempdir", "mkdtemp", "mkstemp", "mktemp"},
    "_thread": {"_is_owned", "acquire", "get_ident", "get_native_id", "locked"},
    "threading": {"active_count", "current_thread", "enumerate", "get_ident", "get_native_id"}
    | {"is_alive", "_is_owned", "acquire", "locked"},
    "tracemalloc": {"get_traced_memory", "is_tracing"},
    "_tracemalloc": {"get_traced_memory", "is_tracing"},
    "weakref": {"getweakrefcount", "getweakrefs"},
    "_weakref": {"getweakrefcount", "getweakrefs"},
}
"""Of each library the functions and methods that tell of what may change between two calls."""
SETTINGS["posix"] = SETTINGS["nt"] = SETTINGS["os"]
CONTAINERS = (list, dict, set)


def is_setting(library: str, name: str) -> bool:
    return name in SETTINGS.get(library, ())


def library_of_call(called: Any) -> str:
    """The library of a function in C, or of the object whose method it is."""
    module = (
        getattr(called, "__module__", None) or type(getattr(called, "__self__", None)).__module__
    )
    return str(module).partition(".")[0]


def library_of_frame(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]


# ------ what is watched
def note_decimals(watch: Watch, x: Any) -> None:
    """Decimal numbers are computed as their context says."""
    if library_of(x) == "decimal":
        watch.ask("decimal", context)


TEXTS = {"str", "repr", "format", "ascii"}
"""Builtins that make texts: NumPy makes those of arrays as it was told."""


def note_texts(watch: Watch) -> None:
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        watch.ask("numpy", lambda: tuple(map(str, numpy.get_printoptions().items())))


def context() -> Any:
    """The context of decimal numbers, but for its flags, which every result sets."""
    import decimal

    now = decimal.getcontext()
    traps = tuple([kind for kind, is_set in now.traps.items() if is_set])
    return (now.prec, now.rounding, now.Emin, now.Emax, now.capitals, now.clamp, *traps)


def note_abstract(watch: Watch, kind: type) -> None:
    """Note an abstract class, which may be told of further classes at any time."""
    if isinstance(kind, abc.ABCMeta):
        watch.ask("abc", abc.get_cache_token)


def of_installed_module(watch: Watch, x: ModuleType, where: Where) -> None:
    """Watch what the code names of an installed module, as far as it may change."""
    held = vars(x)
    note_decimals(watch, x)
    is_own = library_of(x) == OWN_NAME
    for name in sorted(watch.names & held.keys()):
        value = held[name]
        is_kept = type(value) in CONTAINERS and not (x is sys and name == "modules")
        if name[:2] == "__":
            continue
        if is_kept != is_own:
            watch.findings.append(name)
            of_member(watch, watch.look_up(held, name), (where, ".", name))
        elif isinstance(value, ModuleType):
            watch.go([(value, (where, ".", name))])
        elif isinstance(value, MethodType) and is_chance(value.__self__):
            watch.go([(value.__self__, (where, ".", name))])
        elif isinstance(value, type):
            note_abstract(watch, value)


def of_member(watch: Watch, value: Any, where: Where) -> None:
    if is_of_the_package(value):
        watch.identify(value)
    else:
        watch.go([(value, where)])


def is_of_the_package(x: Any) -> bool:
    """Whether a function, a class or an operator is this package's own, and constant."""
    return isinstance(x, (FunctionType, type, Operator)) and library_of(x) == OWN_NAME


OWN_NAME = __name__.partition(".")[0]
