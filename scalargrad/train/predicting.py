"""`predict`: what a network makes of many inputs, as an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..columns import Columns, are_exact, form_of
from ..data import listed, plain
from ..evaluating import in_mode
from ..many import Outputs, numbers, outputs_of
from ..options import function


def predict(model: Any, X: Any) -> Any:
    """Return the outputs of `model` for the inputs `X` as an array of floats: (samples, outputs),
    or (samples,) where an output is one number and not a list of one.

    `X` is a list or an array, an input in each row. The model is in evaluation mode meanwhile; no
    graph is kept. Once a model was run on 30,000 inputs, in all calls together, a compiled program
    computes the outputs where it can, the same but for rounding.
    """
    function("model", model, "a Module or a function")
    columns = columns_of(X)
    inputs = columns.samples if columns else [plain(x) for x in listed(X, "a list of inputs")]
    if not inputs:
        raise ValueError("there is no input: expected at least one, got none")
    with in_mode(model, training=False):
        return as_array(outputs_of(model, inputs, given=columns))


def columns_of(X: Any) -> Columns | None:
    """The columns of an array of numbers that has a row for each sample; None for anything
    else."""
    if type(X).__name__ != "ndarray" or X.dtype.kind not in "fiub" or X.ndim != 2 or not X.size:
        return None
    array = X.astype(float, copy=False)
    if not are_exact(array) and (X.dtype.kind != "f" or not (array == array).all()):
        return None
    samples = X.tolist()
    return Columns(array, form_of(samples[0], "input"), samples)


def as_array(outputs: Sequence[Any]) -> Any:
    import numpy

    if isinstance(outputs, Outputs):
        first = numpy.shape(numbers(outputs.runner.like))
        return outputs.array.reshape(len(outputs), *first)
    try:
        return numpy.array(list(map(numbers, outputs)), float)
    except ValueError:
        raise ValueError("the outputs of the model differ in shape: expected one shape") from None
