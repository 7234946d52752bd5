"""Samples as an array, a row each, so that a compiled program takes them side by side in lanes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

NUMBERS = frozenset((int, float))

Form = tuple[type, "int | tuple[Form, ...]"] | None
"""How a sample is built of its numbers: None for a lone number, else list or tuple, and how many
numbers it has, or the form of each element."""


class Unfit(ValueError):
    """Why something cannot be compiled; the text says it in the words of a History."""


def reason_of(error: Exception) -> str:
    return str(error) if isinstance(error, Unfit) else f"{type(error).__name__}: {error}"


class Columns:
    """The numbers of samples that all have one form, in an array with a row for each sample."""

    def __init__(self, array: Any, form: Form, samples: Sequence[Any]) -> None:
        self.array, self.form, self.samples = array, form, samples


def columns(samples: Sequence[Any], what: str) -> Columns:
    """Return the numbers of samples. Raises Unfit unless all have one form."""
    import numpy

    form, rows = flat_rows(samples) or rows_of(samples, what)
    array = numpy.array(rows, float)
    if array.tolist() != rows:
        raise Unfit(f"a number of the {what}s is NaN, or too large an int for a float")
    return Columns(array[:, 0] if form is None else array, form, samples)


def flat_rows(samples: Sequence[Any]) -> tuple[Form, list[list[float]]] | None:
    """Samples that are lists of numbers as they are; None if they are not."""
    if set(map(type, samples)) != {list}:
        return None
    width, *others = set(map(len, samples))
    if others or not NUMBERS.issuperset(map(type, chain.from_iterable(samples))):
        return None
    return (list, width), [*samples]


def rows_of(samples: Sequence[Any], what: str) -> tuple[Form, list[list[float]]]:
    """The form of all samples, and the numbers of each."""
    rows: list[list[float]] = [[] for _ in samples]
    forms = [taken_apart(sample, row, what) for sample, row in zip(samples, rows)]
    for place, form in enumerate(forms):
        if form != forms[0]:
            raise Unfit(f"{what} {place} is not built as {what} 0 is")
    return forms[0], rows


class Watched:
    """Samples that somebody may change in place."""

    def __init__(self, samples: Sequence[Any], what: str) -> None:
        self.samples, self.what = [*samples], what
        self.copies = [*map(copied, samples)]

    def check(self, places: Sequence[int] | None = None) -> None:
        """Raise Unfit if one of the samples at these places, or of all, was changed."""
        # a number is found again by identity: that costs next to nothing
        now, before = (
            [*map(x.__getitem__, places)] if places is not None else x
            for x in (self.samples, self.copies)
        )
        if now != before:
            changed = (i for i, x in enumerate(self.copies) if self.samples[i] != x)
            raise Unfit(f"{self.what} {next(changed)} was changed while the network was trained")


def copied(x: Any) -> Any:
    """A sample with lists of its own, of the very same numbers."""
    if type(x) is list and not NUMBERS.issuperset(map(type, x)):
        return [*map(copied, x)]
    return x.copy() if type(x) is list else tuple(map(copied, x)) if type(x) is tuple else x


def taken_apart(x: Any, numbers: list[float], what: str) -> Form:
    """Return the form of a sample, and add its numbers to `numbers`."""
    kind = type(x)
    if kind in NUMBERS:
        numbers.append(x)
        return None
    if kind not in (list, tuple):
        raise Unfit(f"the {what}s are not made of int and float alone: {kind.__name__}")
    if NUMBERS.issuperset(map(type, x)):
        numbers += x
        return kind, len(x)
    return kind, tuple(taken_apart(element, numbers, what) for element in x)


def sample_of(form: Form, row: Any) -> Any:
    """Return the sample whose numbers these are."""
    return row if form is None else built(form, iter(row.tolist()))


def built(form: Form, numbers: Iterator[Any]) -> Any:
    """Return a sample of this form, made of the next of the numbers."""
    if form is None:
        return next(numbers)
    kind, parts = form
    elements: Iterable[Any] = (
        islice(numbers, parts)
        if isinstance(parts, int)
        else (built(part, numbers) for part in parts)
    )
    return kind(elements)
