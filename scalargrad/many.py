"""A model run on many inputs: one by one, or by a program over lanes as soon as that pays.

How many samples a model was run on is counted over all calls. From a certain number on a program
is traced, and kept for the calls that follow. Whatever it cannot do is done one by one.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isclose, isfinite
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from . import modes
from .columns import Columns, Form, Unfit, built, columns, form_of, sample_of
from .engine import Value
from .graph import topological_order
from .nn.inputs import data_of
from .outputs import Scored, number
from .scalars import is_value

if TYPE_CHECKING:
    from .compiler.gate.compiled import Compiled

SAMPLES = 30_000
"""Tracing takes as long as 1,000 to 20,000 samples do, by the network."""
WORK = 6_000_000
"""Operands of the graphs of all samples. The compiler and NumPy take a fifth of a second to
load, as long as graphs with 3 to 10 million operands."""
TRACED = 2_000
"""Once the compiler is loaded, tracing takes as long as 50 to 700 samples do, by the network."""
TRIED = 8
"""So many of the first results of a program are compared with those of the function itself."""
MOST = 16
"""So many ways through the branches of a measure are followed."""
KEPT = 4
"""So many programs are kept, those used last, with their models."""


class Ahead(NamedTuple):
    """The runs of a model that its caller knows to come: on how many samples, and whether the
    compiler is loaded anyway."""

    samples: int = 0
    loaded: bool = False


NOTHING = Ahead()


# ------ one by one
def detached(output: Any) -> Any:
    """An output without its graph, in lists as it is."""
    if isinstance(output, (list, tuple)):
        return type(output)(map(detached, output))
    return Value(output.data) if is_value(output) else output


def one_by_one(model: Any, inputs: Sequence[Any]) -> list[Any]:
    # a graph of one sample takes less time to build and free than not to build it
    return [detached(model(x)) for x in inputs]


# ------ by a program
class Outputs(Sequence[Any]):
    """Outputs that a program computed: numbers in the rows of an `array`, made Values, in lists as
    the model gives them, when they are asked for."""

    def __init__(self, array: Any, runner: Runner) -> None:
        self.array, self.runner = array, runner
        self.form, self.linked = shape_of(runner.like)

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self.made(row) for row in self.array[place].tolist()]
        return self.made(self.array[place].tolist())

    def __iter__(self) -> Iterator[Any]:
        return map(self.made, self.array.tolist())

    def columns(self) -> Columns:
        array = self.array if self.form is not None else self.array[:, 0]
        return Columns(array, self.form, self)

    def made(self, row: list[float]) -> Any:
        entries = (Value(x) if linked else x for x, linked in zip(row, self.linked))
        return built(self.form, entries)


def shape_of(output: Any) -> tuple[Form, list[bool]]:
    """The form of an output, and which of its numbers are Values."""
    return form_of(numbers(output), "output"), list(map(is_value, scores_of(output)))


def numbers(output: Any) -> Any:
    """Return an output as floats, in lists as it is."""
    if isinstance(output, (list, tuple)):
        return type(output)(map(numbers, output))
    return number(output)


def scores_of(output: Any) -> Iterator[Any]:
    """The numbers of an output, however it is nested."""
    if isinstance(output, (list, tuple)):
        for part in output:
            yield from scores_of(part)
    else:
        yield output


@dataclass(eq=False)
class Runner:
    """A function of a sample as a program over lanes; `forms` are those of its arguments."""

    function: Callable[..., Any]
    forms: tuple[Form, ...]
    most: int
    like: Any = None
    """A result as the function gives it."""
    measures: dict[Any, MeasureRunner | None] = field(default_factory=dict)
    """The programs of measures of its results, None where there can be none."""

    def __post_init__(self) -> None:
        from .compiler.gate.compiled import Compiled, programs_of

        forms = self.forms

        # a default is watched, though this function itself is not
        def of_sample(*rows: Any, function: Any = self.function) -> Any:
            given = map(sample_of, forms, rows)
            return [data_of(score) for score in scores_of(function(*given))]

        self.gate: Compiled = Compiled(of_sample, "rows", None, self.most)
        self.programs = programs_of(self.gate)
        # a program that is traced at each call is not used: there is nothing to warn of
        self.programs.has_warned = True

    def run(self, *given: Columns) -> Any:
        """The results as an array with a row for each sample. Raises Unfit or an error of the
        compiler unless a program can compute them."""
        import numpy

        if tuple(x.form for x in given) != self.forms:
            raise Unfit("the samples are not built as those before")
        count = self.programs.count
        found = self.gate(*(x.array for x in given))
        if self.programs.is_anew or self.programs.draws or self.programs.count > self.most:
            raise Unfit("the compiler cannot watch what is used, or it changes too often")
        array = numpy.stack(found, axis=-1).astype(float, copy=False)
        if self.programs.count != count:
            self.traced(array, given)
        return array

    def traced(self, array: Any, given: Sequence[Columns]) -> None:
        """A path was traced for this call."""
        self.check(array, given)

    def check(self, array: Any, given: Sequence[Columns]) -> None:
        """Raise Unfit, or the error of the function itself, unless that gives the same of the first
        samples."""
        before = random.getstate()
        for samples, row in zip(zip(*(x.samples[:TRIED] for x in given)), array.tolist()):
            self.like = detached(self.function(*samples))
            expected = list(map(number, scores_of(self.like)))
            if not all(map(alike, row, expected)) or len(row) != len(expected):
                raise Unfit("a program does not give what the function gives")
        if random.getstate() != before:
            random.setstate(before)
            raise Unfit("random numbers are drawn")


class MeasureRunner(Runner):
    """A measure of an output, given its target, as a program over lanes."""

    def traced(self, array: Any, given: Sequence[Columns]) -> None:
        """`measured` checks each call."""

    def measured(self, given: Sequence[Columns], scored: Scored) -> list[float]:
        array = self.run(*given)
        with scored:
            # whether a measure fits a model it finds out of the model itself
            self.check(array, given)
        found: list[float] = array.ravel().tolist()
        # the function itself may raise where lanes go on with NaN
        if array.shape[1] != 1 or not all(map(isfinite, found)):
            raise Unfit("a measure is not one finite number")
        return found


def alike(x: float, y: float) -> bool:
    return isclose(x, y, rel_tol=1e-9, abs_tol=1e-12) or (x != x and y != y)


# ------ which of the two
@dataclass
class Record:
    """How often a model was run, and whether no program can do it."""

    seen: int = 0
    failed: bool = False


_records: WeakKeyDictionary[Any, Record] = WeakKeyDictionary()
_runners: deque[Runner] = deque(maxlen=KEPT)


def record_of(model: Any) -> Record:
    try:
        return _records.setdefault(model, Record())
    except TypeError:
        # what cannot be a key is another model each time
        return Record()


def outputs_of(
    model: Any,
    inputs: Sequence[Any],
    compile: bool | None = None,
    given: Columns | None = None,
    ahead: Ahead = NOTHING,
) -> Sequence[Any]:
    """Return the outputs of `model` for some inputs, Values without a graph where the model gives
    Values. The model is in the mode it is in. `compile`: whether by a program, if that is possible;
    None: once it pays, or will, for `ahead` are other runs."""
    record = record_of(model)
    record.seen += len(inputs)
    plain = modes.now()._replace(no_grad=False) == modes.NOTHING
    if compile is not False and plain and not record.failed:
        try:
            count = record.seen + ahead.samples
            runner = runner_of(model, inputs, ahead._replace(samples=count), compile)
            if runner is not None:
                return Outputs(runner.run(given or columns(inputs, "input")), runner)
        except Exception:
            # the model itself then tells what is wrong, if anything is
            record.failed = True
            forget(model)
    return one_by_one(model, inputs)


def runner_of(
    model: Any, inputs: Sequence[Any], known: Ahead, compile: bool | None
) -> Runner | None:
    """The runner of a model in lanes; None if that does not pay for what is `known` of its runs,
    those before too."""
    for runner in _runners:
        if runner.function is model:
            return runner
    most = programs_that_pay(model, inputs[0], *known) if compile is None else SAMPLES
    if not most:
        return None
    runner = Runner(model, (form_of(inputs[0], "input"),), most)
    _runners.appendleft(runner)
    return runner


def forget(model: Any) -> None:
    for runner in [runner for runner in _runners if runner.function is model]:
        _runners.remove(runner)


def programs_that_pay(model: Any, x: Any, count: int, loaded: bool = False) -> int:
    """How many programs are traced in less time than they spare; `loaded`: the compiler is."""
    if loaded:
        return count // TRACED
    if count < SAMPLES:
        return 0
    scores = [score for score in scores_of(model(x)) if is_value(score)]
    nodes = {id(node): len(node.parents) for y in scores for node in topological_order(y)}
    return min(count // SAMPLES, sum(nodes.values()) * count // WORK)


# ------ measures of the outputs
def measured(
    measure: Callable[..., Any], outputs: Sequence[Any], targets: Sequence[Any], scored: Scored
) -> list[float]:
    """Return the measure of each output, given its target: by a program where one computed the
    outputs, and can. The measure itself is asked while the outputs are `scored`."""
    if isinstance(outputs, Outputs):
        found = measured_in_lanes(measure, outputs, targets, scored)
        if found is not None:
            return found
    with scored:
        return [number(measure(*pair)) for pair in zip(outputs, targets)]


def measured_in_lanes(
    measure: Callable[..., Any], outputs: Outputs, targets: Sequence[Any], scored: Scored
) -> list[float] | None:
    try:
        known = outputs.runner.measures
        given = outputs.columns(), columns(targets, "target")
        if measure not in known:
            known[measure] = MeasureRunner(measure, tuple(x.form for x in given), MOST)
        runner = known[measure]
        return None if runner is None else runner.measured(given, scored)
    except Exception:
        # the measure itself then tells what is wrong, if anything is
        if isinstance(measure, Hashable):
            outputs.runner.measures[measure] = None
        return None
