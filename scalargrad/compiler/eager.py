"""A compiled function as an operator: what a node that it made is differentiated by.

The node has its partial derivatives from the machine. For derivatives of these the function is run
again by the eager engine, as a graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ops
from ..backward import adjoint_values, adjoints
from ..checkpoint import replayed
from ..engine import Value
from ..rows import Operator
from ..trees import flatten, is_value
from ..variables import differentiating
from .arguments import Arguments


class Gate(Operator):
    """One entry of a compiled function's result, in one lane or reduced over all of them, as an
    operator on the Values it was computed from."""

    # an operator made at every call: what is the same for all gates stands in the class
    code = -1
    c = count = gates = arity = beside_constant = constant_from = dunder = numpy = None
    names = defaults = samples = ()
    hidden = method = False
    selects = True
    entry = 0
    lane: int | None = None

    def __init__(self, compiled: Any, args: Sequence[Any], operands: Sequence[Any]) -> None:
        self.compiled = compiled
        self.args = args
        self.originals = operands

    @property
    def name(self) -> str:  # type: ignore[override]
        return getattr(self.compiled.f, "__name__", "compiled")

    symbol = __name__ = name

    def arrange(self, *operands: Any) -> tuple[Any, ...]:
        return operands

    def forward(self, *numbers: float) -> float:
        result: float = self.root(list(map(Value, numbers))).data
        return result

    def partials(self, out: Any, *operands: Any) -> list[Any]:
        if any(map(is_value, operands)):
            # copies, for one operand may have been computed from another
            variables = [ops.identity(x) for x in operands]
            return adjoint_values(self.root(variables), variables)
        leaves = list(map(Value, operands))
        return adjoints(self.root(leaves), leaves)

    def root(self, variables: Sequence[Any]) -> Any:
        """The result as a node above these, in place of the Values of the call."""
        instead = dict(zip(self.originals, variables))
        call = Arguments(self.args, self.compiled.batch)
        numbers = [instead.get(x, x) if is_value(x) else x for x in call.numbers]
        lanes = range(call.lanes or 1) if self.lane is None else [self.lane]
        with differentiating(level=False):
            results = [self.sample(call, numbers, lane) for lane in lanes]
            out = (ops.mean if self.compiled.reduce == "mean" else ops.sum)(results)
            out = replayed(out, instead) if is_value(out) else out
            return out if is_value(out) else Value(out)

    def sample(self, call: Arguments, numbers: Sequence[Any], lane: int) -> Any:
        inputs = [x[lane] if has else x for x, has in zip(numbers, call.lane)]
        return flatten(self.compiled.f(*call.given(inputs)), "the result")[0][self.entry]

    def __reduce__(self) -> Any:
        raise TypeError(f"a graph with a node of compiled function {self.name} cannot be pickled")
