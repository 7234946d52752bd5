"""The items that a recorder works on: events, and repeats of events whose tables and trips still
grow.

In here strides and iterations are ordered from the innermost loop outwards: a new loop around an
event adds its stride at the end. Tables are in the order in which the event ran, so that iterations
of a new outer loop follow one another. `items.py` has what becomes of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from math import prod
from struct import pack
from typing import Any

from . import items

NODE, INPUT, NUMBER = range(3)
"""The kinds of operands. Numbers of nodes and of inputs are never compared with each other."""

FEW = 3
"""An operator with more operands has a list: operands side by side are written as one run."""


def same(x: float, y: float) -> bool:
    """Whether two numbers are the same bits."""
    return pack("d", x) == pack("d", y)


class Operand:
    """`count` operands, `step` apart; nearly always one."""

    __slots__ = ("base", "count", "kind", "lawful", "number", "step", "strides", "table")

    def __init__(
        self, kind: int, base: int, number: float = 0.0, step: int = 0, count: int = 1
    ) -> None:
        self.kind, self.base, self.number, self.step, self.count = kind, base, number, step, count
        self.strides: list[int] = []
        self.table: list[Any] | None = None
        self.lawful = 0
        """For how many turns the law gives what is in the table."""

    def outline(self) -> tuple[int, int, int]:
        """The traits that operands must share to be one operand in different iterations."""
        return self.kind, self.step, self.count

    def id_by_law(self, iterations: Sequence[int]) -> int:
        """The id, or the number of the input, by the law."""
        return self.base + sum(s * k for s, k in zip(self.strides, iterations))

    def entries(self, trips: Sequence[int]) -> list[Any]:
        """The table of all that the operand is within inner loops of these `trips`."""
        if self.table is not None:
            return self.table
        if self.kind == NUMBER:
            return [self.number] * prod(trips)
        return [self.id_by_law(iterations(turn, trips)) for turn in range(prod(trips))]

    def fixed(self, iterations: Sequence[int], turn: int) -> Operand:
        """The operand as it was in one iteration, outside of loops."""
        base = 0 if self.table is not None else self.id_by_law(iterations)
        found = Operand(self.kind, base, self.number, self.step, self.count)
        if self.table is not None:
            fill(found, self.table[turn * self.width : (turn + 1) * self.width])
        return found

    @property
    def width(self) -> int:
        """How many entries of a table belong to one turn."""
        return self.count if self.kind == NUMBER else 1

    def finished(self) -> items.Reference:
        first = self._first()
        if self.count == 1:
            return first
        assert not isinstance(first, items.Constant)
        return items.Run(first, self.step, self.count)

    def _first(self) -> items.One:
        if self.kind == NUMBER:
            table = self.table
            return items.Constant(self.number) if table is None else items.ConstantTable(table)
        if self.table is not None:
            return items.InputTable(self.table)
        kind = items.NodeAt if self.kind == NODE else items.InputAt
        return kind(self.base, tuple(reversed(self.strides)))


def fill(operand: Operand, entries: list[Any]) -> None:
    """Give an operand outside of loops what its table has for one turn."""
    if operand.kind == INPUT:
        (operand.base,) = entries
    elif operand.count == 1:
        (operand.number,) = entries
    else:
        operand.table = entries


def iterations(turn: int, trips: Sequence[int]) -> list[int]:
    """In which iterations inner loops of these `trips` are when their body runs another time after
    `turn` times. A loop around them, if one has no trips here, goes on counting."""
    found = []
    for count in trips:
        turn, k = divmod(turn, count)
        found.append(k)
    return [*found, turn]


class Event:
    """An operator call, or such a call in every iteration of the loops around it."""

    __slots__ = ("id", "operands", "operator", "outcome", "shape", "trail")
    span = 1
    shape: int
    trail: int

    def __init__(
        self, id: int, operator: Any, operands: Sequence[Operand], outcome: bool | None
    ) -> None:
        self.id, self.operator, self.operands, self.outcome = id, operator, operands, outcome

    def outline(self) -> Any:
        """The traits that events must share to be one event in different iterations."""
        return self.operator, self.outcome, *[x.outline() for x in self.operands]

    def fixed(self, id: int, iterations: Sequence[int], turn: int) -> Event:
        """The event as it was in one iteration."""
        operands = [x.fixed(iterations, turn) for x in self.operands]
        return Event(id, self.operator, operands, self.outcome)

    def finished(self) -> items.Item:
        operands = tuple([x.finished() for x in self.operands])
        return items.Operation(self.operator, operands, self.outcome)


class Repeat:
    """A loop. While it is open `trips` is how often its body has run."""

    __slots__ = ("body", "id", "period", "shape", "trail", "trips")
    shape: int
    trail: int

    def __init__(self, id: int, trips: int, body: list[Growing]) -> None:
        self.id, self.trips, self.body = id, trips, body
        self.period = sum(item.span for item in body)

    @property
    def span(self) -> int:
        """How many events it stands for."""
        return self.trips * self.period

    def outline(self) -> Any:
        return self.trips, *[item.outline() for item in self.body]

    def finished(self) -> items.Item:
        return items.Loop(self.trips, self.period, tuple([x.finished() for x in self.body]))

    def unfinished(self, count: int) -> list[Event]:
        """The first `count` events of the iteration after the last."""
        found = one_iteration(self.body, [self.trips], self.trips)
        begin = self.id + self.span
        return [x.fixed(begin + i, ks, at) for i, (x, ks, at) in enumerate(islice(found, count))]


Growing = Event | Repeat


def one_iteration(
    body: Sequence[Growing], iterations: list[int], turn: int
) -> Iterator[tuple[Event, list[int], int]]:
    """Yield the events of a body, each with the iterations and the turn at which it runs."""
    for item in body:
        if isinstance(item, Event):
            yield item, iterations, turn
        else:
            for k in range(item.trips):
                yield from one_iteration(item.body, [k, *iterations], turn * item.trips + k)


def events_within(item: Growing, trips: list[int]) -> Iterator[tuple[Event, list[int]]]:
    """Yield each event of an item once, with the trips of the loops around it, which are `trips`
    and those of the item's own."""
    if isinstance(item, Event):
        yield item, trips
    else:
        for inner in item.body:
            yield from events_within(inner, [item.trips, *trips])


