"""Graphs as flat code: Python that comes to the engine's numbers, bit for bit."""

from __future__ import annotations

import ast
import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value, ops
from scalargrad.drawing import flat
from scalargrad.drawing.symbols.names import names
from scalargrad.rows import BUILT_IN
from tests.support.expressions import random_expression
from tests.support.floats import bits
from tests.support.random_programs import FUNCTIONS


def run(code: str) -> dict[str, Any]:
    scope: dict[str, Any] = {}
    exec(code, scope)
    return scope


def difference(root: Value) -> str:
    """Return what the flat code computes otherwise than the engine, "" if nothing."""
    root.zero_grad()
    code = flat(root)
    root.backward()
    found = run(code)
    for node, name in names(root).items():
        for engine, ours in ((node.data, found[name]), (node.grad, found[f"grad_{name}"])):
            if bits(engine) != bits(ours):
                return f"{name}: {engine!r}, flat {ours!r}\n{code}"
    return ""


# ------ the lecture


def test_the_lectures_neuron_reads_as_its_listing() -> None:
    w0, x0, w1, x1, w2 = (
        Value(x, n) for n, x in dict(w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0).items()
    )
    listing = """\
from scalargrad.ops import logistic, sigmoid
# logistic(x): The derivative of sigmoid, the density of the logistic distribution.

w0 = 2.0
x0 = -1.0
w1 = -3.0
x1 = -2.0
w2 = -3.0
s0 = w0 * x0
s1 = w1 * x1
s2 = s0 + s1
s3 = s2 + w2
L = sigmoid(s3)

grad_L = 1.0
grad_s3 = grad_L * logistic(s3)  # ∂L/∂s3 = L × (1 − L)
grad_s2 = grad_s3
grad_w2 = grad_s3
grad_s0 = grad_s2
grad_s1 = grad_s2
grad_w1 = grad_s1 * x1
grad_x1 = grad_s1 * w1
grad_w0 = grad_s0 * x0
grad_x0 = grad_s0 * w0"""
    code = flat(sg.sigmoid(w0 * x0 + w1 * x1 + w2))
    assert code == listing
    figures = {"w2": 0.1966, "x0": 0.3932, "w0": -0.1966, "x1": -0.5898, "w1": -0.3932}
    found = run(code)
    assert all(abs(found[f"grad_{name}"] - x) <= 5e-5 for name, x in figures.items())


def test_code_is_text_that_shows_itself_without_quotes() -> None:
    code = flat(Value(2.0, "x") * 3.0)
    assert isinstance(code, str)
    assert repr(code) == str(code) == "x = 2.0\nL = x * 3.0\n\ngrad_L = 1.0\ngrad_x = grad_L * 3.0"


# ------ the numbers


@pytest.mark.parametrize("special", [0.0, 0.1, 0.5])
@given(seed=st.integers(0, 2**32))
def test_random_graphs_over_the_whole_table_agree_bit_for_bit(seed: int, special: float) -> None:
    source = random.Random(seed)
    expression = random_expression(source, list(BUILT_IN), source.randint(1, 30), special)
    assert difference(expression.compute(Value, FUNCTIONS)[-1]) == ""


@pytest.mark.parametrize("op", BUILT_IN.values(), ids=lambda op: op.name)
def test_every_row_agrees_at_its_samples(op: Any) -> None:
    for sample in op.samples:
        operands = sample if isinstance(sample, tuple) else (sample,)
        assert difference(type(Value(0.0)).__operator__(op, tuple(map(Value, operands)))) == ""


@pytest.mark.parametrize(
    "build",
    [
        lambda x: x / 0.0 * 0.0,
        lambda x: sg.sqrt(x * 0.0) * 0.0,
        lambda x: (x * 1e-200) * -1e-200 * 1e-200,
        lambda x: -x * -0.0,
        lambda x: sg.relu(-x) * -3.0 + x,
        lambda x: sg.maximum(x, math.inf) * math.nan,
        lambda x: x**-0.5 % 0.0,
        lambda x: (-x) ** 3.0 + (-x) ** 0.5,
        lambda x: x // 0.0,
        lambda x: (x * math.nan) ** 0.0 + 1.0 ** (x * math.nan),
        lambda x: x * x * x,
        lambda x: sg.prod([x, 2.0, x, -x]),
        lambda x: sg.where(x, sg.log(x), 1.0 / (x - x)),
    ],
)
def test_zeros_infinities_and_repeated_parents_agree(build: Any) -> None:
    assert difference(build(Value(2.0))) == ""


