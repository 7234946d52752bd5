"""The recorder: it writes down what a function does, and keeps as loops what repeats.

    record    an event; in an open loop it is compared with the one expected, and nothing is stored
    notice    outside of loops: after how many items may the last ones repeat? (`periods.py`)
    fold      three rounds of items that follow one law become an open loop (`folding.py`)
    close     an event was not the one expected: the unfinished iteration is recorded anew, as
              ordinary events; the finished loop is one item, and may itself repeat

The algorithm is nested loop recognition: Ketterlin and Clauss, Prediction and trace compression of
data access addresses through nested loop recognition, CGO 2008. A wrong guess cannot give a wrong
number, for a loop is only notation: `items.expand` gives the very same events. Equal computations
are different events: so every iteration is like the one before. Memory is that of the items, of
tables, and of one iteration where a loop ends within one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from .cursor import Cursor
from .folding import fold, last_without_law, newest, take_before
from .growing import Event, Growing, cut, one, packed
from .items import Item, Loop, One, events_in
from .periods import SHORTEST, Period, Periods


class Recorded(NamedTuple):
    """All that was recorded."""

    items: tuple[Item, ...]
    events: int
    """How many events the items stand for."""

    @property
    def in_loops(self) -> int:
        """How many of the events lie in loops."""
        return events_in(item for item in self.items if isinstance(item, Loop))


Call = tuple[Any, Sequence[tuple[int, float]], bool | None]
"""An operator, the kinds of its operands with their ids or numbers, and an outcome."""


def recorded(calls: Iterable[Call]) -> Recorded:
    """The items that a recorder makes of these calls."""
    recorder = Recorder()
    for operator, pairs, outcome in calls:
        recorder.record(operator, [one(*pair) for pair in pairs], outcome)
    return recorder.finish()


class Recorder:
    """Records events. Its twin in C gives the same items."""

    def __init__(self) -> None:
        self._items: list[Growing] = []
        self._periods = Periods(self._items)
        self._cursor: Cursor | None = None
        self._events = self.replayed = self.most = 0
        """Besides the events: how many were recorded anew, and how many items there were at the
        most."""

    def __len__(self) -> int:
        """How many events were recorded."""
        return self._events

    @property
    def is_rolled(self) -> bool:
        """Whether most of the events so far lie in loops."""
        return 2 * len(self._items) < self._events

    def is_hopeless(self, most: int) -> bool:
        """Whether most of the events lie in no loop, and there are more than `most` items: a loop
        of a long body is known after three iterations."""
        return len(self._items) > most and not self.is_rolled

    def record(self, operator: Any, operands: Sequence[One], outcome: bool | None = None) -> int:
        """Record a call of an operator, and return its id. The operands are a NodeAt, InputAt or
        Constant each; `outcome` is that of a comparison, which is named by `operator`."""
        event = Event(self._events, operator, packed(operands), outcome)
        self._events += 1
        self._append(event)
        return event.id

    def finish(self) -> Recorded:
        """Close what is open, and return all items."""
        while self._cursor is not None:
            self._append(*reversed(self._close(self._cursor)))
        return Recorded(tuple([item.finished() for item in self._items]), self._events)

    def _append(self, *waiting: Event) -> None:
        """Record events, the last first, and what has to be recorded anew before each."""
        left = list(waiting)
        while left:
            if self._cursor is None:
                self._push(left.pop())
            elif self._cursor.take(left[-1]):
                left.pop()
            else:
                left += reversed(self._close(self._cursor))

    def _push(self, item: Growing) -> None:
        item.shape = self._periods.shape(item.outline())
        self._items.append(item)
        self._look()

    def _close(self, cursor: Cursor) -> list[Event]:
        """Make one item of the open loop. Return the events of its unfinished iteration."""
        self._cursor = None
        again = cursor.loop.unfinished(cursor.over)
        cut(cursor.loop)
        self.replayed += len(again)
        self._push(self._items.pop())
        return again

    # ------ looking for a loop
    def _look(self) -> None:
        self.most = max(self.most, len(self._items))
        self._periods.notice()
        for period in list(self._periods.following):
            if self._fold(period):
                break

    def _fold(self, period: Period) -> bool:
        """Make a loop of the last items, if they follow a law with this period."""
        size = period.size
        if not period.is_ripe or len(self._items) < 3 * size or self._is_short(period):
            return False
        a, b, c = (self._items[k * size : (k + 1) * size or None] for k in (-3, -2, -1))
        failing = last_without_law(a, b, c)
        if failing is not None:
            self._wait(period, failing + 1)
            return False
        oldest = newest(a, b)
        if a[0].id <= oldest:
            period.wait = size
            return False
        self._open(a, b, c, oldest)
        return True

    def _is_short(self, period: Period) -> bool:
        span = sum(item.span for item in self._items[-period.size :])
        return (period.run // period.size + 1) * span < SHORTEST

    def _wait(self, period: Period, items: int) -> None:
        """Wait until the items that follow no law are over. The shapes of a body may have a shorter
        period than its wiring."""
        period.wait = items
        if period.run >= 3 * period.size:
            self._periods.propose(2 * period.size)
            self._periods.propose(3 * period.size)

    def _open(self, a: list[Growing], b: list[Growing], c: list[Growing], oldest: int) -> None:
        del self._items[-3 * len(a) :]
        loop = fold(a, b, c)
        over = take_before(self._items, loop, oldest)
        self._items.append(loop)
        self._periods.folded()
        self._cursor = Cursor(loop, over)
