"""The operator table: every operator once, with its forward function and its partial derivatives.

A row is all there is to say about an operator. From it follow the method on Value, the function
`scalargrad.tanh`, the numeric backward pass, higher derivatives, the C of the native engine, the
drawing and the tests. What a row does at kinks, ties and borders is a promise: the true
derivative where it exists; at a kink the minimum-norm subgradient; at a border the limit from
inside; NaN where undefined.
"""

from __future__ import annotations

import builtins
import math
import operator as py
from collections.abc import Callable, Sequence
from functools import reduce
from math import inf, nan, pi
from typing import Any

from . import folds, ieee, special
from .partials import selects
from .rows import BUILT_IN, NOWHERE, TRACED, Operator
from .scalars import NOTHING, is_value

LN2, LN10 = math.log(2.0), math.log(10.0)
DEGREES, RADIANS = 180.0 / pi, pi / 180.0
SQRT2, SQRT2PI, SQRTPI = math.sqrt(2.0), math.sqrt(2.0 * pi), math.sqrt(pi)
SQRT2_HEAD = 1.4142135679721832
SQRT2_TAIL, SQRT2_REST = SQRT2 - SQRT2_HEAD, -6.835808657661923e-17
"""√2 is (SQRT2_HEAD + SQRT2_TAIL)·(1 + SQRT2_REST); of HEAD and TAIL products are exact."""
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
"""Klambauer et al., Self-Normalizing Neural Networks (2017), to double precision."""

REAL = (-2.7, -0.6, 0.3, 1.9)
POSITIVES = (0.2, 0.9, 1.5, 7.0)
INSIDE_ONE = (-0.9, -0.3, 0.2, 0.7)
PAIRS = ((1.5, 2.5), (-0.7, 1.3), (2.2, -0.4), (-1.1, -3.0))
TRIANGLES = ((1.5, 2.0, 2.5), (-0.7, 2.4, 2.5), (2.4, -0.7, 2.5), (-3.0, -4.0, 5.0))
TOTALS = ((0.3, 0.8, 1.1), (1.5, 0.25, 1.75), (0.125, 2.5, 2.625))
LISTS = ((0.5, -1.5, 2.5), (3.0,), (-0.3, 0.8, 1.2, 0.1))


def op(
    name: str,
    symbol: str,
    forward: Callable[..., Any],
    c: str | None,
    *partials: Callable[..., Any],
    **columns: Any,
) -> Operator:
    """Add a row to the table."""
    columns.setdefault("samples", REAL if len(partials) == 1 else PAIRS)
    row = Operator(name, symbol, forward, c, partials, **columns)
    row.code = len(BUILT_IN)
    BUILT_IN[name] = row
    return row


def fold(
    name: str,
    symbol: str,
    forward: Callable[..., Any],
    c: str | None,
    partial: Callable[..., Any],
    **columns: Any,
) -> Operator:
    """Add a row for an operator over a list. With a `count`, its one partial is written for a
    single operand, ∂out/∂x given (out, x, count); without, it returns the list of them all."""
    columns.setdefault("samples", LISTS)
    row = Operator(name, symbol, forward, c, partial, **columns)
    row.code = len(BUILT_IN)
    BUILT_IN[name] = row
    return row


# Columns: the name; how it is drawn; forward on floats, IEEE and never raising; the same in C,
# operands by position; then ∂out/∂operand, one per operand, as a function of the output and the
# operands. A partial is run on floats, on Values (to build the graph of a derivative), on tracers
# (to record a program) and on symbols (to print C): hence no `if` in it (use where, step, compare),
# and div or reciprocal instead of `/` wherever the divisor can be zero, for Python's own float
# division raises there. A partial is a number, and its −0.0 a zero. A partial that `selects` may be
# NOTHING, which is −0.0: where the operand is not chosen, where the row is flat in it, or where the
# row multiplies it by a constant 0.
# Keywords: `dunder` the Python operator, `numpy` NumPy's name if it differs, `array` how it is
# spelled on NumPy's arrays if not by that name, `elementary` a fold written with other rows,
# `defaults` for the last operands, `samples` inside the domain, `hidden` for rows that only
# derivatives use, `doc` what the row computes, in a sentence for `help`.
# `textbook`: the partials as a book writes them, where accuracy asks for another form to compute.
# They are read and never computed with; at the samples they equal the partials.

# fmt: off

# ------ selecting: the rows that partials branch with
step = op("step", "step", lambda x: 1.0 if x > 0.0 else 0.0 if x <= 0.0 else x,
          "({0} > 0.0 ? 1.0 : {0} <= 0.0 ? 0.0 : {0})",
          selects(lambda out, x: flat(out)),
          array="np.where({0} > 0.0, 1.0, np.where({0} <= 0.0, 0.0, {0}))",
          doc="1 if x > 0, 0 if not, NaN if x is NaN. Its gradient is 0 everywhere.")
taken = op("taken", "taken", lambda x: 1.0 if x > 0.0 else NOTHING if x <= 0.0 else x,
           "({0} > 0.0 ? 1.0 : {0} <= 0.0 ? -0.0 : {0})",
           selects(lambda out, x: flat(out)), hidden=True,
           array="np.where({0} > 0.0, 1.0, np.where({0} <= 0.0, -0.0, {0}))",
           doc="1 if x > 0, nothing (−0.0) if not, NaN if x is NaN: the slope of a way taken.")
compare = op("compare", "≷",
             lambda x, y: 1.0 if x > y else -1.0 if x < y else 0.0 if x == y else nan,
             "({0} > {1} ? 1.0 : {0} < {1} ? -1.0 : {0} == {1} ? 0.0 : NAN)",
             selects(lambda out, x, y: flat(out)), selects(lambda out, x, y: flat(out)),
             hidden=True,
             array="np.sign(np.where({0} == {1}, 0.0, {0} - {1}))",
             doc="1 if x > y, −1 if x < y, 0 if they are equal, NaN if either is NaN.")
