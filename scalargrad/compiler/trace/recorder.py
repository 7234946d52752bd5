"""A trace: everything that a function does to its numbers, written down while it runs once.

A `Tracer` stands for a number of the function. It carries what that number is this time, so that
the function can branch on it; each branch taken is a `Guard`, to be checked whenever the program is
run again. A Tracer has `parents` and `operands` as a Value has: `gradients` works on it.

`Trace` here is the specification, and what is used where nothing was built in C; its twin is in
`tape.py`. A `Recorder` is what both have.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ... import modes, ops
from ...rows import Operator, attribute, builder, real
from ...transforms.trees import in_graph
from .arithmetic import settled
from .dividing import Dividing
from .tracer import CONSTANT as CONSTANT
from .tracer import INPUT as INPUT
from .tracer import VALUE, Number
from .vocabulary import STRUCTURE, lanes_sum, stop_gradient


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


class Recorder:
    """What a function asks of its trace besides arithmetic.

    `captured` are the Values that the function uses without having them as arguments, each with
    its input; `draws` the inputs that are random numbers: `draw(k)` is what the k-th is this time;
    `decided` how some comparisons come out, whatever the numbers are this time.
    """

    rows: Any
    operands: Any
    numbers: Any
    lanes: Any
    plain: Any
    tracers: Any
    inputs: list[int]
    captured: dict[Any, int]

    def __init__(self) -> None:
        self.draws: dict[int, Draw] = {}
        self.draw: Callable[[int], float] = lambda k: random.random()
        self.drawn_by_lane = False
        self.guards: dict[Guard, None] = {}
        self.decided: Mapping[tuple[str, int, int], bool] = {}
        self.unknown: list[str] = []
        self.has_transforms = False
        """Whether a transform was at work within the function: what comes of it depends on whether
        one is around."""
        self.has_texts = self.catches = False
        """Whether texts were made of numbers; whether the function may catch an error of
        arithmetic."""
        self.root: Any = None
        """The function that is traced."""
        self.given = 0
        """How many inputs are numbers of the call; the others are captured, or drawn."""
        self.values: set[int] = set()
        """The inputs that are Values among the arguments."""
        self.leaves: set[int] = set()
        """The nodes that are Values made within the function."""
        self.taken: set[int] = set()
        """The nodes that are numbers taken off a Value; within no_grad what stops a gradient is a
        Value all the same."""
        self._linked: dict[int, bool] = {}
        self.reduced = self.marks = False
        """Whether results are reduced over lanes; whether derivatives in lanes are marked now."""
        self.derived: dict[int, frozenset[int]] = {}
        """The derivatives that each lane has its own of, with the inputs they are taken in."""

    # ------ what each kind of trace has in its own way
    def input(self, number: float, lane: bool = False, plain: bool = False) -> Any:
        """Return the Tracer of a new input; a `plain` one is a float in eager, and no Value."""
        raise NotImplementedError

    def constant(self, number: float) -> int:
        """Return the node of a constant."""
        raise NotImplementedError

    def index(self, x: Any) -> int:
        """Return the node that stands for an operand. Raises TypeError unless it is a number,
        a Value or a Tracer of this trace."""
        raise NotImplementedError

    def compute(self, row: Operator, operands: Iterable[Any]) -> Any:
        """Return the Tracer for `row` applied to operands, the known one if there is one."""
        raise NotImplementedError

    # ------ what is the same for all
    def capture(self, value: Any) -> int:
        """Return the input that stands for a Value the function closes over."""
        if value not in self.captured:
            self.captured[value] = self.input(value._data).index
        return self.captured[value]

    def other(self, x: Any) -> int:
        """Return the node that stands for an operand that is neither a Tracer nor a float.
        Raises TypeError unless it is a number or a Value."""
        return self.constant(real(x)) if builder(x) is None else self.capture(x)

    def bernoulli(self, p: float) -> Any:
        """Return an input that is 1.0 with probability `p`, otherwise 0.0, anew at every run."""
        k = len(self.draws)
        tracer = self.input(float(self.draw(k) < p), self.drawn_by_lane, True)
        self.draws[tracer.index] = Draw(k, p)
        return tracer

    def variable(self, x: Any) -> Any:
        """Return what stands for Value(x): a node of its own, whatever x is."""
        made = self.compute(ops.identity, [x])
        self.leaves.add(made.index)
        return made

    def leaf(self, data: Any) -> Any:
        """Return what stands for Value(data). Raises TypeError if `data` is a Value already."""
        return self.variable(attribute(data, "data") if in_graph(data) else data)

    @property
    def has_values(self) -> bool:
        """Whether anything so far may stand for a Value."""
        return bool(self.values or self.captured or self.leaves)

    def is_linked(self, x: Any) -> bool:
        """Tell whether eager mode has a Value here: what is computed from one, or made as one."""
        if x.index in self.taken:
            return False
        known, found, waiting = self._linked, {x.index}, [x.index]
        while waiting:
            i = waiting.pop()
            if known.get(i, self._is_value(i)):
                known[x.index] = True
                return True
            if i not in known and i not in self.taken:
                further = set(self.operands[i]) - found
                waiting += further
                found |= further
        known.update(dict.fromkeys(found, False))
        return False

    def _is_value(self, i: int) -> bool:
        if self.rows[i] is not INPUT:
            return i in self.leaves
        return i in self.values or (i >= self.given and i not in self.draws)

    # ------ derivatives of what is reduced over lanes
    def lanes_behind(self, x: Any) -> frozenset[int]:
        """The input with lanes that a variable is a copy of, if it is one."""
        i = x.index
        while self.rows[i] is ops.identity:
            (i,) = self.operands[i]
        return frozenset([i] if self.lanes[i] and i in self.inputs else ())

    def marked(self, x: Any, beside: frozenset[int]) -> Any:
        """Return the derivative `x` as a node that each lane has its own of, for it is one in these
        inputs; itself if there are none."""
        if not beside:
            return x
        made = self.compute(ops.identity, [x])
        self.derived[made.index] = beside
        return made

    def marks_of(self, x: Any) -> frozenset[int]:
        """The inputs with lanes that `x` is a derivative in."""
        return self.derived.get(x.index, frozenset()) if isinstance(x, Number) else frozenset()

    def number_of(self, value: Any) -> Any:
        """Return what stands for the number of a Value the function closes over."""
        return self.tracers[self.capture(value)].data

    def follow(self, node: Any) -> Any:
        """Return what stands for a node that the function built of Values it closes over."""
        return settled(self.compute(node.op, node.operands))

    def unwatched(self, what: str) -> None:
        """Note that the function read, or did, what nobody can watch: it is to be traced anew at
        each call."""
        if what not in self.unknown:
            self.unknown.append(what)

    def text_of(self, index: int) -> float:
        """Return the number that a text is made of: to print it, or in the message of an error.
        The text of another call is another one. Messages of this package's own do not count."""
        if not sys._getframe(2).f_code.co_filename.startswith(modes.PACKAGE):
            self.unwatched("the text of a number")
            self.has_texts = True
        return float(self.numbers[index])

    # ------ branches
    def branch(self, compare: str, x: Any, y: Any) -> bool:
        i, j = self.index(x), self.index(y)
        outcome = self.decided.get((compare, i, j))
        if outcome is None:
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


def forward(row: Operator, numbers: Sequence[float]) -> float:
    """What a row computes, as a float."""
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
        self.tracers.append(Tracer(self, index))
        return index

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
        return self.tracers[index]

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

    # ------ walks
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


class Tracer(Dividing, Number):
    """A number of a `Trace`."""

    __slots__ = ("index", "trace")

    def __init__(self, trace: Trace, index: int) -> None:
        self.trace = trace
        self.index = index


Tracer.__name__ = VALUE
