"""Periods: after how many items the last ones may repeat, guessed by the shapes of items.

The shape of an event is all of it but for the ids of operands and the numbers. A period is
proposed as the distance to the last item of the same shape, and to the last n-gram of the same
shapes, for some n: a body in which each trigram comes twice has longer n-grams that do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .growing import Growing

MOST = 8
"""How many periods are followed at a time."""
SHORTEST = 12
"""A loop has at least so many events: shorter ones are quicker unrolled."""
PATIENCE, CYCLE, AWAKE = 4096, 4096, 512
"""After so many items in which nothing was folded, only so many of so many are looked at."""
MOST_SEEN = 8192
"""How many n-grams of shapes are remembered before all are forgotten."""
LENGTHS = 1, 3, 9, 27, 81
"""For these n. The longer n-grams are looked for at each item, and remembered at every third part
of their length: so they need no more memory than the short ones."""
RADIX, MODULUS = 0x9E3779B97F4A7C15, 1 << 64
"""The shapes of all items so far, as digits of a number."""
POWERS = [(length, pow(RADIX, length, MODULUS)) for length in LENGTHS]


class Period:
    """Each of the last `run` items has the shape of the item `size` before. Not to be tried while
    there is something to `wait` for."""

    __slots__ = ("run", "size", "wait")

    def __init__(self, size: int, run: int) -> None:
        self.size, self.run, self.wait = size, run, 0

    @property
    def is_ripe(self) -> bool:
        """Whether the last three rounds of items are alike by shape."""
        return self.run >= 2 * self.size and not self.wait


class Periods:
    """The periods that the last of the `items` may have."""

    def __init__(self, items: Sequence[Growing]) -> None:
        self.items = items
        self.following: list[Period] = []
        self._shapes: dict[Any, int] = {}
        self._last: dict[tuple[int, int], int] = {}
        self._idle = 0

    def shape(self, outline: Any) -> int:
        """A number for each outline of items."""
        return self._shapes.setdefault(outline, len(self._shapes))

    def notice(self) -> None:
        """Take note of a new last item."""
        items = self.items
        items[-1].trail = (self._trail(2) * RADIX + items[-1].shape + 1) % MODULUS
        self._idle += 1
        if self._idle > PATIENCE and self._idle % CYCLE >= AWAKE:
            self.following.clear()
            return
        self.following = [period for period in self.following if self._goes_on(period)]
        at = len(items) - 1
        for length, digits in self._ngrams():
            self._propose_from(self._last.get((length, digits)))
            if at % ((length + 2) // 3) == 0:
                self._remember((length, digits), at)

    def _goes_on(self, period: Period) -> bool:
        items = self.items
        if period.size >= len(items) or items[-1].shape != items[-1 - period.size].shape:
            return False
        period.run += 1
        period.wait = max(period.wait - 1, 0)
        return True

    def _trail(self, back: int) -> int:
        """The shapes up to the item so far from the end: the last is 1."""
        return self.items[-back].trail if back <= len(self.items) else 0

    def _ngrams(self) -> Iterator[tuple[int, int]]:
        """Yield each n, with the shapes of the last n items."""
        for length, power in POWERS:
            if length <= len(self.items):
                yield length, (self._trail(1) - self._trail(length + 1) * power) % MODULUS

    def _remember(self, ngram: tuple[int, int], at: int) -> None:
        if ngram not in self._last and len(self._last) == MOST_SEEN:
            self._last.clear()
        self._last[ngram] = at

    def _propose_from(self, at: int | None) -> None:
        if at is not None and at < len(self.items) - 1:
            self.propose(len(self.items) - 1 - at)

    def propose(self, size: int) -> None:
        """Follow another period, if the last item has the shape of that before a period."""
        if len(self.following) == MOST or any(size == period.size for period in self.following):
            return
        run = self._run_back(size)
        if run:
            self.following.append(Period(size, run))
            self.following.sort(key=lambda period: period.size)

    def _run_back(self, size: int) -> int:
        items, run = self.items, 0
        at = len(items) - 1
        while run < 2 * size + SHORTEST and at - size >= 0:
            if items[at].shape != items[at - size].shape:
                break
            run, at = run + 1, at - 1
        return run

    def folded(self) -> None:
        """Begin anew: the last items have become a loop."""
        self.following.clear()
        self._idle = 0
