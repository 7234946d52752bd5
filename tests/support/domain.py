"""Where every row is measured: its whole domain, from 1e-300 to 1e300 with both signs, and beside
zeros, branch points and thresholds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .by_hand import SEVERAL

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
COUNT = 100
"""Points that are spread over one interval."""


def even(low: float, high: float) -> list[float]:
    """Points spread evenly over an interval, by the multiples of the golden ratio."""
    return [low + (high - low) * (k * GOLDEN % 1.0) for k in range(1, COUNT + 1)]


def powers(low: float, high: float) -> list[float]:
    """Points of both signs, their exponents of ten spread evenly."""
    return [(-1.0) ** k * 10.0**e for k, e in enumerate(even(low, high))]


def sizes(low: float, high: float) -> list[float]:
    return list(map(abs, powers(low, high)))


def beside(*places: float) -> list[float]:
    return [place + p for place in places for p in powers(-16.0, -0.3)]


ANYWHERE = even(-5.0, 5.0) + even(-40.0, 40.0) + powers(-300.0, 300.0) + powers(-3.0, 3.0)
SATURATING = even(-5.0, 5.0) + even(-40.0, 40.0) + even(-745.0, 709.0) + powers(-300.0, 3.0)
INSIDE = [x for x in beside(1.0, -1.0) if abs(x) < 1.0] + powers(-300.0, -0.01)
MULTIPLES = [k * math.pi / 2.0 * (1.0 + e) for k in range(1, 20) for e in (-1e-12, 0.0, 3e-16)]
TURNING = even(-5.0, 5.0) + even(-1e4, 1e4) + powers(-300.0, 15.0) + MULTIPLES
LEFT_OF_0 = even(-10.0, 0.0) + beside(-0.5, -1.5, -2.5, -6.5, -3.0, -2.457, -2.7476)
GAMMA = (
    *even(0.01, 5.0), *even(3.0, 50.0), *beside(1.0, 2.0, 3.0), *sizes(-300.0, 300.0),
    *[x for x in LEFT_OF_0 if x != math.floor(x)],
)  # fmt: skip
UNARY_POINTS: dict[str, Sequence[float]] = {
    **{name: list(map(abs, ANYWHERE)) for name in ("log", "log2", "log10", "sqrt")},
    **dict.fromkeys(["asin", "acos", "atanh"], INSIDE),
    **dict.fromkeys(["sin", "cos", "tan"], TURNING),
    **dict.fromkeys(["exp", "expm1", "sinh", "cosh", "tanh", "erf"], SATURATING),
    **dict.fromkeys(["sigmoid", "softplus", "log_sigmoid", "selu"], SATURATING),
    # a subnormal factor has lost digits, which a product with x, that is normal again, lacks
    "gelu": [x for x in SATURATING + even(-4.0, -1.0) if abs(x) < 37.0],
    "silu": [x for x in SATURATING if x > -700.0],
    "erfc": SATURATING + even(0.8, 1.3),
    "exp2": even(-1074.0, 1023.0) + [x for x in SATURATING if x < 1024.0],
    "log1p": [x for x in ANYWHERE + beside(-1.0) if x > -1.0],
    "acosh": [1.0 + x for x in sizes(-15.0, 300.0)] + even(1.001, 5.0),
    "lgamma": GAMMA,
    "sinc": even(-5.0, 5.0) + beside(1.0, 2.0, -3.0) + powers(-300.0, 300.0),
}


def pairs(xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(xs, ys, strict=True))


FAR = [(r * a, r) for r, a in pairs(powers(-150.0, 150.0), powers(-3.0, 3.0))]
STEEP = [(r, r * a) for r, a in pairs(powers(-280.0, 280.0), powers(-10.0, 10.0))]
EVEN = [(r, r * (1.0 + a)) for r, a in pairs(powers(-80.0, 80.0), powers(-16.0, -1.0))]
PLANE = pairs(even(-5.0, 5.0), even(-7.0, 3.0)) + FAR + STEEP + EVEN
POWERS = [
    *pairs(sizes(-3.0, 3.0), powers(-2.0, 2.0)),
    *pairs(sizes(-300.0, 300.0), even(-1.0, 1.0)),
    *pairs(sizes(-30.0, 30.0), even(-9.0, 9.0)),
    *pairs(even(0.9, 1.1), powers(0.0, 3.0)),
    *pairs(sizes(-30.0, 30.0), powers(-10.0, 0.0)),
]
SHIFTED = [(x, x + d) for x, d in pairs(powers(0.0, 8.0), even(-300.0, 300.0))]
POINTS_OF_SEVERAL: dict[str, Sequence[tuple[float, float]]] = {
    "pow": POWERS,
    "logaddexp": [*pairs(even(-5.0, 5.0), even(5.0, -5.0)), *SHIFTED],
    "polygamma": [(order, x) for order in (0.0, 1.0) for x in GAMMA if abs(x) > 1e-80],
    **dict.fromkeys(["leaky_relu", "elu"], pairs(SATURATING, even(0.1, 2.0) * 4)),
}


# ------ lists


def apart(top: float, *below: float) -> tuple[float, ...]:
    """A number, and others so far below; the largest stands anywhere."""
    xs = [top - x for x in below]
    xs.insert(int(sum(below)) % (len(below) + 1), top)
    return tuple(xs)


GAPS = [even(0.0, gap) for gap in (0.01, 1.0, 30.0, 340.0)]
EXPONENTS = [
    *(apart(top, *gaps[k : k + 3]) for gaps in GAPS
      for k, top in enumerate(powers(-8.0, 8.0)[: COUNT - 3])),
    *((x, x * (1.0 + 2.0**-40), x, x * (1.0 - 2.0**-52)) for x in powers(-300.0, 300.0)),
    *zip(powers(-300.0, 300.0), even(-300.0, 300.0), powers(-8.0, 2.0), even(-5.0, 5.0)),
]  # fmt: skip
"""Operands of a log-sum-exp: large and far apart, equal or nearly so, of all sizes."""


def points_of(name: str) -> Sequence[tuple[float, ...]]:
    """The operands of one node each, for a row whose derivatives stand in `by_hand.py`."""
    if name in SEVERAL:
        return EXPONENTS if name == "logsumexp" else POINTS_OF_SEVERAL.get(name, PLANE)
    return [(x,) for x in UNARY_POINTS.get(name, ANYWHERE)]
