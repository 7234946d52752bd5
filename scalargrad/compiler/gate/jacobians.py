"""A gate that is a Jacobian: its calls run as one program, or by products, or in eager mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from ...transforms.variables import chosen
from ..inputs.arguments import Arguments
from .probe import MOST_ROWS, ManyRows, Misfit, Probe
from .products import ByProducts, Gates
from .shortcut import MISSED

MOST_FORMS = 64
"""So many forms of calls are known."""


Caller = Callable[..., Any]
"""Makes a call, of positional arguments, named ones, and Arguments."""


class JacobianCalls:
    """Calls of a gate that is a Jacobian. Those of one form and constants are made by a caller: as
    a `whole`, one program, or by products, or `eagerly`."""

    def __init__(self, gates: Gates, whole: Caller) -> None:
        self.gates = gates
        self.meaning = gates.meaning
        self.jacobian = gates.jacobian
        self.whole = whole
        self.callers: dict[Any, Caller] = {}

    def __call__(self, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """The Jacobian for these arguments."""
        for caller in list(self.callers.values()):
            found = caller.again(args, named) if isinstance(caller, ByProducts) else MISSED
            if found is not MISSED:
                return found
        arguments = self.meaning.arguments(args, named)
        caller = self.callers.get(arguments.key) or self.first_caller(arguments)
        return self.by(caller, args, named, arguments)

    def by(self, caller: Caller, args: Any, named: Any, arguments: Arguments) -> Any:
        """The same by this caller, or by another one if it turns out not to fit."""
        try:
            found = caller(args, named, arguments)
        except ManyRows as many:
            other = (
                self.eagerly if many.is_linked else ByProducts(self.gates, arguments, many.count)
            )
        except Misfit:
            other = self.whole
        else:
            self.keep(arguments.key, caller)
            return found
        arguments.probe = None
        return self.by(other, args, named, arguments)

    def form_of(self, args: Sequence[Any], named: Mapping[str, Any]) -> ByProducts | None:
        """The form of such a call, which is made; None if it is made as a whole."""
        self(args, named)
        caller = self.callers.get(self.meaning.arguments(args, named).key)
        return caller if isinstance(caller, ByProducts) else None

    def keep(self, key: Any, caller: Caller) -> None:
        self.callers[key] = caller
        if len(self.callers) > MOST_FORMS:
            del self.callers[next(iter(self.callers))]

    # ------ callers
    def first_caller(self, arguments: Arguments) -> Caller:
        """The caller to be tried first."""
        if not self.may_be_apart(arguments):
            return self.whole
        if not self.jacobian.is_square:
            return self.probed
        count = sum(len(leaf.numbers) for leaf in self.varied(arguments))
        return ByProducts(self.gates, arguments, count) if count > MOST_ROWS else self.whole

    def probed(self, args: Any, named: Any, arguments: Arguments) -> Any:
        """A call as a whole, unless it turns out to have many rows."""
        arguments.probe = Probe(self.jacobian)
        return self.whole(args, named, arguments)

    def eagerly(self, args: Any, named: Any, arguments: Arguments) -> Any:
        """A call with many rows among Values. The function itself is faster: in a program the
        derivatives of each entry would be computed, by a pass for each."""
        return self.meaning(args, named)

    # ------ what is asked of arguments
    def may_be_apart(self, arguments: Arguments) -> bool:
        """Whether a product has the lanes of the whole: samples, and variables that all of these
        share where results are reduced."""
        if arguments.shape is None:
            return True
        if not arguments.batched or arguments.has_values_in_lanes:
            return False
        in_lanes = any(leaf.has_lanes for leaf in self.varied(arguments))
        return self.meaning.reduce is None or not in_lanes

    def varied(self, arguments: Arguments) -> list[Any]:
        """The leaves of the arguments that the Jacobian is taken in."""
        leaves = iter(arguments.leaves)
        owned = [list(islice(leaves, count)) for count, _ in arguments.specs]
        given = len(owned) - len(arguments.names_given)
        return [leaf for i in chosen(self.jacobian.argnums, given) for leaf in owned[i]]
