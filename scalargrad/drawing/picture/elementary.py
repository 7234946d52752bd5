"""A fused node taken apart into the gates it stands for, with their own values and gradients.

The operator table says which gates these are: the `elementary` form of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import modes, ops
from ...backward import propagate
from ...graph import backward_order
from ...scalars import is_value
from ...transforms.variables import differentiating


class Elementary:
    """Replaces every node that has an elementary form, down to nodes that have none.

    Folds begin with 0 + or 1 ×: a gate that does nothing is left out, unless its 1 is one of the
    constants `given`.
    """

    def __init__(self, given: Sequence[float]) -> None:
        self.neutral = {ops.add: 0.0, **({} if 1.0 in given else {ops.mul: 1.0})}

    def __call__(self, node: Any) -> Any:
        first = node.operands[0]
        if type(first) is float and first == self.neutral.get(node.op):
            return node.operands[1]
        return node if node.op.elementary is None else node.op.elementary(*node.operands)


class Gates:
    """The gates of one node, `root` first: Values of a graph of their own, in backward order.

    `outside` leads from that graph's leaves to the operands of the node. `grad` holds the
    gradients of the gates, empty where the node itself has none.
    """

    def __init__(self, node: Any) -> None:
        copies = [type(node)(x.data) if is_value(x) else x for x in node.operands]
        self.outside = {c: x for c, x in zip(copies, node.operands) if is_value(c)}
        given = [x for x in copies if not is_value(x)]
        with differentiating(level=False), modes.watching(Elementary(given)):
            self.root = node.op.elementary(*copies)
        order = backward_order(self.root) if is_value(self.root) else []
        self.nodes = [gate for gate in order if gate not in self.outside]
        self.grad: dict[Any, float] = propagate(self.root, node.grad) if node.has_grad else {}


def taken_apart(node: Any, room: int) -> Gates | None:
    """Return the gates of a node; None if it is a gate itself, or has more than there is room."""
    if node.op is None or node.op.elementary is None or len(node.operands) > room:
        return None
    gates = Gates(node)
    is_gate = is_value(gates.root) and gates.root not in gates.outside
    is_itself = not is_gate or gates.root.op is node.op
    return None if is_itself or len(gates.nodes) > room else gates
