"""The chain rule: on numbers (`propagate`), or building the graph of the gradient (`gradients`).

Both handle nodes in the one order that `graph.backward_order` defines.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import repeat
from typing import Any, NamedTuple

from . import doubts, modes, ops, stale
from .graph import backward_order
from .ieee import choose
from .messages import described
from .scalars import NOTHING, is_nothing, is_value

NO_GRADIENT = NOTHING
"""A node's `_grad` while the node has no gradient; `grad` shows it as 0.0."""


def is_gradient(grad: float) -> bool:
    return not is_nothing(grad)


def propagate(root: Any, seed: float) -> dict[Any, float]:
    """Return the adjoint ∂root/∂node · seed of every node in root's graph."""
    return doubts.without(lambda: adjoints_of_all(root, seed))


def adjoints_of_all(root: Any, seed: float) -> dict[Any, float]:
    order = backward_order(root)
    adjoint = dict.fromkeys(order, NOTHING)
    adjoint[root] = ops.start(seed)
    for node in order:
        upstream = adjoint[node]
        for parent, partial in zip(node._parents, node._partials):
            # a parent used twice receives two contributions, hence +=
            adjoint[parent] += choose(upstream, partial)
    return adjoint


def check_propagation(adjoint: dict[Any, float]) -> None:
    """Raise AnomalyError at the first gradient, in backward order, that is not finite."""
    for node, upstream in adjoint.items():
        for parent, partial in zip(node._parents, node._partials):
            modes.check_gradient(node, choose(upstream, partial))
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
    """Accumulate adjoints into the leaves' gradients, set the gradients of all other nodes."""
    # + 0.0: a node that backward() reached has a gradient, also where nothing came
    pairs = adjoint.items()
    overwrite(adjoint, [g + 0.0 if v.op else v._grad + (g + 0.0) for v, g in pairs])


def overwrite(nodes: Iterable[Any], grads: Iterable[float]) -> None:
    # map inside deque runs in C without a step of bytecode: no signal handler can cut in
    deque(map(setattr, nodes, repeat("_grad"), grads), maxlen=0)


def adjoints(root: Any, targets: Sequence[Any]) -> list[float]:
    """Return ∂root/∂target for each target as numbers, NOTHING where nothing flows, or a 0 that may
    stand for it; no node's `grad` changes."""
    if modes.active and modes.state.anomaly:
        check_propagation(propagate(root, 1.0))
    result: list[float] = root._adjoints(targets)
    return result


def certain_adjoints(root: Any, targets: Sequence[Any]) -> list[float]:
    """The same, and no 0 stands for NOTHING: these may become partials of a node."""
    found = adjoints(root, targets)
    if not any(x == 0.0 and not is_nothing(x) for x in found):
        return found
    doubts.decide(filter(doubts.is_doubtful, backward_order(root)))
    return adjoints(root, targets)


def gradients(root: Any, leaves: Iterable[Any], seed: Any = 1.0) -> list[Any]:
    """Return ∂root/∂leaf for each leaf as Values: a graph, to be drawn or differentiated again.

    A leaf that `root` does not depend on has derivative 0.0. Any node may serve as a leaf.
    Raises TypeError if `root` or a leaf is not a Value.
    """
    if is_value(leaves):
        raise TypeError(f"gradients needs a list of leaves, got {described(leaves)}: write [leaf]")
    leaves = list(leaves)
    for node in (root, *leaves):
        # a number that is traced may stand for a float
        if not is_value(node) or not getattr(node, "in_graph", True):
            raise TypeError(f"gradients needs Values, got {described(node)}")
    as_value = getattr(root, "_as_value", None)
    found = shown_gradients(root, leaves, seed)
    return list(map(as_value, found)) if as_value else found


def shown_gradients(
    root: Any, leaves: Sequence[Any], seed: Any = 1.0, are_ends: bool = False
) -> list[Any]:
    """The derivatives of `gradients`; where numbers are traced, a root that stands for a float may
    have some too, and a derivative may be one."""
    return [shown(g, root) for g in adjoint_values(root, leaves, seed, are_ends)]


def adjoint_values(
    root: Any, leaves: Sequence[Any], seed: Any = 1.0, are_ends: bool = False
) -> list[Any]:
    """The derivatives of `gradients` as floats or Values, NOTHING where nothing flows. Leaves that
    `are_ends` were not computed from one another: what is behind them is not looked at."""
    # in a function that is traced, a tracer stands for a Value from outside
    within = getattr(root, "_standing_for", None)
    nodes = list(map(within, leaves)) if within else leaves
    root = within(root) if within else root
    return symbolic_adjoints(root, nodes, ops.start(seed), are_ends)


