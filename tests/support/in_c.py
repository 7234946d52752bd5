"""Files in C: built, and their functions called."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

CC = shutil.which("cc")
STRICT = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off")


def built(source: str, folder: Path) -> ctypes.CDLL:
    if CC is None:
        pytest.skip("no C compiler")
    (folder / "f.c").write_text(source, encoding="utf-8")
    command = [CC, *STRICT, "-shared", "-fPIC", str(folder / "f.c"), "-o", str(folder / "f.so")]
    done = subprocess.run([*command, "-lm"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + source
    return ctypes.CDLL(str(folder / "f.so"))


def run(function: Any, numbers: Sequence[float], lanes: Any, results: int, columns: int) -> Any:
    """Call a function of a C file; return its results and columns."""
    count = len(lanes[0]) if lanes else 1
    pointer = ctypes.POINTER(ctypes.c_double)
    made = [np.zeros(count) for _ in range(columns)]
    out = np.zeros(max(results, 1))

    def table(arrays: Any) -> Any:
        return (pointer * max(len(arrays), 1))(*(x.ctypes.data_as(pointer) for x in arrays))

    given = np.array([*numbers, 0.0])
    function.restype = None
    function(
        given.ctypes.data_as(pointer),
        table(lanes),
        ctypes.c_long(count),
        out.ctypes.data_as(pointer),
        table(made),
    )
    return out[:results].tolist(), made
