"""How many digits a row keeps: its value, first and second partials beside derivatives that are
written by hand, at points of its whole domain."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from mpmath import mp, mpf

import scalargrad as sg
from scalargrad.rows import BUILT_IN

from .by_hand import SEVERAL, UNARY, VALUES
from .domain import points_of
from .engines import Way
from .reference import FUNCTIONS, smooth_operands

DIGITS = 60
SMALLEST_NORMAL, LARGEST = mpf(2) ** -1022, mpf(2) ** 1024


class Worst(NamedTuple):
    """The largest error, what was found there, and where it is."""

    error: float
    found: float
    point: tuple[float, ...]


# ------ errors


def total(exact: Any) -> Any:
    return mp.fsum(exact) if isinstance(exact, tuple) else mpf(exact)


def scale(exact: Any) -> Any:
    """The size of the result; of a sum of terms, that of the largest."""
    terms = exact if isinstance(exact, tuple) else (exact,)
    return max(abs(total(exact)), *map(abs, terms))


def ulps(found: float, exact: Any) -> float:
    """The error in units in the last place; of a subnormal result, in those of its terms."""
    if total(exact) == 0:
        return 0.0 if found == 0.0 else math.inf
    if abs(total(exact)) > LARGEST * 0.999:
        return 0.0 if math.isinf(found) or abs(found) > 1.79e308 else math.inf
    if not math.isfinite(found):
        return math.inf
    return float(abs(mpf(found) - total(exact)) / math.ulp(float(scale(exact))))


def relative(found: float, exact: Any) -> float:
    """The relative error; of a result that is no normal float, or nearly so, 0."""
    size = abs(total(exact))
    if size > LARGEST * 0.999 or size < SMALLEST_NORMAL:
        return 0.0
    return float(abs(mpf(found) - total(exact)) / scale(exact)) if found == found else math.inf


# ------ what is measured


def partials(f: Any, positions: Sequence[int]) -> Iterator[Any]:
    """First partials, then second ones, in the operands at these positions."""
    firsts = [sg.grad(f, argnums=i) for i in positions]
    yield from firsts
    for k, first in enumerate(firsts):
        for j in positions[k:]:
            yield sg.grad(first, argnums=j)


def formulas(name: str) -> list[Any]:
    """What the value and the partials should be, in the same order."""
    firsts, seconds = SEVERAL[name] if name in SEVERAL else ((f,) for f in UNARY[name])
    return [VALUES.get(name) or FUNCTIONS[name], *firsts, *seconds]


@cache
def exact(name: str) -> list[list[Any]]:
    """For the value and each partial, what it should be at each point."""
    points = [tuple(map(mpf, x)) for x in points_of(name)]
    with mp.workdps(DIGITS):
        return [[formula(*x) for x in points] for formula in formulas(name)]


def functions(name: str) -> tuple[list[Any], int]:
    """The row as a function of its operands, and its partials; and how many of them are first."""
    row = BUILT_IN[name]
    f: Callable[..., Any] = row if row.arity is not None else lambda *xs: row(xs)
    positions = smooth_operands(name, points_of(name)[0])
    return [f, *partials(f, positions)], len(positions)


def worst(found: Sequence[float], wanted: Sequence[Any], error: Any, points: Any) -> Worst:
    return max(Worst(error(f, e), f, x) for f, e, x in zip(found, wanted, points, strict=True))


def worst_errors(name: str, way: Way) -> tuple[Worst, Worst, Worst]:
    """Of the value and of the first partials in units in the last place, of the second partials
    relative to them."""
    points = points_of(name)
    fs, firsts = functions(name)
    with mp.workdps(DIGITS):
        found = [
            worst(way(f, points), wanted, ulps if k <= firsts else relative, points)
            for k, (f, wanted) in enumerate(zip(fs, exact(name), strict=True))
        ]
    return found[0], max(found[1 : firsts + 1]), max(found[firsts + 1 :])
