"""Value, in pure Python: the specification that the native engine follows.

A Value holds a number and remembers the operator and the operands it was computed from. The
methods that are operators come from the table; `methods.py` adds them.

Up to two operands stand in the node itself, more in a tuple: every tuple would be one more object
for Python's garbage collector to walk, and with two a node building takes twice the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import Any, NoReturn

from . import backward, copying, given, modes, sweep
from .backward import NO_GRADIENT
from .comparing import traced_comparison
from .freeing import TALLEST, Landing
from .given import MISSING
from .graph import topological_order
from .messages import described
from .protocols import Protocols
from .rows import Operator
from .scalars import attribute, real
from .sweep import Later


class Value(Protocols):
    """A float64 that remembers how it was computed.

    `data` and `grad` are floats, `label` a string; all three can be set. `parents` are the Values
    it was computed from, in order, one for each edge: x·x has x twice. A leaf has none. Raises
    TypeError unless `data` is one real number, OverflowError for an integer beyond the floats.

    Value(data, parents, partials) is a node of your own: `partials` are numbers, ∂data/∂parent for
    each of the parents.
    """

    __slots__ = (
        *(
            "_number",
            "_dx",
            "_dy",
            "_grad",
            "_height",
            "_label",
            "_operator",
            "_source",
            "_x",
            "_y",
        ),
        *("_seen", "_waiting"),
    )
    _number: float
    _grad: float
    _operator: Any
    """The Operator; None in a leaf; a Later where it comes later."""
    _x: Value | None
    """First operand, None if it is a constant."""
    _y: Any
    """Second operand, None if it is a constant; or a sequence of them all, if `_dy` is a tuple."""
    _dx: Any
    """∂self/∂x, or the constant that x is."""
    _dy: Any
    """∂self/∂y, or the constant that y is; None if there is no second operand. A tuple of these for
    more than two operands."""
    _height: int
    """Nodes on the longest way down from here to a leaf or a Landing; unset without Landings."""
    _seen: object
    """The note that `sweep.py` made last, as it does in `_waiting`."""
    _label: str
    """Unset if it is empty: most nodes have none."""
    _source: tuple[str, int]
    """The user's line that built it; set under detect_anomaly alone."""

    # `data` and `label` by name come in `named`
    def __new__(cls, data: Any = MISSING, label: Any = "", /, *rest: Any, **named: Any) -> Any:
        if rest or named or data is MISSING or not isinstance(label, str):
            args = () if data is MISSING else (data,)
            if rest or not isinstance(label, str) or label:
                args = (*args, label, *rest)
            return given.constructed(cls, args, named)
        traced = modes.traced_leaf(data) if modes.active else None
        return leaf(attribute(data, "data"), label) if traced is None else traced

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Value cannot be subclassed: hold one as an attribute instead")

    # ------ the node
    def _edges(self) -> list[tuple[Any, float]]:
        """Each operand with its partial; a constant is None, with its number."""
        settle_edges(self)
        if self._operator is None:
            return []
        if type(self._dy) is tuple:
            return [(x if type(x) is Value else None, d) for x, d in zip(self._y, self._dy)]
        return [(self._x, self._dx), (self._y, self._dy)][: 1 if self._dy is None else 2]

    @property
    def parents(self) -> tuple[Value, ...]:
        """The Values it was computed from, one for each edge."""
        return tuple(x for x, _ in self._edges() if x is not None)

    @property
    def partials(self) -> tuple[float, ...]:
        """∂self/∂parent as floats, one a parent."""
        return tuple(d for x, d in self._edges() if x is not None)

    @property
    def operands(self) -> tuple[Value | float, ...]:
        """The parents, and the constants as floats."""
        return tuple(d if x is None else x for x, d in self._edges())

    _parents, _partials, _operands = parents, partials, operands

    @property
    def data(self) -> Any:
        """The number, a float."""
        traced = modes.traced_number(self) if modes.active else None
        return self._number if traced is None else traced

    @data.setter
    def data(self, x: Any) -> None:
        number = attribute(x, "data")
        if modes.active:
            modes.refuse_to_change(self)
        self._number = number

    @property
    def grad(self) -> float:
        """∂root/∂self, a float, as the last backward() left it."""
        if modes.active:
            modes.unwatched("v.grad")
        return self._grad + 0.0

    @grad.setter
    def grad(self, x: Any) -> None:
        number = attribute(x, "grad")
        if modes.active:
            modes.unwatched("v.grad = …")
        self._grad = number + 0.0

    @property
    def has_grad(self) -> bool:
        """Whether backward() or an assignment gave it a gradient since zero_grad()."""
        if modes.active:
            modes.unwatched("v.has_grad")
        return backward.is_gradient(self._grad)

    @property
    def label(self) -> str:
        """A string for drawings, "" if none."""
        if modes.active:
            modes.unwatched("v.label")
        return getattr(self, "_label", "")

    @label.setter
    def label(self, text: str) -> None:
        checked = checked_label(text)
        if modes.active:
            modes.unwatched("v.label = …")
        self._label = checked

    @property
    def op(self) -> Any:
        """The Operator that made it, None for a leaf."""
        settle_edges(self)
        return self._operator

    _prev = property(lambda self: set(self.parents), doc="The parents as micrograd has them.")
    _op = property(lambda self: self.op.plain(self.operands) if self.op else "")
    _children, _local_grads = parents, partials

    @property
    def _is_computed(self) -> bool:
        """Whether it has parents; they are not asked for."""
        return self._operator is not None

    def backward(self, seed: float = 1.0) -> None:
        """Add `seed` · ∂self/∂leaf to the `grad` of every leaf, and set the `grad` of every node
        between. All or nothing if interrupted; O(nodes + edges)."""
        if modes.active and modes.state.anomaly:
            backward.backward(self, real(seed))
        else:
            nodes, adjoints, inner = sweep.propagate(self, real(seed))
            # a node that was reached has a gradient: 0.0 where nothing came
            grads = [g or 0.0 for g in adjoints]
            leaves = zip(nodes[inner:], grads[inner:])
            grads[inner:] = [leaf._grad + g for leaf, g in leaves]
            backward.overwrite(nodes, grads)

    def zero_grad(self) -> None:
        """Set `grad` to 0.0 here and in every node this one was computed from."""
        backward.overwrite(topological_order(self), repeat(NO_GRADIENT))

    def _adjoints(self, targets: Iterable[Value]) -> list[float]:
        nodes, adjoints, _ = sweep.propagate(self, 1.0)
        adjoint = dict(zip(nodes, adjoints))
        found = (adjoint.get(target, NO_GRADIENT) for target in targets)
        return [g if g is NO_GRADIENT else g + 0.0 for g in found]

    def _decide(self, partials: tuple[float, ...]) -> None:
        """Take these partials, some of whose zeros are nothing, in place of the same numbers."""
        assert self._operator is not None
        connect(self, self._operator, self.operands, partials)

    def detach(self) -> Value:
        """Return a new leaf with the same data: no gradient flows through it."""
        # while a function is traced a tracer stands for the number
        traced = modes.traced_number(self) if modes.active else None
        return self._alone() if traced is None else Value(traced)

    def _alone(self) -> Value:
        """The same where no function is traced."""
        return leaf(self._number, "")

    # ------ Python's protocols
    def __repr__(self) -> str:
        return f"Value(data={self.data!r}, grad={self.grad!r})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __bool__(self) -> bool:
        traced = traced_comparison("__ne__", self, 0.0) if modes.active else None
        return self._number != 0.0 if traced is None else bool(traced)

    def __float__(self) -> NoReturn:
        raise TypeError(
            "a Value does not become a float by itself: use v.data for the number, or "
            "scalargrad.sin(v) instead of math.sin(v) to keep the gradient"
        )

    __int__ = __complex__ = __float__

    def __copy__(self) -> Any:
        linked = copying.linked(self)
        return Value._rebuild(*copying.record(self)) if linked is None else linked

    __deepcopy__ = copying.deepcopy
    __reduce__ = copying.reduce

    @staticmethod
    def _rebuild(
        op: Operator | None,
        data: float,
        grad: float,
        label: str,
        operands: tuple[Value | float, ...],
        partials: tuple[float, ...],
    ) -> Value:
        copying.check_record(Value, op, operands, partials)
        node = leaf(real(data), checked_label(label))
        node._grad = real(grad)
        if op is not None:
            connect(node, op, operands, partials)
        return node

    @staticmethod
    def _later(call: Any, place: int, number: float) -> Value:
        """Build a node whose operator, operands and partials `call.settled(place)` tells when they
        are asked for."""
        node = leaf(number, "")
        node._operator = node._dy = Later(call, place)
        if TALLEST:
            settle_edges(node)
        return node

    @staticmethod
    def __operator__(op: Operator, operands: tuple[Any, ...]) -> Value:
        """Build the node that `op` makes of these operands, at least one of them a Value."""
        out, operands, partials = modes.evaluate(op, operands, Value)
        node = leaf(out, "")
        connect(node, op, operands, partials)
        return settle(node)


