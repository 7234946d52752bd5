"""`python -m tests.benchmarks.gradbench [TOOL EVALUATION] [--quick]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from importlib import import_module, util
from time import process_time
from typing import Any

import numpy

from tests.support.places import EXAMPLES

from . import TOOLS, by_hand, in_arrays, rows
from .inputs import EVALUATIONS

Calls = dict[str, Callable[[], Any]]


def of_scalargrad(name: str) -> Callable[[Any], Calls]:
    sys.path.insert(0, str(EXAMPLES / "gradbench"))
    functions = import_module(f"evaluations.{name}").FUNCTIONS
    return lambda given: {key: make(given).call for key, make in functions.items()}


def of_arrays(make: Callable[[], Any], known: in_arrays.Evaluations, name: str) -> Any:
    if name not in known:
        return None
    tool = make()
    return lambda given: known[name](tool, given)


def evaluation_of(tool: str, name: str) -> Callable[[Any], Calls] | None:
    """What makes the calls of an evaluation, of an input; None where a tool has none."""
    if tool == "scalargrad":
        return of_scalargrad(name)
    if tool == "c++":
        return by_hand.EVALUATIONS.get(name) if by_hand.is_there() else None
    if util.find_spec(tool) is None:
        return None
    if tool == "jax":
        return of_arrays(in_arrays.InJax, in_arrays.OF_JAX, name)
    return of_arrays(in_arrays.InAutograd, in_arrays.OF_AUTOGRAD, name)


def mean(call: Callable[[], Any], seconds: float) -> tuple[Any, float]:
    """The result, and the mean time in milliseconds, the first call among them. The processor's
    time: what else the machine does then counts for no tool."""
    count, spent = 0, 0.0
    while not count or spent < seconds:
        start = process_time()
        found = call()
        spent += process_time() - start
        count += 1
    return found, 1e3 * spent / count


def numbers(found: Any) -> Any:
    if isinstance(found, dict):
        return numpy.concatenate([numbers(x) for x in found.values()])
    if isinstance(found, (tuple, list)):
        return numpy.concatenate([numbers(x) for x in found])
    return numpy.asarray(found, float).ravel()


def sums(found: Any) -> list[float]:
    """Which tell whether two tools found the same: of the numbers, and with weights."""
    flat = numbers(found)
    return [float(flat.sum()), float(flat @ numpy.cos(numpy.arange(len(flat))))]


def run(tool: str, name: str, quick: bool) -> list[dict[str, Any]] | None:
    make = evaluation_of(tool, name)
    if make is None:
        return None
    found = []
    evaluation = EVALUATIONS[name]
    for label, given in evaluation.inputs():
        calls = make(given)
        for function in evaluation.functions:
            result, time = mean(calls[function], 0.02 if quick else 1.0)
            entry = {"input": label, "function": function, "milliseconds": time}
            found.append(entry | {"sums": sums(result)})
        if quick:
            break
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gradbench")
    parser.add_argument("tool", nargs="?", choices=TOOLS)
    parser.add_argument("evaluation", nargs="?", choices=EVALUATIONS)
    parser.add_argument("--quick", action="store_true", help="one small input, and no full second")
    options = parser.parse_args()
    if options.evaluation:
        print(json.dumps(run(options.tool, options.evaluation, options.quick)))
        return
    for row in rows(options.quick):
        print(row["evaluation"], row["times"], flush=True)


if __name__ == "__main__":
    main()
