"""Which nodes of a body are alike, so that they are done side by side, and in which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..machine.reroll import FEW
from ..machine.words import NONE
from . import nest as nests
from .nest import Nest

DEPTH = 2
"""So many operators above each other tell nodes apart."""


LESS = 1e-3
"""The place of each further operand counts so much less, where the first decides."""
Spot = tuple[float, float]
"""Where the leaves of a node are: on average, and the first of them."""
NOWHERE = 0.0, 0.0


class Alike:
    """Which nodes of a body are alike, by how they are computed from its leaves and what is
    computed of them; and an order of those that are: by where their leaves are."""

    def __init__(self, nest: Nest, place: Mapping[int, int]) -> None:
        self.nest, self.place = nest, place
        self.kind: dict[int, int] = {}
        self.spot: dict[int, Spot] = {}
        self.numbers: dict[Any, int] = {}

    def tell_apart(self, nodes: Sequence[int]) -> None:
        """Find the kinds of the nodes of a body, which are given in order."""
        rows, operands = self.nest.rows, self.nest.operands
        own = set(nodes)
        users: dict[int, set[tuple[int, int]]] = defaultdict(set)
        above: dict[int, Any] = {i: rows[i] for i in nodes}
        above |= {j: self.leaf(j) for i in nodes for j in operands[i] if j not in own}
        for _ in range(DEPTH):
            found = {i: self.number((rows[i], *map(above.__getitem__, operands[i]))) for i in nodes}
            above |= found
        for i in nodes:
            for k, j in enumerate(operands[i]):
                # in a long sum each term is like the others
                users[j].add((self.number(rows[i]), k if len(operands[i]) <= FEW else k % 2))
        for i in nodes:
            self.kind[i] = self.number((above[i], *sorted(users[i])))

    def leaf(self, i: int) -> Any:
        """The kind of a number from outside: of one that a loop has kept, that of what it is."""
        if self.nest.rows[i] is nests.READ:
            writes = self.nest.addresses[i].array.writes
            return "kept", self.kind.get(writes[0].x) if writes else None
        return self.kind.get(i, self.nest.rows[i])

    def number(self, key: Any) -> int:
        return self.numbers.setdefault(key, 1 + len(self.numbers))

    def find_order(self, nodes: Iterable[int]) -> None:
        """Find where the leaves of nodes are."""
        for i in nodes:
            spots = list(map(self.at, self.nest.operands[i]))
            mean = sum(all_of_it for all_of_it, _ in spots) / len(spots)
            first = sum(one * LESS**k for k, (_, one) in enumerate(spots))
            self.spot[i] = mean, first

    def at(self, i: int) -> Spot:
        place = self.place.get(i)
        return self.spot.get(i, NOWHERE) if place is None else (place, place)

    def ordered(self, nodes: Iterable[int]) -> list[int]:
        """The nodes by kind. Those of a kind are ordered by where their leaves are on average, but
        where leaves are combined in all ways, by where the first is."""
        kinds: dict[int, list[int]] = defaultdict(list)
        for i in nodes:
            kinds[self.kind.get(i, NONE)].append(i)
        for alike in kinds.values():
            which = int(len({self.at(i)[0] for i in alike}) < len(alike))
            alike.sort(key=lambda i: self.at(i)[which])
        return [i for kind in sorted(kinds) for i in kinds[kind]]
