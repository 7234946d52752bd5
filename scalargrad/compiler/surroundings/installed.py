"""Installed code, told by where its file lies: the standard library, site-packages, this package.

Installed code does not change while a program runs: a search of what a function uses ends there.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from functools import lru_cache
from types import CodeType, ModuleType
from typing import Any

from ...modes import PACKAGE

PACKAGES = ("site-packages", "dist-packages")
"""A folder of this name holds what is installed, wherever it stands."""
OF_A_CLASS_IN_PYTHON = 1 << 9
"""The flag of a type that was made while the program ran."""
SAFE = {
    *("builtins", "math", "cmath", "operator", "_operator", "itertools", "functools", "_functools"),
    *("collections", "statistics", "numbers", "fractions", "decimal", "random", "enum", "typing"),
    *("numpy", "scalargrad", "string", "re", "bisect", "heapq", "array", "abc", "contextlib"),
    *("scipy", "warnings", "types", "time", "datetime", "os", "sys", "secrets", "uuid", "logging"),
    *(
        "_random",
        "posix",
        "nt",
        "optree",
        "_collections",
        "_collections_abc",
        "weakref",
        "__future__",
    ),
}
"""Libraries whose functions read no attribute of what they are given whose name is not in the code:
besides those in READERS."""
READERS = {
    *(("operator", "attrgetter"), ("operator", "methodcaller"), ("functools", "singledispatch")),
    *(("builtins", "getattr"), ("builtins", "vars"), ("builtins", "dir"), ("builtins", "hasattr")),
    *(("_operator", "attrgetter"), ("_operator", "methodcaller"), ("builtins", "setattr")),
}


def folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    found = [paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    found += [*site.getsitepackages(), site.getusersitepackages(), PACKAGE]
    # where a browser runs Python its library is one archive, and some of the paths are None
    found.append(os.path.dirname(os.__file__))
    return tuple({os.path.normcase(os.path.realpath(x)) + os.sep for x in found if x})


FOLDERS = folders()


@lru_cache(maxsize=4096)
def is_installed_file(file: str) -> bool:
    """Tell whether a file belongs to what is installed; what has no file, as a notebook's cell or
    the text of exec, does not, unless it is frozen into Python."""
    if file.startswith("<"):
        return file.startswith("<frozen")
    path = os.path.normcase(os.path.realpath(file))
    return path.startswith(FOLDERS) or not set(PACKAGES).isdisjoint(path.split(os.sep))


def is_installed_code(code: CodeType) -> bool:
    return is_installed_file(code.co_filename)


def is_installed_module(module: ModuleType) -> bool:
    file = module.__dict__.get("__file__")
    if isinstance(file, str):
        return is_installed_file(file)
    spec = module.__dict__.get("__spec__")
    origin = getattr(spec, "origin", None)
    if origin in ("built-in", "frozen"):
        return True
    # a package without a file of its own
    folders = list(getattr(spec, "submodule_search_locations", None) or ())
    return bool(folders) and all(is_installed_file(str(x)) for x in folders)


def is_installed_class(kind: type) -> bool:
    if not kind.__flags__ & OF_A_CLASS_IN_PYTHON:
        return True
    name = kind.__dict__.get("__module__")
    module = sys.modules.get(name) if isinstance(name, str) else None
    if module is None or not is_installed_module(module):
        return False
    # what exec makes without a module's name says that it stands among the builtins
    return name != "builtins" or kind.__dict__.get("__qualname__", kind.__name__) in vars(module)


def library_of(x: Any) -> str:
    """The name of the library that an installed function, class or module belongs to."""
    name = x.__name__ if isinstance(x, ModuleType) else getattr(x, "__module__", None)
    return str(name or "builtins").split(".")[0]


def reads_any_attribute(x: Any) -> bool:
    """Tell whether something installed may read attributes of what it is given by any name."""
    library = library_of(x)
    if isinstance(x, ModuleType):
        return library not in SAFE
    return library not in SAFE or (library, getattr(x, "__name__", "")) in READERS or formats(x)


def formats(x: Any) -> bool:
    """Tell whether something is the method of a text that reads what the text says."""
    is_of_a_text = isinstance(getattr(x, "__self__", None), str)
    return is_of_a_text and x.__name__ in ("format", "format_map")