new = object.__new__


def leaf(data: float, label: str) -> Value:
    node = new(Value)
    node._number = data
    node._grad = NO_GRADIENT
    node._operator = None
    if label:
        node._label = label
    if TALLEST:
        node._height = 0
    node._x = node._y = node._dx = node._dy = node._seen = None
    return node


def connect(
    node: Value, op: Operator, operands: tuple[Value | float, ...], partials: tuple[float, ...]
) -> None:
    """Give a new node its operator and its operands, with a partial for each Value."""
    node._operator = op
    rest = iter(partials)
    local = tuple(next(rest) if type(x) is Value else x for x in operands)
    if TALLEST and is_tallest(node, operands):
        node._x, node._y, node._dx, node._dy = None, Landing(operands), None, local
    elif len(operands) > 2:
        node._x, node._y, node._dx, node._dy = None, operands, None, local
    else:
        node._x, node._y, *_ = (*(x if type(x) is Value else None for x in operands), None)
        node._dx, node._dy, *_ = (*local, None)


def settle_edges(node: Value) -> None:
    """Have the operator and the operands in a node that was built without them."""
    if type(node._dy) is Later:
        op, operands, partials = node._dy.call.settled(node._dy.place)
        connect(node, op, operands, tuple(partials))


def is_tallest(node: Value, operands: tuple[Value | float, ...]) -> bool:
    """Note the height of a node with these operands; return whether it has to be a Landing's."""
    height = 1 + max([x._height for x in operands if type(x) is Value], default=0)
    node._height = 0 if height == TALLEST else height
    return height == TALLEST


def settle(node: Value) -> Value:
    """Finish a node just built, where it is as tall as a node may be or a mode is on. Return the
    node, or what a mode puts in its place."""
    if TALLEST and node._height == TALLEST and node._operator:
        connect(node, node._operator, node.operands, node.partials)
    return modes.settle(node) if modes.active else node


def checked_label(label: Any) -> str:
    if isinstance(label, str):
        return label
    raise TypeError(f"a label is a string, got {described(label)}")
