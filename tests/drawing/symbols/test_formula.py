"""Rows as formulas: what is printed is what the row computes."""

from __future__ import annotations

import operator
import re
from math import isfinite
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.drawing.symbols.formula import PYTHON, TEXT, written
from scalargrad.drawing.symbols.in_symbols import InSymbols, temporaries
from scalargrad.drawing.symbols.names import names
from scalargrad.drawing.symbols.terms import Algebra, Reading, Term, number, postorder
from scalargrad.drawing.symbols.text import brief
from scalargrad.rows import BUILT_IN, Operator
from tests.support.floats import bits


def gate(node: Value) -> InSymbols:
    return InSymbols(node, names(node))


def text(function: Any, *numbers: float, algebra: Algebra | None = None, style: Any = TEXT) -> str:
    algebra = algebra or Algebra()
    terms = [algebra.variable(name, x) for name, x in zip("xyz", numbers)]
    return str(written([function(*terms)], style, temporaries()))


def node_at(op: Operator, sample: Any) -> Value:
    operands = sample if isinstance(sample, tuple) else (sample,)
    node: Value = Value.__operator__(op, tuple(map(Value, operands)))
    return node


@pytest.mark.parametrize("op", BUILT_IN.values(), ids=lambda op: op.name)
@pytest.mark.parametrize("kind", [Algebra, Reading])
def test_every_partial_runs_on_symbols_to_its_number(op: Operator, kind: Any) -> None:
    for sample in op.samples:
        node = node_at(op, sample)
        terms = gate(node).locals(kind())
        zeros = [0.0, -0.0]
        selects = op.selecting(gate(node).variable)
        found = [number(term) + zeros[s] for term, s in zip(terms, selects)]
        assert [bits(x + 0.0) for x in found] == [bits(x + 0.0) for x in node.partials]


@pytest.mark.parametrize("op", BUILT_IN.values(), ids=lambda op: op.name)
def test_every_row_has_a_formula_that_names_its_operands(op: Operator) -> None:
    for sample in op.samples:
        node = node_at(op, sample)
        found = gate(node)
        for name in (found.names[parent] for parent in node.parents):
            assert name in found.formula
        assert all(found.partials)
        assert "where" not in "".join(found.partials)


@pytest.mark.parametrize(
    ("build", "formula", "partials"),
    [
        (lambda x, y: x * y, "x × y", ["y", "x"]),
        (lambda x, y: x / y, "x ÷ y", ["1 ÷ y", "−x ÷ y²"]),
        (lambda x, y: x - y, "x − y", ["1", "−1"]),
        (lambda x, y: -x * y, "s0 × y", ["y", "s0"]),
        (lambda x, y: x**3, "x³", ["3 × x²"]),
        (lambda x, y: x**12, "x¹²", ["12 × x¹¹"]),
        (lambda x, y: (x**2) ** y, "s0^y", ["y × s0^(y − 1)", "L × log(s0)"]),
        (lambda x, y: x**-2, "x^(−2)", ["−2 × x^(−3)"]),
        (lambda x, y: x**0.5, "x^0.5", ["0.5 × x^(−0.5)"]),
        (lambda x, y: sg.square(x), "x²", ["2 × x"]),
        (lambda x, y: abs(x), "|x|", ["sign(x)"]),
        (lambda x, y: sg.exp(x), "exp(x)", ["L"]),
        (lambda x, y: sg.log(x), "log(x)", ["1 ÷ x"]),
        (lambda x, y: sg.sqrt(x), "√(x)", ["1 ÷ (2 × L)"]),
        (lambda x, y: sg.floor(x), "⌊x⌋", ["0"]),
        (lambda x, y: x % 3.0, "x % 3", ["1"]),
        (lambda x, y: sg.sin(x), "sin(x)", ["cos(x)"]),
        (lambda x, y: sg.relu(x), "ReLU(x)", ["1 if x > 0, else 0"]),
        (lambda x, y: sg.maximum(x, 1.0), "max(x, 1)", ["1 if x > 1, else 0"]),
        (lambda x, y: sg.sum([x, y, 2.0]), "x + y + 2", ["1", "1"]),
        (lambda x, y: sg.mean([x, y]), "(x + y) ÷ 2", ["0.5", "0.5"]),
        (lambda x, y: sg.dot([x, y], [2.0, 3.0], 1.0), "1 + x × 2 + y × 3", ["2", "3"]),
        (lambda x, y: sg.max([x, y]), "max(x, y)", ["0", "1"]),
        (lambda x, y: sg.leaky_relu(-x), "leaky ReLU(s0, 0.01)", ["0.01"]),
        (lambda x, y: sg.tanh(x), "tanh(x)", ["1 − L²"]),
        (lambda x, y: sg.sigmoid(x), "σ(x)", ["L × (1 − L)"]),
        (lambda x, y: sg.atan(x), "atan(x)", ["1 ÷ (1 + x²)"]),
        (lambda x, y: sg.maximum(x, y), "max(x, y)", ["1 if x > y, else 0", "1 if y > x, else 0"]),
        (lambda x, y: sg.silu(x), "SiLU(x)", ["t0 × (1 + x × (1 − t0)) with t0 = σ(x)"]),
    ],
)
def test_formulas_read_as_in_a_book(build: Any, formula: str, partials: list[str]) -> None:
    found = gate(build(Value(2.0, "x"), Value(3.0, "y")))
    assert (found.formula, found.partials) == (formula, partials)


