"""Tools to run a function again in place of a graph that was not kept.

The function runs on leaves in place of its arguments, and uses what it closes over as it stands
there. The graph that comes out is then moved: built again above other Values, those in which it is
to be differentiated. A walk for that ends at each node that is replaced. What such a node was
computed from is not part of the function, though the function may use the same Values besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from .. import modes, ops
from ..backward import NO_GRADIENT, certain_adjoints
from ..engine import Value
from ..graph import above
from ..rows import builder, rank
from ..stale import same
from .trees import is_value


def stand_in(x: Any, number: float) -> Any:
    """Return a Value with this number for a function to run on instead of `x`; computed if `x` is,
    for a model of computed Values is differentiated otherwise than one of leaves."""
    return ops.identity(Value(number)) if x.parents else Value(number)


def number_of(x: Any) -> float:
    """The number of a Value, or of one that is traced."""
    number: float = x._data if type(x) is Value else x.trace.numbers[x.index]
    return number


def detached(nodes: Sequence[Any]) -> list[Any]:
    return [Value(x._data) for x in nodes]


def moved(roots: Sequence[Any], places: dict[Any, Any]) -> list[Any]:
    """Return the graph of `roots` built again above other Values in place of some of its nodes.
    Numbers stay as recorded: the Values put in their place have the same."""
    instead = dict(places)
    for node in above(roots, places):
        if not instead.keys().isdisjoint(node._parents):
            # operands hold floats too, and a float may be no key: NaN
            operands = tuple([instead.get(x, x) if is_value(x) else x for x in node._operands])
            instead[node] = rebuilt(node, operands)
    return [instead.get(root, root) for root in roots]


def rebuilt(node: Any, operands: tuple[Any, ...]) -> Any:
    kind: Any = max((type(x) for x in operands if builder(x)), key=rank)
    if kind is not type(node):
        # numbers that are traced
        return kind.__operator__(node.op, operands)
    return kind._rebuild(node.op, node._data, NO_GRADIENT, "", operands, node._partials)


def isolated(roots: Sequence[Any], ends: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return the same roots above nothing but leaves, and the leaves that stand for `ends`."""
    if not any(x._parents for x in ends):
        return list(roots), list(ends)
    leaves = detached(ends)
    return moved(roots, dict(zip(ends, leaves))), leaves


def slopes(root: Any, ends: Sequence[Any]) -> list[float]:
    """The derivative of `root` in each of `ends`, the others being held fixed."""
    (alone,), leaves = isolated([root], ends)
    return certain_adjoints(alone, leaves)


@contextmanager
def held(values: Sequence[Any], numbers: Sequence[float]) -> Iterator[None]:
    """Within it these Values have these numbers."""
    others = [(x, n) for x, n in zip(values, numbers) if not same([x._data], [n])]
    before = [x._data for x, _ in others]
    try:
        for x, n in others:
            x.data = n
        yield
    finally:
        for (x, _), n in zip(others, before):
            x.data = n


def untraced() -> AbstractContextManager[Any]:
    """Within it nodes are built, though a function is being traced."""
    return nullcontext() if modes.state.trace is None else modes.tracing(None)
