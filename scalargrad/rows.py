"""`Operator`: one row of the operator table.

An operator is called on floats (and computes), on Values (and builds graph), on a tracer (and
records) or on a symbol (and prints): the type of an operand decides what the call means, by its
`__operator__(op, operands)`. The rows themselves stand in `ops.py`, the operands in `scalars.py`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from math import nan
from typing import Any

from .messages import described, parameters, takes, written
from .partials import Differentiable, Partial
from .scalars import is_value, real

FLOATS = {float}

TRACED = "traced"
"""In a row's C column: the forward is itself written with rows, which are the elementary form of
the row. Its C follows from them."""


NOWHERE = "nowhere"
"""In a row's array column: neither NumPy nor SciPy has the function, though C has."""


def rank(kind: Any) -> int:
    """The rank of a kind of operand: where several kinds meet, the highest builds the result."""
    found: int = getattr(kind, "__operator_rank__", 0)
    return found


def operand_names(partials: Sequence[Partial] | Partial) -> tuple[str, ...]:
    """The names that the first partial gives to the operands, which follow its `out`."""
    if callable(partials):
        return ()
    code = getattr(partials[0], "__code__", None)
    named = code.co_varnames[1 : code.co_argcount] if code else ()
    plain = tuple(f"x{i}" for i in range(len(partials)))
    return named if len(named) == len(partials) else plain


class Signature:
    """The attribute that `inspect.signature` reads at an operator. The class itself has none of its
    own: it is called as its `__init__` says."""

    def __get__(self, row: Operator | None, kind: Any) -> Any:
        import inspect  # here, because an import of the package has no need of it

        if row is None:
            raise AttributeError("__signature__")
        names, defaults = row._parameters()
        one, many = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.VAR_POSITIONAL
        values = (*[inspect.Parameter.empty] * (len(names) - len(defaults)), *defaults)
        return inspect.Signature(
            [
                inspect.Parameter(name.lstrip("*"), many if name[0] == "*" else one, default=x)
                for name, x in zip(names, values)
            ]
        )


