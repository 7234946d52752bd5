"""The native engine: Value in C (`_engine`), and the part of it that stays in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import arrays, backward, blocks, comparing, copying, doubts, given, modes, updates
from ..rows import BUILT_IN, Operator
from ..scalars import attribute, operand
from ..updates import RULES, Job
from ._engine import Value, function, install, set_modes, update_rules
from ._engine import update as update_in_c

__all__ = ["Value", "function", "update"]


def build(op: Operator, operands: tuple[Any, ...]) -> Any:
    """Build the node of an operator that has to be run in Python."""
    out, operands, partials = modes.evaluate(op, operands, Value)
    node = Value._rebuild(op, out, backward.NO_GRADIENT, "", operands, partials)
    return modes.settle(node) if modes.active else node


def backward_in_mode(node: Any, seed: float) -> None:
    if modes.state.anomaly:
        backward.backward(node, seed)
    else:
        node._run_backward(seed)


def plain(node: Any) -> str:
    return node.op.plain(node.operands) if node.op else ""


def update(jobs: Sequence[Job]) -> tuple[int, int] | None:
    """The twin of `updates.update`; the rules of the table are in C."""
    if any(job.rule.code < 0 for job in jobs):
        return updates.update(jobs)
    return update_in_c(tuple((job.rule.code, *job[1:]) for job in jobs))


if update_rules() != [rule.signature for rule in RULES.values()]:
    raise ImportError("updates.h does not know the table's update rules: build the extension anew")

install(
    rows=tuple(BUILT_IN.values()),
    operand=operand,
    build=build,
    settle=modes.settle,
    backward=backward_in_mode,
    check_record=copying.check_record,
    deepcopy=copying.deepcopy,
    linked=copying.linked,
    reduce=copying.reduce,
    traced_leaf=modes.traced_leaf,
    traced_number=modes.traced_number,
    refuse_to_change=modes.refuse_to_change,
    unwatched=modes.unwatched,
    plain=plain,
    attribute=attribute,
    constructed=given.constructed,
    equal_float=comparing.equal_float,
    compared=comparing.traced_comparison,
    array_ufunc=arrays.array_ufunc,
    decide=doubts.decide,
)
set_modes(blocks.active, blocks.entered, blocks.suspendable, blocks.state)
