"""Gradients of a recorded graph checked by finite differences: its rows are run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...checks.check import computed
from ...checks.faults import explained
from ...checks.verdicts import WRONG, Checked, judge
from ...given import Given
from ...graph import topological_order
from ...scalars import is_value


def checked(root: Any, leaves: Sequence[Any], names: Mapping[Any, str]) -> list[Checked]:
    """Return for each leaf its gradient beside a measured slope, with a verdict; but not for those
    above which a node stands that was given, which has no number elsewhere. Costs some 50 to 200
    runs of what depends on the leaf."""
    order = topological_order(root)
    gradients, noise = computed(root, leaves)
    found = [
        judge(names[leaf], along(order, leaf), leaf.data, gradient, noise)
        for leaf, gradient in zip(leaves, gradients)
        if not is_below_given(order, leaf)
    ]
    if any(x.verdict == WRONG for x in found):
        found, _ = explained(root, leaves, found)
    return found


def is_below_given(order: Sequence[Any], leaf: Any) -> bool:
    above = {leaf}
    for node in order:
        if not above.isdisjoint(node.parents):
            if isinstance(node.op, Given):
                return True
            above.add(node)
    return False


def along(order: Sequence[Any], leaf: Any) -> Callable[[float], float]:
    """Return the root, the last in `order`, as a function of one leaf."""
    moving = {leaf: 0}
    program = []
    for node in order:
        if any(parent in moving for parent in node.parents):
            slots = [moving.get(x) if is_value(x) else None for x in node.operands]
            numbers = [x.data if is_value(x) else x for x in node.operands]
            program.append((node.op.forward, slots, numbers))
            moving[node] = len(program)

    def value(x: float) -> float:
        known = [x]
        for forward, slots, numbers in program:
            operands = [n if slot is None else known[slot] for slot, n in zip(slots, numbers)]
            known.append(float(forward(*operands)))
        return known[-1]

    return value