class Operator(Differentiable):
    """One operator: how it is named, drawn, computed and differentiated.

    Called with numbers it returns a float; called with at least one Value it returns a Value.
    """

    def __init__(
        self,
        name: str,
        symbol: str,
        forward: Callable[..., float],
        c: str | None,
        partials: Sequence[Partial] | Partial,
        *,
        count: Callable[[Any, Sequence[Any], Sequence[bool]], Any] | None = None,
        about: str | None = None,
        linked: Callable[[Any, Sequence[Any]], list[Any]] | None = None,
        beside_constant: Sequence[Partial] | Partial | None = None,
        constant_from: int | None = None,
        arrange: Callable[..., tuple[Any, ...]] | None = None,
        elementary: Callable[..., Any] | None = None,
        array: str | None = None,
        defaults: Sequence[float] = (),
        dunder: str | None = None,
        numpy: str | None = None,
        samples: Sequence[Any] = (),
        hidden: bool = False,
        method: bool = True,
        selects: bool = False,
        textbook: Sequence[Partial] | Partial | None = None,
        doc: str | None = None,
    ) -> None:
        self.name = self.__name__ = self.__qualname__ = name
        self.__module__ = "scalargrad"
        self.symbol = symbol
        self.forward = forward
        self.c = c
        self.partials = partials
        self.arity = None if callable(partials) else len(partials)
        self.names = operand_names(partials)
        self.count = count
        self.about = about
        self.linked = linked
        self.beside_constant = beside_constant
        self.constant_from = constant_from
        self.arrange = arrange
        self.elementary = forward if c is TRACED else elementary
        self._array = array
        self.defaults = tuple(defaults)
        self.dunder = dunder
        self.numpy = numpy
        self.samples = tuple(samples)
        self.hidden = hidden
        self.selects = selects
        self.textbook = textbook
        self.method = method and not hidden and dunder is None and self.arity is not None
        self.code = -1
        self.__doc__ = f"{self.signature()}: {doc or 'an operator of your own.'}"

    __signature__ = Signature()

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        # rows within rows on floats: two thirds of the time of a pure engine's partial
        if len(arguments) == self.arity and not named and set(map(type, arguments)) == FLOATS:
            return self.forward(*arguments)
        ordered = self._arranged if self.arrange is not None else self._complete
        operands = ordered(*arguments, **named)
        if self.constant_from is not None and any(map(is_value, operands[self.constant_from :])):
            return self.forward(*operands)
        kinds = [kind for kind in set(map(type, operands)) if hasattr(kind, "__operator__")]
        if kinds:
            kind = kinds[0] if len(kinds) == 1 else max(kinds, key=rank)
            return kind.__operator__(self, operands)
        return self.forward(*map(real, operands))

    def _arranged(self, *arguments: Any, **named: Any) -> tuple[Any, ...]:
        assert self.arrange is not None
        try:
            return self.arrange(*arguments, **named)
        except TypeError:
            if takes(self.arrange, arguments, named):
                raise
        raise TypeError(
            f"expected {self.signature()}, got {written(self.name, arguments, named)}"
            + (f": the operands stand in one list, {self.name}([…])" if self.count else "")
        )

    def _complete(self, *operands: Any, **named: Any) -> tuple[Any, ...]:
        if (not named and len(operands) == self.arity) or self.arity is None:
            return operands
        positional = dict(zip(self.names, operands))
        given = self._default() | positional | named
        twice = positional.keys() & named.keys()
        if len(operands) > self.arity or given.keys() != set(self.names) or twice:
            came = written(self.name, operands, named)
            raise TypeError(f"expected {self.signature()}, got {came}")
        return tuple(given[name] for name in self.names)

    def _default(self) -> dict[str, Any]:
        return dict(zip(reversed(self.names), reversed(self.defaults)))

    @property
    def traced(self) -> bool:
        """Whether the forward is written with rows: run on a tracer it shows these."""
        return self.c is TRACED

    @property
    def signs(self) -> str | None:
        """The row in signs alone, as `{} + {}`: arithmetic, which C and Python spell alike. None of
        a row that is spelled with a name."""
        return None if self.c is None or re.search("[a-z?]", self.c) else self.c

    @property
    def method_names(self) -> tuple[str, ...]:
        """The names of its methods, besides those of Python's own operators: its name and NumPy's;
        none where it is a function alone."""
        is_method = self.method or (self.dunder and self.numpy)
        return tuple(filter(None, (self.name, self.numpy))) if is_method else ()

    @property
    def array(self) -> str | None:
        """The row on arrays, operands by position: with `np` for NumPy or jax.numpy, `special`
        for scipy.special or jax.scipy.special. None where neither has the function."""
        if self._array is NOWHERE:
            return None
        if self._array is not None or self.c is None or self.arity is None:
            return self._array
        return self.signs or f"np.{self.numpy or self.name}({', '.join(['{}'] * self.arity)})"

    def plain(self, operands: Sequence[Any]) -> str:
        """The operator's name in programs like micrograd: the sign of arithmetic, a power with its
        constant exponent, else a word in ASCII."""
        if self.dunder and self.signs:
            return self.signs.format("", "").strip()
        word = self.symbol if self.symbol.isascii() else self.name
        exponent = operands[1] if self.dunder == "pow" else None
        return word + repr(exponent).removesuffix(".0") if type(exponent) is float else word

    def signature(self) -> str:
        """Return how it is called: the operands' names, with their defaults."""
        return f"{self.name}{parameters(*self._parameters())}"

    def _parameters(self) -> tuple[Sequence[str], Sequence[Any]]:
        """The names that a call gives operands to, and the defaults of the last of them."""
        if self.arrange is None:
            return self.names if self.arity is not None else ("*operands",), self.defaults
        code = self.arrange.__code__
        return code.co_varnames[: code.co_argcount], self.arrange.__defaults__ or ()

    def evaluate(
        self, operands: Sequence[Any], kind: type[Any]
    ) -> tuple[float, tuple[Any, ...], tuple[float, ...]]:
        """Return the output, the operands with constants as floats, and ∂out/∂operand for each
        operand of this `kind` of Value."""
        numbers = [x._number if type(x) is kind else real(x) for x in operands]
        variable = [type(x) is kind for x in operands]
        out = real(self.forward(*numbers))
        local = self.local(out, numbers, variable)
        if len(local) != len(numbers):
            raise TypeError(
                f"{self.name} needs one partial per operand: {len(numbers)}, got {len(local)}"
            )
        kept = tuple(x if free else n for x, n, free in zip(operands, numbers, variable))
        return out, kept, tuple(real(p) for p, free in zip(local, variable) if free)

    def _result_about(self, operands: Sequence[Any]) -> Any:
        assert self.about is not None
        return BUILT_IN[self.about](operands)

    jointly: Any = None
    """The function that computes it in lanes together with other operators on the same operands."""

    @staticmethod
    def together(
        rows: Sequence[Operator], operands: Sequence[Any], refused: list[Exception], threads: int
    ) -> list[Any]:
        """The results of these operators, computed jointly, for operands that are floats or arrays
        with an element for each lane: a float or an array each. Where one raises an error it is
        NaN, and the error is put to those `refused`. So many threads may share the lanes out."""
        forwards = [row._or_nan(refused) for row in rows]
        if all(isinstance(x, float) for x in operands):
            return [forward(*map(float, operands)) for forward in forwards]
        import numpy

        return [numpy.vectorize(forward, otypes=[float])(*operands) for forward in forwards]

    def _or_nan(self, refused: list[Exception]) -> Callable[..., float]:
        def forward(*numbers: float) -> float:
            try:
                return real(self.forward(*numbers))
            except Exception as error:
                refused.append(error)
                return nan

        return forward

    def __repr__(self) -> str:
        return f"<operator {self.name}>"

    def __reduce__(self) -> Any:
        if self.code >= 0:
            return _built_in, (self.name,)
        return self.__name__

    __copy__ = __deepcopy__ = lambda self, memo=None: self


