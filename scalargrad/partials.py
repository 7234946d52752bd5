"""The partial derivatives of an operator: which rules of its row apply, and what −0.0 means there.

In most partials −0.0 is a zero; in one that `selects` it is NOTHING.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .scalars import NOTHING, is_value

Partial = Callable[..., Any]


def selects(rule: Any, which: Callable[[Sequence[bool]], list[bool]] | None = None) -> Any:
    """Mark a partial that may be NOTHING; in all other partials −0.0 is a zero. For a rule that
    gives a list of partials, `which` tells those that may, given the operands that are variable."""
    rule.selects = which or True
    return rule


class Differentiable:
    """The partial derivatives of an operator, by the columns of its row; `ops.py` explains them."""

    arity: int | None
    partials: Sequence[Partial] | Partial
    beside_constant: Sequence[Partial] | Partial | None
    textbook: Sequence[Partial] | Partial | None
    selects: bool
    count: Callable[[Any, Sequence[Any], Sequence[bool]], Any] | None
    about: str | None
    linked: Callable[[Any, Sequence[Any]], list[Any]] | None

    def local(self, out: Any, operands: Sequence[Any], variable: Sequence[bool]) -> list[Any]:
        """Return ∂out/∂operand for every operand that is variable, None for a constant.

        On floats these are numbers, on Values a graph of them. Each costs what its row says.
        """
        return self._locals(self._rules(variable), out, operands, variable)

    def as_in_a_book(
        self, out: Any, operands: Sequence[Any], variable: Sequence[bool]
    ) -> list[Any]:
        """Return what `local` returns, in the form in which a book has it: to be read."""
        rules = self.textbook or self._rules(variable)
        return self._locals(rules, out, operands, variable)

    def _locals(
        self, rules: Any, out: Any, operands: Sequence[Any], variable: Sequence[bool]
    ) -> list[Any]:
        if self.arity is None:
            return self._local_to_many(rules, out, operands, variable)
        return [
            self.as_partial(rule, rule(out, *operands)) if wanted else None
            for rule, wanted in zip(rules, variable)
        ]

    def _rules(self, variable: Sequence[bool]) -> Any:
        beside = self.beside_constant is not None and not all(variable)
        return self.beside_constant if beside else self.partials

    def as_partial(self, rule: Partial, partial: Any) -> Any:
        """A partial that a rule gave; a −0.0 that is not on purpose becomes 0.0."""
        # sooner than asking a number that is traced whether it is a float
        is_node = is_value(partial)
        return partial if is_node or not isinstance(partial, float) else partial + self.zero(rule)

    def zero(self, rule: Partial) -> float:
        """The number added to a partial: 0.0 makes a zero of −0.0, NOTHING leaves −0.0 as it is."""
        return NOTHING if self.may_select(rule) else 0.0

    def may_select(self, rule: Partial) -> bool:
        return self.selects or bool(getattr(rule, "selects", False))

    def selecting(self, variable: Sequence[bool]) -> list[bool]:
        """Whether the partial in each operand, as a node, may be NOTHING."""
        rules: Any = self._rules(variable)
        if self.arity is None:
            which = getattr(rules, "selects", None)
            return which(variable) if callable(which) else [self.may_select(rules)] * len(variable)
        return list(map(self.may_select, rules))

    def _local_to_many(
        self, rule: Any, out: Any, operands: Sequence[Any], variable: Sequence[bool]
    ) -> list[Any]:
        if self.beside_constant is not None and rule is self.beside_constant:
            beside: Any = rule
            return list(beside(out, operands, variable))
        if self.count is None:
            return [self.as_partial(rule, p) for p in rule(out, *operands)]
        if self.about is not None and rule is self.partials:
            return self._local_about(rule, out, operands, variable)
        return self._local_by_count(rule, out, operands, variable)

    def _local_by_count(
        self, rule: Any, out: Any, operands: Sequence[Any], variable: Sequence[bool]
    ) -> list[Any]:
        assert self.count is not None
        count = self.count(out, operands, variable)
        return [
            self.as_partial(rule, rule(out, x, count)) if wanted else None
            for x, wanted in zip(operands, variable)
        ]

    def _local_about(
        self, rule: Any, out: Any, operands: Sequence[Any], variable: Sequence[bool]
    ) -> list[Any]:
        """The partials relative to another number than `out`: the result of the row `about`. As a
        graph, or in a trace, they are `linked`."""
        assert self.about is not None and self.linked is not None
        # of the class: a number of a trace answers for names that it lacks, by running Python
        kind = type(out)
        if hasattr(kind, "_number") or hasattr(kind, "_is_variable"):
            linked = self.linked(out, operands)
            return [p if wanted else None for p, wanted in zip(linked, variable)]
        about = self._result_about(operands)
        return self._local_by_count(rule, about, operands, variable)

    def _result_about(self, operands: Sequence[Any]) -> Any:
        """The result of the row `about`, which only the table knows."""
        raise NotImplementedError
