"""Expressions as text: parsed to a graph, never run; whatever is wrong is shown with its place."""

from __future__ import annotations

import ast
import math
import re
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.drawing.steps.table import width
from scalargrad.rows import BUILT_IN
from scalargrad.shell.expression import CONDITION, INSTEAD, constant, evaluate
from scalargrad.shell.parsing import ALLOWED, NO_EQUATION, NO_SIGN, ExpressionError
from tests.support.floats import bits

AT = {"x": -2.0, "y": 5.0, "z": -4.0}


def error(text: str, values: dict[str, float] | None = None) -> list[str]:
    """The lines that are printed of what is wrong."""
    with pytest.raises(ExpressionError) as found:
        evaluate(text, AT if values is None else values)
    return str(found.value).splitlines()


# ------ right ones


def test_the_lectures_product_of_a_sum_has_its_gradients() -> None:
    f = evaluate("(x + y) * z", AT)
    f.backward()
    leaves = {node.label: node.grad for node in (*f.parents[0].parents, f.parents[1])}
    assert (f.data, leaves) == (-12.0, {"x": -4.0, "y": -4.0, "z": 3.0})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + y - z * x / y", lambda x, y, z: x + y - z * x / y),
        ("-x ** 2 + +y % 3 // 2", lambda x, y, z: -(x**2) + y % 3 // 2),
        ("2 ** -x ** 2", lambda x, y, z: 2 ** -(x**2)),
        ("1_000 * x + 0x10 + 1e-3 + .5", lambda x, y, z: 1000 * x + 16 + 1e-3 + 0.5),
        ("x×y − z ÷ 2", lambda x, y, z: x * y - z / 2),
        ("2·x² − y³", lambda x, y, z: 2 * x**2 - y**3),
        ("sin(π · x)", lambda x, y, z: sg.sin(math.pi * x)),
        ("sigmoid(x) * hypot(y, z)", lambda x, y, z: sg.sigmoid(x) * sg.hypot(y, z)),
        ("leaky_relu(x, slope=0.2)", lambda x, y, z: sg.leaky_relu(x, slope=0.2)),
        ("sum([x, y, z]) + mean((x, y))", lambda x, y, z: sg.sum([x, y, z]) + sg.mean([x, y])),
        ("max(x, y, z) + min([x])", lambda x, y, z: sg.max([x, y, z]) + sg.min([x])),
        ("dot([x, y], [z, 2], 1)", lambda x, y, z: sg.dot([x, y], [z, 2], 1)),
        ("dot([x], [y], bias=z)", lambda x, y, z: sg.dot([x], [y], bias=z)),
        ("abs(x) + round(y) + sin(pi * x) + e", lambda x, y, z: abs(x) + sg.round(y)
         + sg.sin(math.pi * x) + math.e),
        ("  ( x\n + y ) ", lambda x, y, z: x + y),
    ],
)  # fmt: skip
def test_an_expression_is_what_python_would_build(text: str, expected: Any) -> None:
    used = {name: AT[name] for name in re.findall(r"\b[xyz](?![a-z])", text)}
    found, built = evaluate(text, used), expected(*(Value(x) for x in AT.values()))
    assert found.data == built.data
    assert found.op is built.op


def test_a_name_is_one_leaf_wherever_it_stands() -> None:
    f = evaluate("x * x + x", {"x": 3.0})
    f.backward()
    product, x = f.parents
    assert product.parents == (x, x)
    assert (x.grad, x.label) == (7.0, "x")


def test_a_name_that_is_given_goes_before_the_constant() -> None:
    assert evaluate("e * pi", {"e": 2.0}).data == 2.0 * math.pi


@pytest.mark.parametrize("name", [name for name, op in BUILT_IN.items() if not op.hidden])
def test_every_function_of_the_table_can_be_called(name: str) -> None:
    op = BUILT_IN[name]
    for sample in op.samples:
        operands = list(sample) if isinstance(sample, tuple) else [sample]
        values, n = {f"v{i}": x for i, x in enumerate(operands)}, len(operands)
        if name == "dot":
            values |= {f"w{i}": x for i, x in enumerate(operands)}
            text = f"dot([{', '.join(list(values)[:n])}], [{', '.join(list(values)[n:])}])"
            expected = op(operands, operands)
        else:
            listed = ", ".join(values)
            text = f"{name}([{listed}])" if op.arity is None else f"{name}({listed})"
            expected = op(operands) if op.arity is None else op(*operands)
        assert bits(evaluate(text, values).data) == bits(expected)


