"""A program handed on: as a function of Python, NumPy or JAX.

One path through the function is handed on: the function must not branch on its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from ...transforms.trees import ARRAY, SCALAR
from ..branches.path import Path
from ..inputs.arguments import Arguments
from ..inputs.sources import is_given, of_lanes
from ..machine.on_arrays import Special
from ..nests.program import Derived
from ..passes.program import TOO_LATE
from ..text import emit
from ..text.names import Names
from ..trace.sources import Draw
from .languages import Language, OnJax, OnNumpy
from .leaves import ALONE, LEAVES, check_static, is_static, kind_of
from .nest_functions import array_function, function_name, python_function
from .written import Written, nest_of


class Exportable(NamedTuple):
    """A path through a function, traced on these arguments, to be exported."""

    path: Path
    arguments: Arguments
    names: Names
    parameters: Sequence[str]
    """The names of the arguments."""

    @property
    def identifier(self) -> str:
        """The function's name in the text of a program in Python."""
        return emit.function_name(self.path.program, self.names.function)

    @property
    def nest(self) -> Derived | None:
        """The program with loops, if it has any whose text can be written."""
        return nest_of(self.path.traced)

    @property
    def branches(self) -> bool:
        """Whether the function does something else for other numbers."""
        return self.nest is None and bool(self.path.program.guards)


class Exported:
    """A program as a function of arguments like those it was traced on; `source` is its text.

    A call returns what the function returns; with `gradient` the value and a tuple with the
    gradient in each argument, as `value_and_grad`. A model may be given as a list of its
    parameters: its gradient is a list then. Where an argument had lanes any number of them is
    allowed. Values that the function closes over are read at each call (by jax.jit when it
    traces). Raises TypeError or ValueError for arguments unlike those it was traced on.
    """

    def __init__(
        self, exportable: Exportable, np: Any, source: str, run: Callable[..., Any]
    ) -> None:
        self.source = source
        self.gradient = exportable.path.traced.wanted is not None
        self.__name__ = self.__qualname__ = exportable.names.function
        self._exportable = exportable
        self._np = np
        self._run = run

    def __repr__(self) -> str:
        return f"<{self.__name__}({', '.join(self._exportable.parameters)}), exported>"

    def __call__(self, *args: Any, **named: Any) -> Any:
        leaves = list(self._leaves(args, named))
        shape, numbers = self._numbers(leaves)
        given = of_lanes(None if shape is None else math.prod(shape), numbers)
        traced = self._exportable.path.traced
        inputs = [given.of(s) if is_given(s) else s.data for s in traced.sources]
        outputs = [
            self._shaped(x, shape if each else None)
            for x, each in zip(self._run(inputs), traced.each)
        ]
        value = self._value(outputs[:: self._width(len(outputs))], shape or ())
        return (value, self._gradients(leaves, outputs[1:])) if self.gradient else value

    # ------ arguments
    def _leaves(self, args: Sequence[Any], named: Mapping[str, Any]) -> Iterator[Any]:
        names, specs = self._exportable.parameters, self._exportable.arguments.specs
        if len(args) + len(named) != len(specs) or set(named) - set(names[len(args) :]):
            raise TypeError(
                f"{self.__name__} was exported with {len(specs)} arguments "
                f"({', '.join(names)}), got {len(args)}{''.join(f', {name}=' for name in named)}"
            )
        args = [*args, *(named[name] for name in names[len(args) :])]
        for name, x, (_, spec) in zip(names, args, specs):
            try:
                yield from [x] if spec is None else spec.leaves(x)
            except (TypeError, ValueError) as error:
                raise ValueError(
                    f"{name} must have the structure it was exported with, {spec}: {error}"
                ) from None

    def _numbers(self, given: Sequence[Any]) -> tuple[tuple[int, ...] | None, list[Any]]:
        """The shape of the lanes, None if there are none, and the numbers of all leaves."""
        np, known = self._np, self._exportable.arguments.leaves
        found: list[Any] = []
        for leaf, x in zip(known, given):
            if is_static(leaf):
                check_static(leaf, x)
            else:
                found += LEAVES[kind_of(leaf)].numbers(np, leaf, x)
        own = self._exportable.arguments.own
        lanes = [x for x, here in zip(found, own) if here]
        if not lanes:
            return None, found
        spread = iter(np.broadcast_arrays(*lanes))
        numbers = [next(spread) if here else x for x, here in zip(found, own)]
        return np.broadcast_shapes(*(x.shape for x in lanes)), numbers

    # ------ results
    def _shaped(self, x: Any, shape: tuple[int, ...] | None) -> Any:
        array = self._np.asarray(x)
        if shape is not None:
            return self._np.broadcast_to(array, shape)
        return float(array) if self._np.__name__ == "numpy" else array

    def _width(self, outputs: int) -> int:
        return outputs // max(self._exportable.path.traced.structure.size, 1)

    def _value(self, entries: Sequence[Any], shape: tuple[int, ...]) -> Any:
        structure = self._exportable.path.traced.structure
        leaves = []
        for leaf, own in zip(structure.leaves, structure.split(entries)):
            if leaf.kind is ARRAY:
                own = [self._np.stack(own, axis=-1).reshape(*shape, *leaf.original.shape)]
            plain = leaf.kind in (ARRAY, SCALAR)
            leaves.append(own[0] if plain else leaf.kind.rebuilt(leaf.original, own))
        return structure.tree(leaves)

    def _gradients(self, given: Sequence[Any], derivatives: Sequence[Any]) -> tuple[Any, ...]:
        rest, found = iter(derivatives), []
        kinds = ALONE if self._exportable.path.traced.entries[0].own else LEAVES
        for leaf, x in zip(self._exportable.arguments.leaves, given):
            own = list(islice(rest, len(leaf.numbers)))
            reader = None if is_static(leaf) else kinds[kind_of(leaf)]
            found.append(reader.gradient(self._np, leaf, x, own) if reader else None)
        trees = iter(found)
        return tuple(
            next(trees) if spec is None else spec.built(islice(trees, count))
            for count, spec in self._exportable.arguments.specs
        )


