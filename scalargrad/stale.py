"""Is a node still what its operator makes of its operands? Their data may have been set since.

A gradient belongs to the point where it was recorded. `backward()` has the partial derivatives of
that point. A graph of derivatives is built of the operands as they are now, so the operands must
not have changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from . import modes


def checked(node: Any, operands: Sequence[Any]) -> bool:
    """Raise RuntimeError unless a Value's operands still give its data and its partials. Return
    False where the answer is left to `compare`, because the partials are built anyway."""
    if modes.state.trace is not None:
        # the compiled program would not ask again
        modes.state.trace.unwatched("a graph of derivatives of what is closed over")
    current = current_by_itself(node, operands)
    if current is None:
        if node.op.code >= 0 and modes.state.trace is None:
            return False
        current = evaluates_to(node, operands)
    if not current:
        refuse(node)
    return True


def current_by_itself(node: Any, operands: Sequence[Any]) -> bool | None:
    """The answer of the kind of node, or of its operator; None where neither can tell."""
    own = getattr(node, "_is_current", None)
    found: bool | None = own() if own else None
    if found is None and node.op.code < 0:
        own = getattr(node.op, "is_current", None)
        if own:
            return bool(own(node, operands))
        # within a transform the graph was just recorded: no need to run a user's forward again
        return True if modes.state.transforms else None
    return found


def compare(node: Any, operands: Sequence[Any], local: Sequence[Any]) -> None:
    """Raise RuntimeError if `local`, the partials just built, differ from the node's."""
    kind = type(node)
    now = [p._number if type(p) is kind else p for x, p in zip(operands, local) if type(x) is kind]
    numbers = [x._number if type(x) is kind else x for x in operands]
    if not same([node.op.forward(*numbers), *now], [node._number, *node._partials]):
        refuse(node)


def evaluates_to(node: Any, operands: Sequence[Any]) -> bool:
    # rules of the user's own may use transforms, which must be neither traced nor nested
    with modes.tracing(None), modes.outermost():
        out, _, partials = node.op.evaluate(operands, type(node))
    return same([out, *partials], [node._number, *node._partials])


def same(xs: Sequence[float], ys: Sequence[float]) -> bool:
    """Tell whether numbers are the same, any NaN being the same as any other."""
    if xs == ys:
        return True
    return len(xs) == len(ys) and all(x == y or (x != x and y != y) for x, y in zip(xs, ys))


def refuse(node: Any) -> NoReturn:
    """Raise the RuntimeError of a graph of derivatives of such a node."""
    changed(
        node,
        "A graph of derivatives would mix numbers from before and after: compute the function "
        "again after a change (backward() gives the gradient as it was recorded)",
    )


def changed(node: Any, cure: str) -> NoReturn:
    """Raise the RuntimeError for a node whose operands no longer give its number."""
    labels = dict.fromkeys(x.label for x in node._parents if x.label)
    name = f"{node.op.name} {node.label!r}" if node.label else node.op.name
    raise RuntimeError(
        f"{name} = {node._number!r} would come out differently now: the data of "
        f"{' or '.join(labels) or 'an operand'}, or something else it was computed from, has "
        f"changed since. {cure}"
    )
