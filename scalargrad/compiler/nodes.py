"""The result of a compiled function among Values: each entry above those that it was computed
from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from .. import modes
from ..engine import Value
from .compiled_operator import Gate
from .machine.runner import NATIVE
from .passes.task import Entry, Traced
from .results import Results, of_kind, result

if NATIVE:
    from .shortcut import gate_node


class Made(NamedTuple):
    """A call whose result is made of nodes: of this compiled function, with these arguments, above
    the Values `operands`, the first of which stand among the `numbers` of the call."""

    compiled: Any
    args: Sequence[Any]
    named: Mapping[str, Any]
    numbers: Sequence[Any]
    operands: tuple[Any, ...]

    def result(self, results: Results) -> Any:
        entries = zip(results.entries, results.numbers, results.derivatives, results.plain)
        return result(results.structure, [self.made(k, *x) for k, x in enumerate(entries)])

    def made(self, k: int, entry: Entry, x: Any, derivatives: Sequence[Any], plain: Any) -> Any:
        """What becomes of an entry: a number as in eager mode, a Value that the function was given,
        or a node."""
        if not entry.linked:
            return x
        if entry.given is not None:
            return entry.given if type(entry.given) is not int else self.numbers[entry.given]
        if hasattr(x, "shape"):
            return self.over_lanes(k, x, derivatives, plain)
        return self.node(k, None, (x, *derivatives))

    def over_lanes(self, k: int, x: Any, derivatives: Sequence[Any], plain: Any) -> Any:
        import numpy

        nodes = numpy.empty(x.size, dtype=object)
        for lane in range(x.size):
            own = [float(y.flat[lane]) if hasattr(y, "shape") else y for y in (x, *derivatives)]
            is_plain = plain is not None and plain[lane]
            nodes[lane] = own[0] if is_plain else self.node(k, lane, own)
        return nodes.reshape(x.shape)

    def node(self, k: int, lane: int | None, numbers: Sequence[float]) -> Any:
        if modes.state.no_grad or not self.operands:
            return Value(numbers[0])
        op = Gate(self.compiled, self.args, self.named, self.operands, k, lane)
        partials = tuple(numbers[1:])
        node = Value._rebuild(op, numbers[0], 0.0, "", self.operands, partials)
        return modes.settle(node) if modes.active else node


def finish_nodes(compiled: Any, traced: Traced, plan: Any) -> Callable[[Any, Any, Any], Any]:
    """What makes a result of a call's arguments, a program's outputs, which are numbers, and the
    Values among the arguments; by the short way through a call."""

    def finish_one(args: Sequence[Any], numbers: Any, values: list[Any]) -> Any:
        operands = plan.fixed or plan.operands(values)
        op = Gate(compiled, args, NO_NAMES, operands)
        return gate_node(op, operands, numbers, plan.distinct)

    def finish(args: Sequence[Any], numbers: Any, values: list[Any]) -> Any:
        operands, at = plan.fixed or plan.operands(values), 0
        count = len(args) - len(plan.names)
        given, named = args[:count], dict(zip(plan.names, args[count:]))
        found: list[Any] = []
        for k, entry in enumerate(traced.entries):
            end = at + 1 + entry.linked * len(operands)
            if not entry.linked:
                found.append(of_kind(numbers[at], entry))
            elif entry.given is not None:
                found.append(plan.given_value(entry.given, operands))
            else:
                op = Gate(compiled, given, named, operands, k)
                found.append(gate_node(op, operands, numbers[at:end], plan.distinct))
            at = end
        return result(traced.structure, found)

    is_one = traced.structure.spec is None and traced.entries[0].given is None
    return finish_one if is_one and not plan.names else finish


NO_NAMES: Mapping[str, Any] = MappingProxyType({})
