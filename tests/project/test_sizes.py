"""Functions are short: a rule of `contributing.md`, held."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from statistics import median

from tests.support.places import PACKAGE

MOST_LINES = 40
LONGER = {"swept"}
"""The pure engine's way back through a graph: one loop, without a call for each node."""


def functions() -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines from the first statement on; the signature and the docstring do not count."""
    has_docstring = ast.get_docstring(function) is not None
    body = function.body[has_docstring:]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]


def test_lines_of_code_are_counted_without_signature_and_docstring() -> None:
    text = 'def f(\n    x,\n    y,\n):\n    """1\n    2."""\n    # three\n    a = x\n\n    return a'
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    assert lines_of_code(function) == 3


def test_no_function_has_more_than_forty_lines_of_code() -> None:
    long = {f.name for f in functions() if lines_of_code(f) > MOST_LINES}
    assert long == LONGER


def test_half_of_the_functions_have_at_most_five_lines_of_code() -> None:
    assert median(map(lines_of_code, functions())) <= 5
