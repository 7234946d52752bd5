"""What every row of the operator table should compute: its function in mpmath, by its name.

Functions only, never derivatives: those are taken from these functions numerically, at high
precision, so that nothing in the table is compared with itself. Operands and results are mpf; a
complex or NaN result means that the function is undefined there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from mpmath import mp, mpf

from scalargrad.ops import SELU_ALPHA, SELU_SCALE
from scalargrad.rows import Operator

ZERO, ONE, HALF = mpf(0), mpf(1), mpf(0.5)


def exp(x: Any) -> Any:
    # mpmath takes whole powers of e by squaring, which is slow when they are huge
    return mp.exp(x) if abs(x) < 1e9 else mp.exp(x - HALF) * mp.exp(HALF)


def power(x: Any, y: Any) -> Any:
    if x == 0 and y < 0:
        return mp.inf if math.copysign(1.0, x) > 0 or y % 2 != 1 else -mp.inf
    return mp.power(x, y)


def truncated(x: Any) -> Any:
    return mp.sign(x) * mp.floor(abs(x))


def round_to(x: Any, digits: Any) -> Any:
    return mp.nint(x * mpf(10) ** int(digits)) / mpf(10) ** int(digits)


def cbrt(x: Any) -> Any:
    return mp.sign(x) * mp.cbrt(abs(x))


def sigmoid(x: Any) -> Any:
    return 1 / (1 + exp(-x))


def softplus(x: Any) -> Any:
    return max(x, 0) + mp.log1p(exp(-abs(x)))


def erfc(x: Any) -> Any:
    # mpmath's own fails where the exponent of the result passes its limits
    return mp.erfc(x) if x < 1e9 else 0 * ONE


def log_gamma(x: Any) -> Any:
    if x > 0:
        return mp.loggamma(x)
    if x == mp.floor(x):
        return mp.inf
    return mp.log(mp.pi / abs(mp.sin(mp.pi * x))) - mp.loggamma(1 - x)


def sinc(x: Any) -> Any:
    return mp.sinpi(x) / (mp.pi * x) if x else ONE


def sinc_derivative(order: Any, x: Any) -> Any:
    # sinc(x) is the integral of cos(πxt) over t from 0 to 1; differentiated under the integral
    n = int(order)
    if x == 0 and n % 2:
        return 0 * ONE
    return mp.quad(lambda t: (mp.pi * t) ** n * mp.cos(mp.pi * x * t + n * mp.pi / 2), [0, HALF, 1])


def elu(x: Any, alpha: Any) -> Any:
    return x if x > 0 else alpha * (mp.expm1(x) if abs(x) < 1 else exp(x) - 1)


def relu6(x: Any) -> Any:
    return min(max(x, 0), 6)


def logsumexp(*xs: Any) -> Any:
    largest = max(xs)
    return largest + mp.log(mp.fsum(exp(x - largest) for x in xs))


def dot(*operands: Any) -> Any:
    n = len(operands) // 2
    return mp.fsum([*map(mp.fmul, operands[:n], operands[n:]), *operands[2 * n :]])


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "step": lambda x: ONE if x > 0 else 0 * ONE,
    "compare": lambda x, y: mp.sign(x - y),
    "where": lambda c, x, y: x if c else y,
    "taken": lambda x: ONE if x > 0 else 0 * ONE,
    "chain": lambda upstream, partial: upstream * partial,
    "choose": lambda upstream, partial: upstream * partial,
    "rounds": lambda x, y: ONE if float(y) - 1.0 + 1.0 != float(y) and x else ZERO,
    "start": lambda x: x,
    "identity": lambda x: x,
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y if y else mp.nan,
    "pow": power,
    "mod": lambda x, y: x - y * mp.floor(x / y) if y else mp.nan,
    "floordiv": lambda x, y: mp.floor(x / y) if y else mp.nan,
    "fmod": lambda x, y: x - y * truncated(x / y) if y else mp.nan,
    "remainder": lambda x, y: x - y * mp.nint(x / y) if y else mp.nan,
    "neg": lambda x: -x,
    "abs": abs,
    "copysign": lambda x, y: abs(x) if math.copysign(1.0, y) > 0 else -abs(x),
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x if x else mp.nan,
    "inverse": lambda x: 1 / x if x > 0 else mp.nan,
    "maximum": max,
    "minimum": min,
    "clamp": lambda x, low, high: min(max(x, low), high),
    "sign": mp.sign,
    "floor": mp.floor,
    "ceil": mp.ceil,
    "trunc": truncated,
    "round": mp.nint,
    "round_to": round_to,
    "exp": exp,
    "exp2": lambda x: mp.power(2, x),
    "expm1": mp.expm1,
    "log": lambda x: mp.log(x) if x else -mp.inf,
    "log2": lambda x: mp.log(x) / mp.log(2) if x else -mp.inf,
    "log10": lambda x: mp.log(x) / mp.log(10) if x else -mp.inf,
    "log1p": lambda x: mp.log1p(x) if x != -1 else -mp.inf,
    "sqrt": mp.sqrt,
    "cbrt": cbrt,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "degrees": lambda x: x * 180 / mp.pi,
    "radians": lambda x: x * mp.pi / 180,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "asinh": lambda x: mp.sign(x) * mp.asinh(abs(x)),
    "cosine_at_slope": lambda x: 1 / mp.sqrt(1 + x * x),
    "acosh": mp.acosh,
    "one_less_square": lambda x: 1 - x * x,
    "per_hypot": lambda x, y, h: 1 / mp.hypot(x, y) if x or y else ZERO,
    "turning": lambda x, y, h: x / (x * x + y * y) if x or y else ZERO,
    "sech_square": lambda x: mp.sech(x) ** 2,
    "fraction": lambda x, y, total: x / (x + y) if x + y else mp.nan,
    "per_total": lambda x, y, total: 1 / (x + y) if x + y else mp.nan,
    "unit": lambda x, y, h: x / mp.hypot(x, y) if x or y else ZERO,
    "atanh": lambda x: mp.atanh(x) if abs(x) != 1 else x * mp.inf,
    "hypot": lambda x, y: mp.sqrt(x * x + y * y),
    "erf": mp.erf,
    "erfc": erfc,
    "gaussian": lambda x: exp(-x * x),
    "normal": lambda x: exp(-x * x / 2) / mp.sqrt(2 * mp.pi),
    "distribution": lambda x: erfc(-x / mp.sqrt(2)) / 2,
    "lgamma": log_gamma,
    "polygamma": lambda order, x: mp.polygamma(int(order), x),
    "sinc": sinc,
    "sinc_derivative": sinc_derivative,
    "sigmoid": sigmoid,
    "logistic": lambda x: exp(-x) / (1 + exp(-x)) ** 2,
    "softplus": softplus,
    "log_sigmoid": lambda x: -softplus(-x),
    "relu": lambda x: max(x, 0 * x),
    "relu6": relu6,
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": elu,
    "selu": lambda x: mpf(SELU_SCALE) * elu(x, mpf(SELU_ALPHA)),
    "gelu": lambda x: x * erfc(-x / mp.sqrt(2)) / 2,
    "silu": lambda x: x * sigmoid(x),
    "hard_swish": lambda x: x * relu6(x + 3) / 6,
    "exp_difference": lambda x, y: exp(x - y),
    "logaddexp": logsumexp,
    "share": lambda x, y: 1 / (1 + exp(y - x)),
    "sum": lambda *xs: mp.fsum(xs),
    "prod": lambda *xs: mp.fprod(xs),
    "mean": lambda *xs: mp.fsum(xs) / len(xs),
    "dot": dot,
    "logsumexp": logsumexp,
    "max": lambda *xs: max(xs),
    "min": lambda *xs: min(xs),
}

FROM_TWO = {
    **dict.fromkeys(["unit", "turning", "per_hypot"], "hypot"),
    **dict.fromkeys(["fraction", "per_total"], "add"),
}
"""Rows whose third operand follows from the other two, with the row that computes it."""

PARAMETERS = {"where": {0}, "polygamma": {0}, "sinc_derivative": {0}, "round_to": {1}}
"""Operands that are conditions or whole numbers: there is no derivative in them."""


def smooth_operands(name: str, operands: Sequence[float]) -> list[int]:
    """The positions of the operands that a derivative can be taken in."""
    return [i for i in range(len(operands)) if i not in PARAMETERS.get(name, ())]


def function_of(name: str) -> Any:
    """The row's function in mpmath."""
    if name not in FUNCTIONS:
        raise LookupError(f"{name} is not in FUNCTIONS of {__file__}: write it with mpmath's there")
    return FUNCTIONS[name]


