"""Sparse matrices as SciPy has them: where entries stand, and an array made of their numbers."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import Any, NamedTuple

from .. import modes
from .trees import Kind, flatten
from .variables import Function, chosen, differentiating, one_number

VALUE, GRADIENT, HESSIAN = range(3)
"""The order of derivatives."""


class Sought(NamedTuple):
    """Which derivatives are sought: of which order, and of second ones which triangle. The values
    themselves are sought as a column."""

    order: int
    triangle: str | None = None

    @property
    def is_square(self) -> bool:
        return self.order == HESSIAN


class Unfinished(NamedTuple):
    """Sparse derivatives of outputs in variables that a function was traced to: they wait to be
    computed."""

    variables: Sequence[Any]
    outputs: Sequence[Any]
    sought: Sought


class Sparse:
    """The sparse derivatives that are `sought` of a function in some of its arguments, to be
    traced: called by itself it computes nothing. The arguments that come then are variables."""

    def __init__(
        self, of: Function, argnums: int | tuple[int, ...], sought: Sought, name: str
    ) -> None:
        functools.update_wrapper(self, of, updated=())
        self.__name__ = self.__qualname__ = f"{name}({getattr(of, '__name__', 'f')})"
        self.of, self.argnums, self.sought = of, argnums, sought

    def __call__(self, *args: Any, **named: Any) -> Unfinished:
        trace = modes.state.trace
        if trace is None or trace.root is not self:
            raise TypeError(
                f"{self.__name__} gives numbers, and nothing goes through it: within another "
                "function that is compiled, a transform or detect_anomaly take jacobian or hessian"
            )
        trace.has_transforms = True
        taken = [flatten(args[i], f"argument {i}") for i in chosen(self.argnums, len(args))]
        variables = [x for found, _ in taken for x in found]
        trace.stand_for_values(variables)
        with differentiating():
            out = self.of(*args, **named)
        if self.sought.is_square:
            one_number(out, self.of)
        outputs, _ = flatten(out, "the result")
        return Unfinished(variables, outputs, self.sought)


def scipy_sparse() -> Any:
    """SciPy's sparse arrays. Raises ImportError, naming the package, where they are missing."""
    try:
        import scipy.sparse
    except ImportError:
        raise ImportError(
            "sparse derivatives are SciPy's sparse arrays, and scipy is not installed: "
            'pip install scipy, or "scalargrad[sparse]"'
        ) from None
    return scipy.sparse


class Cells:
    """Where the entries of a sparse matrix of this shape stand: row after row, in each by column.
    Those of row i are numbers `begins[i]` to `begins[i + 1]`, and have these `columns`."""

    def __init__(self, shape: tuple[int, int], begins: Any, columns: Any) -> None:
        self.shape = shape
        self.begins = begins
        self.columns = columns

    @property
    def size(self) -> int:
        return len(self.columns)

    @cached_property
    def rows(self) -> Any:
        """The row of each entry."""
        import numpy

        return numpy.repeat(numpy.arange(self.shape[0]), numpy.diff(self.begins))

    @cached_property
    def _empty(self) -> Any:
        """A sparse array of zeros here. To make one of its parts takes SciPy ten times as long as
        to copy it."""
        import numpy

        parts = numpy.zeros(self.size), self.columns, self.begins
        made = scipy_sparse().csr_array(parts, shape=self.shape)
        made.has_canonical_format = True
        return made

    def array(self, numbers: Any) -> Any:
        """A sparse array with these numbers as its entries. What it says of their cells is its
        own: SciPy changes that in place."""
        made = copy(self._empty)
        made.data, made.indices, made.indptr = numbers, self.columns.copy(), self.begins.copy()
        return made


SPARSE = Kind(
    lambda x: isinstance(x, Cells),
    lambda x: [],
    lambda x, numbers: x.array(numbers),
    lambda x: [""],
    lambda x: False,
)
"""A leaf of a result that is a sparse array; its entries are no numbers of the trace."""
