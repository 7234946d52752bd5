"""The result of a compiled function among Values: each entry above those that it was computed
from."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ... import modes
from ...backward import NO_GRADIENT
from ...engine import Value
from ...transforms.trees import SCALAR
from ...transforms.variables import differentiating, inside
from ..inputs.arguments import Arguments
from ..passes.traced import Entry, Traced
from ..surroundings.search import Surroundings
from ..trace.native import nodes as engine
from .compiled_operator import CompiledOperator
from .later import CallLike, Later, numbers_of
from .programs import Programs
from .results import Results, of_kind, result

NO_NAMES: Mapping[str, Any] = MappingProxyType({})


# ------ of a call that is made in full
class FullCall:
    """A call that was run, whose result is made of nodes where eager mode has Values."""

    def __init__(
        self,
        programs: Programs,
        args: Sequence[Any],
        named: Mapping[str, Any],
        arguments: Arguments,
        results: Results,
        around: Surroundings | None = None,
    ) -> None:
        self.call = programs, args, named
        self.numbers = arguments.numbers
        self.results = results
        self.operands = (*(self.numbers[k] for k in arguments.values), *results.captured)
        """The Values that a node stands above: those among the arguments, then the captured."""
        self.later: Later | None = None
        if results.come_later and self.operands:
            call = CallLike(programs, arguments, around)
            numbers = numbers_of(arguments.numbers)
            inputs = numbers, arguments.arrays, results.numbers
            self.later = Later(call, (args, named), self.operands, *inputs)

    def result(self) -> Any:
        found = self.results
        if not any(entry.linked for entry in found.entries):
            return result(found.structure, found.numbers)
        entries = zip(found.entries, found.numbers, found.derivatives, found.plain)
        return result(found.structure, [self.made(k, *x) for k, x in enumerate(entries)])

    def made(self, k: int, entry: Entry, x: Any, derivatives: Sequence[Any], plain: Any) -> Any:
        """An entry as the caller gets it: a number as in eager mode, a Value that the function was
        given, or a node."""
        if not entry.linked:
            return x
        if entry.source is not None:
            return entry.source if type(entry.source) is not int else self.numbers[entry.source]
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
        if self.later is not None:
            place = self.later.place(k, lane)
            made = Value._later(self.later, place, float(numbers[0]))
            return modes.settle(made) if modes.active else made
        op = CompiledOperator(*self.call, self.operands, k, lane)
        if inside():
            op.block = differentiating
        partials = tuple(numbers[1:])
        node = Value._rebuild(op, numbers[0], NO_GRADIENT, "", self.operands, partials)
        return modes.settle(node) if modes.active else node


# ------ of a call that takes a shortcut
class Operands:
    """The Values that the results of calls of one form are computed from: those among the
    arguments, then the `captured`."""

    def __init__(self, arguments: Arguments, captured: Sequence[Any]) -> None:
        self.captured = tuple(captured)
        self.fixed = fixed_values(arguments, self.captured)
        """All of them, where they are the same in every such call; None if some come with the
        arguments."""
        self.order = {position: k for k, position in enumerate(arguments.values)}
        """Where each Value among the numbers of a call stands among its operands."""
        known = self.fixed or ()
        self.distinct = 0 < len({id(x) for x in known}) == len(known)

    def returned(self, source: Any, operands: tuple[Any, ...]) -> Any:
        """A Value that the function returns as it is: one that it was given, or closes over."""
        return operands[self.order[source]] if type(source) is int else source


def fixed_values(arguments: Arguments, captured: tuple[Any, ...]) -> tuple[Any, ...] | None:
    known = [x for leaf in arguments.leaves if leaf.watched is not None for x in leaf.numbers]
    return (*known, *captured) if len(known) == len(arguments.values) else None


def finish_nodes(
    programs: Programs, traced: Traced, names: tuple[str, ...], of: Operands
) -> Callable[[Any, Any, Any], Any]:
    """Return a function that makes a result of the arguments of a call, the last of which have
    these names, of a program's outputs, and of the Values among the arguments."""
    fixed, captured, distinct = of.fixed, of.captured, of.distinct

    def finish_one(args: Sequence[Any], numbers: Any, values: list[Any]) -> Any:
        # a tuple of one list takes half of the time
        operands = fixed or ((*values, *captured) if captured else tuple(values))
        op = CompiledOperator(programs, args, NO_NAMES, operands)
        return node(op, operands, numbers, distinct)

    def finish(args: Sequence[Any], numbers: Any, values: list[Any]) -> Any:
        operands, at = fixed or (*values, *captured), 0
        count = len(args) - len(names)
        given, named = args[:count], dict(zip(names, args[count:]))
        found: list[Any] = []
        for k, entry in enumerate(traced.entries):
            end = at + 1 + entry.linked * len(operands)
            if not entry.linked:
                found.append(of_kind(numbers[at], entry))
            elif entry.source is not None:
                found.append(of.returned(entry.source, operands))
            else:
                op = CompiledOperator(programs, given, named, operands, k)
                found.append(node(op, operands, numbers[at:end], distinct))
            at = end
        return result(traced.structure, found)

    structure = traced.structure
    is_number = structure.spec is None and structure.leaves[0].kind is SCALAR
    is_one = is_number and traced.entries[0].source is None
    return finish_one if is_one and not names else finish


