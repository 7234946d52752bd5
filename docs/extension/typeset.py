"""Rows of the operator table as LaTeX, by running their functions on symbols.

Here stands how an operator is written, never what its derivative is: that comes from the table.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from math import copysign, isinf, isnan, pi, sqrt
from typing import Any, NamedTuple

from scalargrad import folds, ops
from scalargrad.drawing.symbols.terms import Algebra, Term, is_constant, neutral, postorder
from scalargrad.rows import Operator

SUM, PRODUCT, SIGN, POWER, ATOM = range(1, 6)
"""How tightly an operator binds."""


class Written(NamedTuple):
    text: str
    binding: int = ATOM

    def within(self, least: int) -> str:
        return self.text if self.binding >= least else rf"\left({self.text}\right)"


class Form(NamedTuple):
    """How an operator is written: its text, how tightly that binds, and what operands must."""

    text: str
    binding: int = ATOM
    least: tuple[int, ...] = ()

    def fill(self, operands: Sequence[Written]) -> Written:
        least = (*self.least, *[0] * len(operands))
        texts = [x.within(n) for x, n in zip(operands, least)]
        text = self.text
        for k, x in enumerate(texts):
            text = text.replace(f"#{k + 1}", x)
        return Written(text, self.binding)


def call(name: str) -> Form:
    return Form(rf"{name}\left(#1\right)")


COSINE_AT_SLOPE = Form(r"\frac{1}{\sqrt{1 + {#1}^2}}", SIGN, (ATOM,))
# rows that only derivatives use; their rules take squares apart, for range and for digits
HIDDEN: Mapping[str, Form] = {
    "cosine_at_slope": COSINE_AT_SLOPE,
    "one_less_square": Form(r"1 - {#1}^2", SUM, (ATOM,)),
    "sech_square": Form(r"\frac{1}{{\cosh\left(#1\right)}^2}", SIGN),
    "unit": Form(r"\frac{#1}{#3}", SIGN),
    "turning": Form(r"\frac{#1}{{#3}^2}", SIGN, (0, 0, ATOM)),
    "per_hypot": Form(r"\frac{1}{#3}", SIGN),
    "fraction": Form(r"\frac{#1}{#3}", SIGN),
    "per_total": Form(r"\frac{1}{#3}", SIGN),
    "gaussian": Form("e^{-{#1}^2}", POWER, (ATOM,)),
    "normal": Form(r"\frac{1}{\sqrt{2 \pi}} e^{-{#1}^2/2}", SIGN, (ATOM,)),
    "distribution": call(r"\Phi"),
    "share": Form(r"\frac{e^{#1}}{e^{#1} + e^{#2}}", SIGN),
}
FORMS: Mapping[str, Form] = {
    **HIDDEN,
    "add": Form("#1 + #2", SUM, (SUM, SUM)),
    "sub": Form("#1 - #2", SUM, (SUM, PRODUCT)),
    "mul": Form(r"#1 \cdot #2", PRODUCT, (PRODUCT, SIGN)),
    "div": Form(r"\frac{#1}{#2}", SIGN),
    "pow": Form("{#1}^{#2}", POWER, (ATOM,)),
    "neg": Form("-#1", SIGN, (PRODUCT,)),
    "square": Form("{#1}^2", POWER, (ATOM,)),
    "reciprocal": Form(r"\frac{1}{#1}", SIGN),
    "inverse": Form(r"\frac{1}{#1}", SIGN),
    "abs": Form(r"\left|#1\right|"),
    "step": Form(r"\left[#1 > 0\right]"),
    "compare": Form(r"\text{sgn}\left(#1 - #2\right)", ATOM, (0, PRODUCT)),
    "sign": Form(r"\text{sgn}\left(#1\right)"),
    "identity": Form("#1"),
    "maximum": Form(r"\max\left(#1, #2\right)"),
    "minimum": Form(r"\min\left(#1, #2\right)"),
    "floor": Form(r"\lfloor #1 \rfloor"),
    "ceil": Form(r"\lceil #1 \rceil"),
    "floordiv": Form(r"\left\lfloor \frac{#1}{#2} \right\rfloor"),
    "mod": Form(r"#1 - #2 \cdot \left\lfloor \frac{#1}{#2} \right\rfloor", SUM, (SUM, SIGN)),
    "exp": Form("e^{#1}", POWER),
    "exp2": Form("2^{#1}", POWER),
    "exp_difference": Form("e^{#1 - #2}", POWER, (0, PRODUCT)),
    "expm1": Form("e^{#1} - 1", SUM),
    "log": call(r"\ln"),
    "log2": call(r"\log_2"),
    "log10": call(r"\log_{10}"),
    "log1p": Form(r"\ln\left(1 + #1\right)", ATOM, (SUM,)),
    "sqrt": Form(r"\sqrt{#1}"),
    "cbrt": Form(r"\sqrt[3]{#1}"),
    **{name: call(rf"\{name}") for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "asin": call(r"\arcsin"),
    "acos": call(r"\arccos"),
    "atan": call(r"\arctan"),
    "atan2": Form(r"\text{atan2}\left(#1, #2\right)"),
    "hypot": Form(r"\sqrt{{#1}^2 + {#2}^2}", ATOM, (ATOM, ATOM)),
    "lgamma": Form(r"\ln\left|\Gamma\left(#1\right)\right|"),
    "polygamma": Form(r"\psi^{\left(#1\right)}\left(#2\right)"),
    "sinc_derivative": Form(r"\text{sinc}^{\left(#1\right)}\left(#2\right)"),
    "sigmoid": call(r"\sigma"),
    "logistic": call(r"\sigma'"),
    "log_sigmoid": call(r"\ln \sigma"),
}
"""Rows that are not written as a call of their name."""

DEFINITIONS: Mapping[str, Form] = {
    "relu": Form(r"\max\left(#1, 0\right)"),
    "sinc": Form(r"\frac{\sin\left(\pi #1\right)}{\pi #1}"),
    "erf": Form(r"\frac{2}{\sqrt{\pi}} \int_0^{#1} e^{-t^2} \, dt"),
    "erfc": Form(r"\frac{2}{\sqrt{\pi}} \int_{#1}^{\infty} e^{-t^2} \, dt"),
    "fmod": Form(r"#1 - #2 \cdot \text{trunc}\left(\frac{#1}{#2}\right)"),
    "remainder": Form(r"#1 - #2 \cdot \text{round}\left(\frac{#1}{#2}\right)"),
    "copysign": Form(r"\left|#1\right| \cdot \text{sign}\left(#2\right)"),
    "degrees": Form(r"\frac{180}{\pi} #1"),
    "radians": Form(r"\frac{\pi}{180} #1"),
    "asinh": Form(r"\ln\left(#1 + \sqrt{{#1}^2 + 1}\right)"),
    "acosh": Form(r"\ln\left(#1 + \sqrt{{#1}^2 - 1}\right)"),
    "atanh": Form(r"\frac{1}{2} \ln\left(\frac{1 + #1}{1 - #1}\right)"),
    **HIDDEN,
    "distribution": Form(r"\frac{1}{2} \text{erfc}\left(-\frac{#1}{\sqrt{2}}\right)", SIGN),
    "rounds": Form(r"\left[#2 - 1 \text{ is rounded}\right]"),
    "where": Form(r"\begin{cases} #2 & \text{if } #1 \neq 0 \\ #3 & \text{otherwise} \end{cases}"),
    **dict.fromkeys(["chain", "choose"], Form(r"#1 \cdot #2")),
    "start": Form("#1"),
    "taken": Form(r"\text{step}\left(#1\right)"),
    "sum": Form(r"\sum_i x_i"),
    "prod": Form(r"\prod_i x_i"),
    "mean": Form(r"\frac{1}{n} \sum_{i=1}^{n} x_i"),
    "dot": Form(r"b + \sum_i w_i \cdot x_i"),
    "logsumexp": Form(r"\ln \sum_i e^{x_i}"),
    "max": Form(r"\max_i x_i"),
    "min": Form(r"\min_i x_i"),
}
"""What rows compute that are not written with other rows, where their name does not say it."""

KNOWN_NUMBERS = {
    ops.LN2: r"\ln 2",
    ops.LN10: r"\ln 10",
    ops.SQRT2: r"\sqrt{2}",
    ops.SQRT2PI: r"\sqrt{2\pi}",
    180.0 / pi: r"\frac{180}{\pi}",
    pi / 180.0: r"\frac{\pi}{180}",
    2.0 / sqrt(pi): r"\frac{2}{\sqrt{\pi}}",
    0.5: r"\frac{1}{2}",
    1.0 / 3.0: r"\frac{1}{3}",
}


# ------ running a row's functions on symbols


class Symbols(Algebra):
    """Builds terms that hold for any numbers: every branch stays, only what is idle goes."""

    def simplified(self, op: Operator, operands: tuple[Any, ...]) -> Any:
        rule = IDLE.get(op.name)
        return rule(*operands) if rule else super().simplified(op, operands)


def compared(x: Any, y: Any) -> Any:
    if x is y:
        return 0.0
    return ops.sign(x) if is_constant(y, 0.0) else None


def product(x: Any, y: Any) -> Any:
    if is_constant(x, 0.0) or is_constant(y, 0.0):
        return 0.0
    if is_constant(x, -1.0):
        return ops.neg(y)
    return ops.square(x) if x is y else neutral(1.0)(x, y)


def quotient(x: Any, y: Any) -> Any:
    """No fraction stands in the numerator of another."""
    if is_constant(x, 0.5):
        return ops.reciprocal(2.0 * y)
    if isinstance(x, Term) and x.op in (ops.reciprocal, ops.inverse):
        return ops.reciprocal(x.operands[0] * y)
    if isinstance(x, Term) and x.op is ops.neg:
        return -(x.operands[0] / y)
    return neutral(1.0, left=False)(x, y)


def same_step(x: Any) -> Any:
    """The step of a comparison is that of a difference."""
    is_comparison = isinstance(x, Term) and x.op is ops.compare
    return ops.step(operator.sub(*x.operands)) if is_comparison else None


def squared(x: Any) -> Any:
    if isinstance(x, Term) and x.op is ops.hypot:
        return operator.add(*map(ops.square, x.operands))
    return 1.0 if is_constant(x, 1.0) else None


IDLE: Mapping[str, Callable[..., Any]] = {
    "add": neutral(0.0),
    "sub": neutral(0.0, left=False),
    "mul": product,
    "div": quotient,
    "square": squared,
    "chain": operator.mul,
    "choose": operator.mul,
    "start": lambda x: x,
    "compare": compared,
    "step": same_step,
    "taken": ops.step,
}


def number(x: float) -> Written:
    if x in KNOWN_NUMBERS:
        return Written(KNOWN_NUMBERS[x], SIGN)
    if -x in KNOWN_NUMBERS:
        return Written(f"-{KNOWN_NUMBERS[-x]}", SIGN)
    if isnan(x):
        return Written(r"\text{NaN}")
    if isinf(x):
        return Written(r"\infty") if x > 0 else Written(r"-\infty", SIGN)
    text = f"{x:.7g}"
    return Written(text, SIGN if copysign(1.0, x) < 0.0 else ATOM)


def condition(x: Any, known: Mapping[Any, Written]) -> str:
    """When a choice falls on its first branch."""
    if not isinstance(x, Term) or x.op not in (ops.step, ops.compare):
        return rf"{text_of(x, known).text} \neq 0"
    # constants stand to the right
    left, right = sorted(difference(x), key=lambda side: not isinstance(side, Term))
    sign = r"\neq" if x.op is ops.compare else ">" if left is difference(x)[0] else "<"
    return f"{text_of(left, known).text} {sign} {text_of(right, known).text}"


def difference(x: Term) -> tuple[Any, Any]:
    """The two sides that a step or a comparison is about."""
    if x.op is ops.compare:
        return x.operands[0], x.operands[1]
    inner = x.operands[0]
    if isinstance(inner, Term) and inner.op is ops.sub:
        return inner.operands[0], inner.operands[1]
    if isinstance(inner, Term) and inner.op is ops.neg:
        return 0.0, inner.operands[0]
    return inner, 0.0


def is_indicator(x: Term) -> bool:
    """Whether a choice is 1 where a comparison is one of equals, and 0 elsewhere."""
    return x.op is ops.where and all(map(is_constant, x.operands[1:], (0.0, 1.0)))


def cases(x: Any, known: Mapping[Any, Written], conditions: tuple[str, ...] = ()) -> list[str]:
    """The rows of a choice, those of choices within it among them."""
    if isinstance(x, Term) and x.op is ops.where:
        c, chosen, other = x.operands
        inside = (*conditions, condition(c, known))
        return cases(chosen, known, inside) + cases(other, known, conditions)
    if not conditions:
        return [rf"{text_of(x, known).text} & \text{{otherwise}}"]
    return [rf"{text_of(x, known).text} & \text{{if }} {r', '.join(conditions)}"]


def text_of(x: Any, known: Mapping[Any, Written]) -> Written:
    return known[x] if isinstance(x, Term) else number(float(x))


def written(op: Operator, operands: Sequence[Written]) -> Written:
    form = FORMS.get(op.name)
    if form is not None:
        return form.fill(operands)
    if op is ops.sum:
        return Written(" + ".join(x.within(SUM) for x in operands), SUM)
    return Written(rf"\text{{{op.name}}}\left({', '.join(x.text for x in operands)}\right)")


def latex(root: Any) -> str:
    """A term as LaTeX."""
    known: dict[Any, Written] = {}
    for term in postorder([root]):
        if term.op is None:
            known[term] = Written(term.name)
        elif is_indicator(term):
            equal = condition(term.operands[0], known).replace(r"\neq", "=")
            known[term] = Written(rf"\left[{equal}\right]")
        elif term.op is ops.where:
            rows = r" \\ ".join(cases(term, known))
            known[term] = Written(rf"\begin{{cases}} {rows} \end{{cases}}", SIGN)
        else:
            known[term] = written(term.op, [text_of(x, known) for x in term.operands])
    return text_of(root, known).text


# ------ what a page of a row says

LIST = ("x_1", "x_2", "x_3")
WEIGHTED = ("w_1", "w_2", "x_1", "x_2", "b")


def operand_letters(row: Operator) -> tuple[str, ...]:
    """The operands' names; for an operator over a list those of a short one."""
    if row.arity is None:
        return WEIGHTED if row.arrange is folds.weights_then_inputs else LIST
    return tuple(name if len(name) == 1 else rf"\mathit{{{name}}}" for name in row.names)