BUILT_IN: dict[str, Operator] = {}
"""The operators of the table by name, in its order: `ops.py` fills it."""


def _built_in(name: str) -> Operator:
    return BUILT_IN[name]


def operator(
    name: str,
    forward: Callable[..., float],
    *partials: Partial,
    symbol: str | None = None,
    all_partials: Partial | None = None,
    selects: bool = False,
    samples: Sequence[Any] = (),
) -> Operator:
    """Return an operator of your own, to be used like a built-in one.

    `forward` takes floats and returns a float. There is one partial per operand, ∂out/∂operand
    as a function of the output and the operands; written with scalargrad's functions and
    arithmetic it can be differentiated again. An operator over any number of operands gives
    `all_partials` instead, which returns them all as a list. One that `selects` says by a partial
    of −0.0 that nothing flows: a branch not taken then makes no NaN; else −0.0 is 0. To pickle
    graphs that use it, assign it to a module's variable of the same `name`. Raises TypeError if
    there is no partial.

        cube = scalargrad.operator("cube", lambda x: x * x * x, lambda out, x: 3.0 * x * x)
    """
    if not isinstance(name, str):
        raise TypeError(f"an operator needs a name, got {described(name)}")
    if (all_partials is None) == (not partials):
        raise TypeError(
            f"operator {name!r} needs one partial per operand, or all_partials for any number"
        )
    for function in (forward, *partials, *([all_partials] if all_partials else [])):
        if not callable(function):
            raise TypeError(f"operator {name!r} needs functions, got {function!r:.60}")
    rules = all_partials or partials
    row = Operator(name, symbol or name, forward, None, rules, selects=selects, samples=samples)
    row.__module__ = sys._getframe(1).f_globals.get("__name__", "__main__")
    return row
