"""What every operator does at its edges: a table of cases, and how one is computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from math import inf, nan
from typing import Any

import pytest

import scalargrad as sg

ROOT_HALF = math.sqrt(0.5)


def gradients_of(f: Callable[..., Any], at: Sequence[float]) -> tuple[float, list[float]]:
    """Value and gradient by `backward`, which the derivative as a graph has to equal."""
    leaves = list(map(sg.Value, at))
    out = f(*leaves)
    out.backward()
    found = [leaf.grad for leaf in leaves]
    assert found == pytest.approx(
        [g.data for g in sg.gradients(out, leaves)], rel=1e-15, nan_ok=True
    )
    return out.data, found


def power_of(exponent: float) -> Callable[[Any], Any]:
    return lambda x: x**exponent


CASES: list[tuple[str, Callable[..., Any], tuple[float, ...], float, tuple[float, ...]]] = [
    # case                         function and operands             value      gradients
    ("relu(0)", sg.relu, (0.0,), 0.0, (0.0,)),
    ("relu(NaN)", sg.relu, (nan,), nan, (nan,)),
    ("maximum(x, 0) at 0", lambda x: sg.maximum(x, 0.0), (0.0,), 0.0, (0.0,)),
    ("maximum(0, x) at 0", lambda x: sg.maximum(0.0, x), (0.0,), 0.0, (0.0,)),
    ("minimum(x, 0) at 0", lambda x: sg.minimum(x, 0.0), (0.0,), 0.0, (0.0,)),
    ("max([x, 0]) at 0", lambda x: sg.max([x, 0.0]), (0.0,), 0.0, (0.0,)),
    ("min([0, x]) at 0", lambda x: sg.min([0.0, x]), (0.0,), 0.0, (0.0,)),
    ("maximum tie", sg.maximum, (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum tie", sg.minimum, (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("max tie", lambda *xs: sg.max(xs), (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("min tie", lambda *xs: sg.min(xs), (2.0, 2.0), 2.0, (0.5, 0.5)),
    (
        "max tie of three",
        lambda *xs: sg.max(xs),
        (3.0, 1.0, 3.0, 3.0),
        3.0,
        (1 / 3, 0.0, 1 / 3, 1 / 3),
    ),
    ("maximum(NaN, 1)", sg.maximum, (nan, 1.0), nan, (nan, nan)),
    ("maximum(1, NaN)", sg.maximum, (1.0, nan), nan, (nan, nan)),
    ("minimum(NaN, 1)", sg.minimum, (nan, 1.0), nan, (nan, nan)),
    ("max of a list with NaN", lambda *xs: sg.max(xs), (1.0, nan), nan, (nan, nan)),
    (
        "derivative 100 of digamma beyond the floats",
        lambda x: sg.polygamma(100, x),
        (-227807.03207822194,),
        inf,
        (nan,),
    ),
    ("abs(0)", abs, (0.0,), 0.0, (0.0,)),
    ("abs(−0.0)", abs, (-0.0,), 0.0, (0.0,)),
    ("abs(NaN)", abs, (nan,), nan, (nan,)),
    ("clamp at the lower bound", lambda x: sg.clamp(x, -1.0, 2.0), (-1.0,), -1.0, (0.0,)),
    ("clamp at the upper bound", lambda x: sg.clamp(x, -1.0, 2.0), (2.0,), 2.0, (0.0,)),
    ("clamp(NaN)", lambda x: sg.clamp(x, -1.0, 2.0), (nan,), nan, (nan,)),
    ("x**0 at 0", power_of(0), (0.0,), 1.0, (0.0,)),
    ("x**0.0 at 0", power_of(0.0), (0.0,), 1.0, (0.0,)),
    ("x**0.5 at 0", power_of(0.5), (0.0,), 0.0, (inf,)),
    ("x**−1 at 0", power_of(-1), (0.0,), inf, (-inf,)),
    ("0**y at y = 0", lambda y: 0.0**y, (0.0,), 1.0, (0.0,)),
    ("0**y at y = 1", lambda y: 0.0**y, (1.0,), 0.0, (0.0,)),
    ("0**y at y = 2", lambda y: 0.0**y, (2.0,), 0.0, (0.0,)),
    ("0**−1 in y", lambda y: 0.0**y, (-1.0,), inf, (-inf,)),
    ("pow(0, 1)", sg.pow, (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("(−2)**3", sg.pow, (-2.0, 3.0), -8.0, (12.0, nan)),
    ("(−8)**(1/3)", sg.pow, (-8.0, 1 / 3), nan, (nan, nan)),
    ("sqrt(0)", sg.sqrt, (0.0,), 0.0, (inf,)),
    ("sqrt(−0.0)", sg.sqrt, (-0.0,), 0.0, (inf,)),
    ("sqrt(−1)", sg.sqrt, (-1.0,), nan, (nan,)),
    ("log(0)", sg.log, (0.0,), -inf, (inf,)),
    ("log(−0.0)", sg.log, (-0.0,), -inf, (inf,)),
    ("log(−1)", sg.log, (-1.0,), nan, (nan,)),
    ("1/0", lambda x, y: x / y, (1.0, 0.0), inf, (inf, -inf)),
    ("0/0", lambda x, y: x / y, (0.0, 0.0), nan, (inf, nan)),
    ("tanh(1000)", sg.tanh, (1000.0,), 1.0, (0.0,)),
    ("tanh(−1000)", sg.tanh, (-1000.0,), -1.0, (0.0,)),
    ("sigmoid(1000)", sg.sigmoid, (1000.0,), 1.0, (0.0,)),
    ("sigmoid(−1000)", sg.sigmoid, (-1000.0,), 0.0, (0.0,)),
    ("softplus(1000)", sg.softplus, (1000.0,), 1000.0, (1.0,)),
    ("softplus(−1000)", sg.softplus, (-1000.0,), 0.0, (0.0,)),
    (
        "logsumexp(1000, 1000)",
        lambda *xs: sg.logsumexp(xs),
        (1000.0, 1000.0),
        1000.0 + math.log(2.0),
        (0.5, 0.5),
    ),
    ("logaddexp(1000, 1000)", sg.logaddexp, (1000.0, 1000.0), 1000.0 + math.log(2.0), (0.5, 0.5)),
    ("logaddexp(−inf, −inf)", sg.logaddexp, (-inf, -inf), -inf, (0.0, 0.0)),
    ("logaddexp(inf, 0)", sg.logaddexp, (inf, 0.0), inf, (1.0, 0.0)),
    ("logsumexp(−inf, −inf)", lambda *xs: sg.logsumexp(xs), (-inf, -inf), -inf, (0.0, 0.0)),
    ("logsumexp(inf, 0)", lambda *xs: sg.logsumexp(xs), (inf, 0.0), inf, (1.0, 0.0)),
    ("atan2(0, 0)", sg.atan2, (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("atan2(1e-200, 1e-200)", sg.atan2, (1e-200, 1e-200), math.pi / 4, (5e199, -5e199)),
    ("hypot(0, 0)", sg.hypot, (0.0, 0.0), 0.0, (0.0, 0.0)),
    (
        "hypot(1e200, 1e200)",
        sg.hypot,
        (1e200, 1e200),
        1e200 * math.sqrt(2.0),
        (ROOT_HALF, ROOT_HALF),
    ),
    ("sign", sg.sign, (-2.5,), -1.0, (0.0,)),
    ("sign(0)", sg.sign, (0.0,), 0.0, (0.0,)),
    ("floor", sg.floor, (2.5,), 2.0, (0.0,)),
    ("floor at a step", sg.floor, (2.0,), 2.0, (0.0,)),
    ("ceil", sg.ceil, (2.5,), 3.0, (0.0,)),
    ("round, half to even", sg.round, (2.5,), 2.0, (0.0,)),
    ("−5 % 3", lambda x, y: x % y, (-5.0, 3.0), 1.0, (1.0, 2.0)),
    ("fmod(−5, 3)", sg.fmod, (-5.0, 3.0), -2.0, (1.0, 1.0)),
    ("remainder(5, 3)", sg.remainder, (5.0, 3.0), -1.0, (1.0, -2.0)),
    ("remainder of a half, to even", sg.remainder, (5.0, 2.0), 1.0, (1.0, -2.0)),
    ("remainder(1, inf)", sg.remainder, (1.0, inf), 1.0, (1.0, 0.0)),
    ("remainder(1, 0)", sg.remainder, (1.0, 0.0), nan, (nan, nan)),
    ("remainder(inf, 1)", sg.remainder, (inf, 1.0), nan, (nan, nan)),
    ("trunc(−2.7)", sg.trunc, (-2.7,), -2.0, (0.0,)),
    ("trunc(−inf)", sg.trunc, (-inf,), -inf, (0.0,)),
    ("copysign(3, −0)", sg.copysign, (3.0, -0.0), -3.0, (-1.0, 0.0)),
    ("copysign(−3, −2)", sg.copysign, (-3.0, -2.0), -3.0, (1.0, 0.0)),
    ("copysign(0, 1)", sg.copysign, (0.0, 1.0), 0.0, (0.0, 0.0)),
    ("copysign(inf, −1)", sg.copysign, (inf, -1.0), -inf, (-1.0, 0.0)),
    ("copysign(1, NaN)", sg.copysign, (1.0, nan), nan, (nan, nan)),
    ("copysign(NaN, 1)", sg.copysign, (nan, 1.0), nan, (nan, nan)),
    ("degrees(π)", sg.degrees, (math.pi,), 180.0, (180.0 / math.pi,)),
    ("radians(inf)", sg.radians, (inf,), inf, (math.pi / 180.0,)),
    (
        "where(x > 0, log(x), 0) at 0",
        lambda x: sg.where(x > 0, sg.log(x), 0.0),
        (0.0,),
        0.0,
        (0.0,),
    ),
    (
        "where(step(x), log(x), 0) at 0",
        lambda x: sg.where(sg.step(x), sg.log(x), 0.0),
        (0.0,),
        0.0,
        (0.0,),
    ),
    ("0·sqrt(x) at 0", lambda x: 0.0 * sg.sqrt(x), (0.0,), 0.0, (0.0,)),
    ("y·sqrt(x) at y = 0, x = 0", lambda y, x: y * sg.sqrt(x), (0.0, 0.0), 0.0, (0.0, nan)),
    ("sqrt(x)**2 at 0", lambda x: sg.sqrt(x) ** 2, (0.0,), 0.0, (nan,)),
    ("sqrt(x)**2 at −0.0", lambda x: sg.sqrt(x) ** 2, (-0.0,), 0.0, (nan,)),
    ("1/(1/x) at 0", lambda x: 1.0 / (1.0 / x), (0.0,), 0.0, (nan,)),
    ("exp(log(x)) at 0", lambda x: sg.exp(sg.log(x)), (0.0,), 0.0, (nan,)),
    ("logsumexp(log(x), 0) at 0", lambda x: sg.logsumexp([sg.log(x), 0.0]), (0.0,), 0.0, (nan,)),
    ("log(sigmoid(−800))", lambda x: sg.log(sg.sigmoid(x)), (-800.0,), -inf, (nan,)),
    ("log_sigmoid(−800)", lambda x: sg.log_sigmoid(x), (-800.0,), -800.0, (1.0,)),
    ("cos(sqrt(x)) at 0", lambda x: sg.cos(sg.sqrt(x)), (0.0,), 1.0, (nan,)),
    ("sqrt(x·x) at 0", lambda x: sg.sqrt(x * x), (0.0,), 0.0, (nan,)),
    ("abs(x)**0.5 at 0", lambda x: abs(x) ** 0.5, (0.0,), 0.0, (nan,)),
    ("sqrt(x) − sqrt(x) at 0", lambda x: sg.sqrt(x) - sg.sqrt(x), (0.0,), 0.0, (nan,)),
    ("sqrt(x·0)", lambda x: sg.sqrt(x * 0.0), (1.0,), 0.0, (0.0,)),
    ("(x·0)/0", lambda x: (x * 0.0) / 0.0, (1.0,), nan, (0.0,)),
    ("dot with a constant 0", lambda x: sg.dot([0.0, 2.0], [sg.sqrt(x), x]), (0.0,), 0.0, (2.0,)),
    ("prod with a constant 0", lambda x: sg.prod([3.0, sg.sqrt(x), 0.0]), (0.0,), 0.0, (0.0,)),
    ("sqrt(x)**0 at 0", lambda x: sg.sqrt(x) ** 0, (0.0,), 1.0, (0.0,)),
    ("1**sqrt(x) at 0", lambda x: 1.0 ** sg.sqrt(x), (0.0,), 1.0, (0.0,)),
    (
        "sqrt(where(x > 5, x, 0)) at 1",
        lambda x: sg.sqrt(sg.where(x > 5, x, 0.0)),
        (1.0,),
        0.0,
        (0.0,),
    ),
    (
        "log(1/max(1e-200, x))",
        lambda x: sg.log(1 / sg.maximum(1e-200, x)),
        (-1.0,),
        math.log(1e200),
        (0.0,),
    ),
    ("sqrt(relu(x)) at −1", lambda x: sg.sqrt(sg.relu(x)), (-1.0,), 0.0, (0.0,)),
    ("sqrt(relu6(x) − 6) at 7", lambda x: sg.sqrt(sg.relu6(x) - 6.0), (7.0,), 0.0, (0.0,)),
    ("sqrt(leaky_relu(x, 0))", lambda x: sg.sqrt(sg.leaky_relu(x, 0.0)), (-1.0,), 0.0, (0.0,)),
    ("sqrt(elu(x, 0))", lambda x: sg.sqrt(sg.elu(x, 0.0)), (-1.0,), 0.0, (0.0,)),
    ("sqrt(hard_swish(x)) at −4", lambda x: sg.sqrt(sg.hard_swish(x)), (-4.0,), 0.0, (0.0,)),
    (
        "sqrt(clamp(x) + 1) below",
        lambda x: sg.sqrt(sg.clamp(x, -1.0, 1.0) + 1.0),
        (-3.0,),
        0.0,
        (0.0,),
    ),
    (
        "sqrt(maximum) not chosen",
        lambda x, y: sg.sqrt(sg.maximum(x, y)),
        (-1.0, 0.0),
        0.0,
        (0.0, inf),
    ),
    (
        "sqrt(max) not chosen",
        lambda *xs: sg.sqrt(sg.max(xs)),
        (-1.0, 0.0, -2.0),
        0.0,
        (0.0, inf, 0.0),
    ),
    ("sqrt(min) not chosen", lambda *xs: sg.sqrt(sg.min(xs)), (1.0, 0.0), 0.0, (0.0, inf)),
    ("sqrt(sign) at 0", lambda x: sg.sqrt(sg.sign(x)), (0.0,), 0.0, (0.0,)),
    ("sqrt(floor) at 0.5", lambda x: sg.sqrt(sg.floor(x)), (0.5,), 0.0, (0.0,)),
    ("sqrt(step) at −1", lambda x: sg.sqrt(sg.step(x)), (-1.0,), 0.0, (0.0,)),
    ("floor(sqrt(x)) at 0", lambda x: sg.floor(sg.sqrt(x)), (0.0,), 0.0, (0.0,)),
    ("0·inf", lambda x, y: x * y, (0.0, inf), nan, (inf, 0.0)),
    ("inf − inf", lambda x, y: x - y, (inf, inf), nan, (1.0, -1.0)),
    ("subnormals are kept", lambda x: 0.5 * x, (1e-323,), 5e-324, (0.5,)),
    ("subnormal gradients are kept", sg.exp, (-744.0,), 1e-323, (1e-323,)),
]
