"""Freeing a graph of any depth on a small stack, where Python's own way would overflow it.

CPython frees a node's operands from within the freeing of the node, and so on down the graph.
After 50 levels it breaks off and goes on from above; but CPython 3.13 does so after 10,000 levels,
whatever the stack. In 3.13 one node in `TALLEST` on every way down holds its operands in a Landing;
also in a browser, whose stack is small.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

TALLEST = 150 if sys.platform == "emscripten" else 500 if sys.version_info[:2] == (3, 13) else 0
"""Nodes above each other without a Landing between them: about 50 KiB of stack, in a browser of a
smaller one. 0: no Landing."""


class _Freeing(threading.local):
    pending: list[Any] | None = None


_freeing = _Freeing()
_kept: dict[int, Any] = {}
"""The operands of each Landing. If `__del__` did not run to its end, at the recursion limit or for
an interrupt, the Landing's own list would drop them in Python's way: better they stay in memory."""


class Landing(list[Any]):
    """Operands that do not fall far: a Landing that is freed from within the freeing of another
    hands its operands to the outer one, which frees them after its own. An interrupt meanwhile is
    printed and lost, as in every finaliser."""

    __slots__ = ()

    def __init__(self, operands: tuple[Any, ...]) -> None:
        super().__init__(operands)
        _kept[id(self)] = operands

    def __del__(self) -> None:
        self.clear()
        operands = _kept.pop(id(self), ())
        if _freeing.pending is not None:
            _freeing.pending.append(operands)
            return
        _freeing.pending = pending = [operands]
        del operands
        try:
            while pending:
                pending.pop()
        finally:
            _freeing.pending = None
