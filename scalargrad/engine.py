"""The one switch: which Value is in use, native or pure, and the functions that go with it.

SCALARGRAD_ENGINE=pure forbids the native part, SCALARGRAD_ENGINE=native requires it; without
either it is used where it was built. No other file knows that there are two.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any
from warnings import warn

from . import copying
from .methods import Value as PureValue
from .rows import BUILT_IN, Operator
from .updates import update as update

wanted = os.environ.get("SCALARGRAD_ENGINE", "")
if wanted not in ("", "pure", "native"):
    raise ImportError(f"SCALARGRAD_ENGINE must be 'pure' or 'native', got {wanted!r}")

Value: Any = PureValue
engine = "pure"


def function(op: Operator) -> Any:
    """Return the callable that a row is to users: the row itself, or its native twin."""
    return op


def built(part: str) -> Any:
    """Return a native part by its name; None where it was not built, or, with a warning, of other
    tables than today's. Raises ImportError where it does not load, or is required."""
    name = f"{__package__}.native.{part}"
    try:
        return import_module(name)
    except ImportError as error:
        if wanted == "native":
            raise
        if isinstance(error, ModuleNotFoundError) and error.name == name:
            return None
        if error.name is None:  # not the loader's error, but ours: a table has changed since
            warn(f"{error}; until then the pure engine runs", RuntimeWarning, stacklevel=2)
            return None
        raise ImportError(
            f"{name} was built, but does not load ({error}): build it anew, or set "
            "SCALARGRAD_ENGINE=pure to do without it"
        ) from error


if wanted != "pure" and built("_engine") is not None:
    from .native import Value, function, update  # type: ignore  # noqa: F401

    engine = "native"

# asked after the native part was loaded: for that, a Python without its lock takes it up again
if not getattr(sys, "_is_gil_enabled", lambda: True)():
    raise ImportError(
        "scalargrad needs the global interpreter lock (GIL), and this Python runs without it: "
        "set PYTHON_GIL=1, or start it as python -X gil=1"
    )

copying.chosen = Value
functions = {name: function(op) for name, op in BUILT_IN.items() if not op.hidden}
spellings = {op.numpy: functions[name] for name, op in BUILT_IN.items() if op.numpy}
"""The same functions by NumPy's names, where these differ."""
globals().update(functions | spellings)
__all__ = ["Value", *functions, *spellings]