where = op("where", "where", lambda c, x, y: nan if c != c else x if c else y,
           "({0} == 0.0 ? {2} : {0} == {0} ? {1} : NAN)",
           selects(lambda out, c, x, y: NOTHING),
           selects(lambda out, c, x, y: where(c, 1.0, NOTHING)),
           selects(lambda out, c, x, y: where(c, NOTHING, 1.0)),
           samples=((1.0, 1.5, 2.5), (0.0, -0.7, 1.3)), method=False,
           array="np.where({0} != {0}, np.nan, np.where({0} != 0.0, {1}, {2}))",
           doc="x where the condition is true (not zero), y where it is false. The one not "
               "chosen never touches value or gradient, whatever it holds.")
chain = op("chain", "×", ieee.chain, "sg_chain({}, {})",
           lambda out, upstream, partial: partial,
           selects(lambda out, upstream, partial: upstream), hidden=True,
           array="np.where(({0} == 0.0) & np.signbit({0}), -0.0, {0} * {1} + 0.0)",
           doc="The product of the chain rule with a partial that is a number: nothing where "
               "nothing comes from upstream.")
choose = op("choose", "×", ieee.choose, "sg_choose({}, {})",
            selects(lambda out, upstream, partial: partial),
            selects(lambda out, upstream, partial: upstream), hidden=True,
            array="np.where(({0} == 0.0) & np.signbit({0}) | ({1} == 0.0) & np.signbit({1}), "
                  "-0.0, {0} * {1} + 0.0)",
            doc="The product of the chain rule with a partial that selects: nothing where either "
                "is nothing.")
rounds = op("rounds", "rounds",
            lambda x, y: nan if x != x or y != y
            else 1.0 if y - 1.0 + 1.0 != y and 0.0 < builtins.abs(x) < inf else 0.0,
            "({0} != {0} || {1} != {1} ? NAN : {1} - 1.0 + 1.0 != {1} && 0.0 < fabs({0}) && "
            "fabs({0}) < INFINITY ? 1.0 : 0.0)",
            selects(lambda out, x, y: flat(out)), selects(lambda out, x, y: flat(out)),
            hidden=True,
            array="np.where(np.isnan({0}) | np.isnan({1}), np.nan, np.where(({1} - 1.0 + 1.0 != "
                  "{1}) & (0.0 < np.fabs({0})) & (np.fabs({0}) < np.inf), 1.0, 0.0))",
            doc="Whether y − 1 is rounded, for an x that is neither 0 nor infinite.")
start = op("start", "start", lambda x: x if x != 0.0 else NOTHING, "({0} != 0.0 ? {0} : -0.0)",
           lambda out, x: 1.0, hidden=True, array="np.where({0} != 0.0, {0}, -0.0)",
           doc="A seed, a tangent or a cotangent that is given: x, and nothing for 0.")
identity = op("identity", "copy", lambda x: x, "{}", lambda out, x: 1.0, hidden=True,
              doc="The operand again, as a node of its own: what a derivative is taken in.")


def flat(out: Any) -> Any:
    """The derivative of a function made of steps: nothing, and NaN where the function is NaN."""
    return taken(compare(out, out))


def nonzero(x: Any) -> Any:
    """x, and nothing where it is 0: the slope in what a constant x multiplies."""
    # a float at once, for products with constants are many
    return x or NOTHING if type(x) is float else start(x)


def exponential_slope(out: Any, log_base: Any) -> Any:
    """The slope of a power in its exponent: nothing where the base is a constant 1."""
    return where(log_base, out * log_base + 0.0, NOTHING)


def power_slope(out: Any, x: Any, y: Any) -> Any:
    """y·x**(y − 1); y·out/x where y − 1 is rounded, for its rest counts, times log x."""
    return where(rounds(x, y), div(y * out, x), y * pow(x, y - 1.0))


# ------ arithmetic
add = op("add", "+", py.add, "{} + {}",
         lambda out, x, y: 1.0, lambda out, x, y: 1.0, dunder="add", doc="x + y.")
sub = op("sub", "−", py.sub, "{} - {}",
         lambda out, x, y: 1.0, lambda out, x, y: -1.0, dunder="sub", doc="x − y.")
mul = op("mul", "×", py.mul, "{} * {}",
         lambda out, x, y: y, lambda out, x, y: x, dunder="mul",
         beside_constant=(selects(lambda out, x, y: nonzero(y)),
                          selects(lambda out, x, y: nonzero(x))), doc="x · y.")
div = op("div", "÷", ieee.divide, "{} / {}",
         lambda out, x, y: reciprocal(y), lambda out, x, y: div(-out, y), dunder="truediv",
         textbook=(lambda out, x, y: reciprocal(y), lambda out, x, y: div(-x, square(y))),
         doc="x / y; by zero it is infinite or NaN, and raises no error.")
pow = op("pow", "**", ieee.power, "sg_power({}, {})",
         lambda out, x, y: where(where(x, 1.0, y), power_slope(out, x, y), flat(out)),
         lambda out, x, y: where(x, out * log(x), where(step(-y), -inf, 0.0)), dunder="pow",
         beside_constant=(selects(lambda out, x, y: where(y, power_slope(out, x, y) + 0.0,
                                                          flat(out))),
                          selects(lambda out, x, y: where(x, exponential_slope(out, log(x)),
                                                          where(step(-y), -inf, NOTHING)))),
         textbook=(lambda out, x, y: y * pow(x, y - 1.0), lambda out, x, y: out * log(x)),
         samples=((1.5, 2.5), (0.7, -1.3), (2.2, 0.4), (3.0, 2.0)),
         # NumPy takes the square root for a lone 0.5, which is another number at −0.0 and −inf
         array="np.where(np.isnan({0}) | np.isnan({1}), np.nan, np.power(np.where(({1} == 0.5) & "
               "np.signbit({0}) & ({0} + {0} == {0}), -{0}, {0}), {1}))",
         doc="x to the power of y. A negative x has whole powers only, and no derivative in y. "
             "Beyond abs y = 2**53, where y − 1 rounds, the sign of ∂/∂x at x < 0 is lost.")
