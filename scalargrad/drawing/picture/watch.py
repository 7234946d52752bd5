"""Watching a function build its graph, without a change to what it does."""

from __future__ import annotations

from typing import Any


class NodeWatch:
    """What `modes.tracing` takes: leaves and numbers stay what they are, Values can be compared and
    changed.

    Subclasses say in `follow(node)` what becomes of a node that was built.
    """

    freezes = False
    branch = None

    def variable(self, data: Any) -> None:
        return None

    def number_of(self, value: Any) -> None:
        return None