@pytest.mark.parametrize("op", BUILT_IN.values(), ids=lambda op: op.name)
def test_textbook_form_is_the_partial_at_the_samples(op: Operator) -> None:
    for sample in op.samples:
        operands = [float(x) for x in (sample if isinstance(sample, tuple) else (sample,))]
        variable = [True] * len(operands)
        out = float(op.forward(*operands))
        book, local = op.as_in_a_book(out, operands, variable), op.local(out, operands, variable)
        assert book == pytest.approx(local, rel=1e-9, abs=1e-12, nan_ok=True)


def test_computed_form_is_told_only_where_it_is_another() -> None:
    x = Value(0.3, "x")
    assert gate(sg.sigmoid(x)).computed == ["t0 ÷ (1 + (2 × t0 + t0 × t0)) with t0 = exp(−|x|)"]
    assert gate(sg.sin(x)).computed == [""]


def test_textbook_form_is_not_told_where_the_engine_gives_another_number() -> None:
    x, tied = Value(1.0, "x"), Value(1.0, "y")
    assert gate(sg.maximum(x, tied)).partials == ["0.5", "0.5"]
    # a variable that ties with a constant gets nothing
    assert gate(sg.maximum(x, 1.0)).partials == ["1 if x > 1, else 0"]
    assert gate(sg.sigmoid(Value(40.0, "x"))).partials == ["L × (1 − L)"]


def test_a_formula_holds_at_the_present_numbers() -> None:
    at = {x: gate(sg.elu(Value(x, "x"))).partials for x in (2.0, -2.0)}
    assert at == {2.0: ["1"], -2.0: ["exp(x)"]}


def test_the_computation_in_numbers_keeps_the_sign_of_each() -> None:
    x, y = Value(-2.0), Value(5.0)
    found = [gate(node).in_numbers for node in (x + y, x - y, -x, x**2, x * 1e-9, y / 3.0)]
    assert found == [*("−2 + 5", "−2 − 5", "−(−2)", "(−2)²", "−2 × 1e−9", "5 ÷ 3")]


def test_many_operands_are_shortened() -> None:
    found = gate(sg.sum([Value(float(i)) for i in range(20)]))
    assert found.formula == "Σ(x0, x1, x2, x3, …, x19)"
    assert gate(sg.dot([Value(1.0)] * 20, [2.0] * 20)).formula.startswith("dot(x0, x0,")


def test_shared_parts_are_named_once() -> None:
    assert text(lambda x: sg.exp(x) * sg.exp(x) + 1.0, 2.0) == "t0 × t0 + 1 with t0 = exp(x)"


def test_numbers_are_short_and_have_a_true_minus() -> None:
    numbers = (1.0, -0.5, 1e-9, 0.19661193324148185, 123456.0, 1234567.0, -0.0, float("-inf"))
    assert list(map(brief, numbers)) == [
        *("1", "−0.5", "1e−9", "0.1966", "123456", "1.235e6", "−0", "−∞")
    ]


# ------ brackets

BINARY = [BUILT_IN[name] for name in ("add", "sub", "mul", "div", "pow")]
UNARY = [BUILT_IN[name] for name in ("neg", "square", "reciprocal", "abs")]
numbers = st.sampled_from([2.0, 3.0, 0.5, -1.5, 1.0])
operands = st.recursive(
    st.sampled_from(["x", "y", "z"]) | numbers,
    lambda inside: (
        st.tuples(st.sampled_from(BINARY), inside, inside)
        | st.tuples(st.sampled_from(UNARY), inside)
    ),
    max_leaves=12,
)
AT = {"x": 1.25, "y": -0.75, "z": 3.0}
POSTFIX = {"×": "*", "÷": "/", "−": "-", "^": "**"}
HIGH = "⁰¹²³⁴⁵⁶⁷⁸⁹"
LOW = str.maketrans(HIGH, "0123456789")


