"""How many instructions of the native part each hot path takes, counted by callgrind.

A count repeats exactly, however busy the machine is, where times never do. What is counted is the
work of the two extensions themselves: neither that of Python nor of the C library, which other
versions do otherwise. Compilers differ, and the headers of each version of Python; so a count is
only held against one with the same `conditions`. `python docs/measure.py instructions` records the
counts; a test holds them.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.places import CHECKOUT, PACKAGE, TESTS, environment

from .counted import PATHS

EXTENSIONS = ("_engine", "_machine")
VALGRIND = (
    *("valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no"),
    *("--compress-strings=no", "--compress-pos=no"),
)
SETTINGS = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "SCALARGRAD_ENGINE": "native",
    "OPENBLAS_NUM_THREADS": "1",
}
KEPT = ("PATH", "PYTHONPATH", "OPENBLAS_CORETYPE")


TOLERANCE = 0.03
"""By so much a count may differ from the one recorded."""


class Counted(NamedTuple):
    """Instructions by path, and what they depend on beside the code."""

    conditions: list[str]
    paths: dict[str, int]


def counted() -> Counted:
    """Count. Raises CalledProcessError if the program fails."""
    with tempfile.TemporaryDirectory() as folder:
        library, out = Path(folder) / "counting.so", Path(folder) / "counted"
        run("cc", "-shared", "-fPIC", str(TESTS / "support" / "counting.c"), "-o", str(library))
        program = sys.executable, "-m", "tests.benchmarks.counted", str(library)
        instruction_set = run(*VALGRIND, f"--callgrind-out-file={out}", *program).strip()
        # a part for each path, counted from 1
        parts = [out.with_suffix(f".{k + 1}") for k in range(len(PATHS))]
        found = {name: own(part.read_text("utf-8")) for name, part in zip(PATHS, parts)}
    version = ".".join(platform.python_version_tuple()[:2])
    return Counted([compiler(), f"CPython {version}", platform.machine(), instruction_set], found)


def run(*command: str) -> str:
    around = environment()
    kept = {name: around[name] for name in KEPT if name in around}
    settings = {**kept, **SETTINGS}
    return subprocess.run(
        command, cwd=CHECKOUT, env=settings, check=True, stdout=subprocess.PIPE, encoding="utf-8"
    ).stdout


def compiler() -> str:
    """By whom the machine was compiled, and the major version: compilers write it into objects."""
    built = next((PACKAGE / "native").glob("_machine.*.so")).read_bytes()
    said = re.findall(rb"(GCC: \(.*?\)|clang version) (\d+)", built)
    names = {f"{re.split('[: ]', who.decode())[0]} {major.decode()}" for who, major in said}
    return " and ".join(sorted(names))


def own(text: str) -> int:
    """What the extensions took themselves, from what callgrind wrote: the cost of the lines of
    their functions, without the lines that tell the cost of a call."""
    return sum(cost for file, cost in costs(text) if file.name.partition(".")[0] in EXTENSIONS)


def costs(text: str) -> Iterator[tuple[Path, int]]:
    """The object file and the cost of each line of functions."""
    file, is_call = Path(), False
    for line in text.splitlines():
        if line.startswith("ob="):
            file = Path(line.removeprefix("ob="))
        elif re.match(r"\d", line):
            if not is_call:
                yield file, int(line.split()[-1])
            is_call = False
        elif line.startswith("calls="):
            is_call = True