def test_what_a_difference_would_look_like() -> None:
    wrong = sg.operator("wrong", lambda x: x + 1.0, lambda out, x: 1.0)
    node = wrong(Value(1.0))
    node.data = 7.0
    assert difference(node).startswith("L: 7.0, flat 2.0")


def test_a_leaf_alone() -> None:
    assert flat(Value(3.0, "x")) == "x = 3.0\n\ngrad_x = 1.0"


def test_a_number_set_afterwards_is_computed_with() -> None:
    x = Value(2.0, "x")
    y = x * x
    x.data = 5.0
    assert run(flat(y))["L"] == 25.0


def test_a_deep_graph_and_a_wide_one() -> None:
    y = Value(1.0)
    for _ in range(20_000):
        y = y * 1.0001
    assert difference(y) == ""
    assert difference(sg.prod([Value(1.0 + i / 1000) for i in range(300)])) == ""


# ------ how it reads


def test_what_is_used_twice_is_computed_once() -> None:
    code = flat(sg.mean([Value(1.0, "a"), Value(2.0, "b")]) * 3.0)
    assert "t0 = grad_s0 * 0.5\ngrad_a = t0\ngrad_b = t0" in code


def test_arithmetic_is_written_with_pythons_signs_where_they_agree() -> None:
    x = Value(8.0, "x")
    assert "L = x / 2.0" in flat(x / 2.0)
    assert "L = div(x, 0.0)" in flat(x / 0.0)
    assert "L = x ** -2.0" in flat(x**-2.0)
    assert "L = pow(s0, 0.5)" in flat((-x) ** 0.5)
    assert "L = -x" in flat(-x)


@given(st.integers(0, 2**32))
def test_brackets_stand_where_they_must(seed: int) -> None:
    """Python reads the code again as the operator's functions computed."""
    source = random.Random(seed)
    forward = eval(f"lambda x, y: {random_text(source, 4)}")
    partials = [eval(f"lambda out, x, y: {random_text(source, 4)}") for _ in range(2)]
    own = sg.operator("own", forward, *partials)
    assert difference(own(Value(1.5), Value(-0.7))) == ""


def random_text(source: random.Random, depth: int) -> str:
    """Arithmetic in x and y with brackets around everything."""
    if depth == 0 or source.random() < 0.1:
        return source.choice(("x", "y", "2.5", "(-0.5)", "1.0"))
    if source.random() < 0.2:
        return f"(-{random_text(source, depth - 1)})"
    sign = source.choice("+-*")
    return f"({random_text(source, depth - 1)} {sign} {random_text(source, depth - 1)})"


def test_long_imports_are_broken_and_all_of_them_are_rows() -> None:
    source = random.Random(1)
    code = flat(random_expression(source, list(BUILT_IN), 60, 0.0).compute(Value, FUNCTIONS)[-1])
    imports = [x for x in ast.walk(ast.parse(code)) if isinstance(x, ast.ImportFrom)]
    rows = {a.name for x in imports if x.module == ops.__name__ for a in x.names}
    assert len(rows) > 10
    assert rows <= BUILT_IN.keys()
    head = code.split("\n\n")[0].splitlines()
    assert all(len(line) <= 100 for line in head)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_row_can_be_imported_from_the_table_by_its_name(name: str) -> None:
    assert getattr(ops, name) is BUILT_IN[name]


# ------ labels


@given(st.lists(st.text(max_size=10), min_size=1, max_size=5))
def test_code_runs_whatever_the_labels(labels: list[str]) -> None:
    leaves = [Value(i + 1.0, label) for i, label in enumerate(labels)]
    assert difference(sg.sum([x * 2.0 for x in leaves]).exp()) == ""


