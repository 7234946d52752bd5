"""The derivatives of a kind of parts in its own variables: a body with a lane for each part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ... import modes, ops
from ...backward import is_no_contribution, symbolic_adjoints
from ...rows import Operator
from ...scalars import is_value
from ...transforms.sparse import GRADIENT, VALUE
from ..trace.body import Body
from ..trace.chosen import Trace
from ..trace.recorder import Recorder
from ..trace.vocabulary import CONSTANT
from .kinds import OF_VALUE, OF_VARIABLE, Kind

OF_VALUES = (OF_VARIABLE, OF_VALUE)


class Local(NamedTuple):
    """The computation for a kind. Each output of the `body` is the derivative in the leaves that
    its entry in `leaves` names: none for a value, one for a gradient, two for a Hessian, of which
    the first is not before the second. `fixed` are those that are the same number in all parts.
    `columns` are the leaves that come as inputs, and after them, if there is one, the seed."""

    body: Body
    leaves: list[tuple[int, ...]]
    fixed: list[tuple[tuple[int, ...], float]]
    columns: list[int]

    @property
    def all_leaves(self) -> list[tuple[int, ...]]:
        """The leaves of the outputs, then of what is fixed."""
        return [*self.leaves, *(leaves for leaves, _ in self.fixed)]

    @property
    def work(self) -> int:
        """How many nodes it takes."""
        return len(self.body.trace.needed(self.body.outputs))


def local(
    kind: Kind, rows: Sequence[Operator], same: Sequence[float | None], order: int, is_seeded: bool
) -> Local:
    """The derivatives of this order of a kind; times a seed of each part if it `is_seeded`. `same`
    are the leaves that are the same number in all parts."""
    trace = Trace()
    with modes.tracing(trace):
        columns = [k for k, number in enumerate(same) if number is None]
        given = {k: trace.input(0.5, True, kind.sorts[k] not in OF_VALUES) for k in columns}
        seed = trace.input(0.5, True, True) if is_seeded else 1.0
        leaves = [given.get(k, number) for k, number in enumerate(same)]
        variables = {k: x for k, x in given.items() if kind.sorts[k] == OF_VARIABLE}
        root = computed(trace, kind, rows, leaves)
        found = derivatives(root, seed, variables, order)
        outputs = [(which, trace.index(ops.add(x, 0.0))) for which, x in found]
    is_fixed = {i: trace.rows[i] is CONSTANT for _, i in outputs}
    varying = [(which, i) for which, i in outputs if not is_fixed[i]]
    fixed = [(which, float(trace.numbers[i])) for which, i in outputs if is_fixed[i]]
    return Local(Body(trace, [i for _, i in varying]), [x for x, _ in varying], fixed, columns)


def computed(trace: Recorder, kind: Kind, rows: Sequence[Operator], leaves: Sequence[Any]) -> Any:
    """The result of a kind's steps on its leaves."""
    steps: list[Any] = []
    for code, operands in kind.steps:
        own = [steps[x >> 1] if x & 1 else leaves[x >> 1] for x in operands]
        is_square = rows[code] is ops.pow and type(own[1]) is float and own[1] == 2.0
        # the same number, and a twentieth of the nodes for its second derivative
        steps.append(ops.square(own[0]) if is_square else trace.compute(rows[code], own))
    return steps[-1]


def derivatives(
    root: Any, seed: Any, variables: dict[int, Any], order: int
) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Yield derivatives of a root, each with the leaves that it is taken in; only where something
    flows."""
    if order == VALUE:
        yield (), root
        return
    for k, first in slopes(root, variables, seed):
        if order == GRADIENT:
            yield (k,), first
        else:
            earlier = {j: y for j, y in variables.items() if j <= k}
            yield from (((k, j), second) for j, second in slopes(first, earlier, 1.0))


def slopes(root: Any, variables: dict[int, Any], seed: Any) -> Iterator[tuple[int, Any]]:
    """Yield the derivative in each variable, by its leaf, that something flows to."""
    if not is_value(root):
        return
    found = symbolic_adjoints(root, list(variables.values()), seed)
    yield from ((k, x) for k, x in zip(variables, found) if not is_no_contribution(x))
