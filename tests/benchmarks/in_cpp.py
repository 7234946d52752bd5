"""Two evaluations of GradBench once they are compiled, beside C++ with derivatives by hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module

from tests.support.places import EXAMPLES

from .timing import Figure, minima

SUBJECTS = (("kmeans", "dir"), ("ba", "jacobian"))


def figures(quick: bool) -> Iterator[Figure]:
    from .gradbench import by_hand
    from .gradbench.inputs import EVALUATIONS

    if not by_hand.is_there():
        return
    sys.path.insert(0, str(EXAMPLES / "gradbench"))
    for name, function in SUBJECTS:
        label, given = list(EVALUATIONS[name].inputs())[0 if quick else 1]
        ours = import_module(f"evaluations.{name}").FUNCTIONS[function](given).call
        theirs = by_hand.EVALUATIONS[name](given)[function]
        best = minima({"ours": ours, "c++": theirs}, 3 if quick else 10)
        ratio = best["ours"] / best["c++"]
        yield Figure(f"{name} {function}, {label}: ours ÷ C++ by hand", ratio, aim="≤ 1")
