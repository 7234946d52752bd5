"""The native engine: Value in C (`_engine`), and the part of it that stays in Python."""

from __future__ import annotations

from typing import Any

from .. import backward, copying, modes
from ..rows import BUILT_IN, Operator, operand
from . import _engine
from ._engine import Value, function

__all__ = ["Value", "function"]


def build(op: Operator, operands: tuple[Any, ...]) -> Any:
    """Build the node of an operator that has to be run in Python."""
    out, operands, partials = op.evaluate(operands, Value)
    node = Value._rebuild(op, out, 0.0, "", operands, partials)
    return modes.settle(node) if modes.active else node


def backward_in_mode(node: Any, seed: float) -> None:
    if modes.state.anomaly:
        backward.backward(node, seed)
    else:
        node._run_backward(seed)


_engine.install(
    tuple(BUILT_IN.values()),
    operand,
    build,
    modes.settle,
    backward_in_mode,
    copying.check_record,
    copying.deepcopy,
    copying.reduce,
)
modes.listeners.append(_engine.set_modes)
