"""`python docs/measure.py [accuracy] [calls] [gradbench] [loops] [speed] [instructions] [readme]`:
measure.

For the site and README. Each subject writes what it found to measured/*.json and adds a dated line
for each of its figures to measured/history.csv, from which README's table is written anew.
Measuring takes minutes, so it is no part of a build. All subjects are measured if none is named.
`readme` measures only what README quotes, in a few minutes: for many runs at different times, on a
machine that does nothing else. `instructions` needs valgrind, and no such machine. Needs the extras
`test` and `bench`; peers that are not installed are passed over.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import headlines  # noqa: E402
import history  # noqa: E402

import scalargrad as sg  # noqa: E402
from scalargrad.rows import BUILT_IN, Operator  # noqa: E402
from tests.support import reference  # noqa: E402
from tests.support.by_hand import SEVERAL, UNARY  # noqa: E402

POINTS = 200
LENGTH = 10
"""Numbers in a list that a fold is measured on; a dot product has two such lists, and a bias."""
SUMMANDS = 0.1, 4.0
"""Of one sign: where sums cancel, an error relative to the result says nothing of the sum."""
SMALLEST_NORMAL = 2.0**-1022


# ------ accuracy


def worst_of(row: Operator) -> list[float | None]:
    """The largest errors of the value and of the first partials, in units in the last place, and of
    the second partials, in 1e-16 of them; eager and on lanes. Of a row that sums or chooses, whose
    second partials are exact or none, those of value and gradient."""
    from tests.support.digits import worst_errors
    from tests.support.engines import eagerly, on_lanes

    if row.name in {*UNARY, *SEVERAL}:
        found = [worst_errors(row.name, way) for way in (eagerly, on_lanes)]
        value, first, second = (max(worst).error for worst in zip(*found))
        return [round(value, 2), round(first, 2), round(second / 1e-16, 2)]
    found = [errors(row, operands) for operands in lists(row, POINTS)]
    return [*(round(max(column), 2) for column in zip(*found)), None]


def lists(row: Operator, count: int) -> Iterator[list[float]]:
    draw = random.Random(row.name)
    length = row.arity or (2 * LENGTH + 1 if row.name == "dot" else LENGTH)
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


def accuracy() -> dict[str, Any]:
    from mpmath import mp

    from tests.support.digits import DIGITS

    rows = [row for row in BUILT_IN.values() if not row.hidden]
    worst = {}
    with mp.workdps(DIGITS):
        for row in rows:
            worst[row.name] = worst_of(row)
    settings = {"lists": POINTS, "length": LENGTH, "range": SUMMANDS}
    return {"machine": [*machine(), f"mpmath  {mp_version()}"], **settings, "worst": worst}


def mp_version() -> str:
    import mpmath

    return str(mpmath.__version__)


# ------ speed
Found = dict[str, Any]
"""Of a subject: the machine, as lines, and the figures."""


def figures(*found: Iterable[Any]) -> list[Found]:
    """The figures of benchmarks, in their order."""
    return [as_found(figure) for figure in chain(*found)]


def as_found(figure: Any) -> Found:
    print(f"{figure.name}: {figure.value:.3g} {figure.unit}", flush=True)
    kept = "name", "value", "unit", "target"
    return {name: getattr(figure, name) for name in kept}


def on_one_thread() -> None:
    """Before NumPy and the peers are loaded."""
    from tests.benchmarks.compiled import ENVIRONMENT

    for name, setting in ENVIRONMENT.items():
        os.environ.setdefault(name, setting)


def with_peers(*found: Iterable[Any]) -> Found:
    from tests.benchmarks.peers import NAMES, version

    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", *NAMES))
    return {"machine": [*machine(), f"peers   {versions}"], "figures": figures(*found)}


def calls() -> Found:
    """What a call of a compiled function costs, by the form of its arguments."""
    from tests.benchmarks import forms, parameters

    found = figures(parameters.figures(False), forms.figures(False))
    return {"machine": machine(), "figures": found}


def speed() -> Found:
    from tests.benchmarks.__main__ import SUBJECTS

    return with_peers(*(subject.figures(False) for subject in SUBJECTS))


def instructions() -> Found:
    """How many instructions hot paths take; needs valgrind."""
    from tests.benchmarks.instructions import counted

    conditions, paths = counted()
    figures = [
        {"name": f"instructions: {name}", "value": count, "unit": "instructions", "target": ""}
        for name, count in paths.items()
    ]
    return {"machine": machine(), "conditions": conditions, "figures": figures}


def readme() -> Found:
    """What README quotes, and what is measured along with it."""
    from tests.benchmarks import compiled, moons

    return with_peers(moons.figures(False), compiled.of_readme())


# ------ loops


def loops() -> Found:
    from tests.benchmarks import loops
    from tests.benchmarks.peers import version

    rows = []
    for row in loops.rows(False):
        print(row, flush=True)
        rows.append(row)
    versions = ", ".join(f"{name} {version(name)}" for name in ("jax", "autograd"))
    where = [*machine(), f"peers   {versions}"]
    return {"machine": where, "limit": loops.LIMIT, "rows": rows}


# ------ gradbench


def gradbench() -> Found:
    """GradBench's measure, of the tools that run here."""
    from tests.benchmarks.gradbench import TOOLS, rows
    from tests.benchmarks.peers import version

    found = []
    for row in rows(False):
        print(row, flush=True)
        found.append(row)
    versions = ", ".join(f"{name} {version(name)}" for name in ("jax", "autograd"))
    where = [*machine(), f"peers   {versions}"]
    return {"machine": where, "tools": TOOLS, "rows": found}


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


SUBJECTS: dict[str, Callable[[], Found]] = {
    "accuracy": accuracy,
    "calls": calls,
    "gradbench": gradbench,
    "loops": loops,
    "speed": speed,
    "instructions": instructions,
    "readme": readme,
}
WHOLE = [name for name in SUBJECTS if name != "readme"]
"""The subjects of which the site shows each last run; `readme` is a part of one."""


def keep(name: str, found: Found, date: str, commit: str) -> None:
    if name in WHOLE:
        text = json.dumps(found, indent=1, ensure_ascii=False)
        (HERE / "measured" / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
    if "figures" in found:
        history.append(history.of_run(date, commit, found))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python docs/measure.py", description=__doc__)
    parser.add_argument("subjects", nargs="*", choices=[*SUBJECTS, []], help="default: all")
    names = parser.parse_args().subjects or WHOLE
    on_one_thread()
    commit = history.commit()
    for name in names:
        date = history.now()
        keep(name, SUBJECTS[name](), date, commit)
    headlines.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
