"""Build, change, differentiate, copy and drop in any order, beside a model in plain integers.

The model keeps exact integers; whatever its numbers could round in floats is not tried, so
every comparison is exact whatever the order of addition.
"""

from __future__ import annotations

import copy
import gc
import pickle
import sys
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import scalargrad as sg
from scalargrad import Value

EXACT = 2**50
small = st.integers(-4, 4)
index = st.integers(0, 10**6)


class Model:
    """A node as integers: what a Value should be."""

    def __init__(self, data: int, edges: list[tuple[Model, int]] | None = None) -> None:
        self.data = data
        self.grad = 0
        self.label = ""
        self.edges = edges or []


def reachable(root: Model) -> list[Model]:
    """The nodes of a graph, parents before children."""
    order: list[Model] = []

    def visit(node: Model) -> None:
        if node not in order:
            for parent, _ in node.edges:
                visit(parent)
            order.append(node)

    visit(root)
    return order


def adjoints(root: Model, seed: int) -> tuple[dict[Model, int], int]:
    """Return ∂root/∂node · seed by the sum over edges, and a bound on all partial sums."""
    order = reachable(root)[::-1]
    adjoint, bound = dict.fromkeys(order, 0), dict.fromkeys(order, 0)
    adjoint[root], bound[root] = seed, abs(seed)
    for node in order:
        for parent, partial in node.edges:
            adjoint[parent] += adjoint[node] * partial
            bound[parent] += bound[node] * abs(partial)
    return adjoint, max(bound.values())


def twin_of(root: Model) -> Model:
    twins: dict[Model, Model] = {}
    for node in reachable(root):
        twin = Model(node.data, [(twins[parent], p) for parent, p in node.edges])
        twin.grad, twin.label = node.grad, node.label
        twins[node] = twin
    return twins[root]


def relu(x: int) -> tuple[int, list[int]]:
    return max(x, 0), [int(x > 0)]


def leftmost_max(x: int, y: int) -> tuple[int, list[int]] | None:
    """No model for a tie, whose gradients are halves."""
    return None if x == y else (max(x, y), [int(x > y), int(y > x)])


OPERATORS: dict[str, tuple[Any, Any]] = {
    "add": (lambda x, y: x + y, lambda x, y: (x + y, [1, 1])),
    "sub": (lambda x, y: x - y, lambda x, y: (x - y, [1, -1])),
    "mul": (lambda x, y: x * y, lambda x, y: (x * y, [y, x])),
    "neg": (lambda x, y: -x, lambda x, y: (-x, [-1])),
    "relu": (lambda x, y: x.relu(), lambda x, y: relu(x)),
    "square": (lambda x, y: x**2, lambda x, y: (x * x, [2 * x])),
    "maximum": (sg.maximum, leftmost_max),
    "sum": (lambda x, y: sg.sum([x, y, x]), lambda x, y: (2 * x + y, [1, 1, 1])),
    "dot": (lambda x, y: sg.dot([x, 3.0], [y, x]), lambda x, y: (x * y + 3 * x, [y, x, 3])),
    "add constant": (lambda x, y: x + 2, lambda x, y: (x + 2, [1])),
    "minus from constant": (lambda x, y: 3 - x, lambda x, y: (3 - x, [-1])),
    "times constant": (lambda x, y: -2.0 * x, lambda x, y: (-2 * x, [-2])),
}
ORDER = {"sum": (0, 1, 0), "dot": (0, 1, 0)}
"""The operands in the order of the partials, where it is not just x, then y."""


