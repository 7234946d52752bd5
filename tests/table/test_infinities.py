"""Signed zeros, poles and infinities: values as NumPy has them, slopes by a table of limits."""

from __future__ import annotations

import math
from math import inf, nan
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad.rows import BUILT_IN
from tests.support.reference import call
from tests.support.special import SPECIAL, TINIEST, points, same

NUMPY: dict[str, Any] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power,
    "mod": np.remainder, "floordiv": np.floor_divide, "fmod": np.fmod, "neg": np.negative,
    "abs": np.abs, "square": np.square, "reciprocal": np.reciprocal, "sign": np.sign,
    "maximum": np.maximum, "minimum": np.minimum, "floor": np.floor, "ceil": np.ceil,
    "round": np.rint, "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log,
    "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "sqrt": np.sqrt, "cbrt": np.cbrt,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "atan2": np.arctan2, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "hypot": np.hypot,
    "logaddexp": np.logaddexp,
}  # fmt: skip


@pytest.mark.parametrize("name", NUMPY)
def test_value_at_special_operands_is_numpys(name: str) -> None:
    row = BUILT_IN[name]
    for operands in points(row, SPECIAL):
        if any(map(math.isnan, operands)):
            continue
        with np.errstate(all="ignore"):
            wanted = float(NUMPY[name](*map(np.float64, operands)))
        found = call(row, operands)
        assert same(found, wanted, 1e-14 * abs(wanted) + TINIEST), (operands, found, wanted)
        if wanted == 0.0 and name not in ("maximum", "minimum"):
            assert math.copysign(1.0, found) == math.copysign(1.0, wanted), operands


SELU_LEFT = -1.0507009873554805 * 1.6732632423543772

LIMITS: dict[str, tuple[float, float, float, float]] = {
    # row        at −inf: value, slope   at inf: value, slope
    "step": (0.0, 0.0, 1.0, 0.0),
    "taken": (-0.0, 0.0, 1.0, 0.0),
    "start": (-inf, 1.0, inf, 1.0),
    "identity": (-inf, 1.0, inf, 1.0),
    "neg": (inf, -1.0, -inf, -1.0),
    "abs": (inf, -1.0, inf, 1.0),
    "square": (inf, -inf, inf, inf),
    "reciprocal": (-0.0, -0.0, 0.0, -0.0),
    "inverse": (nan, nan, 0.0, -0.0),
    "sign": (-1.0, 0.0, 1.0, 0.0),
    "floor": (-inf, 0.0, inf, 0.0),
    "ceil": (-inf, 0.0, inf, 0.0),
    "trunc": (-inf, 0.0, inf, 0.0),
    "round": (-inf, 0.0, inf, 0.0),
    "exp": (0.0, 0.0, inf, inf),
    "exp2": (0.0, 0.0, inf, inf),
    "expm1": (-1.0, 0.0, inf, inf),
    "log": (nan, nan, inf, 0.0),
    "log2": (nan, nan, inf, 0.0),
    "log10": (nan, nan, inf, 0.0),
    "log1p": (nan, nan, inf, 0.0),
    "sqrt": (nan, nan, inf, 0.0),
    "cbrt": (-inf, 0.0, inf, 0.0),
    "sin": (nan, nan, nan, nan),
    "cos": (nan, nan, nan, nan),
    "tan": (nan, nan, nan, nan),
    "asin": (nan, nan, nan, nan),
    "acos": (nan, nan, nan, nan),
    "atan": (-math.pi / 2, 0.0, math.pi / 2, 0.0),
    "degrees": (-inf, math.degrees(1.0), inf, math.degrees(1.0)),
    "radians": (-inf, math.radians(1.0), inf, math.radians(1.0)),
    "sinh": (-inf, inf, inf, inf),
    "cosh": (inf, -inf, inf, inf),
    "tanh": (-1.0, 0.0, 1.0, 0.0),
    "asinh": (-inf, 0.0, inf, 0.0),
    "cosine_at_slope": (0.0, 0.0, 0.0, -0.0),
    "acosh": (nan, nan, inf, 0.0),
    "atanh": (nan, nan, nan, nan),
    "one_less_square": (-inf, inf, -inf, -inf),
    "sech_square": (0.0, 0.0, 0.0, -0.0),
    "gaussian": (0.0, 0.0, 0.0, -0.0),
    "normal": (0.0, 0.0, 0.0, -0.0),
    "distribution": (0.0, 0.0, 1.0, 0.0),
    "erf": (-1.0, 0.0, 1.0, 0.0),
    "erfc": (2.0, -0.0, 0.0, -0.0),
    "lgamma": (inf, nan, inf, inf),
    "sinc": (0.0, 0.0, 0.0, 0.0),
    "sigmoid": (0.0, 0.0, 1.0, 0.0),
    "logistic": (0.0, 0.0, 0.0, 0.0),
    "softplus": (0.0, 0.0, inf, 1.0),
    "log_sigmoid": (-inf, 1.0, 0.0, 0.0),
    "relu": (0.0, 0.0, inf, 1.0),
    "relu6": (0.0, 0.0, 6.0, 0.0),
    "selu": (SELU_LEFT, 0.0, inf, 1.0507009873554805),
    "gelu": (0.0, 0.0, inf, 1.0),
    "silu": (0.0, 0.0, inf, 1.0),
    "hard_swish": (0.0, 0.0, inf, 1.0),
}


@pytest.mark.parametrize("name", [name for name, row in BUILT_IN.items() if row.arity == 1])
def test_value_and_slope_at_infinity_are_the_limits(name: str) -> None:
    assert name in LIMITS, "add the operator's limits: value and slope at −∞, then at ∞"
    limits = LIMITS[name]
    for x, value, slope in ((-inf, *limits[:2]), (inf, *limits[2:])):
        leaf = sg.Value(x)
        out = BUILT_IN[name](leaf)
        out.backward()
        assert same(out.data, value, 1e-15), (x, out.data)
        assert same(leaf.grad, slope), (x, leaf.grad)
