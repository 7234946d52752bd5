"""Numbers of a traced function, wherever their trace is kept: they behave as Values.

A `Tracer` is a `Number` with a `trace` and the `index` of its node in the trace. There are two
kinds of both: those of `in_python.py`, and those of `in_c.py`, which are kept in C.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

from ... import modes
from ...backward import Pair, is_no_contribution, sum_of_products, times
from ...comparing import guarded
from ...engine import Value
from ...graph import backward_order
from ...rows import Operator
from .arithmetic import PACKAGE, Arithmetic, is_ours, settled
from .asked import Asked
from .raising import is_of_numpy
from .vocabulary import CONSTANT, accumulate, stop_gradient

VALUE = Value.__name__
FROZEN = (
    "compile cannot follow float(x), int(x), an index, `%` of a text, an array of floats or a "
    "function of `math`: the number would be frozen into the program; use scalargrad's functions, "
    "return the number, or choose with if, scalargrad.where or, from a list, scalargrad.pick"
)
"""The name of every kind of Tracer: Python's own messages are about what behaves as a Value."""


class Traits(NamedTuple):
    """The facts that a trace has of a number besides how it was computed: the number itself, and
    whether it differs by lane, is a float in eager mode, is a Value there."""

    number: float
    lane: bool
    plain: bool
    linked: bool


def traits(x: Any) -> Traits:
    """The traits of a number that is traced, of a Value, or of a float."""
    if isinstance(x, Number):
        return x._traits()
    return (
        Traits(x, False, True, False) if type(x) is float else Traits(x._number, False, False, True)
    )


class Number(Arithmetic):
    """A number of a function that is being traced; it behaves as a Value does."""

    __slots__ = ()
    trace: Asked
    index: int

    @staticmethod
    def __operator__(op: Operator, operands: tuple[Any, ...]) -> Any:
        for x in operands:
            if isinstance(x, Number):
                return settled(x.trace.compute(op, operands))
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
    def parents(self) -> tuple[Any, ...]:
        rows, tracers = self.trace.rows, self.trace.tracers
        return tuple(
            [tracers[i] for i in self.trace.operands[self.index] if rows[i] is not CONSTANT]
        )

    @property
    def _is_computed(self) -> bool:
        return bool(self.parents)

    def _backward_order(self, ends: Sequence[Any] = ()) -> list[Any]:
        """The order of `graph.backward_order`, found without a Tracer for each edge. A node that is
        older than all ends depends on none of them."""
        trace, low = self.trace, 0
        if ends:
            low = min([self.index, *(x.index for x in ends if x.trace is trace)])
        tracers = trace.tracers
        return [tracers[i] for i in trace.order(self.index, low)]

    def _sum_of_products(self, pairs: list[Pair]) -> Any:
        """The sum of upstream·partial; as one node where each product is linear in what has
        lanes."""
        used = [p for p in pairs if not any(map(is_no_contribution, (p.upstream, p.partial)))]
        lanes = max([lanes_of(p) for p in used], default=0)
        if len(used) < 3 or lanes == 2:
            return sum_of_products(used)
        factors = [x for p in used for x in as_factors(p, bool(lanes))]
        return self.trace.compute(accumulate, factors).number_if_constant

    def _standing_for(self, leaf: Any) -> Any:
        """The node of `leaf` in this trace: an input, for a Value that the function closes over.
        Raises TypeError where such a Value was computed from `leaf`: that is not in the trace."""
        if isinstance(leaf, Number):
            # a trace that was rolled may have had several numbers for a node
            return leaf.trace.tracers[leaf.index]
        captured = self.trace.captured
        computed = [value for value in captured if value.op and value is not leaf]
        if any(leaf in backward_order(value) for value in computed):
            raise modes.refusal(
                "compile cannot follow a derivative through a Value that was computed outside: "
                "compute it in the function, from the leaf"
            )
        return self.trace.tracers[captured[leaf]] if leaf in captured else leaf

    @property
    def _as_walked(self) -> Any:
        """The Tracer of this node that the operands of others are. There may be several of one node
        where it was an event of a loop, or was computed twice."""
        return self.trace.tracers[self.index]

    @property
    def _is_variable(self) -> bool:
        """Whether eager has a Value here: of a float the partials know that it is constant."""
        return not self.trace.plain[self.index]

    def _traits(self) -> Traits:
        trace, i = self.trace, self.index
        linked = trace.is_linked(self)
        return Traits(trace.numbers[i], bool(trace.lanes[i]), bool(trace.plain[i]), linked)

    @property
    def has_lanes(self) -> bool:
        return bool(self.trace.lanes[self.index])

    @property
    def number_if_constant(self) -> Any:
        """The Tracer as an operand: a number, if it is constant, else itself."""
        trace, i = self.trace, self.index
        return trace.numbers[i] if trace.rows[i] is CONSTANT else self

    def _constant(self, number: float) -> Any:
        """A number of the same trace: where one that is traced has to stand."""
        return self.trace.tracers[self.trace.constant(number)]

    def _as_value(self, x: Any) -> Any:
        """A number of the same trace as a Value: a leaf, unless it is one as it is."""
        return x if x.in_graph else self.trace.variable(x)

    _operands = operands
    _parents = _children = parents
    _prev = property(lambda self: set(self.parents))
    _op = property(lambda self: self.op.plain(self.operands) if self.op else "")

    @property
    def label(self) -> str:
        return ""

    @label.setter
    def label(self, text: str) -> None:
        raise modes.refusal(
            "compile cannot follow x.label = …: label what the compiled function returns"
        )

    @property
    def data(self) -> Any:
        """The number without its gradient."""
        found = self.trace.compute(stop_gradient, [self])
        self.trace.taken.add(found.index)
        return found

    @data.setter
    def data(self, number: Any) -> None:
        raise modes.refusal(
            "compile cannot follow x.data = …: a compiled function must not change its "
            "arguments; return the new number instead"
        )

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """The class that isinstance is told: as in eager mode float or Value. This package sees the
        class itself."""
        if is_ours(sys._getframe(1).f_globals):
            return type(self)
        return self._kind()

    def _kind(self) -> type:
        """The type that eager mode has here."""
        if self.in_graph:
            return Value
        return sys.modules["numpy"].float64 if is_of_numpy(self.trace, self) else float

    @property
    def in_graph(self) -> bool:
        """Whether eager mode has a Value here, and not a float."""
        return bool(self.trace.is_linked(self))

    def detach(self) -> Any:
        return self.trace.variable(self.data)

    def backward(self, seed: float = 1.0) -> NoReturn:
        raise modes.refusal(
            "compile cannot follow backward(): call it on what the compiled function returns, or "
            "use scalargrad.grad within it"
        )

    zero_grad = backward

    @property
    def grad(self) -> NoReturn:
        self._missing("grad")

    @grad.setter
    def grad(self, number: Any) -> None:
        self._missing("grad")

    def __getattr__(self, name: str) -> NoReturn:
        self._missing(name)

    def _missing(self, name: str) -> NoReturn:
        """Raise what tells of an attribute that no number of a trace has."""
        # NumPy and this package ask what a number is by its methods, and go without
        asking = str(sys._getframe(2).f_globals.get("__name__")).partition(".")[0]
        if name[0] == "_" and asking == PACKAGE:
            raise AttributeError(name)
        kind = self._kind() if asking not in ("numpy", PACKAGE) or self.in_graph else float
        if name[0] != "_" and hasattr(kind, name):
            raise modes.refusal(
                f"compile cannot follow x.{name} of a {kind.__name__} within the function: ask "
                "for it outside, of what the function is given or returns"
            )
        raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")

    # ------ Python's protocols
    def __repr__(self) -> str:
        number = self.trace.text_of(self.index)
        return f"Value(data={number}, grad=0.0)" if self.in_graph else repr(number)

    def __format__(self, spec: str) -> str:
        number = self.trace.text_of(self.index)
        return format(number, spec) if spec or not self.in_graph else repr(self)

    def __bool__(self) -> bool:
        return bool(guarded(self.trace, "__ne__", self, 0.0))

    def __float__(self) -> NoReturn:
        # a Value raises an error too, which a function may count on
        raise TypeError(FROZEN) if self.in_graph else modes.refusal(FROZEN)

    __int__ = __complex__ = __float__

    def __copy__(self) -> Any:
        return self.trace.copy_of(self) if self._is_variable else self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.trace.copy_of(self, True) if self._is_variable else self

    def __reduce__(self) -> NoReturn:
        raise modes.refusal(
            "compile cannot follow the pickling of a number: pickle what the compiled function "
            "returns"
        )


