"""A trace: everything that a function does to its numbers, written down while it runs once.

A `Tracer` stands for a number of the function. It carries what that number is this time, so that
the function can branch on it; each branch taken is a `Guard`, to be checked whenever the program is
run again. A Tracer has `parents` and `operands` as a Value has: `gradients` works on it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple, NoReturn

from .. import modes, ops
from ..backward import sum_of_products
from ..rows import Operator, builder, real
from .arithmetic import Arithmetic, settled
from .structure import STRUCTURE, accumulate, lanes_sum, stop_gradient

INPUT = "input"
CONSTANT = "constant"


class Guard(NamedTuple):
    """A comparison whose outcome decided what the function did next."""

    compare: str
    x: int
    y: int
    outcome: bool


class Draw(NamedTuple):
    """An input that is drawn: 1.0 where the k-th random number of a call is below p."""

    k: int
    p: float


COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    "!=": lambda x, y: x != y,
}
"""The comparisons of guards; > and >= are these with their sides exchanged."""


class Trace:
    """Nodes in the order in which they were computed, each different computation once.

    Of node i: `rows[i]` is its operator, INPUT or CONSTANT; `operands[i]` the nodes it is
    computed from; `numbers[i]` what it was this time; `lanes[i]` whether it differs from lane to
    lane. `captured` are the Values that the function uses without having them as arguments, `draws`
    the inputs that are random numbers: `draw(k)` is what the k-th of them is this time.
    """

    def __init__(self) -> None:
        self.rows: list[Operator | str] = []
        self.operands: list[tuple[int, ...]] = []
        self.numbers: list[float] = []
        self.lanes: list[bool] = []
        self.tracers: list[Tracer] = []
        self.inputs: list[int] = []
        self.captured: dict[int, tuple[Any, int]] = {}
        self.draws: dict[int, Draw] = {}
        self.draw: Callable[[int], float] = lambda k: random.random()
        self.drawn_by_lane = False
        self.guards: dict[Guard, None] = {}
        self._constants: dict[float | str, int] = {}
        self._known: defaultdict[Operator, dict[tuple[int, ...], int]] = defaultdict(dict)

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
        self.tracers.append(Tracer(self, index))
        return index

    def input(self, number: float, lane: bool = False) -> Tracer:
        index = self._append(INPUT, (), number, lane)
        self.inputs.append(index)
        return self.tracers[index]

    def constant(self, number: float) -> int:
        # −0.0 is not 0.0, and NaN is itself: these go by their bits
        key = number if number and number == number else number.hex()
        index = self._constants.get(key)
        if index is None:
            index = self._constants[key] = self._append(CONSTANT, (), number, False)
        return index

    def capture(self, value: Any) -> int:
        """Return the input that stands for a Value the function closes over."""
        if id(value) not in self.captured:
            self.captured[id(value)] = (value, self.input(value._data).index)
        return self.captured[id(value)][1]

    def index(self, x: Any) -> int:
        """Return the node that stands for an operand. Raises TypeError unless it is a number,
        a Value or a Tracer of this trace."""
        if type(x) is Tracer:
            if x.trace is not self:
                raise TypeError("a number of one compiled function was kept and used in another")
            return x.index
        if type(x) is float:
            return self.constant(x)
        return self.constant(real(x)) if builder(x) is None else self.capture(x)

    def compute(self, row: Operator, operands: Iterable[Any]) -> Tracer:
        """Return the node for `row` applied to operands, the known one if there is one."""
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
        return self.tracers[index]

    def _new(self, row: Operator, operands: tuple[int, ...]) -> int:
        rows, numbers, lanes = self.rows, self.numbers, self.lanes
        forward = row.forward if row.code >= 0 else partial(self._forward, row)
        number = forward(*[numbers[i] for i in operands])
        if type(number) is not float:
            number = real(number)
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

    def bernoulli(self, p: float) -> Tracer:
        """Return an input that is 1.0 with probability `p`, otherwise 0.0, anew at every run."""
        k = len(self.draws)
        tracer = self.input(float(self.draw(k) < p), self.drawn_by_lane)
        self.draws[tracer.index] = Draw(k, p)
        return tracer

    def variable(self, x: Any) -> Tracer:
        """Return what stands for Value(x): a node of its own, whatever x is."""
        return self.compute(ops.identity, [x])

    def number_of(self, value: Any) -> Tracer:
        """Return what stands for the number of a Value the function closes over."""
        return self.tracers[self.capture(value)].data

    def _forward(self, row: Operator, *numbers: float) -> float:
        if row in STRUCTURE:
            return row.forward(*numbers)
        # an operator of the user's own may use transforms: not to be traced, it is a number
        with modes.tracing(None), modes.outermost():
            return row.forward(*numbers)

    def follow(self, node: Any) -> Tracer:
        """Return what stands for a node that the function built of Values it closes over."""
        return self.compute(node.op, node.operands)

    # ------ branches
    def branch(self, compare: str, x: Any, y: Any) -> bool:
        i, j = self.index(x), self.index(y)
        outcome = COMPARE[compare](self.numbers[i], self.numbers[j])
        if self.rows[i] is not CONSTANT or self.rows[j] is not CONSTANT:
            self.guards[Guard(compare, i, j, outcome)] = None
        return outcome

    def guarded(self) -> list[int]:
        """The nodes that guards compare."""
        return [i for guard in self.guards for i in (guard.x, guard.y)]

    def row(self, i: int) -> Operator:
        row = self.rows[i]
        assert isinstance(row, Operator)
        return row

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

    def uses(self, wanted: Sequence[int]) -> list[int]:
        """How often each node is an operand of those that `wanted` need, or wanted itself."""
        count = [0] * len(self.rows)
        for i in wanted:
            count[i] += 1
        for i in self.needed(wanted):
            for j in self.operands[i]:
                count[j] += 1
        return count


class Tracer(Arithmetic):
    """A number of a function that is being traced; it behaves as a Value does."""

    __slots__ = ("index", "trace")
    trace: Trace

    def __init__(self, trace: Trace, index: int) -> None:
        self.trace = trace
        self.index = index

    @staticmethod
    def __operator__(op: Operator, operands: tuple[Any, ...]) -> Tracer:
        for x in operands:
            if type(x) is Tracer:
                node: Tracer = settled(x.trace.compute(op, operands))
                return node
        raise AssertionError("an operation on Tracers has one among its operands")

    __operator_rank__ = 1
    """Beside a Value it decides what is built."""

    # ------ as a node
    @property
    def op(self) -> Operator | None:
        row = self.trace.rows[self.index]
        return row if isinstance(row, Operator) else None

    @property
    def operands(self) -> tuple[Any, ...]:
        trace = self.trace
        rows, numbers, tracers = trace.rows, trace.numbers, trace.tracers
        indices = trace.operands[self.index]
        return tuple([numbers[i] if rows[i] is CONSTANT else tracers[i] for i in indices])

    @property
    def parents(self) -> tuple[Tracer, ...]:
        rows, tracers = self.trace.rows, self.trace.tracers
        return tuple(
            [tracers[i] for i in self.trace.operands[self.index] if rows[i] is not CONSTANT]
        )

    def _backward_order(self) -> list[Tracer]:
        """The order of `graph.backward_order`, found without a Tracer for each edge."""
        trace = self.trace
        operands, rows, tracers = trace.operands, trace.rows, trace.tracers
        waiting = trace.uses([self.index])
        ready, order = [self.index], []
        while ready:
            i = ready.pop()
            order.append(i)
            for j in operands[i]:
                waiting[j] -= 1
                if not waiting[j]:
                    ready.append(j)
        return [tracers[i] for i in order if rows[i] is not CONSTANT]

    def _sum_of_products(self, pairs: list[tuple[Any, Any]]) -> Any:
        """The sum of upstream·partial; as one node where nothing differs from lane to lane."""
        used = [pair for pair in pairs if not any(map(is_zero, pair))]
        factors = [x for pair in used for x in pair]
        if len(used) < 3 or any(type(x) is Tracer and self.trace.lanes[x.index] for x in factors):
            return sum_of_products(used)
        return self.trace.compute(accumulate, factors)

    def _constant(self, number: float) -> Tracer:
        """A number of the same trace: where one that is traced has to stand."""
        return self.trace.tracers[self.trace.constant(number)]

    _operands, _parents = operands, parents
    label = ""

    @property
    def data(self) -> Tracer:
        """The number without its gradient."""
        return self.trace.compute(stop_gradient, [self])

    @data.setter
    def data(self, number: Any) -> None:
        raise TypeError(
            "compile cannot follow x.data = …: a compiled function must not change its "
            "arguments; return the new number instead"
        )

    def detach(self) -> Tracer:
        return self.trace.variable(self.data)

    def backward(self, seed: float = 1.0) -> NoReturn:
        raise TypeError(
            "compile cannot follow backward(): call it on what the compiled function returns, or "
            "use scalargrad.grad within it"
        )

    zero_grad = backward

    # ------ Python's protocols
    def __repr__(self) -> str:
        return f"Tracer({self.trace.numbers[self.index]})"

    def __bool__(self) -> bool:
        return self.trace.branch("!=", self, 0.0)

    def __float__(self) -> NoReturn:
        raise TypeError(
            "compile cannot follow float(x), int(x), an index or a function of `math`: the number "
            "would be frozen into the program; use scalargrad's functions, return the number, or "
            "choose with if or scalargrad.where"
        )

    __int__ = __complex__ = __index__ = __float__

    def __format__(self, spec: str) -> NoReturn:
        self.__float__()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a number of a function that is being compiled cannot be pickled")


def is_zero(x: Any) -> bool:
    return type(x) is not Tracer and builder(x) is None and x == 0.0
