"""Random graphs over the whole table: the engine in use and the pure one agree bit for bit."""

from __future__ import annotations

import math
import operator
import random
import struct
from collections.abc import Mapping
from typing import Any

import pytest

import scalargrad as sg
from scalargrad.rows import BUILT_IN
from scalargrad.value import Value as Pure
from tests.support.expressions import Expression, random_expression, rounds
from tests.support.floats import all_bits
from tests.support.random_programs import NAMES

PURE = {name: BUILT_IN[name] for name in NAMES}
IN_USE = {name: getattr(sg, name) for name in NAMES}
DUNDER = {
    **{"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv},
    **{"floordiv": operator.floordiv, "mod": operator.mod, "pow": operator.pow},
    **{"neg": operator.neg, "abs": abs, "round": round, "floor": math.floor, "ceil": math.ceil},
}

Outcome = list[list[bytes]]


def outcome(expression: Expression, leaf: Any, functions: Mapping[str, Any]) -> Outcome:
    """Return the bits of every node's value, partials and gradients, after one pass and two."""
    nodes = expression.compute(leaf, functions)
    nodes[-1].backward(expression.seed)
    first = [node.grad for node in nodes]
    nodes[-1].backward()
    return [all_bits([node.data, g, node.grad, *node.partials]) for node, g in zip(nodes, first)]


def second_derivatives(expression: Expression, leaf: Any, functions: Mapping[str, Any]) -> Outcome:
    """Return the bits of the gradient as a graph, and of that graph's own gradients."""
    nodes = expression.compute(leaf, functions)
    leaves = nodes[: len(expression.leaves)]
    first = sg.gradients(nodes[-1], leaves)
    for node in (*first, nodes[-1]):
        node.backward()
    return [all_bits([g.data, *g.partials]) for g in first] + [all_bits(n.grad for n in nodes)]


def first_difference(expression: Expression, ours: Outcome, pure: Outcome) -> str | None:
    for i, (mine, theirs) in enumerate(zip(ours, pure, strict=True)):
        if mine != theirs:
            return f"node {i} of {expression}: {readable(mine)}, pure {readable(theirs)}"
    return None


def readable(line: list[bytes]) -> list[str]:
    return [b.decode() if b == b"NaN" else struct.unpack("<d", b)[0].hex() for b in line]


def compare(expression: Expression, functions: Mapping[str, Any], measure: Any) -> str | None:
    return first_difference(
        expression,
        measure(expression, sg.Value, functions),
        measure(expression, Pure, PURE),
    )


@pytest.mark.parametrize("special", [0.0, 0.1, 0.5])
def test_functions_agree_with_the_pure_engine(special: float) -> None:
    source = random.Random(random.getrandbits(64))
    for _ in rounds(700):
        expression = random_expression(source, NAMES, source.randint(1, 40), special)
        assert compare(expression, IN_USE, outcome) is None


@pytest.mark.parametrize("special", [0.0, 0.1, 0.5])
def test_python_operators_and_methods_agree_with_the_pure_engine(special: float) -> None:
    source = random.Random(random.getrandbits(64))
    methods = {n: getattr(sg.Value, n) for n in NAMES if BUILT_IN[n].method and n not in DUNDER}
    spelled = {name: method_or_function(name, methods) for name in NAMES}
    for _ in rounds(700):
        expression = random_expression(source, NAMES, source.randint(1, 40), special)
        assert compare(expression, {**spelled, **DUNDER}, outcome) is None


def method_or_function(name: str, methods: Mapping[str, Any]) -> Any:
    """Return the method where the first operand is a Value, the function otherwise."""
    function = IN_USE[name]

    def spelled(*operands: Any) -> Any:
        is_value = isinstance(operands[0], sg.Value)
        return methods.get(name, function)(*operands) if is_value else function(*operands)

    return spelled


@pytest.mark.parametrize("special", [0.0, 0.2])
def test_derivatives_as_graphs_agree_with_the_pure_engine(special: float) -> None:
    source = random.Random(random.getrandbits(64))
    for _ in rounds(300):
        expression = random_expression(source, NAMES, source.randint(1, 8), special)
        assert compare(expression, IN_USE, second_derivatives) is None


def test_large_graphs_agree_with_the_pure_engine() -> None:
    source = random.Random(random.getrandbits(64))
    smooth = ["add", "sub", "mul", "tanh", "sin", "sigmoid", "dot", "mean", "hypot", "relu"]
    for _ in rounds(3):
        expression = random_expression(source, smooth, 5000, special=0.0)
        assert compare(expression, IN_USE, outcome) is None


def test_detect_anomaly_changes_no_bit() -> None:
    source = random.Random(random.getrandbits(64))
    bounded = ["tanh", "sin", "sigmoid", "atan", "add", "sub", "mean", "sum", "maximum", "dot"]
    for _ in rounds(200):
        expression = random_expression(source, bounded, source.randint(1, 12), special=0.0)
        plain = outcome(expression, sg.Value, IN_USE)
        with sg.detect_anomaly():
            assert outcome(expression, sg.Value, IN_USE) == plain, expression


# ------ the comparison itself can fail


def one_ulp_off(name: str) -> Any:
    """The addition `name`, with a value one unit in the last place too large."""
    return sg.operator(
        name,
        lambda x, y: math.nextafter(x + y, math.inf),
        lambda out, x, y: 1.0,
        lambda out, x, y: 1.0,
    )


def partial_one_ulp_off(name: str) -> Any:
    return sg.operator(
        name,
        lambda x, y: x * y,
        lambda out, x, y: math.nextafter(y, math.inf),
        lambda out, x, y: x,
    )


@pytest.mark.parametrize("name, mutant", [("add", one_ulp_off), ("mul", partial_one_ulp_off)])
def test_one_unit_in_the_last_place_is_noticed(name: str, mutant: Any) -> None:
    source = random.Random(random.getrandbits(64))
    mutated = {**IN_USE, name: mutant(name)}
    for _ in range(50):
        expression = random_expression(source, [name, "tanh"], 20, special=0.0)
        used = any(step.name == name for step in expression.steps)
        assert (compare(expression, mutated, outcome) is not None) == used


def test_the_sign_of_zero_and_a_nan_are_noticed() -> None:
    whole = Expression((0.0,), ())
    assert first_difference(whole, [all_bits([0.0])], [all_bits([-0.0])])
    assert first_difference(whole, [all_bits([0.0])], [all_bits([math.nan])])
    assert first_difference(whole, [all_bits([math.nan])], [all_bits([-math.nan])]) is None


def test_every_operator_of_the_table_comes_up() -> None:
    source = random.Random(random.getrandbits(64))
    seen = {s.name for _ in rounds(300) for s in random_expression(source, NAMES, 40).steps}
    assert seen == set(NAMES)
