"""The boxes of a drawing that stand for one thing each: a node, a gate of a node, a constant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, NamedTuple

from ...ieee import choose
from ...scalars import NOTHING, is_value
from ..symbols.formula import around
from ..symbols.text import number

Row = tuple[str, str]


class Item(NamedTuple):
    """A box. `name` is its id, `rows` are pairs (name, number), `notes` lines of text.

    The box is coloured by `grad`, None if there is none, and drawn in the `module` of that name.
    In a folded loop the box stands for its operator in every iteration: `loop` is the loop's
    number. `hidden` counts operands that are not drawn. `wrong` tells whether a number is infinite
    or NaN.
    """

    name: str
    kind: str
    symbol: str
    label: str
    rows: Sequence[Row] = ()
    notes: Sequence[str] = ()
    grad: float | None = None
    module: str | None = None
    hidden: int = 0
    wrong: bool = False
    root: bool = False
    loop: int | None = None

    @property
    def stands_for_many(self) -> bool:
        return self.kind in ("group", "module")


class Numbers:
    """How numbers are written: with so many significant digits, a missing one as a dash."""

    def __init__(self, precision: int) -> None:
        self.precision = precision

    def __call__(self, x: float | None) -> str:
        return "—" if x is None else number(x, self.precision)

    def span(self, xs: Sequence[float | None]) -> str:
        """The smallest and the largest of some numbers, and how many are infinite or NaN."""
        finite = [x for x in xs if x is not None and isfinite(x)]
        ends = dict.fromkeys(map(self, (min(finite), max(finite)) if finite else ()))
        wrong = sum(x is not None and not isfinite(x) for x in xs)
        found = [" … ".join(ends)] if ends else []
        return ", ".join([*found, *([f"{wrong:,} ∞ or NaN"] if wrong else [])]) or "—"


def gradient(node: Any) -> float | None:
    return node.grad if node.has_grad else None


class Single(NamedTuple):
    """A node that has an item to itself: one of the graph, or a gate of one.

    `key` is in the names of its edges and constants, and in no other node's.
    """

    name: str
    key: str
    node: Any
    grad: float | None

    def edges(self) -> Iterator[tuple[int, Any, float]]:
        """The position of each operand that is a Value, the operand, and ∂node/∂operand."""
        places = [(k, x) for k, x in enumerate(self.node.operands) if is_value(x)]
        return ((k, x, partial) for (k, x), partial in zip(places, self.node.partials))

    def constants(self) -> Iterator[tuple[int, float]]:
        return ((k, x) for k, x in enumerate(self.node.operands) if not is_value(x))

    def contribution(self, partial: float) -> float | None:
        """The contribution of an edge to its operand's gradient. A gradient shown as 0 does not
        tell whether it is nothing: the contribution is 0 then."""
        return None if self.grad is None else choose(self.grad or NOTHING, partial) + 0.0

    def symbol(self, numbers: Numbers, inline: bool) -> str:
        """The operator; `inline` with its constants, as in "+ 1" and "clamp(·, 0, 1)"."""
        op = self.node.op
        if op is None:
            return ""
        constants = dict(self.constants()) if inline else {}
        if op.dunder and op.arity == 2:
            return around(op, [constants.get(0), constants.get(1)], numbers)
        if op.arity is None or not constants:
            return str(op.symbol)
        shown = [numbers(constants[k]) if k in constants else "·" for k in range(op.arity)]
        return f"{op.symbol}({', '.join(shown)})"

    def item(self, numbers: Numbers, inline: bool) -> Item:
        node = self.node
        found = [node.data, *([] if self.grad is None else [self.grad]), *node.partials]
        return Item(
            self.name,
            "operator" if node.op else "leaf",
            self.symbol(numbers, inline),
            node.label,
            [("data", numbers(node.data)), ("grad", numbers(self.grad))],
            grad=self.grad,
            wrong=not all(map(isfinite, found)),
        )
