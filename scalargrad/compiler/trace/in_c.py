"""The trace in C: the twin of `in_python.py`, as far as it stays in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ... import modes
from ...engine import Value
from ...rows import BUILT_IN, Operator
from ..loops.growing import one
from ..loops.recorder import Recorded
from . import in_python
from .arithmetic import checked
from .guards import COMPARE, Guard
from .loops_in_c import items_of
from .native import nodes
from .raising import Raising
from .recorder import Recorder
from .rolled import Rolled
from .tracer import VALUE, Number, Traits
from .vocabulary import CONSTANT, INPUT, STRUCTURE

CONSTANT_STEP = -2
"""The code of a step that is a constant."""


class Tracer(Raising, nodes.Tracer, Number):  # type: ignore[misc]
    """A number of a `Trace`."""

    __slots__ = ()
    __hash__ = Number.__hash__  # that in C compares, and would leave it without a hash

    def _symbolic_adjoints(self, leaves: Sequence[Any], seed: Any) -> list[Any] | None:
        """The result of `backward.symbolic_adjoints`; None where that has to find it itself."""
        if modes.state.no_grad:
            return None
        trace: Any = self.trace
        found: list[Any] = trace.adjoints(self, tuple(leaves), seed)
        return found

    def _traits(self) -> Traits:
        found: Any = self._rolled_traits
        return Number._traits(self) if found is None else Traits(*found)


Tracer.__name__ = VALUE


class Trace(nodes.Trace, Recorder):  # type: ignore[misc]
    """The twin of `in_python.Trace`; its columns are views of memory in C."""

    finds_loops = True

    def compute_each(
        self, row: Operator, nodes: Sequence[int], beside: Sequence[int] = ()
    ) -> list[int]:
        found: list[int] = super().compute_each(row, nodes, beside)
        return found

    def rolled(self, results: Sequence[Any]) -> Rolled | None:
        return rolled_of(super().rolled(tuple(results)))

    def rolled_nodes(self, results: Sequence[Any]) -> Rolled | None:
        indices = list(map(self.index, results))
        found = rolled_of(super().rolled_nodes(indices))
        return found and found._replace(linked=self.are_linked(indices))


def rolled_of(found: Any) -> Rolled | None:
    """What C has, as Python has it."""
    if found is None:
        return None
    items, events, operands = found
    linked = tuple([bool(is_linked) for _, _, is_linked in operands])
    at = tuple([one(kind, x) for kind, x, _ in operands])
    return Rolled(Recorded(items_of(items), events), at, linked)


def steps_of(
    rule: Callable[..., Any], numbers: Sequence[float], given: int
) -> tuple[list[Any], int]:
    """A rule, traced on placeholders, of which it takes so many: the steps (code,
    slots of the operands, number), and the slot of the result. Slots are: the output, the operands,
    then the steps."""
    scratch = in_python.Trace()
    places = [scratch.input(x) for x in numbers]
    result = scratch.index(rule(*places[len(places) - given :]))
    steps = [
        (CONSTANT_STEP, (), scratch.numbers[i])
        if scratch.rows[i] is CONSTANT
        else (scratch.row(i).code, scratch.operands[i], 0.0)
        for i in range(len(numbers), len(scratch))
    ]
    return steps, result


def sample_of(row: Operator) -> list[float]:
    """An output, and the operands."""
    sample = row.samples[0]
    operands = sample if isinstance(sample, tuple) else (sample,)
    return [row.forward(*operands), *operands]


def template(row: Operator, beside: int) -> list[tuple[list[Any], int, bool]] | None:
    """The partials of a row: for each operand its steps, the slot of the result, and whether it
    selects; None if they depend on how many operands there are."""
    if row.arity is None:
        return None
    rules: Any = row.beside_constant if beside and row.beside_constant else row.partials
    numbers = sample_of(row)
    return [(*steps_of(rule, numbers, len(numbers)), row.may_select(rule)) for rule in rules]


def elementary(row: Operator) -> tuple[list[Any], int, bool]:
    """The elementary form of a row of so many operands."""
    if row.arity is None or row.elementary is None:
        raise TypeError(f"{row.name} is not written with others")
    return *steps_of(row.elementary, sample_of(row), row.arity), False


def local(node: Any) -> list[tuple[Any, bool]]:
    """The partial derivatives of a node in its operands, None for a constant, each with whether
    it selects."""
    operands, plain = node.operands, node.trace.plain
    variable = [not plain[i] for i in node.trace.operands[node.index]]
    return list(zip(node.op.local(node, operands, variable), node.op.selecting(variable)))


BY_CODE = [getattr(Number, f"__{name}__") for name in ("lt", "le", "eq", "ne", "gt", "ge")]
"""The comparisons by the codes that C has for them."""


def compared(x: Any, y: Any, code: int) -> Any:
    return BY_CODE[code](x, y)


nodes.install_trace(
    rows=(*BUILT_IN.values(), *STRUCTURE),
    input=INPUT,
    constant=CONSTANT,
    tracer=Tracer,
    value=Value,
    forward=in_python.forward,
    operand=checked,
    compared=compared,
    guard=Guard,
    compare=tuple(COMPARE),
    template=template,
    elementary=elementary,
    local=local,
)
