"""The versions of Python that are supported, where they are found beside the one in use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.14")
OTHERS = [x for x in SUPPORTED if x != f"{sys.version_info.major}.{sys.version_info.minor}"]


def candidates(version: str) -> Iterator[str]:
    yield f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python")))


def found(version: str) -> str:
    """The program of this version, on the PATH or by pyenv; the test is skipped where it is not."""
    for program in candidates(version):
        try:
            subprocess.run([program, "-c", ""], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return program
    pytest.skip(f"Python {version} is not installed")
