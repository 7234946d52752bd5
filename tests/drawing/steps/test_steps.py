"""The backward pass explained: every step in the engine's order and with the engine's bits."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import Value
from scalargrad.drawing import explain
from scalargrad.graph import backward_order
from scalargrad.rows import BUILT_IN
from tests.support.explained import counter_example, lecture
from tests.support.expressions import random_expression
from tests.support.floats import bits
from tests.support.random_programs import FUNCTIONS


def random_root(seed: int, special: float = 0.2) -> Value:
    source = random.Random(seed)
    expression = random_expression(source, list(BUILT_IN), source.randint(1, 25), special)
    return expression.compute(Value, FUNCTIONS)[-1]


seeds = st.integers(0, 2**32)

# ------ the numbers


def test_the_lectures_example_reads_as_in_the_lecture() -> None:
    steps = explain(lecture())
    assert [step.line for step in steps] == [
        "∂f/∂q += ∂f/∂f · ∂f/∂q = 1 × (−4)",
        "∂f/∂z += ∂f/∂f · ∂f/∂z = 1 × 3",
        "∂f/∂x += ∂f/∂q · ∂q/∂x = −4 × 1",
        "∂f/∂y += ∂f/∂q · ∂q/∂y = −4 × 1",
    ]
    assert [step.contribution for step in steps] == [-4.0, 3.0, -4.0, -4.0]
    assert [step.formula.split(" = ")[1] for step in steps] == ["z", "q", "1", "1"]


@given(seeds)
def test_gradients_are_the_engines_bit_for_bit(seed: int) -> None:
    root = random_root(seed)
    root.zero_grad()
    steps = explain(root)
    root.backward()
    for node in steps.nodes:
        assert bits(steps.gradients[node]) == bits(node.grad), steps.names[node]


@given(seeds)
def test_steps_follow_the_engines_order_edge_by_edge(seed: int) -> None:
    root = random_root(seed)
    expected = [
        (node, k, parent) for node in backward_order(root) for k, parent in enumerate(node.parents)
    ]
    assert [(s.consumer, s.edge, s.parent) for s in explain(root)] == expected


@given(seeds)
def test_a_step_has_the_stored_numbers_and_adds_up(seed: int) -> None:
    total: Counter[Any] = Counter()
    arrived: Counter[Any] = Counter()
    for step in explain(random_root(seed)):
        assert step.consumer.operands[step.operand] is step.parent
        assert bits(step.local) == bits(step.consumer.partials[step.edge] + 0.0)
        if step.propagates:
            assert bits(step.contribution) == bits(step.upstream * step.local + 0.0)
        else:
            assert bits(step.contribution) == bits(0.0)
        arrived[step.parent] += 1
        total[step.parent] = (total[step.parent] or 0.0) + step.contribution
        assert (step.arrived, bits(step.total)) == (arrived[step.parent], bits(total[step.parent]))
        assert step.ready


@given(seeds)
def test_all_contributions_have_arrived_before_a_node_passes_its_gradient_on(seed: int) -> None:
    arrived: Counter[Any] = Counter()
    steps = explain(random_root(seed))
    expected = Counter(parent for node in steps.nodes for parent in node.parents)
    for step in steps:
        assert arrived[step.consumer] == expected[step.consumer]
        arrived[step.parent] += 1
        assert step.expected == expected[step.parent]
    assert arrived == expected


def test_explaining_changes_no_gradient() -> None:
    f = lecture()
    f.backward()
    before = [node.grad for node in backward_order(f)]
    steps = explain(f)
    str(steps), steps.mistakes, steps.checks
    assert [node.grad for node in backward_order(f)] == before


def test_operand_counts_constants_and_edge_does_not() -> None:
    x = Value(3.0)
    (step,) = explain(2.0 - x)
    assert (step.operand, step.edge) == (1, 0)


def test_nothing_is_not_propagated_and_the_step_says_so() -> None:
    x = Value(0.0, "x")
    root = sg.sqrt(x)
    root.label = "r"
    out = root * 0.0
    zero = explain(out)[1]
    assert (zero.upstream, zero.local, zero.contribution) == (0.0, math.inf, 0.0)
    assert not zero.propagates
    assert zero.line == "∂L/∂x += 0: ∂L/∂r is nothing, and nothing stays nothing"


def test_a_zero_that_was_computed_is_propagated() -> None:
    x = Value(0.0, "x")
    (_, step) = explain(sg.square(sg.sqrt(x)))
    assert (step.upstream, step.local, step.propagates) == (0.0, math.inf, True)
    assert math.isnan(step.contribution)


def test_a_node_used_twice_tells_how_much_has_arrived() -> None:
    steps = explain(counter_example())
    arrivals = ["1 of 2 contributions arrived", "2 of 2 contributions arrived"]
    assert [step.arrival for step in steps] == arrivals * 2
    assert [step.total for step in steps] == [1.0, 2.0, 2.0, 4.0]


def test_a_leaf_alone_has_no_steps() -> None:
    steps = explain(Value(3.0, "x"))
    assert (len(steps), steps.mistakes, steps.gradients[steps.root]) == (0, [], 1.0)
    assert "backward" not in str(steps)


def test_a_deep_graph_is_walked_without_recursion() -> None:
    x = y = Value(1.0)
    for _ in range(30_000):
        y = y * 1.0
    steps = explain(y)
    assert len(steps) == len(steps.naive) == 30_000
    assert steps.gradients[x] == 1.0


# ------ the naive order


def test_naive_order_gets_the_counter_example_wrong() -> None:
    steps = explain(counter_example())
    assert [(m.name, m.got, m.right) for m in steps.mistakes] == [("a", 2.0, 4.0)]
    early = [step.line for step in steps.naive if not step.ready]
    assert early == ["∂c/∂a += ∂c/∂b · ∂b/∂a = 1 × 1"] * 2


def test_what_is_computed_from_a_wrong_gradient_is_wrong_too() -> None:
    d = Value(1.0, "d")
    a = d * 3.0
    b = a * 2.0
    a.label = "a"
    steps = explain(b + b)
    assert [(m.name, m.got, m.right) for m in steps.mistakes] == [("d", 6.0, 12.0), ("a", 2.0, 4.0)]


def test_naive_order_prints_where_it_is_too_early() -> None:
    steps = explain(counter_example())
    assert str(steps.naive).count("too early: b is not complete") == 2
    assert "too early" not in str(steps)
    assert "a gets 2, right is 4" in str(steps)


@given(seeds)
def test_naive_order_visits_every_edge_once(seed: int) -> None:
    steps = explain(random_root(seed))
    engine = Counter((step.consumer, step.edge) for step in steps)
    assert Counter((step.consumer, step.edge) for step in steps.naive) == engine


@given(seeds)
def test_naive_order_is_wrong_only_where_a_node_was_not_ready(seed: int) -> None:
    steps = explain(random_root(seed))
    if all(step.ready for step in steps.naive):
        assert steps.mistakes == []


def test_naive_order_is_right_for_a_tree() -> None:
    steps = explain(lecture())
    assert steps.mistakes == []
    assert all(step.ready for step in steps.naive)


# ------ of a function, with its source lines


def neuron(w: Any, x: Any, b: Any) -> Any:
    s = w[0] * x[0] + w[1] * x[1]
    return sg.tanh(s + b)  # <b>&"


def test_source_lines_are_recorded_and_arguments_named() -> None:
    steps = explain(neuron, [0.5, -1.0], [2.0, 3.0], 1.0)
    first = neuron.__code__.co_firstlineno
    found = [(step.source.line - first, step.source.text) for step in steps if step.source]
    lines = ["s = w[0] * x[0] + w[1] * x[1]", 'return sg.tanh(s + b)  # <b>&"']
    assert found[0] == (2, lines[1])
    assert set(found) == {(1, lines[0]), (2, lines[1])}
    assert len(found) == len(steps)
    assert [steps.names[leaf] for leaf in steps.leaves] == ["w_0", "x_0", "w_1", "x_1", "b"]
    assert {leaf.label for leaf in steps.leaves} == {"w[0]", "x[0]", "w[1]", "x[1]", "b"}


def test_without_recording_the_source_is_unknown() -> None:
    assert all(step.source is None for step in explain(lecture()))
    assert "built at" not in str(explain(lecture()))


def test_values_given_to_a_function_stay_the_leaves() -> None:
    x = Value(2.0, "mine")
    assert explain(lambda v: v * 3.0, x).leaves == [x]


def test_arguments_of_many_are_numbered() -> None:
    steps = explain(lambda first, *rest: sg.sum([first, *rest]), 1.0, 2.0, 3.0)
    assert [steps.names[leaf] for leaf in steps.leaves] == ["first", "rest_0", "rest_1"]


def test_a_function_without_a_signature_can_be_explained() -> None:
    assert explain(max, 1.0, 2.0).root.label == "argument 1"
    steps = explain(sg.mul, 3.0, 4.0)
    assert [steps.gradients[leaf] for leaf in steps.leaves] == [4.0, 3.0]


def test_recording_ends_with_the_call() -> None:
    with pytest.raises(ZeroDivisionError):
        explain(lambda x: x / 0 if x > 5 else 1 / 0, 1.0)
    assert explain(Value(1.0) * 2.0)[0].source is None


def test_a_function_is_recorded_within_no_grad() -> None:
    with sg.no_grad():
        steps = explain(lambda x: x * 2.0, 1.0)
    assert len(steps) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3.0,), "explain needs a Value, or a function and its arguments, got float 3.0"),
        ((Value(1.0), 2.0), "got a Value and arguments"),
        ((lambda x: 3.0, 1.0), "the function returned the number 3.0"),
        ((lambda x: [x, x], 1.0), "must return one Value"),
        ((lambda x: x, "text"), "got str 'text' at x"),
    ],
)
def test_what_cannot_be_explained_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        explain(*arguments)


# ------ checked by finite differences


def test_every_leaf_is_checked() -> None:
    steps = explain(neuron, [0.5, -1.0], [2.0, 3.0], 1.0)
    assert [(x.name, x.verdict) for x in steps.checks] == [
        (name, "right") for name in ("w_0", "x_0", "w_1", "x_1", "b")
    ]


def test_a_wrong_derivative_is_found_wrong() -> None:
    wrong = sg.operator("wrong", lambda x: x * x, lambda out, x: 3.0 * x)
    (check,) = explain(wrong(Value(2.0, "x"))).checks
    assert (check.gradient, check.verdict) == (6.0, "WRONG")
    assert check.measured == pytest.approx(4.0, rel=1e-9)


@pytest.mark.parametrize("f", [sg.relu, lambda x: sg.relu(x) - sg.relu(-x)])
def test_a_kink_is_not_called_wrong(f: Any) -> None:
    (check,) = explain(f, 0.0).checks
    assert check.verdict == "not smooth here"
