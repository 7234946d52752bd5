"""Copying and pickling a graph of any depth without recursion, sharing what is shared.

Pickle saves an object's operands before the object, by recursion: a deep graph would exhaust
the stack. So a node first hands over its ancestors, parents before children. When the turn of an
ancestor comes, its own operands are saved already, and it hands over nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from . import modes, ops
from .graph import topological_order
from .rows import Operator

chosen: Any = None
"""The kind of Value in use: `engine.py` sets it."""

Record = tuple[Operator | None, float, float, str, tuple[Any, ...], tuple[float, ...]]


def record(node: Any) -> Record:
    """Return all parts of a node, as `_rebuild` takes them."""
    return node.op, node._number, node._grad, node.label, node.operands, node.partials


def linked(node: Any, deep: bool = False) -> Any:
    """A copy that is computed from the node, while a function is differentiated: a copy apart from
    the graph would lose the gradient in silence. While a function is traced, what stands for the
    copy. None at other times."""
    if modes.is_traced():
        return modes.state.trace.copy_of(node, deep)
    return ops.identity(node) if modes.state.transforms else None


def check_record(kind: type, op: Any, operands: Any, partials: Any) -> None:
    """Raise TypeError unless a node of this `kind` can be rebuilt of these parts."""
    known = type(operands) is tuple and all(type(x) in (kind, float) for x in operands)
    exact = type(partials) is tuple and all(type(p) is float for p in partials)
    if not (known and exact and (op is None or isinstance(op, Operator))):
        raise TypeError("a node is rebuilt of an operator, operands and partials; got others")
    if len(partials) != sum(type(x) is kind for x in operands) or (op is None) != (not operands):
        raise TypeError(
            f"a node needs an operator and a partial for each of its Values, got {op!r} and "
            f"{len(partials)} partials for {len(operands)} operands"
        )
    if op is not None and op.arity not in (None, len(operands)):
        raise TypeError(f"{op.name} takes {op.arity} operands, got {len(operands)}")


def deepcopy(node: Any, memo: dict[int, Any]) -> Any:
    """Return a copy of the node and of all its ancestors, as `copy.deepcopy` wants it."""
    if (copy := linked(node, deep=True)) is not None:
        return copy
    for original in topological_order(node):
        if id(original) not in memo:
            op, data, grad, label, operands, partials = record(original)
            copied = tuple(memo.get(id(x), x) for x in operands)
            memo[id(original)] = type(node)._rebuild(op, data, grad, label, copied, partials)
    return memo[id(node)]


class _Pickling(threading.local):
    ancestors_saved = False


_pickling = _Pickling()


class Ancestors:
    """A node's ancestors, for pickle: a list filled parents first."""

    def __init__(self, node: Any) -> None:
        self.node = node

    def __reduce__(self) -> Any:
        return list, (), None, self._each()

    def _each(self) -> Iterator[Any]:
        _pickling.ancestors_saved = True
        try:
            yield from topological_order(self.node)[:-1]
        finally:
            _pickling.ancestors_saved = False


def reduce(node: Any) -> Any:
    if _pickling.ancestors_saved or not node.parents:
        return rebuild, (None, record(node))
    return rebuild, (Ancestors(node), record(node))


def rebuild(ancestors: Any, parts: Record) -> Any:
    """Return the node that was pickled, of the kind in use; its ancestors came before it."""
    return chosen._rebuild(*parts)
