"""Loops of a graph: nodes that were computed again and again in the same way, folded into one box
for each operator of the body."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from ...compiler.loops.items import Constant, InputAt, Item, Loop, NodeAt, One, Run
from ...compiler.loops.items import Operation as Call
from ...compiler.loops.recorder import Recorded, Recorder
from ...compiler.loops.telling import told
from ...graph import topological_order
from ...scalars import is_value
from .selection import Numbering

Turn = tuple[int, ...]
"""In which iteration of each loop around it a node was computed, the outermost first."""


class Place(NamedTuple):
    """Where a node stands in a loop: which loop of the graph, which operator of its body, or which
    operand if it is a leaf; and in which iteration."""

    loop: int
    part: tuple[int, ...]
    turn: Turn


class Loops:
    """The loops of a graph. Takes O(nodes + edges)."""

    def __init__(self, graph: Numbering) -> None:
        self.graph = graph
        self.nodes: list[int] = []
        """Of each event its node."""
        self.leaves: list[int] = []
        """Of each input its node."""
        self.recorded = self.record()

    def record(self) -> Recorded:
        graph, recorder = self.graph, Recorder()
        at: dict[Any, One] = {}
        nodes = (node for root in graph.roots for node in topological_order(root))
        for node in dict.fromkeys(nodes):
            i = graph.index[node]
            if node.op is None:
                at[node] = InputAt(len(self.leaves))
                self.leaves.append(i)
            else:
                given = [at[x] if is_value(x) else Constant(x) for x in node.operands]
                at[node] = NodeAt(recorder.record(node.op, given))
                self.nodes.append(i)
        return recorder.finish()

    @cached_property
    def places(self) -> dict[int, Place]:
        """The places of nodes that are in loops, and of leaves that a loop walks over."""
        found: dict[int, Place] = {}
        for k, (first, loop) in enumerate(self.loops()):
            for event, part, call, turn in events([loop], first, (), ()):
                found[self.nodes[event]] = Place(k, part, turn)
                for leaf, operand in walked(call, turn):
                    # another loop, or another operand, may have it already
                    found.setdefault(self.leaves[leaf], Place(k, (*part, -1 - operand), turn))
        return found

    def loops(self) -> Iterator[tuple[int, Loop]]:
        """Yield the outermost loops, each with the id of its first event."""
        begin = 0
        for item in self.recorded.items:
            if isinstance(item, Loop):
                yield begin, item
                begin += item.trips * item.span
            else:
                begin += 1

    def folded(self, which: Container[int]) -> dict[int, Place]:
        """The places of the nodes in these loops."""
        return {i: place for i, place in self.places.items() if place.loop in which}

    def titles(self) -> list[str]:
        """The text for each loop: "loop × 99: 5 operators, carries angle, speed"."""
        names = {k: self.graph.nodes[i].label for k, i in enumerate(self.nodes)}
        lines = told(self.recorded.items, {k: x for k, x in names.items() if x})
        return [line for line in lines if not line.startswith(" ")]

    def recurrent(self) -> set[int]:
        """The loops in which an operator depends on itself in earlier iterations. In others numbers
        are handed on too, but only to where the order of the nodes has them used."""
        operands: dict[int, dict[Any, set[Any]]] = {}
        for i, place in self.places.items():
            above = operands.setdefault(place.loop, {}).setdefault(place.part, set())
            for j in self.graph.parents[i]:
                other = self.places.get(j)
                if other is not None and other.loop == place.loop:
                    above.add(other.part)
        return {loop for loop, parts in operands.items() if has_circle(parts)}


def has_circle(operands: Mapping[Any, set[Any]]) -> bool:
    try:
        TopologicalSorter(operands).prepare()
    except CycleError:
        return True
    return False


def events(
    items: Iterable[Item], begin: int, part: tuple[int, ...], turn: Turn
) -> Iterator[tuple[int, tuple[int, ...], Call, Turn]]:
    """Yield the events of items: the id, which operator it is of the bodies around, and when."""
    for k, item in enumerate(items):
        if isinstance(item, Call):
            yield begin, (*part, k), item, turn
            begin += 1
            continue
        for trip in range(item.trips):
            yield from events(item.body, begin, (*part, k), (*turn, trip))
            begin += item.span


def walked(call: Call, turn: Turn) -> Iterator[tuple[int, int]]:
    """Yield the inputs that an operator reads in an iteration and not in all, each with the number
    of the operand."""
    for k, reference in enumerate(call.references):
        first = reference.first if isinstance(reference, Run) else reference
        count, step = (reference.count, reference.step) if isinstance(reference, Run) else (1, 0)
        if isinstance(first, InputAt) and any(first.strides):
            base = first.base + sum(s * t for s, t in zip(first.strides, turn))
            yield from ((base + step * j, k) for j in range(count))
