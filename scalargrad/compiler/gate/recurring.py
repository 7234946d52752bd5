"""Constants that come again: only for these a program pays.

Each list of tokens is a program of its own, and making one takes as long as many calls of the
function itself. So of the calls that bring constants, the first makes a program, which refuses at
once what cannot be compiled; another is made when the same constants came `OFTEN`. Until then the
function itself computes, which is what the gate means.
"""

from __future__ import annotations

from collections.abc import Hashable

from ..inputs.arguments import Arguments

OFTEN = 64
"""A program takes as long as 35 to 400 calls without one, mostly a hundred: who waits for about as
many has spent at most two or three times what would have been best, however many come."""
MOST = 4096
"""So many calls are remembered; then all are forgotten."""


class Recurring:
    """How often calls came that are alike but for the numbers that a program reads."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        """By the hash of what calls have in common: the rest of it may be long, and where two
        have the same one a program is made sooner."""

    def pays(self, arguments: Arguments, mode: Hashable) -> bool:
        """Whether such a call, in this mode, is to have a program."""
        if not may_wait(arguments):
            return True
        counts, key = self._counts, hash((arguments.key, mode))
        count = min(counts.get(key, 0) + 1, OFTEN) if counts else OFTEN
        if len(counts) >= MOST:
            counts.clear()
        counts[key] = count
        return count == OFTEN

    def is_rare(self, arguments: Arguments, mode: Hashable) -> bool:
        """Whether calls like this one came, and have no program yet."""
        return may_wait(arguments) and self._counts.get(hash((arguments.key, mode)), 0) < OFTEN


def may_wait(arguments: Arguments) -> bool:
    """Whether the function itself may compute such a call. Not one with floats: Python does not
    compute with these as with Values. Not one with lanes: it takes long without a program."""
    return bool(arguments.statics) and arguments.shape is None and arguments.are_values()
