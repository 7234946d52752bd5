"""A cursor: where in an open loop the next event is expected."""

from __future__ import annotations

from .growing import INPUT, NODE, NUMBER, Event, Operand, Repeat, iterations, same


class Cursor:
    """A place in an open loop: the item of each body, from the outermost in, and the iteration."""

    def __init__(self, loop: Repeat, over: int) -> None:
        """At the begin of the iteration after the last whole one, of which the first `over` items
        are over."""
        self.loop = loop
        self.over = sum(item.span for item in loop.body[:over])
        """How many events of the unfinished iteration are over."""
        self._loops, self._ks, self._at = [loop], [loop.trips], [over]
        self._settle()

    def take(self, event: Event) -> bool:
        """Go on if the event is the one expected; then nothing is stored but entries of tables."""
        expected = self._loops[-1].body[self._at[-1]]
        assert isinstance(expected, Event)
        if event.outline() != expected.outline():
            return False
        ks = self._ks[::-1]
        pairs = list(zip(expected.operands, event.operands))
        if any(x.kind == NODE and x.id_by_law(ks) != y.base for x, y in pairs):
            return False
        for x, y in pairs:
            self._enter(x, y, ks)
        self._at[-1] += 1
        self.over += 1
        self._settle()
        return True

    def _enter(self, x: Operand, y: Operand, ks: list[int]) -> None:
        """Put what an operand is this time into its table, if the law does not tell."""
        if x.table is None and not follows(x, y, ks):
            inner = [loop.trips for loop in self._loops[:0:-1]]
            x.lawful = self._turn()
            turns = [iterations(turn, inner) for turn in range(x.lawful)]
            is_number = x.kind == NUMBER
            x.table = [x.number if is_number else x.id_by_law(own) for own in turns]
        if x.table is not None:
            x.table += y.entries([])

    def _turn(self) -> int:
        """How often the expected event ran so far."""
        turn = 0
        for loop, k in zip(self._loops, self._ks):
            turn = turn * loop.trips + k
        return turn

    def _settle(self) -> None:
        """Go out of what is over, and into inner loops, up to the next event."""
        while True:
            if self._at[-1] == len(self._loops[-1].body):
                self._next_iteration()
                continue
            item = self._loops[-1].body[self._at[-1]]
            if isinstance(item, Event):
                return
            self._loops.append(item)
            self._ks.append(0)
            self._at.append(0)

    def _next_iteration(self) -> None:
        self._at[-1] = 0
        self._ks[-1] += 1
        if len(self._loops) == 1:
            self.loop.trips, self.over = self._ks[0], 0
        elif self._ks[-1] == self._loops[-1].trips:
            for stack in (self._loops, self._ks, self._at):
                stack.pop()
            self._at[-1] += 1


def follows(x: Operand, y: Operand, ks: list[int]) -> bool:
    """Whether an operand is what the law gives."""
    if x.kind == INPUT:
        return x.id_by_law(ks) == y.base
    return x.kind == NODE or (y.table is None and same(x.number, y.number))