mod = op("mod", "%", ieee.modulo, "sg_modulo({}, {})",
         lambda out, x, y: 1.0 + flat(out), lambda out, x, y: -floordiv(x, y), dunder="mod",
         array="np.mod({}, {})", doc="x − y·floor(x/y), with the sign of y: Python's %.")
floordiv = op("floordiv", "//", ieee.floor_divide, "sg_floor_divide({}, {})",
              selects(lambda out, x, y: flat(out)), selects(lambda out, x, y: flat(out)),
              dunder="floordiv",
              array="np.floor_divide({}, {})", doc="floor(x/y): Python's //. Its gradient is 0.")
fmod = op("fmod", "fmod", ieee.fmod, "fmod({}, {})",
          lambda out, x, y: 1.0 + flat(out), lambda out, x, y: round(div(out - x, y)),
          doc="x − n·y with the whole n nearest to x/y towards 0, with the sign of x: as "
              "math.fmod.")
remainder = op("remainder", "remainder", ieee.remainder, "remainder({}, {})",
               lambda out, x, y: 1.0 + flat(out), lambda out, x, y: round(div(out - x, y)),
               array=NOWHERE, samples=((1.5, 2.5), (-0.7, 1.3), (2.3, -0.4), (-1.1, -3.0)),
               doc="x − n·y with the whole n nearest to x/y, of two the even one: as in IEEE 754 "
                   "and math.remainder. Python's % is mod, which NumPy calls remainder.")
neg = op("neg", "−", py.neg, "-{}", lambda out, x: -1.0, dunder="neg", doc="−x.")
abs = op("abs", "abs", builtins.abs, "fabs({})",
         lambda out, x: sign(x), dunder="abs", numpy="fabs",
         doc="The absolute value of x; at 0 its gradient is 0.")
copysign = op("copysign", "copysign", ieee.with_sign, "({1} == {1} ? copysign({0}, {1}) : NAN)",
              lambda out, x, y: sign(x) * copysign(1.0, y), selects(lambda out, x, y: flat(out)),
              array="np.where({1} == {1}, np.copysign({0}, {1}), np.nan)",
              doc="The size of x with the sign of y, which −0.0 and 0.0 have too.")
square = op("square", "x²", lambda x: x * x, "{0} * {0}", lambda out, x: 2.0 * x, doc="x².")
reciprocal = op("reciprocal", "1/x", lambda x: ieee.divide(1.0, x), "1.0 / {}",
                lambda out, x: -(out * out), textbook=(lambda out, x: div(-1.0, square(x)),),
                doc="1/x.")
inverse = op("inverse", "1/x", lambda x: ieee.divide(1.0, builtins.abs(x)) if x >= 0.0 else nan,
             "({0} >= 0.0 ? 1.0 / fabs({0}) : NAN)",
             lambda out, x: -(out * out), samples=POSITIVES, hidden=True,
             array="np.where({0} >= 0.0, 1.0 / np.fabs({0}), np.nan)",
             doc="1/x on the domain x ≥ 0 alone: NaN below, so log′(−1) is NaN, not −1.")

# ------ larger, smaller, rounded
maximum = op("maximum", "max", ieee.larger,
             "({0} >= {1} || {0} != {0} ? {0} : {1})",
             selects(lambda out, x, y: half_taken(compare(x, y))),
             selects(lambda out, x, y: half_taken(compare(y, x))),
             beside_constant=(selects(lambda out, x, y: taken(compare(x, y))),
                              selects(lambda out, x, y: taken(compare(y, x)))),
             textbook=(lambda out, x, y: where(compare(x, y), step(x - y), 0.5),
                       lambda out, x, y: where(compare(x, y), step(y - x), 0.5)),
             doc="The larger of two; NaN if either is. Two variables that tie share the "
                 "gradient, a variable that ties with a constant gets none.")
minimum = op("minimum", "min", ieee.smaller,
             "({0} <= {1} || {0} != {0} ? {0} : {1})",
             selects(lambda out, x, y: half_taken(compare(y, x))),
             selects(lambda out, x, y: half_taken(compare(x, y))),
             beside_constant=(selects(lambda out, x, y: taken(compare(y, x))),
                              selects(lambda out, x, y: taken(compare(x, y)))),
             textbook=(lambda out, x, y: where(compare(x, y), step(y - x), 0.5),
                       lambda out, x, y: where(compare(x, y), step(x - y), 0.5)),
             doc="The smaller of two; NaN if either is. Two variables that tie share the "
                 "gradient, a variable that ties with a constant gets none.")
clamp = op("clamp", "clamp", lambda x, low, high: minimum(maximum(x, low), high), TRACED,
           selects(lambda out, x, low, high: choose(taken(compare(x, low)),
                                                    taken(compare(high, x))) + flat(out)),
           lambda out, x, low, high: nan, lambda out, x, low, high: nan, constant_from=1,
           samples=((0.5, -1.0, 1.0), (-3.0, -1.0, 1.0), (4.0, -1.0, 1.0)),
           doc="x kept within [low, high]; the gradient is 0 outside and at both bounds. Bounds "
               "that are Values get gradients too, through minimum(maximum(x, low), high).")
sign = op("sign", "sign", lambda x: compare(x, 0.0), TRACED,
          selects(lambda out, x: flat(out)),
          doc="1 if x > 0, −1 if x < 0, 0 at 0. Its gradient is 0.")
floor = op("floor", "floor", ieee.whole(math.floor), "floor({})",
          selects(lambda out, x: flat(out)),
           doc="The greatest whole number that is not above x, as a float. Its gradient is 0.")
ceil = op("ceil", "ceil", ieee.whole(math.ceil), "ceil({})",
          selects(lambda out, x: flat(out)),
          doc="The least whole number that is not below x, as a float. Its gradient is 0.")
trunc = op("trunc", "trunc", ieee.whole(math.trunc), "trunc({})",
           selects(lambda out, x: flat(out)),
           doc="x without its digits after the point, as a float. Its gradient is 0.")
round = op("round", "round", ieee.whole(builtins.round), "rint({})",
           selects(lambda out, x: flat(out)), numpy="rint",
           doc="The whole number nearest to x, of two the even one, as a float. Its gradient is 0.")
