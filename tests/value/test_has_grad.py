"""Whether a node has a gradient: no number tells, for a gradient may be 0.0 itself."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable

import pytest

import scalargrad as sg
from scalargrad import Value

SAME = [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]


def shown(*nodes: Value) -> list[bool]:
    """Which have a gradient; those that have none show 0.0."""
    assert all(node.has_grad or repr(node.grad) == "0.0" for node in nodes)
    return [node.has_grad for node in nodes]


def test_a_node_has_no_gradient_when_built() -> None:
    x = Value(2.0)
    nodes = [x, x * x, x + 1.0, 1.0 - x, -x, sg.dot([x], [x]), sg.lgamma(x), x.detach()]
    assert shown(*nodes) == [False] * len(nodes)


def test_backward_gives_a_gradient_to_all_it_reaches_and_to_no_other() -> None:
    x, y = Value(2.0), Value(3.0)
    product, other = x * y, x + y
    (product * 2.0).backward()
    assert shown(x, y, product, other) == [True, True, True, False]


def test_a_gradient_of_zero_is_a_gradient() -> None:
    x = Value(-2.0)
    hidden = x * 3.0
    hidden.relu().backward()
    assert (x.grad, hidden.grad) == (0.0, 0.0)
    assert shown(x, hidden) == [True, True]


@pytest.mark.parametrize("seed", [0.0, -0.0, math.nan])
def test_any_seed_is_a_gradient(seed: float) -> None:
    x = Value(2.0)
    root = x * 1.0
    root.backward(seed)
    x.backward(seed)
    assert shown(root, x) == [True, True]


@pytest.mark.parametrize("number", [1.0, 0, 0.0, -0.0, math.nan])
def test_an_assignment_gives_a_gradient(number: float) -> None:
    x = Value(2.0)
    x.grad = number
    assert shown(x) == [True]


def test_zero_grad_takes_gradients_away() -> None:
    x = Value(2.0)
    inner = x * 3.0
    root = inner.tanh()
    root.backward()
    inner.zero_grad()
    assert shown(x, inner, root) == [False, False, True]
    root.zero_grad()
    assert shown(x, inner, root) == [False, False, False]
    root.backward()
    assert shown(x, inner, root) == [True, True, True]


def test_asking_for_gradients_as_numbers_gives_none_to_the_nodes() -> None:
    x, y = Value(2.0), Value(3.0)
    root = x * y
    sg.gradients(root, [x])
    sg.checkpoint(lambda a: a * y, x)
    sg.grad(lambda a: a * y)(1.0)
    assert shown(x, y, root) == [False, False, False]


@pytest.mark.parametrize("twin_of", SAME, ids=["copy", "deepcopy", "pickle"])
def test_a_copy_has_a_gradient_if_the_original_has(twin_of: Callable[[Value], Value]) -> None:
    x = Value(2.0)
    node = x * 3.0
    x.grad = 0.0
    assert shown(*twin_of(node).parents, twin_of(node)) == [True, False]
    node.backward()
    x.zero_grad()
    assert shown(*twin_of(node).parents, twin_of(node)) == [False, True]


def test_a_failed_assignment_gives_none() -> None:
    x = Value(2.0)
    with pytest.raises(TypeError):
        x.grad = "1"
    assert shown(x) == [False]


def test_backward_under_detect_anomaly_gives_gradients_too() -> None:
    with sg.detect_anomaly():
        x = Value(0.0)
        root = x * 0.0
        root.backward(-0.0)
    assert shown(x, root) == [True, True]
