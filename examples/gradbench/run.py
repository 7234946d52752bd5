"""scalargrad as a tool of GradBench, a public suite of benchmarks of automatic differentiation.

    python examples/gradbench/run.py

speaks the protocol of the suite on standard input and output: a JSON object on each line. Each
evaluation is a file beside this one, and each of its functions takes an input and returns a
`Run`: what is timed, and what makes JSON of its result. Source: gradbench.dev, its description of
messages.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from time import perf_counter_ns
from types import ModuleType
from typing import Any

EVALUATIONS = (
    *("hello", "gmm", "ba", "lstm", "ht", "kmeans"),
    *("llsq", "lse", "ode", "particle", "saddle", "det"),
)


def module_of(name: str) -> ModuleType:
    if name not in EVALUATIONS:
        raise ValueError(f"expected one of {', '.join(EVALUATIONS)}, got {name!r}")
    return import_module(f"evaluations.{name}")


def define(message: dict[str, Any]) -> dict[str, Any]:
    module_of(message["module"])
    return {"success": True}


def evaluate(message: dict[str, Any]) -> dict[str, Any]:
    given = message["input"]
    function = module_of(message["module"]).FUNCTIONS[message["function"]]
    run = function(given)
    limits = given if isinstance(given, dict) else {}
    found, times = timed(run.call, limits.get("min_runs", 1), limits.get("min_seconds", 0.0))
    timings = [{"name": "evaluate", "nanoseconds": time} for time in times]
    return {"success": True, "output": run.shown(found), "timings": timings}


def timed(call: Callable[[], Any], runs: int, seconds: float) -> tuple[Any, list[int]]:
    """Call so often, and so long, as is asked for; return the last result and each time."""
    times: list[int] = []
    while len(times) < max(runs, 1) or sum(times) < seconds * 1e9:
        start = perf_counter_ns()
        found = call()
        times.append(perf_counter_ns() - start)
    return found, times


ANSWERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "start": lambda message: {"tool": "scalargrad"},
    "define": define,
    "evaluate": evaluate,
}


def answer(message: dict[str, Any]) -> dict[str, Any]:
    """The answer to a message; one of another kind wants nothing but its number back."""
    try:
        found = ANSWERS.get(message["kind"], lambda message: {})(message)
    except Exception:
        # the suite goes on with its next message
        found = {"success": False, "error": traceback.format_exc()}
    return {"id": message["id"], **found}


def answers(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield json.dumps(answer(json.loads(line)))


def main() -> None:
    for line in answers(sys.stdin):
        print(line, flush=True)


if __name__ == "__main__":
    main()
