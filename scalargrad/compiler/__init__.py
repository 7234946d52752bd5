"""compile: a plain scalar function becomes one gate that runs as a program over arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any


def compile(
    f: Callable[..., Any] | None = None,
    *,
    batch: str | Sequence[str] | bool | None = None,
    reduce: str | None = None,
    max_paths: int = 256,
    threads: int = 1,
) -> Any:
    """Return `f` as a compiled gate: traced once, then run as a program.

    `f` is plain scalar Python, and the gate means what `f` means: for the same arguments the same
    results, in the same structure. On Values (and where `f` uses Values that it closes over) it
    returns Values, whose parents these are. int, bool, str, None and other objects are constants:
    another one is another program. Branches on numbers are followed, each way when it is first
    taken, up to `max_paths` of them. `scalargrad.grad` and the other transforms of a gate are
    gates.

    Lanes are asked for. Arguments named in `batch` are arrays with a sample in each row, of which
    `f` sees one; the others are the same for all samples. With `batch=True` each element of every
    array argument is a sample, broadcast as NumPy does. The results are arrays, the lanes first.
    `reduce` adds them up ("sum") or averages them ("mean"). `threads` (up to 16) share the lanes
    out; the result does not depend on how many. Also a decorator, with or without arguments.
    """
    if f is None:
        return functools.partial(
            compile, batch=batch, reduce=reduce, max_paths=max_paths, threads=threads
        )
    from .compiled import Compiled  # here, because an import of the package has no need of it

    gate = Compiled(f, batch, reduce, max_paths, threads)
    if reduce is not None and not batch:
        raise ValueError(
            f"reduce={reduce!r} adds up lanes, and there are none: name the arguments that have "
            "them, as batch='x', or pass batch=True"
        )
    return gate
