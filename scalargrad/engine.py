"""The one switch: which Value is in use, native or pure, and the functions that go with it.

SCALARGRAD_ENGINE=pure forbids the native part, SCALARGRAD_ENGINE=native requires it; without
either it is used where it was built. No other file knows that there are two.
"""

from __future__ import annotations

import os
import sys
from typing import Any

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


if wanted != "pure":
    try:
        from .native import Value, function, update  # type: ignore  # noqa: F401

        engine = "native"
    except ImportError:
        if wanted == "native":
            raise

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
