"""The backward pass of a graph explained: a sequence of steps, one for each edge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import Any, NamedTuple, overload

from ...checks.verdicts import Checked
from ...graph import backward_order
from ...modes import Source
from ..symbols import patterns
from ..symbols.formula import TEXT, written
from ..symbols.in_symbols import InSymbols, temporaries
from ..symbols.names import names
from ..symbols.terms import Reading
from ..symbols.text import after_sign, brief
from . import report, walk
from .compared import Compared
from .measured import checked
from .walk import Contribution

LARGEST_FORMULA = 30
"""Nodes up to which a whole graph is written as one formula."""


@dataclass(frozen=True)
class Step(Contribution):
    """A contribution to be read: its consumer `in_symbols`, and `root`, the name of the root."""

    in_symbols: InSymbols
    root: str

    @property
    def operand(self) -> int:
        """The parent's position among the operands of the consumer, constants counted."""
        return self.in_symbols.positions[self.edge]

    @property
    def consumer_name(self) -> str:
        return self.in_symbols.names[self.consumer]

    @property
    def parent_name(self) -> str:
        return self.in_symbols.names[self.parent]

    @property
    def rule(self) -> str:
        """The contribution in symbols: ∂L/∂a += ∂L/∂q · ∂q/∂a."""
        root, consumer, parent = self.root, self.consumer_name, self.parent_name
        if not self.propagates:
            return f"∂{root}/∂{parent} += 0"
        return f"∂{root}/∂{parent} += ∂{root}/∂{consumer} · ∂{consumer}/∂{parent}"

    @property
    def product(self) -> str:
        """The contribution in numbers: 1 × (−4)."""
        if not self.propagates:
            return f"nothing flows: {self.obstacle} is nothing"
        return f"{brief(self.upstream)} × {after_sign(self.local)}"

    @property
    def line(self) -> str:
        """Symbols and numbers: ∂L/∂a += ∂L/∂q · ∂q/∂a = 1 × (−4)."""
        if not self.propagates:
            return f"{self.rule}: {self.obstacle} is nothing, and nothing stays nothing"
        return f"{self.rule} = {self.product}"

    @property
    def obstacle(self) -> str:
        """The factor that is nothing, where nothing flows."""
        consumer = self.consumer_name
        way = f"∂{consumer}/∂{self.parent_name}"
        return (
            way if self.upstream or self.consumer_name == self.root else f"∂{self.root}/∂{consumer}"
        )

    @property
    def formula(self) -> str:
        """The local gradient as a formula, as it applies here: ∂q/∂a = b; "" if unknown."""
        text = self.in_symbols.partials[self.edge]
        return f"∂{self.consumer_name}/∂{self.parent_name} = {text}" if text else ""

    @property
    def patterns(self) -> tuple[str, ...]:
        """The names of the patterns at work here, explained in `patterns.PATTERNS`."""
        copied = patterns.SUMS if self.expected > 1 else ""
        return tuple(filter(None, (self.in_symbols.patterns[self.edge], copied)))

    @property
    def arrival(self) -> str:
        """How much of the parent's gradient is there: "2 of 3 contributions arrived"."""
        return f"{self.arrived} of {self.expected} contribution{'s'[: self.expected > 1]} arrived"

    @property
    def source(self) -> Source | None:
        """The user's line that built the consumer, where it was recorded."""
        return self.in_symbols.source

    def __str__(self) -> str:
        return self.line


class Mistake(NamedTuple):
    """A node whose gradient a walk gets wrong."""

    node: Any
    name: str
    got: float
    right: float

    def __str__(self) -> str:
        return f"{self.name} gets {brief(self.got)}, right is {brief(self.right)}"


class Walk(Sequence[Step]):
    """All steps from a root down to the leaves, in one order of the edges.

    `names` names the nodes, in the order of computation; `in_symbols` has each that is no leaf in
    symbols; `gradients` holds ∂root/∂node for each. Prints as a table.
    """

    def __init__(
        self,
        root: Any,
        named: Mapping[Any, str],
        in_symbols: Mapping[Any, InSymbols],
        order: walk.Order,
    ) -> None:
        self.root = root
        self.names = named
        self.in_symbols = in_symbols
        self.gradients = dict.fromkeys(named, 0.0)
        self.gradients[root] = 1.0
        self.steps = []
        for found in walk.walk(root, order):
            step = Step(**vars(found), in_symbols=in_symbols[found.consumer], root=named[root])
            self.gradients[step.parent] = step.total
            self.steps.append(step)

    @overload
    def __getitem__(self, i: int) -> Step: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[Step]: ...
    def __getitem__(self, i: int | slice) -> Step | Sequence[Step]:
        return self.steps[i]

    def __len__(self) -> int:
        return len(self.steps)

    def __str__(self) -> str:
        return report.walk(self)

    def __repr__(self) -> str:
        return f"<{len(self)} steps from {self.names[self.root]}>"

    def _repr_html_(self) -> str:
        return report.table(self)


class Steps(Walk):
    """The backward pass from `root`, step by step, as the engine does it.

    `nodes` stand in the engine's order, the root first; `parameters` are those of models. `naive`
    is the same pass in a depth-first order, with its `mistakes`. `compared` says in words which
    numbers the program compared, where that is known.
    """

    def __init__(
        self,
        root: Any,
        given: Mapping[Any, str] | None = None,
        parameters: Iterable[Any] = (),
        compared: Compared | None = None,
    ) -> None:
        named = names(root, given)
        self.compared = compared.told(named) if compared else ""
        self.parameters = frozenset(parameters)
        in_symbols = {node: InSymbols(node, named) for node in named if node.op}
        super().__init__(root, named, in_symbols, walk.engine_order)
        self.nodes = backward_order(root)

    @property
    def leaves(self) -> list[Any]:
        """The leaves, in the order in which the program first used them."""
        return [node for node in reversed(self.nodes) if not node.parents]

    @cached_property
    def formula(self) -> str:
        """The root as a formula of the leaves; empty for a graph that is too large to be one."""
        if len(self.nodes) > LARGEST_FORMULA:
            return ""
        algebra = Reading()
        terms: dict[Any, Any] = {}
        for node, name in self.names.items():
            operands = tuple(terms.get(x, x) for x in node.operands) if node.op else ()
            terms[node] = (
                algebra.whole(node.op, operands, node.data)
                if node.op
                else algebra.variable(name, node.data)
            )
        return str(written([terms[self.root]], TEXT, temporaries()))

    @cached_property
    def naive(self) -> Walk:
        """The same edges in a depth-first order, in which nodes pass on incomplete gradients."""
        return Walk(self.root, self.names, self.in_symbols, walk.depth_first)

    @cached_property
    def mistakes(self) -> list[Mistake]:
        """The nodes for which the naive order comes to another gradient, because one was passed on
        before it was complete. A gradient that is only rounded otherwise is no mistake."""
        late = set()
        for step in self.naive:
            if not step.ready or step.consumer in late:
                late.add(step.parent)
        found = [
            Mistake(node, self.names[node], self.naive.gradients[node], right)
            for node, right in self.gradients.items()
            if node in late
        ]
        return [x for x in found if x.got != x.right and not (isnan(x.got) and isnan(x.right))]

    @cached_property
    def checks(self) -> list[Checked]:
        """For each leaf its gradient beside a slope measured by running the graph again."""
        return checked(self.root, self.leaves, self.names)