round_to = op("round_to", "round", ieee.round_to, None,
              selects(lambda out, x, digits: flat(out)), selects(lambda out, x, digits: flat(out)),
              samples=((1.234, 2.0), (1234.5, -2.0)), hidden=True,
              doc="x rounded to so many decimal digits; negative counts left of the point.")

# ------ exponentials and powers
exp = op("exp", "exp", ieee.exp, "exp({})", lambda out, x: out, doc="e to the power of x.")
exp2 = op("exp2", "2ˣ", ieee.exp2, "sg_power(2.0, {})", lambda out, x: LN2 * out,
          doc="2 to the power of x.")
expm1 = op("expm1", "expm1", ieee.expm1, "expm1({})", lambda out, x: exp(x),
           doc="exp(x) − 1, accurate near 0.")
log = op("log", "log", ieee.log, "log({})", lambda out, x: inverse(x), samples=POSITIVES,
         doc="The natural logarithm of x.")
log2 = op("log2", "log2", ieee.log2, "log2({})",
          lambda out, x: inverse(x) / LN2, samples=POSITIVES, doc="The logarithm of x to base 2.")
log10 = op("log10", "log10", ieee.log10, "log10({})",
           lambda out, x: inverse(x) / LN10, samples=POSITIVES,
           doc="The logarithm of x to base 10.")
log1p = op("log1p", "log1p", ieee.log1p, "log1p({})",
           lambda out, x: inverse(1.0 + x), samples=(-0.7, 1e-9, 0.4, 5.0),
           doc="log(1 + x), accurate near 0.")
sqrt = op("sqrt", "√", ieee.total(math.sqrt), "sqrt({})",
          lambda out, x: div(0.5, abs(out)), samples=POSITIVES,
          textbook=(lambda out, x: reciprocal(2.0 * out),), doc="The square root of x.")
cbrt = op("cbrt", "∛", ieee.cbrt, "sg_cbrt({})", lambda out, x: reciprocal(3.0 * out * out),
          textbook=(lambda out, x: reciprocal(3.0 * square(out)),),
          doc="The cube root of x, negative for a negative x.")

# ------ trigonometric and hyperbolic
sin = op("sin", "sin", ieee.total(math.sin), "sin({})", lambda out, x: cos(x),
         doc="The sine of x, an angle in radians.")
cos = op("cos", "cos", ieee.total(math.cos), "cos({})", lambda out, x: -sin(x),
         doc="The cosine of x, an angle in radians.")
tan = op("tan", "tan", ieee.total(math.tan), "tan({})", lambda out, x: 1.0 + out * out,
         textbook=(lambda out, x: 1.0 + square(out),), doc="The tangent of x, an angle in radians.")
asin = op("asin", "asin", ieee.total(math.asin), "asin({})",
          lambda out, x: reciprocal(sqrt(one_less_square(x))),
          numpy="arcsin", samples=INSIDE_ONE,
          textbook=(lambda out, x: reciprocal(sqrt(1.0 - square(x))),),
          doc="The angle from −π/2 to π/2 whose sine is x.")
acos = op("acos", "acos", ieee.total(math.acos), "acos({})",
          lambda out, x: -reciprocal(sqrt(one_less_square(x))),
          numpy="arccos", samples=INSIDE_ONE,
          textbook=(lambda out, x: -reciprocal(sqrt(1.0 - square(x))),),
          doc="The angle from 0 to π whose cosine is x.")
one_less_square = op("one_less_square", "1−x²", lambda x: (1.0 - x) * (1.0 + x), TRACED,
                     lambda out, x: -2.0 * x, hidden=True,
                     doc="1 − x², exact beside ±1: its own row, for the slopes of its factors all "
                         "but cancel.")
atan = op("atan", "atan", math.atan, "atan({})",
          lambda out, x: inverse_square(hypot(1.0, x)), numpy="arctan",
          textbook=(lambda out, x: reciprocal(1.0 + square(x)),),
          doc="The angle between −π/2 and π/2 whose tangent is x.")
atan2 = op("atan2", "atan2", math.atan2, "atan2({}, {})",
           lambda out, y, x: turning(x, y, hypot(x, y)),
           lambda out, y, x: -turning(y, x, hypot(x, y)), numpy="arctan2",
           textbook=(lambda out, y, x: div(x, square(x) + square(y)),
                     lambda out, y, x: -div(y, square(x) + square(y))),
           doc="The angle from −π to π of the point (x, y), y given first: as math.atan2.")
turning = op("turning", "x/h²", lambda x, y, h: ratio(unit(x, y, h), h), TRACED,
             lambda out, x, y, h: turning_slope(y - x, y + x, h, per_hypot(x, y, h)),
             lambda out, x, y, h: -2.0 * (out * turning(y, x, h)),
             selects(lambda out, x, y, h: flat(out)), hidden=True, samples=TRIANGLES,
             doc="x/h² with h = hypot(x, y), which the partials in x and y account for.")
degrees = op("degrees", "°", lambda x: x * DEGREES, f"{{}} * {DEGREES}",
             lambda out, x: DEGREES, numpy="rad2deg", doc="An angle in degrees that is x radians.")
radians = op("radians", "rad", lambda x: x * RADIANS, f"{{}} * {RADIANS}",
             lambda out, x: RADIANS, numpy="deg2rad", doc="An angle in radians that is x degrees.")
sinh = op("sinh", "sinh", ieee.sinh, "sinh({})", lambda out, x: cosh(x),
          doc="The hyperbolic sine of x.")
cosh = op("cosh", "cosh", ieee.cosh, "cosh({})", lambda out, x: sinh(x),
          doc="The hyperbolic cosine of x.")
tanh = op("tanh", "tanh", math.tanh, "tanh({})", lambda out, x: sech_square(x),
          textbook=(lambda out, x: 1.0 - square(out),), doc="The hyperbolic tangent of x.")