def check(exportable: Exportable) -> None:
    """Raise ValueError if the program is not the whole function."""
    path, name = exportable.path, exportable.names.function
    if exportable.branches:
        guard = path.program.guards[0]
        text = emit.Operations(path.program, emit.FORMULA, exportable.names.inputs).names
        raise ValueError(
            f"{name} branches on its numbers ({text[guard.x]} {guard.compare} {text[guard.y]}), "
            "and what is exported is one way through it: choose with scalargrad.where; to_c "
            "writes all ways"
        )
    check_sources(name, path.traced.sources)
    if exportable.nest is None and TOO_LATE in path.program.stages.values():
        raise ValueError(f"{name} needs a sum over all lanes in each lane: that is not exported")


def check_sources(name: str, sources: Iterable[Any]) -> None:
    """Raise ValueError if a program with inputs from there is none to be exported."""
    if any(isinstance(source, Draw) for source in sources):
        raise ValueError(
            f"{name} draws random numbers, which an exported function would have to be given: "
            "draw them outside and pass them in, or call model.eval() where it is dropout"
        )


def to_numpy(exportable: Exportable) -> Exported:
    """Return the program as a function that uses NumPy."""
    import numpy

    name, source, own = numpy_text(exportable)
    run = defined(source, name, {"np": numpy, "special": Special(), **own})

    def quietly(inputs: Sequence[Any]) -> list[Any]:
        with numpy.errstate(all="ignore"):
            # a float of Python's raises where one of NumPy's is inf
            found: list[Any] = run([numpy.asarray(x, float)[()] for x in inputs])
        return found

    return Exported(exportable, numpy, source, quietly)


