"""The boxes of a drawing that stand for many nodes: a collapsed module, nodes that are alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import isfinite
from typing import Any

from ...messages import counted
from .items import Item, Numbers, Row, Single, gradient
from .modules import ModuleTree


def spans(nodes: Sequence[Any], numbers: Numbers) -> list[Row]:
    return [
        ("data", numbers.span([node.data for node in nodes])),
        ("grad", numbers.span([gradient(node) for node in nodes])),
    ]


def largest(nodes: Sequence[Any]) -> float | None:
    """The gradient of largest magnitude, None if there is none."""
    grads = [grad for grad in map(gradient, nodes) if grad is not None]
    return max(grads, key=abs, default=None)


def with_state(item: Item, nodes: Sequence[Any]) -> Item:
    """The item, saying how many of its nodes have a gradient of 0, marked if one is wrong."""
    grads = [grad for grad in map(gradient, nodes) if grad is not None]
    dead = grads.count(0.0)
    return item._replace(
        notes=[
            *item.notes,
            *([f"grad 0 in {dead:,} of {len(nodes):,}"] if dead and len(nodes) > 1 else []),
        ],
        wrong=not all(isfinite(x) for x in [*grads, *(node.data for node in nodes)]),
    )


def alike_item(name: str, nodes: Sequence[Any], numbers: Numbers) -> Item:
    """The box of nodes that play the same part: how many, and the range of their numbers."""
    ops = {node.op for node in nodes}
    leaves = ops == {None}
    symbol = "" if leaves or len(ops) > 1 else ops.pop().symbol
    label = counted(len(nodes), "leaf" if leaves else "node").replace("leafs", "leaves")
    item = Item(name, "group", symbol, label, spans(nodes, numbers), grad=largest(nodes))
    return with_state(item, nodes)


def loop_item(name: str, nodes: Sequence[Any], numbers: Numbers) -> Item:
    """The box of an operator in a folded loop: the range of its numbers over the iterations. The
    first of the nodes is that of the last iteration."""
    symbols = {Single("", "", node, None).symbol(numbers, inline=True) for node in nodes}
    last = nodes[0]
    symbol = symbols.pop() if len(symbols) == 1 else last.op.symbol
    notes = [] if last.op else [counted(len(nodes), "leaf").replace("leafs", "leaves")]
    item = Item(name, "group", symbol, last.label, spans(nodes, numbers), notes)
    return with_state(item._replace(grad=largest(nodes)), nodes)


def module_item(
    name: str,
    model: ModuleTree,
    module: str,
    nodes: Sequence[Any],
    outputs: Collection[Any],
    numbers: Numbers,
) -> Item:
    """The box of a module: its contents in words, and the numbers of the nodes it hands on."""
    part = model.parts[module]
    computed = [node for node in nodes if node.op is not None]
    found = [node for node in computed if node in outputs]
    notes = [*model.described(module), counted(len(computed), "node")]
    label = part.name.removeprefix(f"{part.parent}.") if part.parent else part.name
    item = Item(name, "module", part.kind, label, spans(found, numbers), notes)
    return with_state(item._replace(grad=largest(found), module=part.parent), computed)
