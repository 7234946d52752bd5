"""Sparse derivatives: compiled functions that return SciPy's sparse arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any

from ..messages import described
from ..transforms.functional import after_self, function, positions
from ..transforms.sparse import GRADIENT, HESSIAN, Sought

TRIANGLES = (None, "lower", "upper")


def sparse_jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Any:
    """Return the compiled function that gives the Jacobian of `f` as a `scipy.sparse.csr_array`.

    Row i is the derivative of number i of the results in all numbers of the argument (of several,
    one after the other), both in the order in which their containers are written. There is an
    entry wherever a result depends on a number, whatever the derivative there is. Nothing is
    declared. Where an `if` takes another path, the entries are those of that path.
    """
    return made(f, "sparse_jacobian", argnums, Sought(GRADIENT))


def sparse_hessian(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, triangle: str | None = None
) -> Any:
    """Return the compiled function that gives the Hessian of `f` as a `scipy.sparse.csr_array`;
    see `sparse_jacobian`. `f` returns one number. With `triangle` "lower" or "upper" only that
    triangle is computed, the diagonal included; without, the matrix is symmetric bit for bit.
    """
    if triangle not in TRIANGLES:
        raise ValueError(f'triangle must be "lower", "upper" or None, got {described(triangle)}')
    return made(f, "sparse_hessian", argnums, Sought(HESSIAN, triangle))


def sparsity(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return the function that gives the pattern of the Jacobian of `f`: a `csr_array` of bool,
    True where a result depends on a number of the argument. That of `sg.grad(f)` is the pattern of
    the Hessian of `f`."""
    jacobian = sparse_jacobian(f, argnums)

    def pattern(*args: Any, **named: Any) -> Any:
        found = jacobian(*args, **named)
        found.data = found.data == found.data
        found.data[:] = True
        return found

    return pattern


def made(f: Any, name: str, argnums: Any, sought: Sought) -> Any:
    from ..compiler.gate.compiled import (
        sparse_gate,  # here, because an import of the package has no need
    )

    argnums = positions(argnums)
    if not isinstance(function(f, name), MethodType):
        return sparse_gate(f, name, argnums, sought)
    own = after_self(argnums) if isinstance(argnums, int) else tuple(map(after_self, argnums))
    return MethodType(sparse_gate(f.__func__, name, own, sought), f.__self__)
