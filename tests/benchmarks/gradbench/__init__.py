"""GradBench's measure: the mean time of calls for a second, the first call among them; here it is
the processor's time, of one thread.

Each tool has a process for each evaluation, with a time limit; the numbers that it finds are held
against ours. `python -m tests.benchmarks.gradbench` prints all, `… TOOL EVALUATION` one.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from tests.support.places import CHECKOUT, environment

from ..compiled import ENVIRONMENT
from .inputs import EVALUATIONS

TOOLS = {"scalargrad": "ours", "c++": "C++ by hand", "jax": "JAX", "autograd": "autograd"}
LIMIT = 300.0
"""Seconds that a tool has for an evaluation."""


def rows(quick: bool) -> Iterator[dict[str, Any]]:
    """For each evaluation the time of each tool: milliseconds, summed over functions and inputs;
    None where the tool does not have it, or takes too long."""
    for name, evaluation in EVALUATIONS.items():
        found = {tool: measured(tool, name, quick) for tool in TOOLS}
        assert all(same(x, found["scalargrad"] or x) for x in found.values() if x), name
        inputs = [label for label, _ in evaluation.inputs()]
        times = {tool: milliseconds(x) for tool, x in found.items()}
        yield {"evaluation": name, "inputs": inputs[:1] if quick else inputs, "times": times}


def milliseconds(found: list[dict[str, Any]] | None) -> float | None:
    return None if found is None else sum(x["milliseconds"] for x in found)


def measured(tool: str, name: str, quick: bool) -> list[dict[str, Any]] | None:
    """What one tool took for each function and input of an evaluation."""
    command = [sys.executable, "-m", __name__, tool, name, *(["--quick"] if quick else [])]
    try:
        done = subprocess.run(
            command,
            cwd=CHECKOUT,
            env=environment(**ENVIRONMENT),
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        raise RuntimeError(f"{tool} failed in {name}:\n{done.stderr}")
    found: list[dict[str, Any]] | None = json.loads(done.stdout.splitlines()[-1])
    return found


def same(found: list[dict[str, Any]], others: list[dict[str, Any]]) -> bool:
    """Whether two tools found the same numbers: their sums, plain and weighed, tell."""
    pairs = ((x, y) for a, b in zip(found, others) for x, y in zip(a["sums"], b["sums"]))
    return all(math.isclose(x, y, rel_tol=1e-7, abs_tol=1e-7) for x, y in pairs)
