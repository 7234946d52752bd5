"""Expressions given as text, as on the command line: parsed and checked, never run as code.

Allowed are numbers, names, Python's arithmetic and the functions of the operator table, over
lists too. An error shows its place in the text.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from inspect import signature
from typing import Any, NamedTuple

from ..engine import Value, functions
from ..rows import BUILT_IN
from .parsing import ALLOWED, NO_SIGN, ExpressionError, parsed

NAMED_NUMBERS = {"pi": math.pi, "π": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan}
CONDITION = "a condition is no number: where(step(x - y), a, b) is a if x > y, else b"
INSTEAD: Mapping[type, str] = {
    **dict.fromkeys((ast.Compare, ast.BoolOp, ast.IfExp), CONDITION),
    ast.Lambda: "a function is written as what it returns: x**2, and x=3 after it",
}
"""Parts of Python that expressions lack, and what to write in their place."""
AS_PRINTED = str.maketrans(
    {"×": "*", "·": "*", "÷": "/", "−": "-", "²": "**2", "³": "**3", "∞": "inf"}
)
"""How drawings and books write an operator: it may be copied from there."""
OTHER_NAMES = {"ln": "log", **{row.numpy: row.name for row in BUILT_IN.values() if row.numpy}}
"""Names that functions have elsewhere."""


def evaluate(text: str, values: Mapping[str, float]) -> Any:
    """Return the Value that an expression of names with these values comes to.

    Each name is one leaf, labelled with it; pi, e, inf and nan need no value. Raises
    ExpressionError for anything but arithmetic, functions of the operator table and names with
    values, and for a value that no name uses.
    """
    text = text.strip().translate(AS_PRINTED)
    builder = Builder(text, values)
    out = builder.result(parsed(text))
    if not builder.leaves:
        raise ExpressionError("no name to differentiate in, as x in x**2", text, 0, len(text))
    for name in values:
        if name not in builder.leaves:
            message = f"{name:.40} has a value, but is not in the expression"
            raise ExpressionError(message, text, 0, len(text))
    return out


def constant(text: str) -> float:
    """Return the number that an expression without names comes to: -2, 1e-3, pi/4."""
    text = text.strip().translate(AS_PRINTED)
    expression = parsed(text)
    if isinstance(expression, ast.Tuple):
        raise ExpressionError("a number's decimals follow a point: 1.5", text, 0, len(text))
    builder = Builder(text, {})
    if builder.missing(expression):
        raise ExpressionError("expected a number, as -2, 1e-3 or pi/4", text, 0, len(text))
    return float(builder.result(expression))


class Syntax(NamedTuple):
    """How a part of an expression is evaluated: what stands in it, and what it makes of that."""

    inside: Callable[[Builder, Any], Sequence[ast.expr]]
    evaluate: Callable[[Builder, Any, list[Any]], Any]


class Builder:
    """Builds the graph of an expression, from the inside out; iterative, whatever its depth."""

    def __init__(self, text: str, values: Mapping[str, float]) -> None:
        self.lines = text.splitlines()
        self.values = values
        self.leaves: dict[str, Any] = {}
        self.expression: ast.expr = ast.Constant(0)

    def result(self, expression: ast.expr) -> Any:
        self.expression = expression
        pending = [(expression, False)]
        results: list[Any] = []
        while pending:
            node, inside_done = pending.pop()
            kind = SYNTAX.get(type(node))
            if kind is None:
                raise self.error(node, instead_of(node))
            inside = kind.inside(self, node)
            if inside_done:
                at = len(results) - len(inside)
                results[at:] = [kind.evaluate(self, node, results[at:])]
            else:
                pending.append((node, True))
                pending += [(x, False) for x in reversed(inside)]
        if isinstance(results[0], list):
            raise self.error(expression, "a list is no result: sum, dot, … make a number of it")
        return results[0]

    def error(self, node: ast.expr, message: str) -> ExpressionError:
        """An error at a part of the expression; positions in a syntax tree count UTF-8 bytes."""
        line = self.lines[node.lineno - 1]
        raw = line.encode()
        start = len(raw[: node.col_offset].decode())
        one_line = node.end_lineno == node.lineno
        end = len(raw[: node.end_col_offset].decode()) if one_line else len(line)
        return ExpressionError(message, line, start, end)

    def missing(self, expression: ast.expr) -> list[str]:
        """The names without a value, in the order of the text."""
        called = {id(x.func) for x in ast.walk(expression) if isinstance(x, ast.Call)}
        names = [x for x in ast.walk(expression) if isinstance(x, ast.Name) and id(x) not in called]
        names.sort(key=lambda x: (x.lineno, x.col_offset))
        known = {*self.values, *NAMED_NUMBERS, *functions}
        return list(dict.fromkeys(x.id for x in names if x.id not in known))

    # ------ kinds
    def constant(self, node: ast.Constant, inside: list[Any]) -> float:
        if type(node.value) not in (int, float):
            raise self.error(node, f"expected a real number, got {type(node.value).__name__}")
        try:
            return float(node.value)  # type: ignore[arg-type]
        except OverflowError:
            raise self.error(node, "too large for a float") from None

    def name(self, node: ast.Name, inside: list[Any]) -> Any:
        name = node.id
        if name in self.leaves:
            return self.leaves[name]
        if name in self.values:
            self.leaves[name] = Value(self.values[name], label=name)
            return self.leaves[name]
        if name in NAMED_NUMBERS:
            return NAMED_NUMBERS[name]
        if name in functions:
            raise self.error(node, f"{name} has no value: call it")
        raise self.error(node, without_value(self.missing(self.expression)))

    def sides(self, node: ast.BinOp | ast.UnaryOp) -> list[ast.expr]:
        if type(node.op) not in OPERATORS:
            cure = "a power is written **, as in x**2"
            raise self.error(node, f"expected +, -, *, /, //, % or **: {cure}")
        return [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]

    def operation(self, node: ast.BinOp | ast.UnaryOp, operands: list[Any]) -> Any:
        return self.applied(node, OPERATORS[type(node.op)], operands, {})

    def operands(self, node: ast.Call) -> list[ast.expr]:
        if isinstance(node.func, ast.Attribute) and node.func.attr in functions:
            raise self.error(node.func, f"write {node.func.attr}(…), without a module")
        if not isinstance(node.func, (ast.Name, ast.Attribute)):
            raise self.error(node, NO_SIGN)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in functions:
            raise self.error(node.func, f"no function of this name{similar(name)}")
        if any(keyword.arg is None for keyword in node.keywords):
            raise self.error(node, "expected operands, got **")
        return [*node.args, *(keyword.value for keyword in node.keywords)]

    def call(self, node: ast.Call, operands: list[Any]) -> Any:
        row = BUILT_IN[node.func.id]  # type: ignore[attr-defined]
        count = len(node.args)
        named = {str(k.arg): x for k, x in zip(node.keywords, operands[count:])}
        positional = operands[:count]
        if row.arrange is not None:
            # max(x, y) is max([x, y]), as in Python
            takes_one = len(signature(row.arrange).parameters) == 1
            if takes_one and count > 1:
                positional = [positional]
            try:
                signature(row.arrange).bind(*positional, **named)
            except TypeError:
                raise self.error(node, f"expected {row.signature()}") from None
        return self.applied(node, functions[row.name], positional, named)

    def applied(
        self, node: ast.expr, function: Any, operands: list[Any], named: dict[str, Any]
    ) -> Any:
        try:
            return function(*operands, **named)
        except (TypeError, ValueError, OverflowError) as error:
            # what came stands above the carets
            raise self.error(node, str(error).partition(", got ")[0]) from None


def without_value(missing: Sequence[str]) -> str:
    """The message about names without a value."""
    *others, last = (f"{x:.40}" for x in missing)
    names = f"{', '.join(others)} and {last} have" if others else f"{last} has"
    return f"{names} no value: add {' '.join(f'{x}=…' for x in [*others, last])}"


def instead_of(node: ast.expr) -> str:
    """The advice where a part of Python stands that is no part of an expression."""
    if isinstance(node, ast.Attribute) and node.attr in NAMED_NUMBERS:
        return f"write {node.attr}, without a module"
    return INSTEAD.get(type(node), ALLOWED)


def similar(name: str) -> str:
    known = OTHER_NAMES.get(name)
    close = [known] if known else get_close_matches(name, functions, n=1, cutoff=0.76)
    return f", is it {close[0]}?" if close else f": there are {', '.join(sorted(functions))}"


def itself(x: Any) -> Any:
    return x


OF_PYTHON: dict[type, str] = {
    **{ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"},
    **{ast.Mod: "mod", ast.FloorDiv: "floordiv", ast.USub: "neg"},
}
"""Python's grammar: the method behind each sign."""
BY_DUNDER = {str(op.dunder): functions[name] for name, op in BUILT_IN.items() if op.dunder}
OPERATORS: dict[type, Any] = {sign: BY_DUNDER[dunder] for sign, dunder in OF_PYTHON.items()}
OPERATORS[ast.UAdd] = itself

SYNTAX: Mapping[type, Syntax] = {
    ast.Constant: Syntax(lambda builder, node: (), Builder.constant),
    ast.Name: Syntax(lambda builder, node: (), Builder.name),
    ast.BinOp: Syntax(Builder.sides, Builder.operation),
    ast.UnaryOp: Syntax(Builder.sides, Builder.operation),
    ast.Call: Syntax(Builder.operands, Builder.call),
    ast.List: Syntax(lambda builder, node: node.elts, lambda builder, node, inside: inside),
    ast.Tuple: Syntax(lambda builder, node: node.elts, lambda builder, node, inside: inside),
}
