"""The trace as a function and the passes know it, whether it is kept in Python or in C.

The trace in Python (`in_python.py`) and its twin in C (`in_c.py`) have a `Recorder` in common.
The passes take any Recorder.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ... import modes, ops
from ...rows import Operator
from ...scalars import attribute, is_value, real
from ...transforms.trees import in_graph
from .arithmetic import settled
from .guards import COMPARE, Decided, Guard
from .rolled import BRANCHES, Rolled
from .sources import Draw
from .tracer import Number
from .vocabulary import CONSTANT, INPUT


class Recorder:
    """A trace: nodes in the order in which they were computed, and what else the function did."""

    rows: Sequence[Operator | str]
    """Of each node its operator, INPUT or CONSTANT."""
    operands: Sequence[tuple[int, ...]]
    """The nodes that each is computed from."""
    numbers: Sequence[float]
    """The number of each in the lane that was traced."""
    lanes: Sequence[bool]
    """Whether each differs from lane to lane; else it is uniform."""
    plain: Sequence[bool]
    """Whether eager mode has a float for each, and no Value."""
    tracers: Sequence[Any]
    inputs: list[int]
    finds_loops = False
    """Whether it looks for the loops of a function; elsewhere only when it is told to, for there
    nothing runs them."""
    captured: dict[Any, int]
    """The Values that the function uses though they are no arguments, each with its input."""
    depth = 0
    """How many bodies of scans are around what is traced."""
    scan: Any = None
    """Traces a scan within the function; see `scans/`. None where scans run as loops."""

    drawn_by_lane = False
    """Whether every lane draws its own random numbers."""
    has_transforms = False
    """Whether the function uses a transform: its result then depends on whether the function itself
    runs within another transform."""
    has_copies_apart = False
    """Whether a Value was copied, apart from it."""
    has_texts = False
    """Whether texts were made of numbers."""
    catches = False
    """Whether the function may catch an error of arithmetic."""
    refused = ""
    """The first thing that was refused, in words."""
    root: Any = None
    """The function that is traced."""
    waits = False
    """Whether the next transform may leave its derivatives to be computed when the function is
    over."""
    given = 0
    """How many inputs the call gives; the others are captured, or drawn."""
    reduced = False
    """Whether results are reduced over lanes."""
    marks = False
    """Whether derivatives in numbers with lanes are being marked, see `marked`."""
    probe: Any = None
    """Checks the Jacobian that is traced, which may be left to another program."""

    def __init__(self) -> None:
        self.draws: dict[int, Draw] = {}
        """The inputs that are random numbers."""
        self.draw: Callable[[int], float] = lambda k: random.random()
        """Returns the k-th random number of the lane that is traced."""
        self.guards: dict[Guard, None] = {}
        self.decided: Decided = {}
        """The outcomes of some comparisons of nodes, whatever the traced numbers say."""
        self.unknown: list[str] = []
        """Things that the function read and that nobody can watch, in words."""
        self.values: set[int] = set()
        """The inputs that are Values among the arguments."""
        self.of_numpy: dict[int, bool] = {}
        """Of the inputs, and of nodes that were asked about: whether they are NumPy's floats."""
        self.leaves: set[int] = set()
        """The nodes that are Values made within the function."""
        self.taken: set[int] = set()
        """The nodes that are numbers taken off a Value by `.data`. A node that only stops a
        gradient, as within no_grad, is still a Value."""
        self.derived: dict[int, frozenset[int]] = {}
        """The derivatives that each lane has its own of, with the inputs they are taken in."""
        self._linked: dict[int, bool] = {}

    # ------ written twice: in Python and in C
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

    def compute_each(
        self, row: Operator, nodes: Sequence[int], beside: Sequence[int] = ()
    ) -> list[int]:
        """Return the nodes for `row` applied to each of these, and to the nodes `beside` each: of a
        trace that does not rewrite."""
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def look_for_loops(self, calls: int) -> None:
        """Of a new trace: find out after so many operator calls whether most lie in loops. Raises
        ValueError if there are nodes already."""
        raise NotImplementedError

    def tell_values(self, these: Sequence[int]) -> None:
        """Tell which of the inputs so far, or of nodes, are Values; an input that comes later is
        one unless it is plain."""
        raise NotImplementedError

    def give_up_loops(self, why: int) -> None:
        """Keep no loops, for this reason."""
        raise NotImplementedError

    def rolled(self, results: Sequence[Any]) -> Rolled | None:
        """Return what was recorded so far, and what each of the results is in it; None where the
        trace keeps no loops."""
        raise NotImplementedError

    def rolled_nodes(self, results: Sequence[Any]) -> Rolled | None:
        """Return the same of a finished trace that is kept as nodes, without guards: its nodes are
        recorded in order. None where most of them lie in no loop."""
        raise NotImplementedError

    @property
    def unrolled(self) -> int:
        """Why the trace keeps no loops; see `rolled.py`."""
        raise NotImplementedError

    def needed(self, wanted: Iterable[int]) -> list[int]:
        """Return the nodes that these are computed from, themselves included, in order."""
        raise NotImplementedError

    def need_some(self, wanted: Iterable[int], rows: tuple[Operator, ...]) -> bool:
        """Tell whether some node that these are computed from, or one of them, has one of these
        rows, which are known to all traces."""
        raise NotImplementedError

    def uses(self, wanted: Sequence[int]) -> list[int]:
        """How often each node is an operand of those that `wanted` need, or wanted itself."""
        raise NotImplementedError

    def order(self, root: int, low: int) -> list[int]:
        """The nodes from `low` on that `root` is computed from, but for constants, in the order of
        `graph.backward_order`."""
        raise NotImplementedError

    def columns(self) -> tuple[bytes, bytes, bytes, bytes, bytes | None]:
        """Return, of each node, its row as a code, −1 of an input and −2 of a constant, how many
        operands it has, and its number; all operands; and of each guard both sides, and
        2·comparison + outcome, or None where the guards are a dict: int32, but for numbers."""
        raise NotImplementedError

    # ------ written twice, of lowered traces
    def copy(self, old: Any, wanted: Sequence[int]) -> list[int]:
        """Compute again what the nodes `wanted` of another trace need, and all its inputs; return
        the nodes that the wanted ones have become."""
        raise NotImplementedError

    def fuse(self, wanted: Sequence[int]) -> None:
        """Turn sums of products into single nodes, in place."""
        raise NotImplementedError

    def staged(
        self, wanted: Sequence[int], late_inputs: Sequence[int]
    ) -> tuple[bytes, tuple[list[int], ...], list[int], set[Operator]]:
        """The stage of every node, UNNEEDED of those that the wanted ones do not need, where these
        inputs are known only after the lanes; the nodes that are computed in each stage, in order;
        the constants that are needed; and the operators."""
        raise NotImplementedError

    # ------ written once
    def capture(self, value: Any) -> int:
        """Return the input that stands for a Value the function closes over."""
        if value not in self.captured:
            self.captured[value] = self.input(value._number).index
        return self.captured[value]

    def other(self, x: Any) -> int:
        """Return the node that stands for an operand that is neither a Tracer nor a float.
        Raises TypeError unless it is a number or a Value."""
        return self.capture(x) if is_value(x) else self.constant(real(x))

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
        self.tell_values([made.index])
        return made

    def variables(self, xs: Sequence[Any]) -> list[Any]:
        """The same of each of these: there may be many thousands."""
        made = self.compute_each(ops.identity, list(map(self.index, xs)))
        self.leaves.update(made)
        self.tell_values(made)
        return list(map(self.tracers.__getitem__, made))

    def leaf(self, data: Any) -> Any:
        """Return what stands for Value(data). Raises TypeError if `data` is a Value already."""
        return self.variable(attribute(data, "data") if in_graph(data) else data)

    def copy_of(self, x: Any, deep: bool = False) -> Any:
        """Return what stands for a copy of a Value: computed from it, while the function is
        differentiated, so that it keeps its gradient. Else a copy of a leaf is apart, as a `deep`
        one of any Value is."""
        self.has_transforms = True
        if modes.state.transforms or not (deep or x.op is None):
            return self.compute(ops.identity, [x])
        self.has_copies_apart = True
        return self.variable(x.data if isinstance(x, Number) else self.number_of(x))

    def stand_for_values(self, variables: Sequence[Any]) -> None:
        """Let inputs that were no plain ones stand for Values."""
        own = [x.index for x in variables]
        self.values.update(own)
        self.tell_values(own)

    @property
    def has_values(self) -> bool:
        """Whether anything so far may stand for a Value."""
        return bool(self.values or self.captured or self.leaves)

    def are_linked(self, indices: Sequence[int]) -> tuple[bool, ...]:
        return tuple([self.is_linked(self.tracers[i]) for i in indices])

    def is_linked(self, x: Any) -> bool:
        """Tell whether eager mode has a Value here: it is computed from one, or made as one."""
        if x.index in self.taken:
            return False
        known, found, waiting = self._linked, {x.index}, [x.index]
        while waiting:
            i = waiting.pop()
            if known[i] if i in known else self._is_value(i):
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
        """Return the derivative `x`, in inputs with lanes `beside` it, as a node of its own that is
        not to be summed over the lanes; `x` itself if there are no such inputs."""
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
        """Note that the function read, or did, what nobody can watch. Such a function is
        traced anew at each call."""
        if what not in self.unknown:
            self.unknown.append(what)

    def text_of(self, index: int) -> float:
        """Return the number that a text is made of, which may be printed or stand in an error. The
        text would be wrong in another call. Messages of this package's own do not count."""
        if not sys._getframe(2).f_code.co_filename.startswith(modes.PACKAGE):
            self.unwatched("the text of a number")
            self.has_texts = True
        return float(self.numbers[index])

    # ------ Jacobians
    def check_rows(self, point: Any) -> None:
        """Raise ManyRows where the rows of a Jacobian, taken at this point, are better left to
        another program: see `gate/products.py`."""
        if self.probe is not None:
            self.probe.check(point, self)

    # ------ branches
    def branch(self, compare: str, x: Any, y: Any) -> bool:
        """Return the outcome of a comparison, and guard it unless both operands are constants."""
        self.give_up_loops(BRANCHES)
        i, j = self.index(x), self.index(y)
        known = self.decided.get((compare, i, j))
        if isinstance(known, bool):
            outcome = known
        else:
            outcome = COMPARE[compare](self.numbers[i], self.numbers[j])
            if known is not None and known.outcome != outcome:
                self.decided = {}
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