def cut(loop: Repeat) -> None:
    """Take out of the tables what does not belong to whole iterations of an outermost loop. A
    table is given up where the law gives all that is left."""
    for event, trips in events_within(loop, []):
        turns = prod(trips)
        for x in event.operands:
            if x.table is not None and turns <= x.lawful:
                x.table = None
            elif x.table is not None:
                del x.table[turns * x.width :]


# ------ from a call to operands
def packed(references: Sequence[items.One]) -> list[Operand]:
    """The operands of a call: of a list, those side by side as one."""
    plain = [operand(x) for x in references]
    return plain if len(plain) <= FEW else in_runs(plain)


def one(kind: int, at: Any) -> items.One:
    """An operand of a call: its kind, and the id or the number."""
    if kind == NUMBER:
        return items.Constant(at)
    return items.NodeAt(at) if kind == NODE else items.InputAt(at)


def operand(reference: items.One) -> Operand:
    match reference:
        case items.NodeAt(base):
            return Operand(NODE, base)
        case items.InputAt(base):
            return Operand(INPUT, base)
        case items.Constant(number):
            return Operand(NUMBER, 0, number)
    raise TypeError(f"expected a node, an input or a constant, got {reference!r}")


def in_runs(plain: list[Operand]) -> list[Operand]:
    found, at = [], 0
    while at < len(plain):
        count = run_length(plain, at)
        found.append(run(plain[at : at + count]))
        at += count
    return found


def run_length(plain: list[Operand], at: int) -> int:
    """How many operands from `at` on are one run: numbers, or at least three by one step."""
    first = plain[at]
    end = at + 1
    while end < len(plain) and plain[end].kind == first.kind:
        if first.kind != NUMBER and step(plain, end) != step(plain, at + 1):
            break
        end += 1
    return end - at if first.kind == NUMBER or end - at >= 3 else 1


def step(plain: list[Operand], at: int) -> int:
    return plain[at].base - plain[at - 1].base


def run(plain: list[Operand]) -> Operand:
    first = plain[0]
    if len(plain) == 1:
        return first
    if first.kind == NUMBER:
        found = Operand(NUMBER, 0, 0.0, 0, len(plain))
        found.table = [x.number for x in plain]
        return found
    return Operand(first.kind, first.base, 0.0, step(plain, 1), len(plain))
