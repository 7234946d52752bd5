"""Which nodes of the body of a loop are alike, to be done side by side, and in which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..machine.reroll import FEW
from ..machine.words import NONE
from . import nest as nests
from .nest import Nest

DEPTH = 2
"""Nodes are alike if so many operators, one on another's result, computed them in the same way."""
LESS = 1e-3
"""Where the first operand decides, the place of each further one counts so many times as much."""
Spot = tuple[float, float]
"""Where the leaves of a node are: on average, and the first of them."""
NOWHERE = 0.0, 0.0


class Alike:
    """Which nodes of a body are alike: those that are computed in the same way, and read in the
    same way. They are ordered by where the leaves stand that they are computed from."""

    def __init__(self, nest: Nest, place: Mapping[int, int]) -> None:
        self.nest, self.place = nest, place
        self.kind: dict[int, int] = {}
        self.spot: dict[int, Spot] = {}
        self.numbers: dict[Any, int] = {}

    def tell_apart(self, nodes: Sequence[int]) -> None:
        """Find the kinds of the nodes of a body, which are given in order."""
        computed, readers = self.computed(nodes), self.readers(nodes)
        for i in nodes:
            self.kind[i] = self.number((computed[i], *sorted(readers[i])))

    def computed(self, nodes: Sequence[int]) -> dict[int, Any]:
        """How each node is computed, as a key."""
        rows, operands = self.nest.rows, self.nest.operands
        own = set(nodes)
        keys: dict[int, Any] = {i: rows[i] for i in nodes}
        keys |= {j: self.leaf(j) for i in nodes for j in operands[i] if j not in own}
        for _ in range(DEPTH):
            found = {i: self.number((rows[i], *map(keys.__getitem__, operands[i]))) for i in nodes}
            keys |= found
        return keys

    def readers(self, nodes: Sequence[int]) -> dict[int, set[tuple[int, int]]]:
        """Which rows read each node, and as which operand."""
        found: dict[int, set[tuple[int, int]]] = defaultdict(set)
        for i in nodes:
            operands = self.nest.operands[i]
            for k, j in enumerate(operands):
                # in a long sum each term is like the others
                found[j].add((self.number(self.nest.rows[i]), k if len(operands) <= FEW else k % 2))
        return found

    def leaf(self, i: int) -> Any:
        """The kind of a number from outside; of one that a loop has kept, the kind it had there."""
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
            mean = sum(average for average, _ in spots) / len(spots)
            first = sum(one * LESS**k for k, (_, one) in enumerate(spots))
            self.spot[i] = mean, first

    def at(self, i: int) -> Spot:
        place = self.place.get(i)
        return self.spot.get(i, NOWHERE) if place is None else (place, place)

    def ordered(self, nodes: Iterable[int]) -> list[int]:
        """The nodes by kind. Those of a kind are ordered by where their leaves are on average; if
        two of them have the same average, as where each of some leaves meets each of others, by
        where the first leaf is."""
        kinds: dict[int, list[int]] = defaultdict(list)
        for i in nodes:
            kinds[self.kind.get(i, NONE)].append(i)
        for alike in kinds.values():
            which = int(len({self.at(i)[0] for i in alike}) < len(alike))
            alike.sort(key=lambda i: self.at(i)[which])
        return [i for kind in sorted(kinds) for i in kinds[kind]]