sech_square = op("sech_square", "1/cosh²", lambda x: inverse_square(cosh(x)), TRACED,
                 lambda out, x: -2.0 * (tanh(x) * out), hidden=True,
                 doc="1/cosh² x, the derivative of tanh.")
asinh = op("asinh", "asinh", math.asinh, "asinh({})",
           lambda out, x: cosine_at_slope(x), numpy="arcsinh",
           textbook=(lambda out, x: reciprocal(sqrt(1.0 + square(x))),),
           doc="The number whose hyperbolic sine is x.")
cosine_at_slope = op("cosine_at_slope", "cos∘atan", lambda x: inverse_hypotenuse(x), TRACED,
                     lambda out, x: -(out * (out * unit(x, 1.0, hypot(1.0, x)))), hidden=True,
                     textbook=(lambda out, x: -(x * pow(out, 3.0)),),
                     doc="1/√(1 + x²): the cosine of an angle, of its slope x.")
acosh = op("acosh", "acosh", ieee.total(math.acosh), "acosh({})",
           lambda out, x: reciprocal(sqrt(x - 1.0) * sqrt(x + 1.0)),
           numpy="arccosh", samples=(1.01, 1.5, 4.0, 30.0),
           textbook=(lambda out, x: reciprocal(sqrt(square(x) - 1.0)),),
           doc="The number from 0 up whose hyperbolic cosine is x.")
atanh = op("atanh", "atanh", ieee.atanh, "atanh({})",
           lambda out, x: inverse(one_less_square(x)), numpy="arctanh", samples=INSIDE_ONE,
           textbook=(lambda out, x: reciprocal(1.0 - square(x)),),
           doc="The number whose hyperbolic tangent is x.")
hypot = op("hypot", "hypot", ieee.hypot, "sg_hypot({}, {})",
           lambda out, x, y: unit(x, y, out), lambda out, x, y: unit(y, x, out),
           textbook=(lambda out, x, y: div(x, out), lambda out, x, y: div(y, out)),
           array="np.where(np.isnan({0}) | np.isnan({1}), np.nan, np.hypot({0}, {1}))",
           doc="√(x² + y²), without overflow on the way.")
unit = op("unit", "x/h", lambda x, y, h: unit_of(x, y, h), TRACED,
          lambda out, x, y, h: unit(y, x, h) * turning(y, x, h),
          lambda out, x, y, h: -out * turning(y, x, h),
          selects(lambda out, x, y, h: flat(out)), hidden=True, samples=TRIANGLES,
          doc="x/h with h = hypot(x, y), which the partials in x and y account for: 0 at the "
              "origin, ±1 or 0 where an operand is infinite.")


def inverse_square(x: Any) -> Any:
    """1/x² for x ≥ 1: in two steps, for x² overflows where 1/x² is still a number."""
    return reciprocal(x) / x


def inverse_hypotenuse(x: Any) -> Any:
    """1/√(1 + x²) to 0.75 units in the last place, where the inverse of a rounded root is wrong by
    1.5: a guess a of 26 bits, below it so that a·x < 1, then Newton's step. Of its residue
    1 − a² − (a·x)² only the last square is rounded, as the larger is taken off first."""
    near = minimum(abs(x), 2.0**28)
    a, head = short((1.0 - 2.0**-24) / hypot(1.0, near)), short(near)
    p, q = square(a * head), square(a)
    residue = 1.0 - maximum(p, q) - minimum(p, q) - q * ((near - head) * (near + head))
    # further out it is 1/x, to the last bit
    return (a + a * (residue * (0.5 + 0.375 * residue))) / (maximum(abs(x), 2.0**28) / 2.0**28)


def short(x: Any) -> Any:
    """The leading 26 bits of x, whose products are exact (Veltkamp's splitting)."""
    shifted = (2.0**27 + 1.0) * x
    return shifted - (shifted - x)


per_hypot = op("per_hypot", "1/h", lambda x, y, h: ratio(1.0, h), TRACED,
               lambda out, x, y, h: -out * turning(x, y, h),
               lambda out, x, y, h: -out * turning(y, x, h),
               selects(lambda out, x, y, h: flat(out)), hidden=True, samples=TRIANGLES,
               doc="1/h with h = hypot(x, y), which the partials in x and y account for.")


def unit_of(x: Any, y: Any, h: Any) -> Any:
    far = where(compare(inf, abs(x)), 0.0, sign(x) + 0.0 * y)
    return where(h, where(compare(inf, h), div(x, h), far), 0.0)


def turning_slope(less: Any, more: Any, h: Any, inverse: Any) -> Any:
    """less·more/h⁴, and 0 at the origin and at infinity: factor by factor, for neither the product
    nor the power need be floats."""
    return where(compare(inf, h), less * inverse * inverse * more * inverse * inverse, 0.0)


def half_taken(order: Any) -> Any:
    """1 for an order of 1, a half for a tie, nothing for −1."""
    return 0.5 * taken(0.5 + order) + 0.5 * taken(order)


def ratio(x: Any, y: Any) -> Any:
    """x/y, and 0 where y is 0."""
    return where(y, div(x, y), 0.0)


# ------ error function and gamma
def in_two_steps(factor: float) -> str:
    """exp(−factor·x²) on NumPy's arrays: of the nearest sixteenth, whose square is exact, and of
    what is left of the square."""
    size = "np.clip({0}, -40.0, 40.0)"
    near = f"(np.round(16.0 * {size}) / 16.0)"
    rest = f"({size} - {near}) * ({size} + {near})"
    return f"np.exp({-factor} * np.square({near})) * np.exp({-factor} * ({rest}))"


erf = op("erf", "erf", math.erf, "erf({})", lambda out, x: 2.0 / SQRTPI * gaussian(x),
         textbook=(lambda out, x: 2.0 / SQRTPI * exp(-square(x)),),
         array="special.erf({})", doc="The error function of x.")
erfc = op("erfc", "erfc", math.erfc, "erfc({})", lambda out, x: -2.0 / SQRTPI * gaussian(x),
          textbook=(lambda out, x: -2.0 / SQRTPI * exp(-square(x)),),
          array="special.erfc({})", doc="1 − erf(x), accurate where that is small.")