def built(tree: Any, variables: dict[str, Term]) -> Any:
    """Terms for a tree, with nothing left out."""
    if isinstance(tree, tuple):
        op, *inside = tree
        terms = tuple(built(x, variables) for x in inside)
        value = op.forward(*map(number, terms))
        return Term(Algebra(), value, op=op, operands=terms)
    return variables[tree] if isinstance(tree, str) else tree


def read_back(formula: str) -> float:
    """What a formula in TEXT computes, by Python's grammar, which has the same precedence."""
    for sign, python in POSTFIX.items():
        formula = formula.replace(sign, python)
    formula = re.sub(f"[{HIGH}]+", lambda x: f"**{x[0].translate(LOW)}", formula)
    formula = re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"\1.0", formula)
    while "|" in formula:
        formula = re.sub(r"\|([^|]*)\|", r"abs(\1)", formula)
    result: float = eval(formula, {**AT, "abs": abs})
    return result


def nested_bars(tree: Any) -> int:
    if not isinstance(tree, tuple):
        return 0
    return max(map(nested_bars, tree[1:])) + (tree[0].name == "abs")


@given(operands)
def test_brackets_stand_where_they_must(tree: Any) -> None:
    variables = {name: Algebra().variable(name, x) for name, x in AT.items()}
    term = built(tree, variables)
    assume(nested_bars(tree) <= 1)
    assume(all(isfinite(x.number) for x in postorder([term])))
    formula = str(written([term], TEXT, temporaries()))
    assert bits(read_back(formula)) == bits(number(term)), formula


@pytest.mark.parametrize(
    ("build", "formula"),
    [
        (lambda x, y: (x + y) * y, "(x + y) * y"),
        (lambda x, y: x + y * y, "x + y * y"),
        (lambda x, y: x - (y - x), "x - (y - x)"),
        (lambda x, y: x / (y * x), "x / (y * x)"),
        (lambda x, y: x / y * x, "x / y * x"),
        (lambda x, y: (-x) ** 2.0, "(-x) ** 2.0"),
        (lambda x, y: -(x**2.0), "-x ** 2.0"),
        (lambda x, y: 2.0 ** (x**y), "2.0 ** x ** y"),
        (lambda x, y: (2.0**x) ** y, "(2.0 ** x) ** y"),
        (lambda x, y: 2.0**-x, "2.0 ** -x"),
        (lambda x, y: x * -2.0, "x * -2.0"),
        (lambda x, y: -2.0 * x, "-2.0 * x"),
        (lambda x, y: x - -2.0, "x - -2.0"),
        (lambda x, y: sg.neg(-x), "-(-x)"),
        (lambda x, y: sg.maximum(x + y, 1.0), "maximum(x + y, 1.0)"),
    ],
)
def test_python_is_written_with_the_brackets_it_needs(build: Any, formula: str) -> None:
    assert text(build, 2.0, 3.0, style=PYTHON) == formula


# ------ symbols


def test_a_symbol_refuses_what_would_freeze_a_branch_or_a_number() -> None:
    x = Algebra().variable("x", 1.0)
    for freezing in (bool, float, lambda x: x == 1.0, lambda x: x > 0.0, operator.index):
        with pytest.raises(TypeError):
            freezing(x)


def test_terms_are_walked_without_recursion() -> None:
    x = y = Algebra().variable("x", 1.0)
    for _ in range(20_000):
        y = y + x
    assert len(postorder([y])) == 20_001


def test_what_leaves_no_trace_changes_no_bit() -> None:
    x = Algebra().variable("x", -0.0)
    assert text(lambda x: x * 1.0, 2.0) == "x"
    assert text(lambda x: 0.0 + x, 2.0) == "0 + x"
    assert text(lambda x: 0.0 + x, 2.0, algebra=Reading()) == "x"
    assert bits(number(0.0 + x)) == bits(0.0)


@given(operands)
def test_no_sign_follows_a_sign(tree: Any) -> None:
    numbers = {"x": 1.25, "y": -2.0, "z": -3.0}
    variables = {name: Algebra().variable(brief(x), x) for name, x in numbers.items()}
    found = str(written([built(tree, variables)], TEXT, temporaries()))
    assert not re.search(r"[+−×÷] ?−", found)
