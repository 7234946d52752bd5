"""`python -m tests.benchmarks [--quick]`: print every figure beside its target.

The exit status is 1 if a target is missed. With --quick the work is small and a target counts as
missed only where it is missed threefold: enough to notice a breakdown, not to judge speed. An aim
is what is striven for beyond: it is printed, and nothing depends on it.
"""

from __future__ import annotations

import argparse
import os
import sys

from . import (
    adam,
    compiled,
    digits,
    dots,
    forms,
    forty_lines,
    hessian,
    in_cpp,
    loops,
    memory,
    moons,
    parameters,
    recurrence,
    scaling,
    sparse,
    startup,
    training,
    transformer,
    vector_math,
    words,
)
from .peers import conditions
from .timing import Figure

SUBJECTS = (
    *(startup, scaling, memory, dots, moons, transformer, digits, adam, compiled, forms),
    *(
        parameters,
        hessian,
        sparse,
        in_cpp,
        loops,
        recurrence,
        vector_math,
        training,
        words,
        forty_lines,
    ),
)
QUICK_SLACK = 3.0


def line(figure: Figure, slack: float) -> str:
    verdict = ("pass" if figure.met(slack) else "FAIL") if figure.has_target else ""
    measured = f"{figure.value:10.2f} {figure.unit}"
    aim = f"aim {figure.aim}" if figure.aim else ""
    return f"{figure.name:58}{measured:18}{figure.target:>8}  {verdict:4}  {aim}".rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short form, for CI")
    quick = parser.parse_args().quick
    slack = QUICK_SLACK if quick else 1.0
    for name, setting in compiled.ENVIRONMENT.items():
        os.environ.setdefault(name, setting)
    print(*conditions(), "", sep="\n")
    held = []
    for subject in SUBJECTS:
        for figure in subject.figures(quick):
            print(line(figure, slack), flush=True)
            held += [figure.met(slack)] if figure.has_target else []
    print(f"\n{sum(held)} of {len(held)} targets met", "(threefold slack)" if quick else "")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