def exact_value(name: str, operands: Sequence[float]) -> Any:
    return function_of(name)(*map(mpf, operands))


def exact_derivative(name: str, operands: Sequence[float], *positions: int) -> Any:
    """∂out/∂operands[i]∂operands[j]… for the `positions` i, j, …, as an mpf."""
    orders = tuple(positions.count(i) for i in range(len(operands)))
    found = mp.diff(function_of(name), tuple(map(mpf, operands)), orders)
    # a difference quotient of a function that does not bend leaves rounding noise
    return found if abs(found) > mpf(2) ** (-mp.prec // 2) else 0 * ONE


def ulps(found: float, exact: Any) -> float:
    """How far `found` is from the exact mpf, in units of the last place of the latter."""
    return float(abs(mpf(found) - exact) / math.ulp(float(exact)))


def arguments(row: Operator, operands: Sequence[Any]) -> tuple[Any, ...]:
    """What a caller writes between the parentheses for a node with these operands."""
    if row.arity is not None:
        return tuple(operands)
    if row.name != "dot":
        return (operands,)
    n = len(operands) // 2
    return operands[:n], operands[n : 2 * n], *operands[2 * n :]


def call(row: Operator, operands: Sequence[Any]) -> Any:
    return row(*arguments(row, operands))


def sample_operands(row: Operator) -> list[tuple[float, ...]]:
    """The row's own sample points, each as the operands of one node."""
    return [s if isinstance(s, tuple) else (s,) for s in row.samples]
