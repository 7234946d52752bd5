"""A program handed on: as a function of Python, NumPy or JAX.

One path through the function is handed on: the function must not branch on its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..machine.on_arrays import Special
from ..nests.program import Derived
from ..passes.program import TOO_LATE
from ..text import emit
from ..trace.sources import Draw
from .exported import Exportable, Exported
from .languages import Language, OnJax, OnNumpy
from .nest_functions import array_function, function_name, python_function
from .written import Written


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
    if exportable.nest is None and path.program.at_stage(TOO_LATE):
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
        written = Written(nest, OnJax(), exportable.names.inputs)
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
