"""`predict`: what a network makes of many inputs, as an array."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from ..data import listed, plain
from ..graph import topological_order
from ..nn.inputs import data_of
from ..outputs import number
from ..scalars import is_value
from ..scores import evaluating, in_mode
from .choice import SAMPLES, WORK
from .columns import Columns, Unfit, sample_of
from .recipe import function
from .trial import same_chance

TRIED = 8
"""So many of the first outputs of a program are compared with those of the model itself."""


def predict(model: Any, X: Any) -> Any:
    """Return the outputs of `model` for the inputs `X` as an array of floats: (samples, outputs),
    or (samples,) where an output is one number and not a list of one.

    `X` is a list or an array, an input in each row. The model is in evaluation mode meanwhile; no
    graph is recorded. Where it pays, from 30,000 inputs on, and can be done a compiled program
    computes all of them, the same but for rounding.
    """
    function("model", model, "a Module or a function")
    inputs = [plain(x) for x in listed(X, "a list of inputs")]
    if not inputs:
        raise ValueError("there is no input: expected at least one, got none")
    most = programs_that_pay(model, inputs)
    if most:
        try:
            return in_lanes(model, inputs, most)
        except Exception:
            # the model itself then tells what is wrong, if anything is
            pass
    return one_by_one(model, inputs)


def programs_that_pay(model: Any, inputs: Sequence[Any]) -> int:
    """How many programs are traced in less time than they spare."""
    count = len(inputs)
    if count < SAMPLES:
        return 0
    with same_chance(), in_mode(model, training=False):
        scores = [score for score in scores_of(model(inputs[0])) if is_value(score)]
    nodes = {id(node): len(node.parents) for x in scores for node in topological_order(x)}
    return min(count // SAMPLES, sum(nodes.values()) * count // WORK)


def one_by_one(model: Any, inputs: Sequence[Any]) -> Any:
    import numpy

    with evaluating(model):
        outputs = [numbers(model(x)) for x in inputs]
    try:
        return numpy.array(outputs, float)
    except ValueError:
        raise ValueError("the outputs of the model differ in shape: expected one shape") from None


def in_lanes(model: Any, inputs: Sequence[Any], most: int) -> Any:
    """The outputs by a program, which follows at most so many ways through branches. Raises Unfit
    or an error of the compiler if there can be none."""
    import numpy

    from ..compiler.gate.compiled import Compiled, programs_of

    with same_chance():
        before = random.getstate()
        expected = one_by_one(model, inputs[:TRIED])
        if random.getstate() != before:
            raise Unfit("random numbers are drawn")
    columns = Columns(inputs, "input")
    form = columns.form

    def of_sample(x: Any) -> Any:
        return [data_of(score) for score in scores_of(model(sample_of(form, x)))]

    gate = Compiled(of_sample, "x", None, most)
    programs = programs_of(gate)
    programs.has_warned = True
    with evaluating(model):
        outputs = gate(columns.array)
    if programs.is_anew or programs.draws:
        raise Unfit("the model does or reads what the compiler cannot watch")
    found = numpy.stack(outputs, axis=-1).astype(float).reshape(len(inputs), *expected.shape[1:])
    if not numpy.allclose(found[:TRIED], expected, rtol=1e-9, atol=1e-12, equal_nan=True):
        raise Unfit("a program does not give what the model gives")
    return found


def numbers(output: Any) -> Any:
    """Return an output as floats, in lists as it is."""
    if isinstance(output, (list, tuple)):
        return [numbers(part) for part in output]
    return number(output)


def scores_of(output: Any) -> Iterator[Any]:
    """The numbers of an output, however it is nested."""
    if isinstance(output, (list, tuple)):
        for part in output:
            yield from scores_of(part)
    else:
        yield output