gaussian = op("gaussian", "exp(−x²)", lambda x: ieee.exp_square(x, 1.0),
              "sg_exp_square({}, 1.0)",
              lambda out, x: -2.0 * (within_forty(x) * out), hidden=True,
              array=in_two_steps(1.0),
              doc="exp(−x²), the rounding of the square made good.")
normal = op("normal", "φ", lambda x: ieee.exp_square(x, 0.5) / SQRT2PI,
            f"(sg_exp_square({{}}, 0.5) / {SQRT2PI!r})",
            lambda out, x: -(within_forty(x) * out), hidden=True,
            array=f"{in_two_steps(0.5)} / {SQRT2PI!r}",
            doc="The density of the normal distribution.")
distribution = op("distribution", "Φ", lambda x: half_erfc(x), TRACED, lambda out, x: normal(x),
                  hidden=True, doc="The normal distribution: the share of it that is below x.")
lgamma = op("lgamma", "lnΓ", special.lgamma, "sg_lgamma({})",
            lambda out, x: polygamma(0.0, x), samples=(-2.5, 0.3, 1.4, 9.0),
            array="special.gammaln({})", doc="The logarithm of the absolute value of Γ(x).")
polygamma = op("polygamma", "ψ", special.polygamma, "sg_polygamma({}, {})",
               lambda out, order, x: nan, lambda out, order, x: polygamma(order + 1.0, x),
               samples=((0.0, 0.3), (1.0, 1.4), (2.0, 9.0), (1.0, -2.5)), method=False,
               array=NOWHERE,
               doc="Derivative number `order` (0, 1, 2, …) of digamma at x; order 0 is digamma.")
sinc = op("sinc", "sinc", lambda x: sinc_derivative(0.0, x), "sg_sinc_derivative(0.0, {})",
          lambda out, x: sinc_derivative(1.0, x), samples=(-2.7, -0.01, 0.0, 0.3, 1.9),
          array=NOWHERE, doc="sin(πx)/(πx), 1 at 0: NumPy's normalised sinc.")
sinc_derivative = op("sinc_derivative", "sinc⁽ⁿ⁾", special.sinc_derivative,
                     "sg_sinc_derivative({}, {})",
                     lambda out, order, x: nan,
                     lambda out, order, x: sinc_derivative(order + 1.0, x), hidden=True,
                     array=NOWHERE,
                     samples=((1.0, 0.3), (2.0, -1.9), (1.0, 0.0), (3.0, 5.5)),
                     doc="Derivative number `order` of sinc at x.")



def within_forty(x: Any) -> Any:
    """x, beyond ±40 that: there exp(−x²/2) is 0 in float64, and 0·∞ NaN."""
    return clamp(x, -40.0, 40.0)


def half_erfc(x: Any) -> Any:
    """erfc(−x/√2)/2. Where that is small, the rest of the rounded quotient counts: erfc′/erfc is
    −(z + √(z² + 4/π)) or little more, and the rest of z·√2 exact."""
    z = -x / SQRT2
    size = minimum(maximum(z, 0.0), 28.0)
    head = short(size)
    tail = size - head
    low = minimum(maximum(-x, 0.0), 28.0 * SQRT2)
    product = ((low - head * SQRT2_HEAD) - head * SQRT2_TAIL) - tail * SQRT2_HEAD
    rest = (product - tail * SQRT2_TAIL) / SQRT2 - size * SQRT2_REST
    out = 0.5 * erfc(z)
    return out - out * (rest * (size + sqrt(square(size) + 4.0 / pi)))


# ------ activations
sigmoid = op("sigmoid", "σ",
             lambda x: where(step(x), 1.0, exp(-abs(x))) / (1.0 + exp(-abs(x))), TRACED,
             lambda out, x: logistic(x),
             textbook=(lambda out, x: out * (1.0 - out),),
             doc="1/(1 + exp(−x)), the logistic function.")
logistic = op("logistic", "σ′", lambda x: logistic_of(exp(-abs(x))), TRACED,
              lambda out, x: -out * tanh(0.5 * x), hidden=True,
              textbook=(lambda out, x: out * (1.0 - 2.0 * sigmoid(x)),),
              doc="The derivative of sigmoid, the density of the logistic distribution.")
softplus = op("softplus", "softplus",
              lambda x: maximum(x, 0.0) + log1p(exp(-abs(x))), TRACED,
              lambda out, x: sigmoid(x), doc="log(1 + exp(x)), a smooth relu.")
log_sigmoid = op("log_sigmoid", "log σ", lambda x: -softplus(-x), TRACED,
                 lambda out, x: sigmoid(-x),
                 textbook=(lambda out, x: 1.0 - sigmoid(x),),
                 doc="log(sigmoid(x)), accurate for every x.")
relu = op("relu", "ReLU", lambda x: x if x > 0.0 or x != x else 0.0,
          "({0} > 0.0 || {0} != {0} ? {0} : 0.0)", selects(lambda out, x: taken(out)),
          textbook=(lambda out, x: step(x),),
          array="np.where({0} <= 0.0, 0.0, {0})",
          doc="x if x > 0, 0 if not; at 0 its gradient is 0.")
relu6 = op("relu6", "ReLU6", lambda x: minimum(maximum(x, 0.0), 6.0), TRACED,
           selects(lambda out, x: choose(taken(x), taken(6.0 - x))), samples=(-1.5, 0.3, 5.5, 8.0),
           textbook=(lambda out, x: where(step(x), step(6.0 - x), 0.0),),
           doc="x kept within [0, 6].")
leaky_relu = op("leaky_relu", "leaky ReLU", lambda x, slope: where(step(x), x, slope * x), TRACED,
                lambda out, x, slope: where(x, where(step(x), 1.0, slope), clamp(slope, 0.0, 1.0)),
                selects(lambda out, x, slope: where(step(x), NOTHING, x + 0.0)),
                beside_constant=(selects(lambda out, x, slope: leaky_slope(x, slope, slope)),
                                 selects(lambda out, x, slope: where(step(x), NOTHING, x + 0.0))),
                defaults=(0.01,), doc="x if x > 0, slope·x if not.")
