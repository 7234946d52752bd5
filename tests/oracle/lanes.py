"""What a batch means: a loop over the samples, each given to the plain function.

`plain` stands for `compile` in the world that compiles nothing, `Reference` for `sg` in its steps.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import scalargrad as sg


def plain(f: Any = None, batch: Any = None, reduce: Any = None, **options: Any) -> Any:
    """The function itself, or the loop over samples that `batch` asks for."""
    if f is None:
        return lambda f: plain(f, batch, reduce)
    if batch is None:
        return f
    return Looped(f, batch if batch is True or not isinstance(batch, str) else (batch,), reduce)


class Looped:
    """A function called once for each sample, its results stacked, summed or averaged."""

    def __init__(self, f: Callable[..., Any], batch: Any, reduce: str | None) -> None:
        self.f, self.batch, self.reduce = f, batch, reduce
        self.__name__ = getattr(f, "__name__", "f")

    def __call__(self, *args: Any, **named: Any) -> Any:
        bound = inspect.signature(self.f).bind(*args, **named)
        bound.apply_defaults()
        shape, samples = (self.elements if self.batch is True else self.rows)(bound.arguments)
        results = []
        for sample in samples:
            bound.arguments.update(sample)
            results.append(self.f(*bound.args, **bound.kwargs))
        return stacked(results, shape) if self.reduce is None else reduced(results, self.reduce)

    def rows(self, arguments: dict[str, Any]) -> tuple[tuple[int, ...], list[dict[str, Any]]]:
        given = {name: arguments[name] for name in self.batch}
        counts = {len(a) for x in given.values() for a in arrays_in(x)}
        if len(counts) != 1:
            raise ValueError(f"expected one number of samples, got {sorted(counts)}")
        (n,) = counts
        return (n,), [{k: row_of(x, i) for k, x in given.items()} for i in range(n)]

    def elements(self, arguments: dict[str, Any]) -> tuple[tuple[int, ...], list[dict[str, Any]]]:
        given = {k: x for k, x in arguments.items() if isinstance(x, np.ndarray)}
        spread = np.broadcast_arrays(*given.values())
        lists = [x.ravel().tolist() for x in spread]
        return spread[0].shape, [dict(zip(given, sample)) for sample in zip(*lists)]


def arrays_in(x: Any) -> list[Any]:
    if isinstance(x, dict):
        return list(x.values())
    return list(x) if isinstance(x, tuple) else [x]


def row_of(x: Any, i: int) -> Any:
    if isinstance(x, dict):
        return {key: row_of(part, i) for key, part in x.items()}
    if isinstance(x, tuple):
        parts = [row_of(part, i) for part in x]
        return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)
    row = x[i]
    return row if isinstance(row, np.ndarray) or type(row) is sg.Value else row.item()


def together(results: Sequence[Any], leaf: Callable[[Sequence[Any]], Any]) -> Any:
    """One tree of many of one structure: `leaf` makes one of the parts in one place."""
    first = results[0]
    if any(type(x) is not type(first) for x in results) and isinstance(first, (dict, list, tuple)):
        raise TypeError("a compiled function must return results of one structure")
    if isinstance(first, dict):
        return {key: together([r[key] for r in results], leaf) for key in first}
    if isinstance(first, (list, tuple)):
        if {len(r) for r in results} != {len(first)}:
            raise TypeError("a compiled function must return results of one structure")
        parts = [together(part, leaf) for part in zip(*results)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    if hasattr(first, "__dataclass_fields__"):
        fields = {k: together([vars(r)[k] for r in results], leaf) for k in vars(first)}
        return type(first)(**fields)
    return leaf(results)


def stacked(results: Sequence[Any], shape: tuple[int, ...]) -> Any:
    def leaf(parts: Sequence[Any]) -> Any:
        if isinstance(parts[0], np.ndarray):
            return np.stack(parts).reshape(*shape, *parts[0].shape)
        plain = all(isinstance(x, (bool, int, float, np.generic)) for x in parts)
        column = np.empty(len(parts), dtype=None if plain else object)
        column[:] = parts
        return column.reshape(shape)

    return together(results, leaf)


def reduced(results: Sequence[Any], how: str) -> Any:
    def leaf(parts: Sequence[Any]) -> Any:
        # a sum of one truth value is a whole number, as one of several is
        first = int(parts[0]) if isinstance(parts[0], bool) else parts[0]
        total = sum(parts[1:], first)
        return total / len(parts) if how == "mean" else total

    return together(results, leaf)


class Reference:
    """`sg`, whose transforms of a Looped without `reduce` are those of each sample."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sg, name)

    def grad(self, f: Any, argnums: Any = 0) -> Any:
        return self.of("grad", f, argnums)

    def value_and_grad(self, f: Any, argnums: Any = 0) -> Any:
        return self.of("value_and_grad", f, argnums)

    def jacobian(self, f: Any, argnums: Any = 0) -> Any:
        if type(f) is Looped and f.reduce is not None:
            return lambda *args, **named: jacobians(f, argnums, args, named)
        return self.of("jacobian", f, argnums)

    def hessian(self, f: Any, argnums: Any = 0) -> Any:
        if type(f) is Looped and f.reduce is not None:
            return lambda *args, **named: blocks(f, argnums, args, named)
        return self.of("hessian", f, argnums)

    def of(self, name: str, f: Any, argnums: Any) -> Any:
        transform = getattr(sg, name)
        if type(f) is Looped and f.reduce is None:
            return Looped(transform(f.f, argnums), f.batch, None)
        return transform(f, argnums)

    def jvp(self, f: Any, primals: Any, tangents: Any) -> Any:
        return along(sg.jvp, f, primals, tangents)

    def hvp(self, f: Any, primals: Any, tangents: Any) -> Any:
        return along(sg.hvp, f, primals, tangents)