def numpy_text(exportable: Exportable) -> tuple[str, str, dict[str, Any]]:
    """The name of the function, its text, and the functions that NumPy lacks."""
    if nest := exportable.nest:
        written = Written(nest, OnNumpy(), exportable.names.inputs)
        name = function_name(exportable.names.function)
        return name, array_function(written, name), emit.vectorized(written.rows(), {})
    program, name = exportable.path.program.carefully, exportable.identifier
    source = emit.array_source(program, name, names=exportable.names.inputs)
    return name, source, emit.on_numpy(program)


def to_jax(exportable: Exportable) -> Exported:
    """Return the program as a function for jax.jit, vmap, grad, pmap. JAX computes in float32
    unless `jax_enable_x64` is set."""
    try:
        import jax.numpy
        from jax.scipy import special
    except ImportError as error:
        raise ImportError("to_jax needs JAX: pip install jax") from error

    name, source = jax_text(exportable)
    known = {"np": jax.numpy, "special": special, "lax": jax.lax}
    return Exported(exportable, jax.numpy, source, defined(source, name, known))


def jax_text(exportable: Exportable) -> tuple[str, str]:
    """The name of the function, and its text."""
    if nest := exportable.nest:
        language = OnJax(nest.asked.lanes is not None)
        written = Written(nest, language, exportable.names.inputs)
        check_rows(written.rows())
        name = function_name(exportable.names.function)
        return name, array_function(written, name)
    program, name = exportable.path.program.carefully, exportable.identifier
    check_rows(program.rows())
    return name, emit.array_source(program, name, names=exportable.names.inputs)


def check_rows(rows: Iterable[Any]) -> None:
    """Raise ValueError if JAX has not all of these."""
    lacking = next((row.name for row in rows if on_jax(row) is None), None)
    if lacking:
        raise ValueError(
            f"{lacking} has no spelling in JAX: write it with scalargrad's own functions to "
            "export what uses it"
        )


def on_jax(row: Any) -> str | None:
    return "{}" if row in emit.SPELLED_OUT else row.array


class OfPython(NamedTuple):
    """The text of a function of plain Python, what it calls, and which inputs and outputs every
    lane has its own of."""

    name: str
    source: str
    known: dict[str, Any]
    inputs: Sequence[bool]
    outputs: Sequence[bool]


def to_python(exportable: Exportable) -> Exported:
    """Return the program as a function of plain Python, which runs a lane at a time."""
    import numpy

    text = python_text(exportable)
    run = defined(text.source, text.name, text.known)

    def in_order(inputs: Sequence[Any]) -> list[Any]:
        columns = [x for x, lane in zip(inputs, text.inputs) if lane]
        found = run(
            [float(x) for x, lane in zip(inputs, text.inputs) if not lane],
            [numpy.ravel(x).tolist() for x in columns],
        )
        parts = list(map(iter, found))
        return [
            numpy.reshape(next(parts[lane]), columns[0].shape) if lane else next(parts[lane])
            for lane in text.outputs
        ]

    return Exported(exportable, numpy, text.source, in_order)


def python_text(exportable: Exportable) -> OfPython:
    if nest := exportable.nest:
        return with_loops_in_python(exportable, nest)
    program, name = exportable.path.program.carefully, exportable.identifier
    source = emit.python_source(program, name, exportable.names.inputs)
    lanes, known = program.trace.lanes, emit.in_plain_python(program)
    inputs, outputs = ([lanes[i] for i in nodes] for nodes in (program.inputs, program.outputs))
    return OfPython(name, source, known, inputs, outputs)


def with_loops_in_python(exportable: Exportable, nest: Derived) -> OfPython:
    written = Written(nest, Language(), exportable.names.inputs)
    name = function_name(exportable.names.function)
    rows = {row.name: row.forward for row in written.rows()}
    known = {"inf": math.inf, "nan": math.nan, **rows}
    return OfPython(name, python_function(written, name), known, written.lanes, nest.each)


def defined(source: str, name: str, names: dict[str, Any]) -> Any:
    exec(compile(source, f"<program of {name}>", "exec"), names)
    return names[name]