elu = op("elu", "ELU", lambda x, alpha: where(step(x), x, alpha * expm1(x)), TRACED,
         lambda out, x, alpha: where(x, where(step(x), 1.0, alpha * exp(x)),
                                     clamp(alpha, 0.0, 1.0)),
         selects(lambda out, x, alpha: where(step(x), NOTHING, expm1(x) + 0.0)),
         beside_constant=(selects(lambda out, x, alpha: leaky_slope(x, alpha,
                                                                    alpha * exp(x) + 0.0)),
                          selects(lambda out, x, alpha: where(step(x), NOTHING, expm1(x) + 0.0))),
         defaults=(1.0,), doc="x if x > 0, alpha·(exp(x) − 1) if not.")
selu = op("selu", "SELU", lambda x: SELU_SCALE * elu(x, SELU_ALPHA), TRACED,
          lambda out, x: SELU_SCALE * where(x, where(step(x), 1.0, SELU_ALPHA * exp(x)), 1.0),
          doc="elu with the scale and the alpha that keep mean 0 and variance 1 from layer to "
              "layer.")
gelu = op("gelu", "GELU", lambda x: maximum(x, -40.0) * distribution(x), TRACED,
          lambda out, x: distribution(x) + within_forty(x) * normal(x),
          textbook=(lambda out, x: 0.5 * (1.0 + erf(x / SQRT2))
                    + x * exp(-square(x) / 2.0) / SQRT2PI,),
          doc="x·Φ(x), with the distribution function Φ of the normal distribution.")
silu = op("silu", "SiLU", lambda x: maximum(x, -800.0) * sigmoid(x), TRACED,
          lambda out, x: sigmoid(x) * (1.0 + clamp(x, -800.0, 800.0) * sigmoid(-x)),
          textbook=(lambda out, x: sigmoid(x) * (1.0 + x * (1.0 - sigmoid(x))),),
          doc="x·σ(x), also called swish.")
hard_swish = op("hard_swish", "hard swish", lambda x: maximum(x, -3.0) * (relu6(x + 3.0) / 6.0),
                TRACED,
                selects(lambda out, x: where(step(x + 3.0),
                                             where(step(3.0 - x), (2.0 * x + 3.0) / 6.0, 1.0),
                                             NOTHING)),
                samples=(-5.0, -1.3, 0.7, 4.0),
                doc="x·relu6(x + 3)/6, a silu made of straight pieces.")


def leaky_slope(x: Any, factor: Any, left: Any) -> Any:
    """1 for x > 0, `left` for x < 0, which has a constant factor: nothing there if that is 0."""
    at_kink = where(factor, clamp(factor, 0.0, 1.0), NOTHING)
    return where(x, where(step(x), 1.0, where(factor, left, NOTHING)), at_kink)


def logistic_of(e: Any) -> Any:
    """e/(1 + e)², expanded: that rounds less than the square of a rounded sum."""
    return e / (1.0 + (2.0 * e + e * e))


# ------ sums of exponentials
exp_difference = op("exp_difference", "exp(x−y)",
                    ieee.exp_difference,
                    "sg_exp_difference({}, {})",
                    lambda out, x, y: out, lambda out, x, y: -out, hidden=True,
                    array="np.where(({0} == {1}) & ({0} > -np.inf), 1.0, "
                          "np.where(({0} == -np.inf) & ({1} == {1}), 0.0, np.exp({0} - {1}) * "
                          "(1.0 + np.nan_to_num(({0} - (({0} - {1}) + ({0} - ({0} - {1})))) + "
                          "(({0} - ({0} - {1})) - {1})))))",
                    doc="exp(x − y), the share of x in a log-sum-exp y, at infinities too.")
logaddexp = op("logaddexp", "logaddexp",
               lambda x, y: maximum(x, y) + log1p(exp_difference(minimum(x, y), maximum(x, y))),
               TRACED,
               lambda out, x, y: share(x, y), lambda out, x, y: share(y, x),
               textbook=(lambda out, x, y: exp(x - out), lambda out, x, y: exp(y - out)),
               doc="log(exp(x) + exp(y)), without overflow.")
share = op("share", "share", lambda x, y: share_beside(x, y, maximum(x, y)), TRACED,
           lambda out, x, y: out * share(y, x), lambda out, x, y: -(out * share(y, x)),
           hidden=True,
           doc="exp(x)/(exp(x) + exp(y)), the share of x in their sum; 0 where both are 0.")


fraction = op("fraction", "x/(x+y)", lambda x, y, total: div(x, total), TRACED,
              lambda out, x, y, total: fraction(y, x, total) * per_total(x, y, total),
              lambda out, x, y, total: -out * per_total(x, y, total),
              selects(lambda out, x, y, total: flat(out)), hidden=True, samples=TOTALS,
              doc="x/t with t = x + y, which the partials in x and y account for.")
per_total = op("per_total", "1/(x+y)", lambda x, y, total: reciprocal(total), TRACED,
               lambda out, x, y, total: -(out * out), lambda out, x, y, total: -(out * out),
               selects(lambda out, x, y, total: flat(out)), hidden=True, samples=TOTALS,
               doc="1/t with t = x + y, which the partials in x and y account for.")


def share_beside(x: Any, y: Any, largest: Any) -> Any:
    e = exp_difference(x, largest)
    return ratio(e, e + exp_difference(y, largest))


# fmt: on
# ------ over a list: one node, whatever the length


def dot_partials(out: Any, *operands: Any) -> list[Any]:
    n = len(operands) // 2
    return [*operands[n : 2 * n], *operands[:n], *[1.0] * (len(operands) % 2)]


def dot_beside_constant(out: Any, operands: Sequence[Any], variable: Sequence[bool]) -> list[Any]:
    return dot_partials(out, *map(as_factor, operands, variable))


def beside_constant(variable: Sequence[bool]) -> list[bool]:
    """Whether each partial of a dot, which is the other factor, is a constant."""
    n = len(variable) // 2
    others = [*variable[n : 2 * n], *variable[:n], True]
    return [not free for free in others[: len(variable)]]