def test_numbers_are_floats_and_cost_nothing() -> None:
    start = time.perf_counter()
    assert evaluate("x * 2**9999999", {"x": 1.0}).data == math.inf
    assert evaluate("x * 9**9**9**9", {"x": 1.0}).data == math.inf
    assert evaluate("x * 1e999", {"x": 1.0}).data == math.inf
    assert evaluate("0 * (10**400 + x)", {"x": 1.0}).data != 0.0
    assert time.perf_counter() - start < 1.0


@pytest.mark.parametrize(
    ("text", "number"), [("-2", -2.0), (" 1e-3 ", 1e-3), ("pi/4", math.pi / 4), ("−3", -3.0),
                         ("inf", math.inf), ("−∞", -math.inf), ("-2**2", -4.0),
                         ("sqrt(2)", math.sqrt(2.0))]
)  # fmt: skip
def test_a_number_may_be_computed(text: str, number: float) -> None:
    assert constant(text) == number


def test_the_chosen_way_of_a_condition_is_as_the_message_says() -> None:
    assert "where(step(x - y), a, b) is a if x > y, else b" in CONDITION
    for x in (1.0, 2.0, 3.0):
        found = evaluate("where(step(x - y), a, b)", {"x": x, "y": 2.0, "a": 5.0, "b": 7.0})
        assert found.data == (5.0 if x > 2.0 else 7.0)


# ------ wrong ones


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("(x + q) * z", "q has no value: add q=…", "       ^"),
        ("sn(x) + y*z", "no function of this name, is it sin?", "  ^^"),
        ("x + sin", "sin has no value: call it", "      ^^^"),
        ("(x + y * z", "'(' was never closed", "  ^"),
        ("x +* y", ALLOWED, "     ^"),
        ("x ^ 2", "expected +, -, *, /, //, % or **: a power is written **, as in x**2", "  ^^^^^"),
        ("x + (y < z)", CONDITION, "       ^^^^^"),
        ("x if y else z", CONDITION, "  " + "^" * 13),
        ("lambda x: x", INSTEAD[ast.Lambda], "  " + "^" * 11),
        ("x = 2", NO_EQUATION, "    ^"),
        ("f(x) = x**2", NO_EQUATION, "       ^"),
        ("leaky_relu(x, slope=2", "'(' was never closed", "            ^"),
        ("math.pi * x", "write pi, without a module", "  ^^^^^^^"),
        ("math.PI * x", ALLOWED, "  ^^^^^^^"),
        ("ln(x)", "no function of this name, is it log?", "  ^^"),
        ("arctan(x)", "no function of this name, is it atan?", "  ^^^^^^"),
        ("", "there is no expression: write one, as x**2", "  ^"),
        ("x + 'a'", "expected a real number, got str", "      ^^^"),
        ("2j * x", "expected a real number, got complex", "  ^^"),
        ("True + x", "expected a real number, got bool", "  ^^^^"),
        ("x + sin(y, z)", "expected sin(x)", "      ^^^^^^^^^"),
        ("x + max()", "expected max(operands)", "      ^^^^^"),
        ("dot([x], [y, z])", "dot needs lists of one length", "  " + "^" * 16),
        ("[x, y]", "a list is no result: sum, dot, … make a number of it", "  ^^^^^^"),
        ("2 + 3", "no name to differentiate in, as x in x**2", "  ^^^^^"),
        ("x + y", "z has a value, but is not in the expression", "  ^^^^^"),
        ("重み + ü*q", "重み, ü and q have no value: add 重み=… ü=… q=…", "  ^^^^"),
        ("q + p + q", "q and p have no value: add q=… p=…", "  ^"),
        ("2x + y", NO_SIGN, "  ^^"),
        ("y + x y", NO_SIGN, "      ^^^"),
        ("1e-3x", NO_SIGN, "  ^^^^^"),
        ("2(x + 1)", NO_SIGN, "  ^^^^^^^^"),
        ("sin x", "a function has brackets: sin(…)", "  ^^^^^"),
        ("q^2", "expected +, -, *, /, //, % or **: a power is written **, as in x**2", "  ^^^"),
        ("math.sin(x)", "write sin(…), without a module", "  ^^^^^^^^"),
        ("x if y else", f"the expression is not complete: {ALLOWED}", "             ^"),
        ("sin(**x)", "expected operands, got **", "  ^^^^^^^^"),
        ("sin(*[x])", ALLOWED, "      ^^^^"),
        ("x\n+ y", ALLOWED, "  ^"),
    ],
)  # fmt: skip
def test_a_wrong_expression_shows_where(text: str, message: str, place: str) -> None:
    first, _, marks = error(text)
    assert (first, marks) == (message, place)


