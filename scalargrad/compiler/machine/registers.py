"""The registers of a program: which nodes stand in which, and for how long.

A register is free again after the last instruction that reads its node. A splat stays in its
register for the whole program.
"""

from __future__ import annotations

from collections.abc import Sequence


class Registers:
    """Which register each node has; `count` is how many registers there are by now."""

    def __init__(self) -> None:
        self.splats: dict[int, int] = {}
        """The registers that hold a uniform number in every lane, by its node."""
        self.count = 0
        self._held: dict[int, int] = {}
        self._free: list[int] = []

    def __contains__(self, node: int) -> bool:
        return node in self._held or node in self.splats

    def __getitem__(self, node: int) -> int:
        return self._held[node] if node in self._held else self.splats[node]

    def of(self, nodes: Sequence[int]) -> dict[int, int]:
        """The registers of those nodes that have one."""
        held, splats = self._held, self.splats
        found = {i: held[i] for i in nodes if i in held}
        if splats:
            found.update((i, splats[i]) for i in nodes if i in splats and i not in found)
        return found

    def take(self, node: int) -> None:
        """Give a register to a node that is computed in the lanes."""
        self._held[node] = self._new()

    def splat(self, node: int) -> None:
        """Give a register to a uniform node, unless the node has one."""
        if node not in self.splats:
            self.splats[node] = self._new()

    def release(self, node: int) -> None:
        """Free the register of a node that nothing reads any more; a splat keeps its own."""
        if node in self._held:
            self._free.append(self._held.pop(node))

    def _new(self) -> int:
        if self._free:
            return self._free.pop()
        self.count += 1
        return self.count - 1
