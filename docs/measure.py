"""`python docs/measure.py [accuracy] [calls] [gradbench] [loops] [speed] [--quick]`: write
measured/*.json.

The site shows these figures; measuring takes minutes, so it is no part of a build. All subjects
are measured if none is named. Needs the extras `test` and `bench`; peers that are not installed
are passed over.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import scalargrad as sg  # noqa: E402
from scalargrad.rows import BUILT_IN, Operator  # noqa: E402
from tests.support import reference  # noqa: E402

POINTS = 200
LENGTH = 10
"""Numbers in a list that a fold is measured on; a dot product has two such lists, and a bias."""
SUMMANDS = 0.1, 4.0
"""Of one sign: where sums cancel, an error relative to the result says nothing of the sum."""
SMALLEST_NORMAL = 2.0**-1022


# ------ accuracy


def points(row: Operator, count: int) -> Iterator[list[float]]:
    """Operands drawn between the row's own samples; those that must be whole stay as they are.
    Operands of folds are drawn from one range."""
    if row.arity is None:
        yield from lists(row, count)
        return
    samples = reference.sample_operands(row)
    smooth = reference.smooth_operands(row.name, samples[0])
    bounds = [(min(x), max(x)) for x in zip(*samples)]
    draw = random.Random(row.name)
    for k in range(count):
        operands = list(samples[k % len(samples)])
        for i in smooth:
            operands[i] = draw.uniform(*bounds[i])
        yield operands


def lists(row: Operator, count: int) -> Iterator[list[float]]:
    draw = random.Random(row.name)
    length = 2 * LENGTH + 1 if row.name == "dot" else LENGTH
    for _ in range(count):
        yield [draw.uniform(*SUMMANDS) for _ in range(length)]


def errors(row: Operator, operands: Sequence[float]) -> tuple[float, float]:
    """The error of the value, and the largest of the gradients', in units in the last place."""
    leaves = [sg.Value(x) for x in operands]
    out = reference.call(row, leaves)
    value = error(out.data, reference.exact_value(row.name, operands))
    out.backward()
    slopes = [
        error(leaves[i].grad, reference.exact_derivative(row.name, operands, i))
        for i in reference.smooth_operands(row.name, operands)
    ]
    return value, max(slopes, default=0.0)


def error(found: float, exact: Any) -> float:
    return 0.0 if abs(exact) < SMALLEST_NORMAL else reference.ulps(found, exact)


def accuracy(quick: bool) -> dict[str, Any]:
    from mpmath import mp

    rows = [row for row in BUILT_IN.values() if not row.hidden]
    count = POINTS // 10 if quick else POINTS
    worst = {}
    with mp.workdps(50):
        for row in rows:
            found = [errors(row, operands) for operands in points(row, count)]
            worst[row.name] = [round(max(column), 2) for column in zip(*found)]
    settings = {"points": count, "length": LENGTH, "range": SUMMANDS}
    return {"machine": [*machine(), f"mpmath  {mp_version()}"], **settings, "worst": worst}


def mp_version() -> str:
    import mpmath

    return str(mpmath.__version__)


# ------ speed


def figures(quick: bool, subjects: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """The figures of benchmarks, in their order."""
    for subject in subjects:
        for figure in subject.figures(quick):
            print(f"{figure.name}: {figure.value:.3g} {figure.unit}", flush=True)
            yield {
                "name": figure.name,
                "value": figure.value,
                "unit": figure.unit,
                "target": figure.target,
            }


def calls(quick: bool) -> dict[str, Any]:
    """What a call of a compiled function costs, by the form of its arguments."""
    from tests.benchmarks import forms, parameters

    found = list(figures(quick, [parameters, forms]))
    return {"machine": machine(), "quick": quick, "figures": found}


def speed(quick: bool) -> dict[str, Any]:
    from tests.benchmarks.__main__ import SUBJECTS
    from tests.benchmarks.peers import NAMES, version

    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", *NAMES))
    found = list(figures(quick, SUBJECTS))
    return {"machine": [*machine(), f"peers   {versions}"], "quick": quick, "figures": found}


# ------ loops


def loops(quick: bool) -> dict[str, Any]:
    from tests.benchmarks import loops
    from tests.benchmarks.peers import version

    rows = []
    for row in loops.rows(quick):
        print(row, flush=True)
        rows.append(row)
    versions = ", ".join(f"{name} {version(name)}" for name in ("jax", "autograd"))
    where = [*machine(), f"peers   {versions}"]
    return {"machine": where, "quick": quick, "limit": loops.LIMIT, "rows": rows}


# ------ gradbench


def gradbench(quick: bool) -> dict[str, Any]:
    """GradBench's measure, of the tools that run here."""
    from tests.benchmarks.gradbench import TOOLS, rows
    from tests.benchmarks.peers import version

    found = []
    for row in rows(quick):
        print(row, flush=True)
        found.append(row)
    versions = ", ".join(f"{name} {version(name)}" for name in ("jax", "autograd"))
    where = [*machine(), f"peers   {versions}"]
    return {"machine": where, "quick": quick, "tools": TOOLS, "rows": found}


# ------ where


def machine() -> list[str]:
    """Lines that say on what was measured."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return [
        f"Processor  {processor()}",
        f"Python  {python}, {platform.system()} {platform.machine()}",
        f"engine  {sg.engine} (scalargrad {sg.__version__})",
    ]


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


SUBJECTS: dict[str, Callable[[bool], dict[str, Any]]] = {
    "accuracy": accuracy,
    "calls": calls,
    "gradbench": gradbench,
    "loops": loops,
    "speed": speed,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python docs/measure.py", description=__doc__)
    parser.add_argument("subjects", nargs="*", choices=[*SUBJECTS, []], help="default: all")
    parser.add_argument("--quick", action="store_true", help="less work, rougher figures")
    options = parser.parse_args()
    for name in options.subjects or SUBJECTS:
        found = SUBJECTS[name](options.quick)
        file = HERE / "measured" / f"{name}.json"
        text = json.dumps(found, indent=1, ensure_ascii=False)
        file.write_text(f"{text}\n", encoding="utf-8")
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