class OfValue:
    """An attribute that Values have, and floats have not: of a Tracer only this package gets it
    where eager mode has a float."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.held: Any = vars(Number)[name]

    def __get__(self, x: Any, kind: Any = None) -> Any:
        if x is not None and not is_ours(sys._getframe(1).f_globals) and not x.in_graph:
            x._missing(self.name)
        return self.held.__get__(x, kind)

    def __set__(self, x: Any, new: Any) -> None:
        self.held.__set__(x, new)


for name in ("data", "grad", "label", "op", "parents", "detach", "backward", "zero_grad"):
    setattr(Number, name, OfValue(name))


AS_INDEX = re.compile("indices must be integers.* not '?Value|'Value' object cannot be interpreted")


def is_of_an_index(error: BaseException) -> bool:
    """Whether Python refuses a number that is traced as an index, or as a count: it refuses a float
    and a Value too, and knows no cure."""
    return type(error) is TypeError and AS_INDEX.search(str(error)) is not None


def lanes_of(pair: Pair) -> int:
    """How many numbers of a contribution differ from lane to lane."""
    return sum(isinstance(x, Number) and x.has_lanes for x in (pair.upstream, pair.partial))


def as_factors(pair: Pair, has_lanes: bool) -> tuple[Any, Any]:
    """A contribution as a product of two numbers that may be accumulated. In a sum that `has_lanes`
    a product that is the same in all is computed apart."""
    is_alone = pair.selects or (has_lanes and not lanes_of(pair))
    return (times(*pair), 1.0) if is_alone else (pair.upstream, pair.partial)