def test_the_place_is_found_behind_letters_of_any_width() -> None:
    assert error("ü*重 + q", {"ü": 1.0, "重": 2.0})[2] == " " * 9 + "^"


def test_what_python_warns_of_is_an_error_like_any_other() -> None:
    assert error('"\\d" * x')[0] == "expected a real number, got str"


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch /')",
        "x.__class__.__base__",
        "(lambda: x)()",
        "[x for x in y]",
        "x if y else z",
        "x and y",
        "not x",
        "(x := y)",
        "f'{x}'",
        "x[0]",
        "{x: y}",
        "...",
        "None",
        "eval(x)",
        "print(x)",
        "open('f')",
        "x; y",
        "import os",
        "yield x",
        "await x",
        "exec('x')",
        "Value(x)",
        "compare(x, y)",
        "__builtins__",
        "x @ y",
        "~x",
        "",
        " ",
        "#",
        "\\",
        "\x00",
        "\ud800",
        "'''",
        "x\ny",
    ],
)
def test_nothing_but_arithmetic_is_understood(text: str) -> None:
    lines = error(text)
    assert lines[-1].strip(" ^") == ""
    assert "^" in lines[-1]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "x" + ")" * 10_000,
        "-" * 50_000 + "x",
        "x" + "+x" * 40_000,
        "sin(" * 20_000 + "x",
        "[" * 50_000,
        "x**" * 20_000 + "x",
        "x" * 1_000_000,
        "9" * 99_999 + "*x",
        "x*" + "9" * 400,
        "x*0x" + "f" * 50_000,
    ],
    ids=lambda text: text[:4],
)
def test_deep_and_huge_text_is_built_or_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    try:
        assert isinstance(evaluate(text, {"x": 1.0}), Value)
    except ExpressionError as wrong:
        assert len(str(wrong)) < 600
    assert time.perf_counter() - start < 5.0


def test_ten_thousand_brackets_are_an_error() -> None:
    assert "nested" in error("(" * 10_000 + "x" + ")" * 10_000, {"x": 1.0})[0]


def test_deep_text_that_python_parses_is_built() -> None:
    assert evaluate("x" + "+x" * 900, {"x": 1.0}).data == 901.0
    assert evaluate("(" * 90 + "x" + ")" * 90, {"x": 1.0}).data == 1.0


def test_the_place_is_shown_in_a_long_line() -> None:
    message, line, marks = error("x + " * 400 + "q + " + "x + " * 400 + "y", {"x": 1.0, "y": 2.0})
    assert message == "q has no value: add q=…"
    assert line[marks.index("^")] == "q"
    assert len(line) <= 110


LETTERS = "xyz+-*/%()[],.=<>'\"\\#:;@^~|&! \t\n0123456789_éπ²×÷−重"
pieces = st.sampled_from([*LETTERS, "**", "sin", "sum(", "lambda", "1e9"])


@given(st.lists(pieces, max_size=25).map("".join) | st.text(max_size=30))
@example("x" * 5 + "\f" + "x")
@example("\r")
@example("1if x else 2")
def test_any_text_is_a_value_or_an_error_with_a_place(text: str) -> None:
    try:
        found = evaluate(text, {"x": 0.5})
    except ExpressionError as wrong:
        *_, line, marks = str(wrong).split("\n")
        assert marks.strip(" ^") == ""
        assert "^" in marks
        assert width(marks) <= width(line) + 1
    else:
        assert isinstance(found, Value)
