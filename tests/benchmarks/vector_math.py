"""The machine's functions on vectors, beside NumPy's and the C library's, a lane at a time."""

from __future__ import annotations

import ctypes
import math
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import scalargrad as sg
from scalargrad import ops
from scalargrad.codegen.rules_h import on_vectors
from scalargrad.compiler import compile
from scalargrad.rows import Operator

from .timing import Figure, minima

LANES = 65_536
DOMAINS = {"acosh": (1.0, 9.0), "asin": (-1.0, 1.0), "acos": (-1.0, 1.0), "atanh": (-1.0, 1.0)}
ANYWHERE = (0.01, 5.0)

LOOP = """
#include <math.h>
void run(double *out, const double *x, const double *y, long count)
{{
    (void)y;
    for (long i = 0; i < count; i++)
        out[i] = {call};
}}
"""


def on_lanes(row: Operator) -> Any:
    """Reduced to their mean: what is measured is the function, not the memory of its results."""
    if row.arity == 1:
        return compile(lambda x: row(x), batch=("x",), reduce="mean", threads=1)
    return compile(lambda x, y: row(x, y), batch=("x", "y"), reduce="mean", threads=1)


def looped(name: str, arity: int, folder: Path) -> Any:
    """The C library's function in a loop over lanes; None where it has none of that name, or where
    there is no compiler."""
    source, library = folder / f"{name}.c", folder / f"{name}.so"
    source.write_text(LOOP.format(call=f"{name}({', '.join(['x[i]', 'y[i]'][:arity])})"))
    flags = ["-O2", "-fno-builtin", "-Werror=implicit-function-declaration"]
    flags += ["-shared", "-fPIC", "-o", str(library)]
    try:
        subprocess.run(["cc", str(source), *flags, "-lm"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return ctypes.CDLL(str(library)).run


def contestants(row: Operator, folder: Path) -> dict[str, Callable[[], object]]:
    import numpy

    low, high = DOMAINS.get(row.name, ANYWHERE)
    x, y = (numpy.random.default_rng(0).uniform(low, high, LANES) for _ in range(2))
    out = numpy.empty(LANES)
    operands = (x, y)[: row.arity]
    ours = on_lanes(row)
    found: dict[str, Callable[[], object]] = {"ours": lambda: ours(*operands)}
    if hasattr(numpy, row.numpy or row.name):
        theirs = getattr(numpy, row.numpy or row.name)
        found["NumPy"] = lambda: theirs(*operands, out=out)
    if loop := looped(row.name, len(operands), folder):
        # data_as keeps its array alive
        at = [a.ctypes.data_as(ctypes.c_void_p) for a in (out, x, y)]
        found["C library"] = lambda: loop(*at, ctypes.c_long(LANES))
    return found


def figures(quick: bool) -> Iterator[Figure]:
    """Nanoseconds a lane, and the ratios to the others."""
    if sg.engine != "native":
        return
    from scalargrad.native import _machine

    # with narrower vectors some functions take as long as the C library's, which may fuse
    least = 1.2 if _machine.choose("best") == "avx512" else -math.inf
    with tempfile.TemporaryDirectory() as folder:
        for name in ("exp", "log", "erfc") if quick else sorted(on_vectors()):
            best = minima(contestants(getattr(ops, name), Path(folder)), rounds=1 if quick else 5)
            yield Figure(f"vectors: {name}, a lane", best["ours"] / LANES * 1e9, "ns")
            for other, target in (("NumPy", -math.inf), ("C library", least)):
                if other in best:
                    ratio = best[other] / best["ours"]
                    yield Figure(f"vectors: {name}, {other} ÷ ours", ratio, at_least=target)