def shown(gradient: Any, root: Any) -> Any:
    """A gradient as a user sees it: a Value, in which nothing has become 0.0."""
    if not is_value(gradient):
        return getattr(root, "_constant", type(root))(gradient + 0.0)
    return gradient if is_never_nothing(gradient) else gradient + 0.0


def is_never_nothing(x: Any) -> bool:
    """Tell whether `x` is known not to be −0.0; a tracer may turn out to be −0.0."""
    number = getattr(x, "_number", NOTHING)
    return not is_nothing(number)


def symbolic_adjoints(
    root: Any, leaves: Sequence[Any], seed: Any, are_ends: bool = False
) -> list[Any]:
    """The adjoint of each leaf, a float or a Value; NOTHING where nothing flows."""
    # a kind of node may bring the same pass with it, in C
    own = getattr(root, "_symbolic_adjoints", None)
    found: list[Any] | None = own and own(leaves, seed)
    if found is not None:
        return found
    # nodes are the same where they are one object, and the hash of a tracer takes long
    walked = walked_adjoints(root, leaves, seed, are_ends)
    adjoint = {id(node): g for node, g in walked.items()}
    return [adjoint.get(id(leaf), NOTHING) for leaf in leaves]


def walked_adjoints(root: Any, leaves: Sequence[Any], seed: Any, are_ends: bool) -> dict[Any, Any]:
    """The adjoints of `root` and of the leaves it depends on."""
    order = backward_order(root, set(leaves) if are_ends else ())
    leading = leading_to(order, leaves)
    # a kind of node may bring an operator of its own for this
    summed = getattr(root, "_sum_of_products", sum_of_products)
    pairs: dict[Any, list[Pair]] = {root: [Pair(seed, 1.0, False)]}
    adjoint: dict[Any, Any] = {}
    targets = {root, *leaves}
    for node in order:
        if node not in pairs:
            continue
        upstream = summed(pairs.pop(node))
        if node in targets:
            adjoint[node] = upstream
        if is_no_contribution(upstream) or leading.isdisjoint(node._parents):
            continue
        for parent, partial, selects in symbolic_partials(node, leading):
            pairs.setdefault(parent, []).append(Pair(upstream, partial, selects))
    return adjoint


class Pair(NamedTuple):
    """A contribution before it is computed. A partial that `selects` may be NOTHING."""

    upstream: Any
    partial: Any
    selects: bool


def sum_of_products(pairs: Iterable[Pair]) -> Any:
    return reduce(plus, [times(*pair) for pair in pairs], NOTHING)


def leading_to(order: Sequence[Any], leaves: Sequence[Any]) -> set[Any]:
    """The nodes among `order` through which a leaf reaches the root, the leaves included."""
    leading = set(leaves)
    for node in reversed(order):
        if not leading.isdisjoint(node._parents):
            leading.add(node)
    return leading


def symbolic_partials(node: Any, leading: set[Any]) -> list[tuple[Any, Any, bool]]:
    """The operands of `node` that are in `leading`: each with its partial, a float or a Value, and
    with whether the partial selects."""
    operands = node._operands
    variable = list(map(is_variable, operands))
    # a number that is traced has no past
    known = not hasattr(node, "_partials") or stale.checked(node, operands)
    local = node.op.local(node, operands, variable)
    if not known:
        stale.compare(node, operands, local)
    found = zip(operands, local, node.op.selecting(variable))
    return [(x, p, selects) for x, p, selects in found if p is not None and x in leading]


def is_variable(x: Any) -> bool:
    """Tell whether an operand is variable: a Value, or a tracer that stands for one and not for a
    float."""
    return is_value(x) and getattr(x, "_is_variable", True)


def times(upstream: Any, partial: Any, selects: bool) -> Any:
    """upstream · partial, without a node where one of them is exactly nothing or the constant 1."""
    if is_no_contribution(upstream) or is_no_contribution(partial):
        return NOTHING
    if is_one(partial):
        return upstream
    if is_one(upstream) and (selects or is_never_nothing(partial)):
        return partial
    return (ops.choose if selects else ops.chain)(upstream, partial)


def is_no_contribution(x: Any) -> bool:
    """Tell whether `x` is nothing for good: a number. A node may be nothing this time alone."""
    return not is_value(x) and is_nothing(x)


def is_one(x: Any) -> bool:
    return not is_value(x) and x == 1.0


def plus(x: Any, y: Any) -> Any:
    for one, other in ((x, y), (y, x)):
        if is_no_contribution(one):
            return other
    return ops.add(x, y)
