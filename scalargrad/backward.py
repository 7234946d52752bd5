"""The chain rule: on numbers (`propagate`), or building the graph of the gradient (`gradients`).

Both handle nodes in the one order that `graph.backward_order` defines.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import repeat
from math import copysign, isfinite
from typing import Any

from . import modes, ops, stale
from .graph import backward_order
from .rows import builder, real

NO_GRADIENT = -0.0
"""What a node's `_grad` holds while it has none. Sums that start at 0.0 never come to −0.0 and
adding to it is adding to 0.0, so the chain rule need not know; `grad` shows it as 0.0."""


def is_gradient(grad: float) -> bool:
    return grad != 0.0 or copysign(1.0, grad) > 0.0


def propagate(root: Any, seed: float) -> dict[Any, float]:
    """Return the adjoint ∂root/∂node · seed of every node in root's graph. Changes nothing."""
    order = backward_order(root)
    adjoint = dict.fromkeys(order, 0.0)
    adjoint[root] = seed
    for node in order:
        upstream = adjoint[node]
        # a zero adjoint is not propagated: a branch not taken must not turn 0·inf into NaN
        if upstream:
            for parent, partial in zip(node._parents, node._partials):
                # a parent used twice receives two contributions, hence +=
                adjoint[parent] += upstream * partial
    return adjoint


def check_propagation(adjoint: dict[Any, float]) -> None:
    """Raise AnomalyError at the first gradient, in backward order, that is not finite."""
    for node, upstream in adjoint.items():
        for parent, partial in zip(node._parents, node._partials):
            if upstream:
                modes.check_gradient(node, upstream * partial)
                modes.check_gradient(node, adjoint[parent])


def backward(root: Any, seed: float) -> None:
    """Accumulate the adjoints into the leaves' `grad`; set it in all other nodes.

    All or nothing: an exception, Ctrl-C included, leaves every gradient as it was.
    """
    adjoint = propagate(root, seed)
    if modes.active and modes.state.anomaly:
        check_propagation(adjoint)
    store(adjoint)


def store(adjoint: dict[Any, float]) -> None:
    """Accumulate adjoints into the leaves' gradients, set those of all other nodes."""
    overwrite({node: g if node.op else node._grad + g for node, g in adjoint.items()})


def overwrite(grads: dict[Any, float]) -> None:
    # map inside deque runs in C without a step of bytecode: no signal handler can cut in
    deque(map(setattr, grads, repeat("_grad"), grads.values()), maxlen=0)


def adjoints(root: Any, targets: Sequence[Any]) -> list[float]:
    """Return ∂root/∂target for each target as numbers; no node's `grad` changes."""
    if modes.active and modes.state.anomaly:
        check_propagation(propagate(root, 1.0))
    result: list[float] = root._adjoints(targets)
    return result


def gradients(root: Any, leaves: Sequence[Any], seed: Any = 1.0) -> list[Any]:
    """Return ∂root/∂leaf for each leaf as Values: a graph, to be drawn or differentiated again.

    A leaf that `root` does not depend on has derivative 0.0. Any node may serve as a leaf.
    Raises TypeError if `root` or a leaf is not a Value.
    """
    for node in (root, *leaves):
        if builder(node) is None:
            raise TypeError(f"gradients needs Values, got {type(node).__name__} {node!r:.60}")
    constant = getattr(root, "_constant", type(root))
    adjoint = symbolic_adjoints(root, leaves, seed)
    found = [adjoint.get(leaf, 0.0) for leaf in leaves]
    return [g if builder(g) else constant(g) for g in found]


def symbolic_adjoints(root: Any, leaves: Sequence[Any], seed: Any) -> dict[Any, Any]:
    """The adjoints of `root` and of the leaves it depends on, each a float or a Value."""
    # a kind of node may bring the same pass with it, in C
    own = getattr(root, "_symbolic_adjoints", None)
    found: dict[Any, Any] | None = own and own(leaves, seed)
    return walked_adjoints(root, leaves, seed) if found is None else found


def walked_adjoints(root: Any, leaves: Sequence[Any], seed: Any) -> dict[Any, Any]:
    order = backward_order(root)
    leading = leading_to(order, leaves)
    # a kind of node may bring an operator of its own for this
    summed = getattr(root, "_sum_of_products", sum_of_products)
    pairs: dict[Any, list[tuple[Any, Any]]] = {root: [(seed, 1.0)]}
    adjoint: dict[Any, Any] = {}
    targets = {root, *leaves}
    for node in order:
        if node not in pairs:
            continue
        upstream = summed(pairs.pop(node))
        if node in targets:
            adjoint[node] = upstream
        is_zero = builder(upstream) is None and upstream == 0.0
        if is_zero or leading.isdisjoint(node._parents):
            continue
        for parent, partial in symbolic_partials(node, leading):
            pairs.setdefault(parent, []).append((upstream, partial))
    return adjoint


def sum_of_products(pairs: Iterable[tuple[Any, Any]]) -> Any:
    return reduce(plus, [times(*pair) for pair in pairs], 0.0)


def leading_to(order: Sequence[Any], leaves: Sequence[Any]) -> set[Any]:
    """The nodes among `order` through which a leaf reaches the root, the leaves included."""
    leading = set(leaves)
    for node in reversed(order):
        if not leading.isdisjoint(node._parents):
            leading.add(node)
    return leading


def symbolic_partials(node: Any, leading: set[Any]) -> Iterable[tuple[Any, Any]]:
    """The operands of `node` that matter, each with its partial as a float or a Value."""
    operands = node._operands
    variable = [builder(x) is not None for x in operands]
    # a number that is traced has no past
    known = not hasattr(node, "_partials") or stale.checked(node, operands)
    local = node.op.local(node, operands, variable)
    if not known:
        stale.compare(node, operands, local)
    return [(x, p) for x, p in zip(operands, local) if p is not None and x in leading]


def times(upstream: Any, partial: Any) -> Any:
    """upstream · partial, without a node where one of them is exactly the constant 0 or 1."""
    for one, other in ((upstream, partial), (partial, upstream)):
        if builder(one) is None:
            if one == 0.0:
                return 0.0
            if one == 1.0:
                return other
    return (ops.mul if is_finite(partial) else ops.chain)(upstream, partial)


def is_finite(x: Any) -> bool:
    """Tell whether `x` is finite for good: a number that is only traced may be anything."""
    if builder(x) is not None and not hasattr(type(x), "_data"):
        return False
    number = getattr(x, "data", x)
    return builder(number) is None and isfinite(real(number))


def plus(x: Any, y: Any) -> Any:
    for one, other in ((x, y), (y, x)):
        if builder(one) is None and one == 0.0:
            return other
    return ops.add(x, y)
