"""Texts of expressions, parsed by Python's own parser; an error shows its place in the text."""

from __future__ import annotations

import ast
import re
import warnings
from itertools import pairwise
from keyword import iskeyword

from ..engine import functions

LONGEST_TEXT = 100_000
"""Characters: Python's own parser takes this much in a moment."""
NO_SIGN = "no sign between two factors: a product is written x*y, a power x**2"
NO_EQUATION = "an expression has no =: the numbers follow it, as in 'x**2' x=3"
ALLOWED = "expected numbers, names, +, -, *, /, ** and functions"


class ExpressionError(ValueError):
    """An expression is wrong; prints with a caret under the place."""

    def __init__(self, message: str, line: str, start: int, end: int) -> None:
        self.message, self.line = message, line
        self.start = max(0, min(start, len(line)))
        self.end = max(self.start + 1, min(end, len(line)))
        super().__init__(f"{message}\n{self.marked()}")

    def marked(self) -> str:
        """The line, cut to what stands around the place, with carets under it."""
        first = max(0, self.start - 60)
        shown = "".join(x if x.isprintable() else "?" for x in self.line[first : first + 100])
        before, at = shown[: self.start - first], shown[self.start - first : self.end - first]
        return f"  {shown}\n  {' ' * columns(before)}{'^' * max(1, columns(at))}"


def columns(text: str) -> int:
    from ..drawing.steps.table import width  # here, because only an error has need of it

    return width(text)


def parsed(text: str) -> ast.expr:
    if not text:
        raise ExpressionError("there is no expression: write one, as x**2", text, 0, 1)
    if len(text) > LONGEST_TEXT:
        raise ExpressionError(
            f"longer than {LONGEST_TEXT} characters", text, LONGEST_TEXT, LONGEST_TEXT
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        lines = text.splitlines() or [""]
        line = lines[min(error.lineno or 1, len(lines)) - 1]
        # an offset of 0 is the end, where something is missing
        start = (error.offset or len(line) + 1) - 1
        same_line = error.end_lineno == error.lineno
        end = (error.end_offset or 0) - 1 if same_line else 0
        raise (
            equation(line)
            or missing_sign(line)
            or ExpressionError(told(error.msg, line[start:]), line, start, end)
        ) from None
    except (RecursionError, MemoryError):
        raise ExpressionError("nested too deeply", text, 0, 1) from None
    except ValueError as error:  # a null character, or what is no text in UTF-8
        raise ExpressionError(str(error), text, 0, 1) from None


def told(message: str, rest: str) -> str:
    """A syntax error in Python's words, or what is expected where Python says no more than that."""
    if message != "invalid syntax":
        return message.partition(";")[0]
    return ALLOWED if rest.strip() else f"the expression is not complete: {ALLOWED}"


TOKEN = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[^\W\d]\w*|\S")
"""A number, a name, or one sign."""


def equation(line: str) -> ExpressionError | None:
    """The error that says where numbers stand, for an = outside of brackets; None without one."""
    depth = 0
    for token in TOKEN.finditer(line):
        depth += {"(": 1, ")": -1}.get(token.group(), 0)
        if token.group() == "=" and not depth:
            return ExpressionError(NO_EQUATION, line, token.start(), token.end())
    return None


def missing_sign(line: str) -> ExpressionError | None:
    """The error that names the missing sign of a product, as in 2x, x y or 2(x + y); None where
    no two factors stand side by side."""
    for one, other in pairwise(TOKEN.finditer(line)):
        left, right = one.group(), other.group()
        is_call = left.isidentifier() and right == "("
        if ends_factor(left) and begins_factor(right) and not is_call:
            message = f"a function has brackets: {left}(…)" if left in functions else NO_SIGN
            return ExpressionError(message, line, one.start(), other.end())
    return None


def ends_factor(token: str) -> bool:
    return token == ")" or (token[-1].isalnum() and not iskeyword(token))


def begins_factor(token: str) -> bool:
    return token == "(" or (token[0].isalnum() and not iskeyword(token))
