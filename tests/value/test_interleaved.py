"""Calls that walk one graph again and again: none leaves behind what the next would trip over."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import scalargrad as sg
from scalargrad import ops
from scalargrad.backward import gradients
from scalargrad.graph import backward_order
from scalargrad.value import Value as Pure
from tests.support.expressions import rounds

BUILD: list[Callable[[Any, Any, Any], Any]] = [
    lambda x, y, z: x * y,
    lambda x, y, z: x - y,
    lambda x, y, z: x + 0.5,
    lambda x, y, z: x.tanh(),
    lambda x, y, z: ops.dot([x, y], [z, 2.0], y),
    lambda x, y, z: ops.sum([x, y, z, x]),
]
CALLS: list[Callable[[list[Any], Any, list[Any]], Any]] = [
    lambda nodes, root, targets: root.backward(0.5),
    lambda nodes, root, targets: setattr(root, "grad", 0.0),
    lambda nodes, root, targets: root._adjoints(targets),
    lambda nodes, root, targets: root.zero_grad(),
    lambda nodes, root, targets: [nodes.index(node) for node in backward_order(root)],
    lambda nodes, root, targets: [g.data for g in gradients(root, targets)],
]


def history(kind: Any, source: random.Random) -> list[Any]:
    """Build a graph and call on it: what each call returned, and all gradients after it."""
    nodes = [kind(x) for x in (1.5, -0.7, 2.0)]
    for _ in range(source.randint(3, 14)):
        nodes.append(source.choice(BUILD)(*source.choices(nodes, k=3)))
    seen = []
    for _ in range(8):
        call, root, targets = source.choice(CALLS), source.choice(nodes), source.choices(nodes, k=3)
        returned = call(nodes, root, targets)
        seen.append((returned, [(node.grad, node.has_grad) for node in nodes]))
    return seen


def test_any_sequence_of_calls_agrees_with_the_pure_engine() -> None:
    first = random.randrange(10**9)
    for seed in (first + i for i in rounds(300)):
        ours, pure = (history(kind, random.Random(seed)) for kind in (sg.Value, Pure))
        assert ours == pure, f"seed {seed}"
