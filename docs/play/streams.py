"""What a program prints in the browser, sent on in time; and what it cannot read there."""

from __future__ import annotations

import io
from collections.abc import Callable
from time import monotonic
from typing import Any

Send = Callable[[str, str], None]

MOST_FIRST, MOST_LAST = 50_000, 20_000
"""Characters at the beginning and at the end of what is printed: a loop without end must not fill
the tab, and the end says more than the middle."""
LEFT_OUT = "\n… {:,} characters are left out here …\n\n"
AT_ONCE = 200
"""So many lines are sent as they are printed, and then several together: each is work for the
page."""
PAUSE = 0.05
"""Seconds between two that are sent then."""
LONG_PAUSE = 0.5
"""Seconds between two ends of a long output: the page has to set each of them anew."""
NO_INPUT = (
    "input() waits for an answer, and a program in the browser cannot wait. Write the answer into "
    'the program: name = "3"'
)


class Printed(io.TextIOBase):
    """What a program prints, sent on now and then. Of much the beginning stands, and the end
    follows as a text of its own, which each new one replaces."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.waiting: list[str] = []
        self.room, self.count = MOST_FIRST, 0
        self.last, self.beyond, self.told = "", 0, 0
        self.sent = monotonic()

    def write(self, text: str) -> int:
        first, rest = text[: self.room], text[self.room :]
        self.room -= len(first)
        if first:
            self.waiting.append(first)
        if rest:
            self.beyond += len(rest)
            self.last += rest
            if len(self.last) > 2 * MOST_LAST:
                self.last = self.last[-MOST_LAST:]
        is_line = text.endswith("\n") and self.count < AT_ONCE and not rest
        if is_line or monotonic() >= self.sent + (LONG_PAUSE if rest else PAUSE):
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self.waiting:
            self.send("printed", "".join(self.waiting))
            self.waiting.clear()
            self.count += 1
        if self.beyond > self.told:
            self.told = self.beyond
            last = self.last[-MOST_LAST:]
            if len(last) < self.beyond:
                last = last[last.find("\n") + 1 :]
            missing = self.beyond - len(last)
            self.send("last", f"{LEFT_OUT.format(missing) if missing else ''}{last}")
        self.sent = monotonic()


class NoInput(io.TextIOBase):
    """What stands for the keyboard. It is open, unlike a worker's own, so that `help` goes on."""

    def readline(self, size: int | None = -1) -> Any:
        raise RuntimeError(NO_INPUT)

    read = readline


def no_input(prompt: object = "") -> str:
    raise RuntimeError(NO_INPUT)
