"""The trace in Python: everything that a function does to its numbers, written down as it runs.

A `Tracer` stands for a number of the function. A Tracer carries the number of this run, so that the
function can branch on it. A Tracer has `parents` and `operands` as a Value has: `gradients` works
on it.

This trace is the specification, and what is used where nothing was built in C. Its twin is in
`in_c.py`.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from ... import modes, ops
from ...rows import BUILT_IN, Operator
from ...scalars import real
from .raising import Raising
from .recorder import Recorder
from .rolled import IRREGULAR, MOST_ITEMS, NOT_LOOKED, Log, Rolled, of_nodes
from .tracer import VALUE, Number
from .vocabulary import CONSTANT, INPUT, STRUCTURE, lanes_sum, stop_gradient


def forward(row: Operator, numbers: Sequence[float]) -> float:
    """The value of a row at these numbers, as a float."""
    if row.code >= 0 or row in STRUCTURE:
        return real(row.forward(*numbers))
    # an operator of the user's own may use transforms: not to be traced, it is a number
    with modes.tracing(None), modes.outermost():
        return real(row.forward(*numbers))


class Trace(Recorder):
    """Nodes in the order in which they were computed, each different computation once.

    Of node i: `rows[i]` is its operator, INPUT or CONSTANT; `operands[i]` the nodes it is
    computed from; `numbers[i]` what it was this time; `lanes[i]` whether it differs from lane to
    lane; `plain[i]` whether eager has a float for it, and no Value.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Operator | str] = []
        self.operands: list[tuple[int, ...]] = []
        self.numbers: list[float] = []
        self.lanes: list[bool] = []
        self.plain: list[bool] = []
        self.tracers: list[Tracer] = []
        self.inputs = []
        self.captured = {}
        self._constants: dict[float | str, int] = {}
        self._known: defaultdict[Operator, dict[tuple[int, ...], int]] = defaultdict(dict)
        self._log: Log | None = None

    def __len__(self) -> int:
        return len(self.rows)

    # ------ nodes
    def _append(
        self, row: Operator | str, operands: tuple[int, ...], number: float, lane: bool
    ) -> int:
        index = len(self.rows)
        self.rows.append(row)
        self.operands.append(operands)
        self.numbers.append(number)
        self.lanes.append(lane)
        self.plain.append(self._is_plain(row, operands))
        self.tracers.append(self._tracer(index))
        return index

    def _tracer(self, index: int) -> Tracer:
        return Tracer(self, index)

    def _is_plain(self, row: Operator | str, operands: tuple[int, ...]) -> bool:
        if row is ops.identity:
            return False
        return row is stop_gradient or all([self.plain[i] for i in operands])

    def input(self, number: float, lane: bool = False, plain: bool = False) -> Tracer:
        index = self._append(INPUT, (), number, lane)
        self.plain[index] = plain
        self.inputs.append(index)
        return self.tracers[index]

    def constant(self, number: float) -> int:
        # −0.0 is not 0.0, and NaN is itself: these go by their bits
        key = number if number and number == number else number.hex()
        index = self._constants.get(key)
        if index is None:
            index = self._constants[key] = self._append(CONSTANT, (), number, False)
        return index

    def index(self, x: Any) -> int:
        if type(x) is Tracer:
            if x.trace is not self:
                raise TypeError("a number of one compiled function was kept and used in another")
            return x.index
        return self.constant(x) if type(x) is float else self.other(x)

    def compute(self, row: Operator, operands: Iterable[Any]) -> Any:
        indices = tuple(
            [x.index if type(x) is Tracer and x.trace is self else self.index(x) for x in operands]
        )
        known = self._known[row]
        index = known.get(indices)
        if index is None:
            index = self._new(row, indices)
            # every identity is a variable of its own, to take a derivative in
            if row is not ops.identity:
                known[indices] = index
        if self._log is not None:
            self._log.note(self, row, indices, index)
        return self.tracers[index]

    def compute_each(
        self, row: Operator, nodes: Sequence[int], beside: Sequence[int] = ()
    ) -> list[int]:
        tracers = self.tracers
        others = [tracers[i] for i in beside]
        return [self.compute(row, [tracers[i], *others]).index for i in nodes]

    def _new(self, row: Operator, operands: tuple[int, ...]) -> int:
        rows, numbers, lanes = self.rows, self.numbers, self.lanes
        number = forward(row, [numbers[i] for i in operands])
        constant, lane = row is not ops.identity, False
        for i in operands:
            if rows[i] is not CONSTANT:
                constant = False
                if lanes[i]:
                    lane = True
                    break
        if constant:
            return self.constant(number)
        return self._append(row, operands, number, lane and row is not lanes_sum)

    # ------ loops
    def look_for_loops(self, calls: int) -> None:
        if calls < 1 or len(self):
            raise ValueError("expected a new trace, and a number of calls")
        self._log = Log(calls)

    def tell_values(self, these: Sequence[int]) -> None:
        """Nothing is to be done: nodes know what they are computed from."""

    def give_up_loops(self, why: int) -> None:
        if self._log is not None:
            self._log.give_up(why)

    def rolled(self, results: Sequence[Any]) -> Rolled | None:
        log = self._log
        if log is None or not log.is_rolled:
            return None
        recorded = log.recorder.finish()
        if not log.recorder.is_rolled or len(recorded.items) > MOST_ITEMS:
            log.give_up(IRREGULAR)
            return None
        nodes = [self.tracers[self.index(x)] for x in results]
        found = tuple([log.operand(self, x.index) for x in nodes])
        return Rolled(recorded, found, tuple(map(self.is_linked, nodes)))

    def rolled_nodes(self, results: Sequence[Any]) -> Rolled | None:
        indices = list(map(self.index, results))
        found = None if self.guards else of_nodes(self, indices)
        return found and found._replace(linked=self.are_linked(indices))

    @property
    def unrolled(self) -> int:
        return NOT_LOOKED if self._log is None else self._log.why

    # ------ all at once
    def columns(self) -> tuple[bytes, bytes, bytes, bytes, bytes | None]:
        rows = array("i", map(code_of, self.rows))
        counts = array("i", map(len, self.operands))
        flat = array("i", chain.from_iterable(self.operands))
        numbers = array("d", self.numbers)
        return rows.tobytes(), counts.tobytes(), numbers.tobytes(), flat.tobytes(), None

    # ------ over all nodes
    def needed(self, wanted: Iterable[int]) -> list[int]:
        """Return the nodes that these are computed from, themselves included, in order."""
        found = bytearray(len(self.rows))
        for i in wanted:
            found[i] = 1
        operands = self.operands
        for i in range(len(found) - 1, -1, -1):
            if found[i]:
                for j in operands[i]:
                    found[j] = 1
        return [i for i, is_found in enumerate(found) if is_found]

    def need_some(self, wanted: Iterable[int], rows: tuple[Operator, ...]) -> bool:
        return any(self.rows[i] in rows for i in self.needed(wanted))

    def uses(self, wanted: Sequence[int]) -> list[int]:
        """How often each node is an operand of those that `wanted` need, or wanted itself."""
        count = [0] * len(self.rows)
        for i in wanted:
            count[i] += 1
        for i in self.needed(wanted):
            for j in self.operands[i]:
                count[j] += 1
        return count

    def order(self, root: int, low: int) -> list[int]:
        """The nodes from `low` on that `root` is computed from, but for constants, in the order of
        `graph.backward_order`."""
        waiting = self._consumers(root, low)
        ready, order = [root], []
        while ready:
            i = ready.pop()
            if self.rows[i] is not CONSTANT:
                order.append(i)
            for j in self.operands[i]:
                if j >= low:
                    waiting[j] -= 1
                    if not waiting[j]:
                        ready.append(j)
        return order

    def _consumers(self, root: int, low: int) -> dict[int, int]:
        """How often each node from `low` on is an operand of those that `root` needs."""
        count, pending = {root: 0}, [root]
        while pending:
            for j in self.operands[pending.pop()]:
                if j >= low:
                    if j not in count:
                        pending.append(j)
                    count[j] = count.get(j, 0) + 1
        return count


def code_of(row: Operator | str) -> int:
    """The code of a row: of those that are not of the table it is beyond them all."""
    if isinstance(row, str):
        return -1 if row is INPUT else -2
    return row.code if BUILT_IN.get(row.name) is row else len(BUILT_IN)


class Tracer(Raising, Number):
    """A number of a `Trace`."""

    __slots__ = ("index", "trace")

    def __init__(self, trace: Trace, index: int) -> None:
        self.trace = trace
        self.index = index


Tracer.__name__ = VALUE