def variables(row: Operator, algebra: Algebra) -> list[Term]:
    return [algebra.variable(name, 0.3 + k) for k, name in enumerate(operand_letters(row))]


def value(row: Operator) -> str:
    """What the row computes: from its definition in other rows where it has one."""
    algebra = Symbols()
    operands = variables(row, algebra)
    if row.name in DEFINITIONS:
        return DEFINITIONS[row.name].fill([Written(x.name) for x in operands]).text
    if row.traced:
        return latex(row.forward(*operands))
    return written(row, [Written(x.name) for x in operands]).text


def partials(row: Operator) -> list[tuple[str, str]]:
    """(operand, ∂f/∂operand) for each, as a book has it; f is the row's value."""
    return in_latex(row, row.as_in_a_book)


def computed(row: Operator) -> list[tuple[str, str]]:
    """The same as it is computed, where that is another form."""
    found = zip(in_latex(row, row.local), partials(row))
    return [pair for pair, in_a_book in found if pair != in_a_book]


def in_latex(row: Operator, rule: Callable[..., list[Any]]) -> list[tuple[str, str]]:
    algebra = Symbols()
    operands = variables(row, algebra)
    out = algebra.variable("f", 0.3)
    local = rule(out, operands, [True] * len(operands))
    # operands that have to be constants have no rule
    pairs = [(x.name, latex(p)) for x, p in zip(operands[: row.constant_from], local)]
    # the others of a list are like its first
    return [(name, text) for name, text in pairs if name[-2:] not in ("_2", "_3")]
