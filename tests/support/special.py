"""Special values: zeros, subnormals, ones, huge, infinite, NaN; and all tuples of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from math import inf, nan

from scalargrad.rows import BUILT_IN, Operator

from .reference import FROM_TWO

MAX = 1.7976931348623157e308
ZEROS = (0.0, -0.0)
FINITE = (
    *ZEROS, 5e-324, -5e-324, 1e-308, -1e-308, 1e-200, -1e-200,
    1.0, -1.0, 1e200, -1e200, MAX, -MAX,
)  # fmt: skip
SPECIAL = (*FINITE, inf, -inf, nan)
FEWER = (0.0, -0.0, 5e-324, 1.0, -1.0, MAX, inf, -inf, nan)
TINIEST = 5e-324


def points(row: Operator, values: Sequence[float]) -> list[tuple[float, ...]]:
    """All tuples of these values that the row takes; of a list, all pairs."""
    if row.name in FROM_TWO:
        third = BUILT_IN[FROM_TWO[row.name]]
        return [(x, y, third(x, y)) for x, y in product(values, repeat=2)]
    arity = row.arity or 2
    few = FEWER if values is SPECIAL else FEWER[:6]
    return list(product(few if arity == 3 else values, repeat=arity))


def same(found: float, wanted: float, slack: float = 0.0) -> bool:
    if math.isfinite(wanted):
        return abs(found - wanted) <= slack
    return found == wanted or (found != found and wanted != wanted)