@pytest.mark.parametrize(
    "label",
    [
        *("sum", "exp", "grad_x", "lambda", "__builtins__", "L", "s0", "x0", "t0", "inf", "nan"),
        *("a b", "1", "a'; import os", "x\ny", "ﬁ", "𝐱", "#", "match", "None", "print"),
    ],
)
def test_a_label_never_breaks_the_code(label: str) -> None:
    x, y = Value(2.0, label), Value(3.0, "x")
    assert difference(sg.sum([sg.exp(x), x * y, sg.mean([x, y])]) * math.inf) == ""


@pytest.mark.parametrize(
    "label",
    ["a very long label that somebody gave to this number", "w" * 100, "ﬁ" * 60, "x " * 60],
)
def test_a_long_label_gives_its_beginning_to_the_name(label: str) -> None:
    root = Value(-1.0, label=label) * 2.0
    name = sg.explain(root).names[root.parents[0]]
    assert len(name) <= 40 and name.isidentifier()
    assert name.startswith(label[:1].translate({ord("ﬁ"): "fi"})) and name != "x0"
    exec(str(sg.flat(root)), {})


def test_long_labels_that_begin_alike_are_told_apart_by_their_ends() -> None:
    x, y = Value(1.0, label="w" * 50 + "1"), Value(2.0, label="w" * 50 + "2")
    found = sg.explain(x * y).names
    assert found[x].endswith("w1") and found[y].endswith("w2")
    assert max(map(len, found.values())) <= 40


def test_long_labels_that_differ_in_the_middle_alone_are_no_common_name() -> None:
    x, y = (Value(1.0, label="w" * 50 + middle + "w" * 50) for middle in "12")
    found = sg.explain(x * y).names
    assert [found[x], found[y]] == ["x0", "x1"]


# ------ operators of one's own

cube = sg.operator("cube", lambda x: x * x * x, lambda out, x: 3.0 * sg.square(x))
sine = sg.operator("sine", math.sin, lambda out, x: sg.cos(x))


def test_an_operator_of_ones_own_is_written_out() -> None:
    code = flat(cube(Value(2.0, "x")))
    assert "L = x * x * x" in code
    assert "grad_x = grad_L * (3.0 * square(x))" in code
    assert difference(cube(Value(2.0))) == ""


def test_one_that_cannot_be_written_out_is_imported() -> None:
    assert f"from {__name__} import sine" in flat(sine(Value(2.0)))
    assert difference(cube(sine(Value(2.0)))) == ""


def test_one_used_in_a_derivative_is_too() -> None:
    outer = sg.operator("outer", lambda x: x * x, lambda out, x: sine(x) + cube(x))
    assert difference(outer(Value(0.7))) == ""


def test_one_that_can_be_neither_is_an_error_that_names_the_cure() -> None:
    hidden = sg.operator("hidden", math.exp, lambda out, x: out)
    cure = "operator 'hidden': write its forward function with scalargrad's own"
    with pytest.raises(ValueError, match=cure):
        flat(hidden(Value(1.0)))


@pytest.mark.parametrize(
    "partial", [lambda out, x: math.cos(x), lambda out, x: 1.0 if x > 0 else 2.0]
)
def test_a_derivative_that_cannot_be_written_out_is_an_error(partial: Any) -> None:
    opaque = sg.operator("opaque", lambda x: x, partial)
    with pytest.raises(ValueError, match="the derivative of 'opaque'"):
        flat(opaque(Value(1.0)))


def test_a_forward_that_is_another_function_on_symbols_is_not_printed() -> None:
    def two_faced(x: Any) -> Any:
        return x * 2.0 if isinstance(x, float) else x * 3.0

    with pytest.raises(ValueError, match="two_faced"):
        flat(sg.operator("two_faced", two_faced, lambda out, x: 2.0)(Value(1.0)))


def test_a_checkpoint_is_an_error() -> None:
    with pytest.raises(ValueError, match="checkpoint"):
        flat(sg.checkpoint(lambda x: x * x, Value(2.0)))


def test_only_a_value_has_flat_code() -> None:
    with pytest.raises(TypeError, match=r"flat needs a Value, got float 3\.0"):
        flat(3.0)
