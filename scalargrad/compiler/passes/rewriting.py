"""A trace that rewrites what is computed in it: by rules, and by the elementary form of an
operator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ... import ops
from ...rows import Operator
from ...scalars import is_value
from ..trace.recorder import Recorder

Rule = Callable[..., Any]
"""Computes something in place of an operator, from the trace to compute in and the operands."""

FUSED = (ops.sum, ops.dot)
"""Folds that stay as they are, for `fused` makes one instruction of each."""


class Rewriting(Recorder):
    """A trace whose `compute` asks its `rules` first, by operator.

    Operands and results are floats where they are constants, else Tracers.
    """

    rules: Mapping[Operator, Rule]
    varies = True
    """Whether anything may differ from lane to lane."""

    def compute(self, row: Operator, operands: Iterable[Any]) -> Any:
        rule = self.rules.get(row)
        return rule(self, *operands) if rule else self.written(row, operands)

    def written(self, row: Operator, operands: Iterable[Any]) -> Any:
        """An operator on operands, in its elementary form if it has one."""
        if row.elementary is None or row in FUSED:
            return super().compute(row, operands)
        given = list(operands)
        return (row.elementary if any(map(is_value, given)) else row.forward)(*given)

    def has_lanes(self, x: Any) -> bool:
        return is_value(x) and self.lanes[x.index]
