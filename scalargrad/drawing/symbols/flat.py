"""A graph as flat code: a line for each node, then a line for each gradient in reverse.

The printed code is Python to be run: it comes to the very numbers of the engine, bit for bit.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import compress
from textwrap import fill
from typing import Any

from ... import ops
from ...graph import backward_order
from ...messages import described
from ...rows import BUILT_IN, Operator
from ...scalars import NOTHING, is_nothing, is_value
from .formula import PYTHON, python_call, python_number, written
from .in_symbols import InSymbols
from .names import names, unused
from .terms import Algebra, Term, bits, is_constant, number


class Flat(str):
    """Python code; shown as it is where other strings are shown in quotes."""

    __repr__ = str.__str__


def code(root: Any) -> Flat:
    """Return what `flat` returns."""
    if not is_value(root):
        call = ": compute one, as in flat(f(Value(2.0)))" if callable(root) else ""
        raise TypeError(f"flat needs a Value, got {described(root)}{call}")
    return Flat(FlatCode(root).text())


class PythonTerms(Algebra):
    """Builds terms that can be printed as Python. An operator of the user's own is written out,
    or called where it cannot be written out and a module has it."""

    def compute(self, op: Operator, operands: tuple[Any, ...]) -> Any:
        if BUILT_IN.get(op.name) is op:
            return super().compute(op, operands)
        return self.whole(op, operands)

    def whole(self, op: Operator, operands: tuple[Any, ...]) -> Any:
        """The term of an operator, with nothing simplified."""
        value = float(op.forward(*map(number, operands)))
        if BUILT_IN.get(op.name) is not op:
            out = written_out(op, operands)
            if out is not None and bits(number(out)) == bits(value):
                return out
            if not importable(op):
                raise ValueError(
                    f"flat code cannot have the operator {op.name!r}: write its forward function "
                    "with scalargrad's own, or assign it to a variable of its name in a module"
                )
        return Term(self, value, op=op, operands=operands)


def written_out(op: Operator, operands: tuple[Any, ...]) -> Any:
    """Run a user's forward function on terms; None if it does not run on them."""
    try:
        return op.forward(*operands)
    except Exception:
        return None


def importable(op: Operator) -> bool:
    return getattr(sys.modules.get(op.__module__), op.name, None) is op


def imported(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= 100:
        return line
    inside = fill(", ".join(names), 96, initial_indent="    ", subsequent_indent="    ")
    return f"from {module} import (\n{inside},\n)"


class FlatCode:
    """The lines of a graph, and what they need to be imported."""

    def __init__(self, root: Any) -> None:
        self.order = backward_order(root)
        self.names = names(root)
        self.root = root
        self.imports: dict[str, set[str]] = {}
        self.fresh = unused("t", set(self.names.values()))
        self.numbers: dict[Any, float] = {}
        self.gradients: dict[Any, float] = {root: 1.0}
        self.style = PYTHON._replace(number=self.constant, call=self.call)

    def text(self) -> str:
        # leaves first, as the arguments of a function are
        order = sorted(reversed(self.order), key=lambda node: node.op is not None)
        forward = [line for node in order for line in self.forward(node)]
        start = f"{self.gradient(self.root)} = 1.0"
        backward = [line for node in self.order for line in self.backward(node)]
        return "\n".join([*self.head(), *forward, "", start, *backward, *self.nothings()])

    def nothings(self) -> Iterator[str]:
        """Yield the lines that make 0.0 of the gradients that nothing came to."""
        for node in self.order:
            if is_nothing(self.gradients[node]):
                yield f"{self.gradient(node)} += 0.0"

    def head(self) -> Iterator[str]:
        """Yield the imports, and a comment for each imported function that is not public."""
        for module, found in sorted(self.imports.items()):
            yield imported(module, sorted(found))
        hidden = sorted(x for x in self.imports.get(ops.__name__, ()) if BUILT_IN[x].hidden)
        for name in hidden:
            yield fill(f"# {BUILT_IN[name].__doc__}", 100, subsequent_indent="#     ")
        if self.imports:
            yield ""

    # ------ the style: what is called is imported
    def constant(self, x: float) -> str:
        text = python_number(x)
        if text.isalpha() or text == "-inf":
            self.imports.setdefault("math", set()).add(text.lstrip("-"))
        return text

    def call(self, op: Operator, operands: Any) -> str:
        module = ops.__name__ if BUILT_IN.get(op.name) is op else op.__module__
        self.imports.setdefault(module, set()).add(op.name)
        return python_call(op, operands)

    def gradient(self, node: Any) -> str:
        return f"grad_{self.names[node]}"

    # ------ lines
    def forward(self, node: Any) -> Iterator[str]:
        """Yield the lines that compute a node."""
        term = node.data
        if node.op:
            terms = PythonTerms()
            operands = InSymbols(node, self.names, self.numbers).terms(terms)
            term = terms.whole(node.op, tuple(operands))
        self.numbers[node] = number(term)
        yield from self.assigned([(f"{self.names[node]} =", term)])

    def backward(self, node: Any) -> Iterator[str]:
        """Yield the lines that pass a node's gradient on to its parents."""
        terms = PythonTerms()
        upstream = terms.variable(self.gradient(node), self.gradients[node])
        targets = []
        for parent, (local, selects) in zip(node.parents, self.locals(node, terms)):
            sign = "+=" if parent in self.gradients else "="
            term = self.contribution(parent, upstream, local, selects)
            targets.append((f"{self.gradient(parent)} {sign}", term))
        notes = self.in_a_book(node)
        for line in self.assigned(targets):
            yield line + notes.get(line.partition(" ")[0], "")

    def in_a_book(self, node: Any) -> dict[str, str]:
        """Comments with the derivatives that a book writes in another form, by the gradient that
        they lead to."""
        if not node.op:
            return {}
        symbols = InSymbols(node, self.names, self.numbers)
        pairs = zip(node.parents, symbols.computed, symbols.partials)
        return {
            self.gradient(parent): f"  # ∂{self.names[node]}/∂{self.names[parent]} = {formula}"
            for parent, computed, formula in pairs
            if computed
        }

    def locals(self, node: Any, terms: PythonTerms) -> list[tuple[Any, bool]]:
        """The local gradients, each with whether it may be nothing."""
        if not node.op:
            return []
        symbols = InSymbols(node, self.names, self.numbers)
        selects = compress(node.op.selecting(symbols.variable), symbols.variable)
        try:
            return list(zip(symbols.locals(terms), selects))
        except Exception as error:
            raise ValueError(
                f"flat code cannot have the derivative of {node.op.name!r}: write it with "
                "scalargrad's functions and without branches (sg.where)"
            ) from error

    def contribution(self, parent: Any, upstream: Term, local: Any, selects: bool) -> Any:
        """Return upstream · local, as simple as it can be with the engine's bits: there a gradient
        that does not flow is −0.0, and no zero is."""
        before = self.gradients.get(parent, NOTHING)
        careful = (ops.choose if selects else ops.chain)(upstream, local)
        self.gradients[parent] = after = before + number(careful)
        turned = is_constant(local, -1.0)
        product = ops.neg(upstream) if turned else ops.mul(upstream, local)
        return product if bits(before + number(product)) == bits(after) else careful

    def assigned(self, targets: list[tuple[str, Any]]) -> Iterator[str]:
        """Yield the lines "target text"; before them the lines of the terms that they share."""
        formula = written([term for _, term in targets], self.style, self.fresh)
        yield from (f"{name} = {text}" for name, text in formula.shared)
        yield from (f"{left} {x.text}" for (left, _), x in zip(targets, formula.results))
