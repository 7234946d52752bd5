"""The contents of a drawing, before it has a look: items and the links between them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain
from typing import Any, NamedTuple

from .elementary import Gates, taken_apart
from .groups import alike_item, loop_item, module_item
from .items import Item, Numbers, Single, gradient
from .links import Link, links, merged
from .loops import Place
from .modules import ModuleTree, Submodule
from .selection import Numbering
from .summary import Box, Boxes, too_many

LIMIT = 150
"""Boxes up to which a graph is shown node by node, in a drawing and on the page of `explain`."""
FEW_NODES = 40
"""In graphs of so few nodes the constants of sums and products are drawn too."""


class Options(NamedTuple):
    """The options of `draw` that decide what is shown.

    `limit` bounds the items, gates included. Constants are items of their own if `constants` is
    true, never if false; if None, the constants of operators over a list are, where the graph is
    small. Other constants stand beside the symbol of their operator.
    """

    path: tuple[Any, Any] | None = None
    depth: int | None = None
    collapse: int | str | Collection[str] | None = None
    expand: bool = False
    constants: bool | None = None
    limit: int = LIMIT
    precision: int = 4
    fold: bool | None = None


class Drawn(NamedTuple):
    """The drawn part of a graph: the box of each node, and the modules that nodes belong to."""

    graph: Numbering
    boxes: Boxes
    model: ModuleTree | None
    module_of: Mapping[Any, str]
    folded: Mapping[int, Place] = {}
    """The places in loops of the nodes that are folded."""
    loops: Sequence[str] = ()
    """The text for each loop of the graph."""


class View:
    """The items and links of a drawing."""

    def __init__(self, shown: Drawn, options: Options) -> None:
        self.graph, self.boxes, self.model, self.module_of, self.folded, self.loops = shown
        self.options = options
        self.numbers = Numbers(options.precision)
        self.members: dict[Box, list[int]] = {}
        for i in sorted(self.boxes):
            self.members.setdefault(self.boxes[i], []).append(i)
        self.place: dict[Any, str] = {}
        """The name of the item that shows each node."""
        for box, found in self.members.items():
            name = f"{'node' if box == found[0] else 'group'}-{found[0]}"
            self.place.update((self.graph.nodes[i], name) for i in found)
        self.singles = {i: [self._single(i)] for i in self.boxes}
        if options.expand:
            self._take_apart()
        # the last of the backward order first: operands then come in the order of their use
        self.items = list(chain.from_iterable(map(self._items, reversed(self.members))))
        self.links = self._links()

    def drawn_loops(self) -> list[int]:
        """The folded loops that have a frame: in a model the frames are those of modules."""
        return [] if self.model else sorted({x.loop for x in self.items if x.loop is not None})

    def modules(self) -> list[Submodule]:
        """The modules that items are drawn in, and the modules around these."""
        if self.model is None:
            return []
        found = {name for item in self.items for name in self.model.around(item.module)}
        return [part for part in self.model.parts.values() if part.name in found]

    @cached_property
    def used_elsewhere(self) -> set[Any]:
        """The roots, and the operands of nodes that stand in another box."""
        found = set(self.graph.roots)
        for node in (self.graph.nodes[i] for i in self.boxes):
            found.update(x for x in node.parents if self.place.get(x) != self.place[node])
        return found

    # ------ nodes and gates
    def _single(self, i: int) -> Single:
        node = self.graph.nodes[i]
        return Single(self.place[node], str(i), node, gradient(node))

    def _take_apart(self) -> None:
        """Replace nodes by their gates, as long as there is room for them."""
        room = self.options.limit - len(self.members)
        for i in sorted(i for i, box in self.boxes.items() if box == i):
            gates = taken_apart(self.graph.nodes[i], room)
            if gates is not None:
                self.singles[i] = list(self._gates(i, gates))
                room -= len(gates.nodes) - 1

    def _gates(self, i: int, gates: Gates) -> Iterator[Single]:
        for t, gate in enumerate(gates.nodes):
            name = f"gate-{i}-{t}" if t else f"node-{i}"
            self.place[gate] = name
            yield Single(name, f"{i}-gate-{t}", gate, gates.grad.get(gate))
        for copied, operand in gates.outside.items():
            if operand in self.place:
                self.place[copied] = self.place[operand]

    # ------ items
    def _items(self, box: Box) -> Iterator[Item]:
        i, *others = self.members[box]
        if box != i:
            yield self._group(box, [self.graph.nodes[j] for j in (i, *others)])
            return
        node = self.graph.nodes[i]
        module = self.module_of.get(node)
        for single in self.singles[i]:
            if single.name == self.place[node]:
                yield self._item(single, node)._replace(module=module)
            else:
                item = single.item(self.numbers, not self.options.constants)
                yield item._replace(kind="gate", module=module)
            for name, x in self._constants(single):
                yield Item(name, "constant", "", self.numbers(x), module=module)

    def _item(self, single: Single, node: Any) -> Item:
        """The item that stands for a node of the graph, whole or the last of its gates."""
        named = self.model.label.get(node, "") if self.model else ""
        return single.item(self.numbers, not self.options.constants)._replace(
            label=node.label or named,
            root=any(node is root for root in self.graph.roots),
            hidden=sum(x not in self.place for x in single.node.parents),
        )

    def _group(self, box: Any, nodes: list[Any]) -> Item:
        name = self.place[nodes[0]]
        if box[0] == "loop":
            is_root = any(node is root for root in self.graph.roots for node in nodes)
            return loop_item(name, nodes, self.numbers)._replace(loop=box[1], root=is_root)
        if self.model is not None and box[0] == "module":
            return module_item(name, self.model, box[1], nodes, self.used_elsewhere, self.numbers)
        modules = {self.module_of.get(node) for node in nodes}
        module = modules.pop() if len(modules) == 1 else None
        return alike_item(name, nodes, self.numbers)._replace(module=module)

    def _constants(self, single: Single) -> list[tuple[str, float]]:
        """The constants that are items of their own, with their names."""
        op, wanted = single.node.op, self.options.constants
        if wanted is None:
            wanted = op is not None and op.arity is None and len(self.graph) <= FEW_NODES
        return [(f"constant-{single.key}-{k}", x) for k, x in single.constants() if wanted]

    # ------ links
    def is_carried(self, i: int, operand: Any) -> bool:
        """Tell whether node i has an operand from an earlier iteration of a folded loop."""
        one, other = self.folded.get(i), self.folded.get(self.graph.index.get(operand, -1))
        if one is None or other is None or one.loop != other.loop:
            return False
        return any(x != y for x, y in zip(one.turn, other.turn))

    def _links(self) -> list[Link]:
        found: list[Link] = []
        for i in sorted(self.boxes, reverse=True):
            for single in self.singles[i]:
                found += links(single, self.place, partial(self.is_carried, i))
                if self.boxes[i] == i:
                    for name, _ in self._constants(single):
                        found.append(Link(f"edge-{name}", name, single.name, "constant"))
        crowded = too_many(len(found), len(self.items), self.options.limit)
        return merged(found, {x.name for x in self.items if crowded or x.stands_for_many})
