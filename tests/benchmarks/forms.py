"""Samples in every form: a call with 100 rows of another kind, against one with float64 arrays.

Of a weighted sum, which takes no longer than to read the samples; and of a perceptron.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import scalargrad as sg
from scalargrad import nn
from scalargrad.compiler.machine.runner import NATIVE

from .peers import present
from .timing import Figure, minima

ROWS = 100
CALLS = range(100)
MOST = 2.5
AIM = 1.3
WITH_WORK = 1.3


def squared_error(w: Any, x: Any, y: Any) -> Any:
    return sg.square(w[0] * x[0] + w[1] * x[1] - y)


def samples() -> dict[str, tuple[Any, Any]]:
    """The same rows and labels in each form."""
    import numpy

    choose = random.Random(0).choices
    x, y = numpy.array(choose([0, 1], k=2 * ROWS)).reshape(ROWS, 2), choose([0, 1], k=ROWS)
    kinds = ("float64", "float32", "float16", "int64", "bool")
    arrays = {f"{kind} arrays": (x.astype(kind), numpy.array(y, kind)) for kind in kinds}
    lists = {
        f"lists of {kind.__name__}": ([[*map(kind, row)] for row in x], [*map(kind, y)])
        for kind in (float, int, bool)
    }
    rows, labels = lists["lists of float"]
    return {**arrays, **lists, "tuples": (tuple(map(tuple, rows)), tuple(labels))}


def calls(f: Callable[..., Any], x: Any, y: Any) -> None:
    for _ in CALLS:
        f([0.5, -0.25], x, y)


def figures(quick: bool) -> Iterator[Figure]:
    if not present("numpy"):
        return
    yield from of_weighted_sum(quick)
    yield from of_perceptron(quick)


def of_perceptron(quick: bool) -> Iterator[Figure]:
    """The same where a call computes something: the loss of a perceptron and its gradient."""
    model, forms = nn.MLP(2, [16, 16, 1]), samples()
    gate = sg.compile(lambda x, y: sg.square(model([*x]) - y), batch=("x", "y"), reduce="mean")

    def work(x: Any, y: Any) -> None:
        for _ in CALLS:
            gate(x, y).backward()

    best = minima({name: partial(work, *form) for name, form in forms.items()}, 2 if quick else 10)
    plain = best.pop("float64 arrays")
    yield Figure(f"MLP 2-16-16-1, {ROWS} rows in float64 arrays", plain / len(CALLS) * 1e6, "µs")
    for name, taken in best.items():
        title = f"MLP 2-16-16-1, {ROWS} rows: {name} ÷ float64"
        yield Figure(title, taken / plain, at_most=WITH_WORK if NATIVE else math.inf)


def of_weighted_sum(quick: bool) -> Iterator[Figure]:
    """Microseconds of a call with value and gradient, and the ratio of each other form to it."""
    gate = sg.compile(squared_error, batch=("x", "y"), reduce="mean")
    both, forms = sg.value_and_grad(gate), samples()
    expected = both([0.5, -0.25], *forms["float64 arrays"])
    assert all(both([0.5, -0.25], *form) == expected for form in forms.values())
    contestants = {name: partial(calls, both, *form) for name, form in forms.items()}
    best = minima(contestants, 2 if quick else 10)
    plain = best.pop("float64 arrays")
    title = f"compiled: a call with {ROWS} rows"
    yield Figure(f"{title} in float64 arrays", plain / len(CALLS) * 1e6, "µs")
    for name, taken in best.items():
        at_most = MOST if NATIVE else math.inf
        ratio = taken / plain
        yield Figure(f"{title}: {name} ÷ float64", ratio, at_most=at_most, aim=f"≤ {AIM}")
