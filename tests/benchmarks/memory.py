"""Memory of a binary node, as the process's resident set grows; and whether it comes back.

Each measurement is a fresh process, which has no free memory lying about to hide the growth.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import scalargrad as sg
from tests.support.places import environment

from .peers import present
from .timing import Figure

RESIDENT = """
import os
page = os.sysconf("SC_PAGE_SIZE")

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * page
"""
"""Defines how many bytes a process holds."""
SCRIPT = """
import gc, json, sys
from {module} import Value

gc.disable()
{resident}

def build(count):
    x = y = Value(1.0000001)
    for _ in range(count):
        y = y * x
    return y

build({warm})
before = resident()
y = build({count})
full = resident()
del y
gc.collect() if {cyclic} else None
y = build({count})
again = resident()
del y
print(json.dumps([before, full, again]))
"""


def resident_sizes(module: str, count: int, cyclic: bool = False) -> tuple[int, int, int]:
    """Bytes resident before building `count` nodes, with them, and with as many built anew."""
    script = SCRIPT.format(module=module, count=count, cyclic=cyclic, warm=100, resident=RESIDENT)
    found = subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, check=True
    )
    before, full, again = json.loads(found.stdout)
    return before, full, again


def figures(quick: bool) -> Iterator[Figure]:
    """Bytes a node, the growth when all of it is dropped and built again, and micrograd's."""
    if not Path("/proc/self/statm").exists():
        return
    count = 100_000 if quick else 1_000_000
    before, full, again = resident_sizes("scalargrad", count)
    each = (full - before) / count
    at_most = 80.0 if sg.engine == "native" else math.inf
    yield Figure("memory: a binary node", each, "bytes", at_most)
    kept = 100.0 * (again - full) / (full - before)
    yield Figure("memory: not returned by reference counting alone", kept, "%", at_most=5.0)
    if present("micrograd"):
        # deep graphs of micrograd overflow the stack when they are freed: keep this one small
        start, theirs, _ = resident_sizes("micrograd.engine", 10_000, cyclic=True)
        yield Figure("memory: micrograd's node ÷ ours", (theirs - start) / 10_000 / each)