def along(transform: Any, f: Any, primals: Any, tangents: Any) -> Any:
    """The product of each sample with its own tangents."""
    if type(f) is not Looped or f.reduce is not None:
        return transform(f, primals, tangents)
    names = list(inspect.signature(f.f).parameters)
    both = [k for k, name in enumerate(names) if f.batch is not True and name in f.batch]
    lanes = len(primals[both[0]])
    results = []
    for i in range(lanes):
        mine = [
            tuple(row_of(x, i) if k in both else x for k, x in enumerate(xs))
            for xs in (primals, tangents)
        ]
        results.append(transform(f.f, *mine))
    return stacked(results, (lanes,))


def jacobians(f: Looped, argnums: Any, args: Any, named: Any) -> Any:
    """The derivatives of a sum over samples: one for each sample, lanes first, in an argument that
    has lanes; summed in one that has none."""
    names = list(inspect.signature(f.f).parameters)
    share = len(arrays_in(args[names.index(f.batch[0])])[0]) if f.reduce == "mean" else 1

    def part(k: int) -> Any:
        each = Looped(sg.jacobian(f.f, k), f.batch, None)(*args, **named)
        own = names[k] in f.batch
        return together([each], lambda x: (x[0] if own else x[0].sum(axis=0)) / share)

    if isinstance(argnums, int):
        return part(argnums)
    results = Looped(f.f, f.batch, None)(*args, **named)
    return beside(results, [part(k) for k in argnums])


def beside(results: Any, parts: Sequence[Any]) -> Any:
    """The derivatives of each result in several arguments, as a tuple in its place."""
    if isinstance(results, dict):
        return {key: beside(x, [p[key] for p in parts]) for key, x in results.items()}
    if isinstance(results, (list, tuple)):
        inner = [beside(x, [p[i] for p in parts]) for i, x in enumerate(results)]
        return type(results)(*inner) if hasattr(results, "_fields") else type(results)(inner)
    return tuple(parts)


def blocks(f: Looped, argnums: Any, args: Any, named: Any) -> Any:
    """The second derivatives of a sum over samples: between numbers of one sample, lanes first,
    where an argument has lanes; summed where none has."""
    each = Looped(sg.hessian(f.f, argnums), f.batch, None)(*args, **named)
    names = list(inspect.signature(f.f).parameters)
    own = [names[k] in f.batch for k in ([argnums] if isinstance(argnums, int) else argnums)]
    lanes = len(args[names.index(f.batch[0])])
    share = lanes if f.reduce == "mean" else 1

    def block(i: int, j: int, x: Any) -> Any:
        return (x if own[i] or own[j] else x.sum(axis=0)) / share

    if isinstance(argnums, int):
        return block(0, 0, each)
    return tuple(tuple(block(i, j, x) for j, x in enumerate(row)) for i, row in enumerate(each))