def as_factor(x: Any, free: bool) -> Any:
    """A factor as the slope in what it multiplies: a constant 0 is nothing, a variable a number."""
    return nonzero(x) if not free else x if is_value(x) else x + 0.0


def prod_beside_constant(out: Any, xs: Sequence[Any], variable: Sequence[bool]) -> list[Any]:
    factors = [where(x, 1.0, NOTHING) for x, free in zip(xs, variable) if not free]
    return [chain(reduce(choose, factors), p) for p in prod_partials(out, *xs)]


def prod_partials(out: Any, *xs: Any) -> list[Any]:
    """For each operand the product of all others, which is exact at 0."""
    return of_the_others(py.mul, 1.0, xs)


def of_the_others(together: Callable[..., Any], start: float, xs: Sequence[Any]) -> list[Any]:
    """For each of xs what all others are together: those before it and those after it."""
    before, after = [start], [start]
    for x, y in zip(xs[:-1], xs[:0:-1]):
        before.append(together(before[-1], x))
        after.append(together(after[-1], y))
    return list(map(together, before, reversed(after)))


def tie_share(out: Any, x: Any, count: Any) -> Any:
    return where(compare(x, out), NOTHING, nonzero(reciprocal(count)))


# A count is what the partial derivatives of all operands share. It is a number like any other,
# computed with rows, but no gradient flows through it.


def numbers(operands: Sequence[Any]) -> list[Any]:
    return [getattr(x, "data", x) for x in operands]


def length(out: Any, operands: Sequence[Any], variable: Sequence[bool]) -> float:
    return float(len(operands))


def ties(out: Any, operands: Sequence[Any], variable: Sequence[bool]) -> Any:
    """How many operands equal the output: infinitely many if a constant does, for then the
    least subgradient is 0."""
    (y,) = numbers([out])
    weights = (1.0 if free else inf for free in variable)
    return sum([where(compare(x, y), 0.0, w) for x, w in zip(numbers(operands), weights)])


def shares(about: Any, operands: Sequence[Any], variable: Sequence[bool]) -> Any:
    """Σ exp(xᵢ − about), which scales the shares to a sum of 1; 1 if all are −inf."""
    (y,) = numbers([about])
    total = sum([exp_difference(x, y) for x in numbers(operands)])
    return where(total, total, 1.0)


def linked_shares(out: Any, operands: Sequence[Any]) -> list[Any]:
    """The shares as a graph that keeps the digits of their own slopes: of 1 − p, for a share p near
    1, it has the sum of the others. With one node for the sum of all, its slope would be p − p²,
    which is 0 long before p is 1."""
    if len(operands) == 2:
        x, y = operands
        return [share(x, y), share(y, x)]
    data = numbers(operands)
    if any(map(is_value, data)):
        return shares_beside_others(out, operands)
    at = data.index(folds.max(*data))
    terms = [exp_difference(x, operands[at]) for x in operands]
    terms[at] = exp_difference(data[at], data[at])
    if not terms[at]:
        return [0.0] * len(terms)
    total = sum(terms)
    return [div(term, total) for term in terms]


def shares_beside_others(out: Any, operands: Sequence[Any]) -> list[Any]:
    """The shares where a trace does not know which operand is the largest: each term beside the sum
    of the others, which only the slopes of the shares read."""
    terms = [exp_difference(x, *numbers([out])) for x in operands]
    total = sum(numbers(terms))
    total = where(total, total, 1.0)
    return [fraction(x, y, total) for x, y in zip(terms, of_the_others(py.add, 0.0, terms))]


def stable_logsumexp(*xs: Any) -> Any:
    """The largest, plus log1p of the sum of exp(x − largest) over the others: in each comparison
    with the largest so far the smaller operand is one of the others."""
    largest, others = xs[0], []
    for x in xs[1:]:
        others.append(minimum(largest, x))
        largest = maximum(largest, x)
    return largest + log1p(folds.sum(*[exp_difference(x, largest) for x in others]))


# fmt: off
sum = fold("sum", "Σ", folds.sum, "fold_sum", lambda out, x, n: 1.0,
           count=length, arrange=folds.listed, elementary=folds.sum,
           doc="The sum of a list, one node; 0.0 if the list is empty.")
prod = fold("prod", "Π", folds.prod, None, prod_partials, arrange=folds.listed,
            elementary=folds.prod, beside_constant=selects(prod_beside_constant),
            doc="The product of a list, one node; 1.0 if the list is empty.")
mean = fold("mean", "mean", folds.mean, "fold_mean",
            lambda out, x, n: 1.0 / n, count=length, arrange=folds.at_least_one,
            elementary=folds.mean, doc="The arithmetic mean of a list, one node.")
dot = fold("dot", "·", folds.dot, "fold_dot", dot_partials, arrange=folds.weights_then_inputs,
           elementary=folds.dot, beside_constant=selects(dot_beside_constant, beside_constant),
           doc="Σ wᵢ·xᵢ, plus `bias` if given: two lists of one length, one node.")
logsumexp = fold("logsumexp", "logsumexp", folds.logsumexp, "fold_logsumexp",
                 lambda largest, x, n: div(exp_difference(x, largest), n),
                 count=shares, about="max", linked=linked_shares, arrange=folds.at_least_one,
                 elementary=stable_logsumexp,
                 textbook=lambda out, x, n: exp(x - out),
                 doc="log Σ exp(xᵢ) of a list, stable for any size, one node.")
max = fold("max", "max", folds.max, "fold_max", selects(tie_share),
           count=ties, arrange=folds.at_least_one, elementary=lambda *xs: reduce(maximum, xs),
           doc="The largest of a list, one node; variables that tie share the gradient.")
min = fold("min", "min", folds.min, "fold_min", selects(tie_share),
           count=ties, arrange=folds.at_least_one, elementary=lambda *xs: reduce(minimum, xs),
           doc="The smallest of a list, one node; variables that tie share the gradient.")
# fmt: on
