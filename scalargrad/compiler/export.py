"""A program handed on: as a function of Python, NumPy or JAX, or as a file in C.

What is handed on is one way through the function: it has to be without branches on its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from ..trees import is_value, take_apart
from . import emit
from .arguments import Arguments, Part
from .machine import Special
from .paths import Path
from .trace import Draw
from .tracing import COUNT, SHARE


class Exported:
    """A program as a function of the same arguments; `source` is its text.

    It returns the outputs as a list: the entries of the result, or with `gradient` the value and
    its derivative in each number of the arguments, in order.
    """

    def __init__(self, path: Path, call: Arguments, source: str, run: Callable[..., Any]) -> None:
        self.source = source
        self._run = run
        self._parts = call.parts
        self._specs = call.specs
        self._sources = path.traced.sources

    def __call__(self, *args: Any) -> list[Any]:
        """Run it on arguments of the same structure; a model may be given as the list of its
        parameters' numbers, and where an argument had lanes any number of them is allowed."""
        numbers: list[Any] = [1.0, 1.0]
        for part, leaf in zip(self._parts, self._leaves(args)):
            numbers += spread(part, leaf)
        lanes = [len(x) for part, x in self._numbers(numbers) if part.lane]
        if lanes:
            numbers[COUNT], numbers[SHARE] = float(lanes[0]), 1.0 / lanes[0]
        inputs = [numbers[s] if isinstance(s, int) else s.data for s in self._sources]
        outputs: list[Any] = self._run(inputs)
        return outputs

    def _leaves(self, args: Sequence[Any]) -> list[Any]:
        return [
            leaf
            for x, (_, spec) in zip(args, self._specs)
            for leaf in ([x] if spec is None else take_apart(x)[0])
        ]

    def _numbers(self, numbers: list[Any]) -> list[tuple[Part, Any]]:
        rest = iter(numbers[2:])
        return [(part, x) for part in self._parts for x in islice(rest, len(part.numbers))]


def spread(part: Part, x: Any) -> list[Any]:
    """The numbers of a leaf, in the order of those of the leaf that was traced."""
    if not part.numbers:
        return []
    if hasattr(x, "parameters"):
        return [p.data for p in x.parameters()]
    if part.lane and part.key != "lanes" and x.ndim > 1:
        rows = x.reshape(x.shape[0], -1)
        return [rows[:, k] for k in range(len(part.numbers))]
    if len(part.numbers) == 1 and not (hasattr(x, "shape") and not part.lane):
        return [x.data if is_value(x) else x]
    return list(x.ravel() if hasattr(x, "ravel") else x)


def without_branches(path: Path, name: str) -> None:
    """Raise ValueError if the program is not the whole function."""
    if path.program.guards:
        guard = path.program.guards[0]
        raise ValueError(
            f"{name} branches on its numbers ({path.program.name(guard.x)} {guard.compare} "
            f"{path.program.name(guard.y)}): choose with scalargrad.where to export it"
        )
    if any(isinstance(source, Draw) for source in path.traced.sources):
        raise ValueError(f"{name} draws random numbers: pass them in to export it")


def to_numpy(path: Path, call: Arguments, name: str) -> Exported:
    """Return the program as a function that uses NumPy."""
    import numpy

    source = emit.array_source(path.program, name)
    return Exported(path, call, source, defined(source, name, np=numpy, special=Special()))


def to_jax(path: Path, call: Arguments, name: str) -> Exported:
    """Return the program as a function for jax.jit, vmap, grad, pmap. JAX computes in float32
    unless `jax_enable_x64` is set."""
    import jax.numpy
    from jax.scipy import special

    source = emit.array_source(path.program, name, careful=False)
    return Exported(path, call, source, defined(source, name, np=jax.numpy, special=special))


def to_python(path: Path, call: Arguments, name: str) -> Exported:
    """Return the program as a function of plain Python, which runs a lane at a time."""
    source = emit.python_source(path.program, name)
    rows = {row.name: row.forward for row in path.program.rows()}
    run = defined(source, name, **functions(rows))
    lanes = path.program.trace.lanes
    is_lane = [lanes[i] for i in path.program.inputs]
    outputs = [lanes[i] for i in path.program.outputs]

    def in_order(inputs: Sequence[Any]) -> list[Any]:
        found = run(
            [float(x) for x, lane in zip(inputs, is_lane) if not lane],
            [list(map(float, x)) for x, lane in zip(inputs, is_lane) if lane],
        )
        parts = list(map(iter, found))
        return [next(parts[lane]) for lane in outputs]

    return Exported(path, call, source, in_order)


def functions(rows: dict[str, Callable[..., float]]) -> dict[str, Any]:
    from .. import ops

    return {"inf": float("inf"), "nan": float("nan"), "chain": ops.chain.forward, **rows}


def defined(source: str, name: str, **names: Any) -> Any:
    exec(compile(source, f"<program of {name}>", "exec"), names)
    return names[name]

