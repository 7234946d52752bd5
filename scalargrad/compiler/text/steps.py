"""A body as text: what a pass of the compiler gives, for readers of the compiler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ... import ops
from ...rows import Operator
from ..trace.body import Body
from ..trace.vocabulary import CONSTANT, accumulate, products
from .emit import FORMULA, in_formulas, number


def steps(body: Body, names: Sequence[str]) -> str:
    """Return a body as text, a line a node; `names` are those of its inputs.

    A node that differs from lane to lane is marked with `|`, a uniform one is not.
    """
    return "\n".join(lines(body, names))


def lines(body: Body, names: Sequence[str]) -> Iterator[str]:
    trace = body.trace
    called = dict(zip(trace.inputs, names))
    order = trace.needed(body.wanted)
    # constants first: fusion puts its own behind the nodes that use them
    constants = [i for i in order if trace.rows[i] is CONSTANT]
    called |= {i: number(FORMULA, trace.numbers[i]) for i in constants}
    for i in order:
        row = trace.rows[i]
        if isinstance(row, Operator):
            called[i] = f"v{i}"
            mark = "|" if trace.lanes[i] else " "
            yield f"{mark} v{i} = {spelled(row, [called[j] for j in trace.operands[i]])}"
    for guard in trace.guards:
        condition = f"{called[guard.x]} {guard.compare} {called[guard.y]}"
        yield f"  only if {condition}" if guard.outcome else f"  only if not {condition}"
    yield f"  outputs: {', '.join(called[i] for i in body.outputs)}"


def spelled(row: Operator, operands: Sequence[str]) -> str:
    """One operation, as a reader knows it."""
    if row in (products, accumulate):
        pairs = zip(operands[::2], operands[1::2])
        return " + ".join(x if y == "1.0" else in_formulas(ops.mul).format(x, y) for x, y in pairs)
    if row.arity is None:
        return f"{row.name}({', '.join(operands)})"
    return in_formulas(row).format(*operands)