def finish_later(
    call: CallLike, traced: Traced, of: Operands, names: tuple[str, ...]
) -> Callable[..., Any]:
    """The same where derivatives come later: then the numbers and arrays of the call count too."""
    special = [k for k, x in enumerate(traced.entries) if not x.linked or x.source is not None]
    entries, later, structure = traced.entries, Value._later, traced.structure
    are_alone = all(leaf.kind is SCALAR for leaf in structure.leaves)

    def instead(k: int, number: Any, operands: tuple[Any, ...]) -> Any:
        if not entries[k].linked:
            return of_kind(number, entries[k])
        return of.returned(entries[k].source, operands)

    def finish(
        args: Sequence[Any], outputs: Any, values: list[Any], numbers: Any, arrays: Any
    ) -> Any:
        operands = of.fixed or (*values, *of.captured)
        count = len(args) - len(names)
        given = args[:count], dict(zip(names, args[count:]))
        made = Later(call, given, operands, call.numbers(numbers), arrays, outputs)
        found = [later(made, k, x) for k, x in enumerate(outputs)]
        for k in special:
            found[k] = instead(k, outputs[k], operands)
        return structure.tree(found) if are_alone else result(structure, found)

    return finish


def finish_leaves(traced: Traced, of: Operands) -> Callable[[Any, Any, Any], Any]:
    """The same within no_grad, where a program has no derivatives."""

    def made(entry: Entry, x: Any, operands: tuple[Any, ...]) -> Any:
        if not entry.linked:
            return of_kind(x, entry)
        if entry.source is not None:
            return of.returned(entry.source, operands)
        return leaves_of(x) if hasattr(x, "shape") else Value(x)

    def finish(args: Sequence[Any], numbers: Any, values: list[Any]) -> Any:
        operands = of.fixed or (*values, *of.captured)
        found = [made(entry, x, operands) for entry, x in zip(traced.entries, numbers)]
        return result(traced.structure, found)

    return finish


def leaves_of(numbers: Any) -> Any:
    """An array of Values, one for each lane."""
    import numpy

    found = numpy.empty(len(numbers), dtype=object)
    found[:] = list(map(Value, numbers.tolist()))
    return found


def node(op: Any, operands: tuple[Any, ...], numbers: Any, distinct: bool) -> Any:
    """A node above `operands`; `numbers` are its data and its partials."""
    buffer = numbers if type(numbers) is array else array("d", numbers)
    return engine.compiled_node(op, operands, buffer, distinct)