class Graphs(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        gc.disable()
        self.pairs: list[tuple[Value, Model]] = []

    def at(self, i: int) -> tuple[Value, Model]:
        return self.pairs[i % len(self.pairs)]

    @rule(data=small)
    def leaf(self, data: int) -> None:
        self.pairs.append((Value(data), Model(data)))

    @precondition(lambda self: self.pairs)
    @rule(name=st.sampled_from(sorted(OPERATORS)), i=index, j=index)
    def node(self, name: str, i: int, j: int) -> None:
        (x, model_x), (y, model_y) = self.at(i), self.at(j)
        build, expected = OPERATORS[name]
        outcome = expected(model_x.data, model_y.data)
        if outcome is None or abs(outcome[0]) > 1000:
            return
        data, partials = outcome
        operands = [(model_x, model_y)[k] for k in ORDER.get(name, (0, 1))]
        made = Model(data, list(zip(operands, partials)))
        self.pairs.append((build(x, y), made))

    @precondition(lambda self: self.pairs)
    @rule(i=index, data=small)
    def change_data(self, i: int, data: int) -> None:
        value, model = self.at(i)
        value.data = model.data = data

    @precondition(lambda self: self.pairs)
    @rule(i=index, grad=small)
    def change_grad(self, i: int, grad: int) -> None:
        value, model = self.at(i)
        value.grad = model.grad = grad

    @precondition(lambda self: self.pairs)
    @rule(i=index, label=st.text(max_size=3))
    def change_label(self, i: int, label: str) -> None:
        value, model = self.at(i)
        value.label = model.label = label

    @precondition(lambda self: self.pairs)
    @rule(i=index, seed=small)
    def backward(self, i: int, seed: int) -> None:
        value, model = self.at(i)
        adjoint, bound = adjoints(model, seed)
        if bound + max(abs(node.grad) for node in adjoint) > EXACT:
            return
        value.backward(seed)
        for node, g in adjoint.items():
            node.grad = g if node.edges else node.grad + g

    @precondition(lambda self: self.pairs)
    @rule(i=index)
    def zero_grad(self, i: int) -> None:
        value, model = self.at(i)
        value.zero_grad()
        for node in reachable(model):
            node.grad = 0

    @precondition(lambda self: self.pairs)
    @rule(i=index)
    def detach(self, i: int) -> None:
        value, model = self.at(i)
        self.pairs.append((value.detach(), Model(model.data)))

    @precondition(lambda self: self.pairs)
    @rule(i=index)
    def shallow_copy(self, i: int) -> None:
        value, model = self.at(i)
        twin = Model(model.data, model.edges)
        twin.grad, twin.label = model.grad, model.label
        self.pairs.append((copy.copy(value), twin))

    @precondition(lambda self: self.pairs)
    @rule(i=index, pickled=st.booleans())
    def deep_copy(self, i: int, pickled: bool) -> None:
        value, model = self.at(i)
        twin = pickle.loads(pickle.dumps(value)) if pickled else copy.deepcopy(value)
        self.pairs.append((twin, twin_of(model)))

    @precondition(lambda self: self.pairs)
    @rule(i=index)
    def drop(self, i: int) -> None:
        self.pairs.pop(i % len(self.pairs))

    @invariant()
    def values_are_what_the_model_says(self) -> None:
        for value, model in self.pairs:
            check(value, model)

    def teardown(self) -> None:
        gc.enable()
        leaves = [value for value, model in self.pairs if not model.edges]
        self.pairs.clear()
        if sys.exc_info()[0] is None:
            assert references(leaves) == references([Value(1.0) for _ in leaves])


def references(leaves: list[Value]) -> list[int]:
    """How many references there are to each: no node that was dropped may hold one."""
    return [sys.getrefcount(leaf) for leaf in leaves]


def check(value: Value, model: Model) -> None:
    """Compare one node and, edge by edge, the nodes it was computed from."""
    assert (value.data, value.grad, value.label) == (model.data, model.grad, model.label)
    assert value.partials == tuple(float(p) for _, p in model.edges)
    for parent, (model_parent, _) in zip(value.parents, model.edges, strict=True):
        assert (parent.data, parent.grad) == (model_parent.data, model_parent.grad)


Graphs.TestCase.settings = settings(max_examples=80, stateful_step_count=60, deadline=None)
TestGraphs = Graphs.TestCase
