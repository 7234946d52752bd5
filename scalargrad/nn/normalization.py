"""Layers that keep numbers near mean 0 and variance 1: over the batch, or within one list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from ..engine import dot, mean, reciprocal, sqrt
from ..options import POSITIVE, SHARE, whole, within
from ..scalars import is_real
from .initializers import vector
from .inputs import data_of, inputs_for
from .module import Module, NeedsBatch
from .parts import Buffer

Numbers = Sequence[Any]


def centred(xs: Numbers, around: Any) -> list[Any]:
    return [x - around for x in xs]


def mean_square(xs: Numbers) -> Any:
    return dot(xs, xs) / len(xs)


def scaled(xs: Numbers, by: Any) -> list[Any]:
    return [x * by for x in xs]


def affine(xs: Numbers, gain: Numbers, shift: Numbers) -> list[Any]:
    return [g * x + s for x, g, s in zip(xs, gain, shift)]


class LayerNorm(Module):
    """(x − mean)/√(variance + epsilon) of the `width` numbers of a list, then gain and shift.

    Source: Ba, Kiros & Hinton, Layer Normalization (2016).
    """

    def __init__(self, width: int, epsilon: float = 1e-5) -> None:
        self.width = whole("width", width)
        self.epsilon = within("epsilon", epsilon, POSITIVE)
        self.gain = vector([1.0] * self.width)
        self.shift = vector([0.0] * self.width)

    def __call__(self, x: Any) -> list[Any]:
        inputs = inputs_for(self, x, self.width)
        differences = centred(inputs, mean(inputs))
        scale = reciprocal(sqrt(mean_square(differences) + self.epsilon))
        return affine(scaled(differences, scale), self.gain, self.shift)


class RMSNorm(Module):
    """x/√(mean of x² + epsilon) of the `width` numbers of a list, then the gain if there is one.

    Source: Zhang & Sennrich, Root Mean Square Layer Normalization (2019).
    """

    def __init__(self, width: int, epsilon: float = 1e-5, gain: bool = True) -> None:
        self.width = whole("width", width)
        self.epsilon = within("epsilon", epsilon, POSITIVE)
        self.gain = vector([1.0] * self.width) if gain else None

    def __call__(self, x: Any) -> list[Any]:
        inputs = inputs_for(self, x, self.width)
        outputs = scaled(inputs, reciprocal(sqrt(mean_square(inputs) + self.epsilon)))
        return outputs if self.gain is None else [g * x for g, x in zip(self.gain, outputs)]


class BatchNorm(Module):
    """Each of `width` numbers minus its mean, over its standard deviation; then gain and shift.

    In training `batch` takes mean and variance over its samples, at least two, and moves the
    running mean and variance by the share `momentum` towards them. In evaluation mode the running
    mean and variance count, and a single sample will do. Source: Ioffe & Szegedy, Batch
    Normalization (2015).
    """

    def __init__(self, width: int, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        self.width = whole("width", width)
        self.momentum = within("momentum", momentum, SHARE)
        self.epsilon = within("epsilon", epsilon, POSITIVE)
        self.gain = vector([1.0] * self.width)
        self.shift = vector([0.0] * self.width)
        self.running_mean = Buffer([0.0] * self.width)
        self.running_variance = Buffer([1.0] * self.width)

    def __call__(self, x: Any) -> list[Any]:
        """Return the outputs for one sample by the running statistics. Raises ValueError in
        training."""
        if self.training:
            raise NeedsBatch(type(self).__name__)
        return self._by(inputs_for(self, x, self.width), self.running_mean, self.running_variance)

    def _by(self, inputs: Numbers, means: Numbers, variances: Numbers) -> list[Any]:
        """The outputs for one sample by these statistics."""
        around = zip(inputs, means, variances)
        normalized = [(x - m) * self._scale(v) for x, m, v in around]
        return affine(normalized, self.gain, self.shift)

    def batch(self, samples: Iterable[Any]) -> list[Any]:
        rows = [inputs_for(self, x, self.width) for x in samples]
        if not self.training:
            return [self(row) for row in rows]
        known = _known.get()
        if known is not None:
            statistics = known.of(self, rows)
            return [self._by(row, *statistics) for row in rows]
        if len(rows) < 2:
            raise ValueError(
                f"BatchNorm in training needs at least 2 samples, got {len(rows)}: drop the "
                "last batch if it is that small, or call model.eval() first"
            )
        columns = [self._normalized(i, column) for i, column in enumerate(zip(*rows))]
        return [affine(row, self.gain, self.shift) for row in zip(*columns)]

    def _normalized(self, i: int, column: Numbers) -> list[Any]:
        average = mean(column)
        differences = centred(column, average)
        variance = mean_square(differences)
        # the mean square around the mean of few samples is too small, on average by this factor
        unbiased = variance * (len(column) / (len(column) - 1))
        self._remember(self.running_mean, i, average)
        self._remember(self.running_variance, i, unbiased)
        return scaled(differences, self._scale(variance))

    def _scale(self, variance: Any) -> Any:
        return reciprocal(sqrt(variance + self.epsilon))

    def _remember(self, running: Buffer, i: int, statistic: Any) -> None:
        step = Moved(self, running, i, data_of(statistic))
        listed = _listed.get()
        if listed is None:
            step.move()
        else:
            listed.append(step)


class Moved(NamedTuple):
    """A running statistic of a part, and the `number` that it moves towards."""

    part: BatchNorm
    running: Buffer
    place: int
    number: Any

    def move(self) -> None:
        number = self.number
        if not is_real(number):
            raise TypeError(
                "BatchNorm in training keeps running statistics, which a compiled function "
                f"cannot: expected a number, got {type(number).__name__}; call model.eval() first"
            )
        self.running[self.place] = moved(self.part, self.running[self.place], number)


def moved(part: BatchNorm, running: float, number: float) -> float:
    """A running statistic after a batch, which had this number."""
    return running + part.momentum * (number - running)


class Reached(BaseException):
    """A part was reached whose statistics are not known; `rows` are its inputs."""

    def __init__(self, part: BatchNorm, rows: list[Numbers]) -> None:
        self.part, self.rows = part, rows


class Known:
    """The statistics of a batch that parts are given, in the order in which they run: a list of
    means and one of variances for each. The first part without is Reached."""

    def __init__(self, statistics: Sequence[tuple[Numbers, Numbers]]) -> None:
        self.statistics = statistics
        self.parts: list[BatchNorm] = []

    def of(self, part: BatchNorm, rows: list[Numbers]) -> tuple[Numbers, Numbers]:
        if len(self.parts) == len(self.statistics):
            raise Reached(part, rows)
        self.parts.append(part)
        return self.statistics[len(self.parts) - 1]


_known: ContextVar[Known | None] = ContextVar("known", default=None)


@contextmanager
def statistics_known(statistics: Sequence[tuple[Numbers, Numbers]]) -> Iterator[Known]:
    """Within it parts of a batch, which may be one sample of it, take these statistics."""
    token = _known.set(Known(statistics))
    try:
        yield _known.get()  # type: ignore[misc]
    finally:
        _known.reset(token)


_listed: ContextVar[list[Moved] | None] = ContextVar("listed", default=None)


@contextmanager
def statistics_listed() -> Iterator[list[Moved]]:
    """Within it running statistics stay as they are: what would move them is listed."""
    found: list[Moved] = []
    token = _listed.set(found)
    try:
        yield found
    finally:
        _listed.reset(token)
