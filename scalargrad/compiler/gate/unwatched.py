"""What a function does that cannot be watched, in words, and what to do instead."""

from __future__ import annotations

from collections.abc import Iterable

OUTSIDE = {"print()", "write()", "logging", "warnings.warn()", "the text of a number"}
AFTERWARDS = "print, log and make texts after the call, of what the function returns"
ASKS = {"input()", "open()"}
BEFORE = "read files and the terminal before the call, and pass in what they tell"
BY_NAME = (
    "pass the numbers in, or keep them in lists, dicts, arrays or attributes whose names the code "
    "says"
)


def unwatched(things: Iterable[str]) -> str:
    """That compile cannot watch these things, and the cure of each kind of them."""
    named = list(things)
    return f"compile cannot watch {', '.join(named)}: {'; '.join(dict.fromkeys(map(cure, named)))}"


def cure(thing: str) -> str:
    if thing in OUTSIDE:
        return AFTERWARDS
    return BEFORE if thing in ASKS or thing.startswith("os.") else BY_NAME
