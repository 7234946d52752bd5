"""Activations as modules: one for each function of one number in the operator table.

The class is named as the row is drawn or, where that is no name, as the row: ReLU, LeakyReLU,
Sigmoid, Tanh, ELU, SiLU (swish), HardSwish, GELU, Softplus, Step, Erf, … Further operands of a row
are settings, as in LeakyReLU(slope=0.1); given as a Value, a setting is learned.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from ..engine import div, functions, max, sum
from ..engine import function as twin  # type: ignore[attr-defined]
from ..messages import described
from ..rows import BUILT_IN, Operator
from .inputs import data_of, inputs_of, mapped
from .module import Module


class Activation(Module):
    """A function of one number, applied to every number of a list, or of lists of lists."""

    def __init__(self, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise TypeError(f"Activation needs a function of one number, got {described(function)}")
        self.function = function

    def __call__(self, x: Any) -> Any:
        return mapped(self.function, x)


class TableActivation(Activation):
    """An activation that is a row of the operator table: the `row` of the subclass."""

    row: Operator

    def __init__(self, *settings: Any, **named: Any) -> None:
        names = self.row.names[1:]
        given = {**dict(zip(names, self.row.defaults)), **dict(zip(names, settings)), **named}
        if len(settings) > len(names) or len(given) > len(names):
            came = ", ".join([*map(repr, settings), *(f"{k}={x!r}" for k, x in named.items())])
            expected = ", ".join(names) or "no settings"
            raise TypeError(f"{type(self).__name__} expected {expected}, got {came}")
        vars(self).update(given)

    def __call__(self, x: Any) -> Any:
        apply = functions[self.row.name]
        settings = [vars(self)[name] for name in self.row.names[1:]]
        return mapped((lambda number: apply(number, *settings)) if settings else apply, x)


def class_name(row: Operator) -> str:
    words = row.symbol if row.symbol.replace(" ", "").isidentifier() else ""
    name = words if words.isascii() and words else row.name.replace("_", " ")
    return "".join(word[0].upper() + word[1:] for word in name.split())


def is_activation(row: Operator) -> bool:
    """Tell whether all operands but the first have defaults."""
    return not row.hidden and row.arity is not None and row.arity - len(row.defaults) == 1


def module_of(row: Operator) -> type[TableActivation]:
    doc = f"{row.name} of every number. {row.__doc__}"
    body = {"row": row, "__doc__": doc, "__module__": __name__}
    return type(class_name(row), (TableActivation,), body)


modules = {class_name(row): module_of(row) for row in BUILT_IN.values() if is_activation(row)}
globals().update(modules)
__all__ = ["Activation", *modules]

if TYPE_CHECKING:

    def __getattr__(name: str) -> type[TableActivation]: ...


rows: dict[Any, Operator] = {
    functions[row.name]: row for row in BUILT_IN.values() if not row.hidden
}
"""The row of each function of the package."""


def row_of(function: Any) -> Operator | None:
    """Return the row behind a function of the package, or an operator of the user's own."""
    if isinstance(function, Hashable) and function in rows:
        return rows[function]
    return function if isinstance(function, Operator) else None


def as_layer(function: Any) -> Any:
    """Return the layer that is given as `function`: a function of one number, such as
    `scalargrad.relu`, becomes a layer that applies it to every number of a list. Raises TypeError
    for anything that cannot be a layer."""
    row = row_of(function)
    if row is not None and row.arity is not None:
        if not is_activation(row):
            raise TypeError(f"a layer is a function of one number or of a list, got {row!r}")
        return modules[class_name(row)]() if row in rows.values() else Activation(row)
    if isinstance(function, type) and issubclass(function, Module):
        name = function.__name__
        raise TypeError(
            f"a layer is a Module or a function, got the class {name}: call it, {name}(…)"
        )
    if getattr(function, "__module__", "") in ("math", "cmath"):
        cure = f"use scalargrad.{function.__name__}"
        raise TypeError(f"a function of Python's math keeps no gradient, got {function!r}: {cure}")
    if not callable(function):
        cure = ": unpack it with *" if isinstance(function, (list, tuple)) else ""
        raise TypeError(f"a layer is a Module or a function, got {function!r:.60}{cure}")
    return function


share = twin(ops.exp_difference)


def softmax(logits: Any) -> list[Any]:
    """Return exp(x)/Σ exp(x) for each logit: probabilities. Large logits do not overflow."""
    xs: Sequence[Any] = inputs_of(logits)
    # the quotient does not depend on the number subtracted: no gradient need flow through it
    largest = max(list(map(data_of, xs)))
    exps = [share(x, largest) for x in xs]
    total = sum(exps)
    return [div(e, total) for e in exps]
