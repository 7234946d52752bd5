"""The benchmarks run in their short form, and nothing has broken down by a factor of three."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent / "benchmarks"


@pytest.fixture(scope="module")
def quick() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--quick"],
        cwd=BENCHMARKS.parents[1],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
    )


def environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONIOENCODING": "utf-8"}
