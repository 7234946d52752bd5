"""Watching a function build its graph, without a change to what it does."""

from __future__ import annotations

from typing import Any


class NodeWatch:
    """An observer for `modes.tracing`. Leaves and numbers stay as they are; Values can be compared
    and changed. A subclass has `follow(node)`, which returns what a node just built becomes.
    """

    freezes = False
    branch = None

    def leaf(self, data: Any) -> None:
        return None

    def number_of(self, value: Any) -> None:
        return None
