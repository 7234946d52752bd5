"""Samples as an array, a row each, so that a compiled program takes them side by side in lanes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from math import prod
from typing import Any, NamedTuple

from .messages import described
from .scalars import is_real, is_value
from .transforms.containers import Spec, Taken
from .transforms.trees import filled, is_array

NUMBERS = frozenset((int, float, bool))
EXACT = ("f", "int64")
"""Kinds and types of arrays whose own arithmetic is that of floats: small whole numbers wrap
around, and truths add up to a truth."""

WHOLE = 2.0**53
"""Whole numbers below it are floats too."""


class Shaped(NamedTuple):
    """The form of a sample with arrays in it: the shape of each leaf, None for a number."""

    spec: Spec
    shapes: tuple[tuple[int, ...] | None, ...]

    def built(self, numbers: Iterable[Any]) -> Any:
        rest = iter(numbers)
        return self.spec.built(
            next(rest) if shape is None else filled(shape, [*islice(rest, prod(shape))])
            for shape in self.shapes
        )


Form = Spec | Shaped | None
"""How a sample is built of its numbers: None for a lone number."""


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
    # the first says it in a tenth of the time
    if not are_exact(array) and array.tolist() != rows:
        place = next(k for k, row in enumerate(rows) if array[k].tolist() != row)
        wrong = next(x for x, y in zip(rows[place], array[place].tolist()) if x != y)
        raise Unfit(
            f"{what} {place} holds {wrong!r:.30}: expected numbers that a float holds, no NaN; "
            "leave that sample out, or scale it"
        )
    return Columns(array[:, 0] if form is None else array, form, samples)


def are_exact(array: Any) -> bool:
    """Tell whether floats are the numbers that they were made of, however these were written:
    False for NaN, and where that does not tell."""
    return not array.size or bool(abs(array).max() < WHOLE)


def flat_rows(samples: Sequence[Any]) -> tuple[Form, list[list[float]]] | None:
    """Samples that are lone numbers or lists of them; None if they are not."""
    kinds = {*map(type, samples)}
    if kinds <= NUMBERS:
        return None, [[x] for x in samples]
    if kinds != {list}:
        return None
    _, *others = set(map(len, samples))
    if others or not NUMBERS.issuperset(map(type, chain.from_iterable(samples))):
        return None
    return Taken().spec(samples[0]), [*samples]


def rows_of(samples: Sequence[Any], what: str) -> tuple[Form, list[list[float]]]:
    """The form of all samples, and the numbers of each."""
    rows, forms = zip(*(numbers_of(x, f"{what} {place}") for place, x in enumerate(samples)))
    for place, form in enumerate(forms):
        if form != forms[0]:
            raise Unfit(
                f"{what} {place} is not built as {what} 0 is: expected {told(forms[0])}, got "
                f"{told(form)}; a program takes samples of one form, pad them to it"
            )
    return forms[0], [*rows]


def told(form: Form) -> str:
    """A form in words."""
    if form is None:
        return "a number"
    spec = form if isinstance(form, Spec) else form.spec
    return f"{spec.kind.__name__} of {len(spec.parts)}" if spec.is_flat else f"{form!r:.60}"


def numbers_of(x: Any, what: str) -> tuple[list[float], Form]:
    """Return the numbers of a sample in their order, and its form. Raises Unfit for anything that
    is no number."""
    taken = Taken()
    spec = taken.spec(x)
    if taken.kinds <= NUMBERS:
        return taken.leaves, spec
    shapes = tuple(x.shape if is_array(x) else None for x in taken.leaves)
    numbers = [y for leaf in taken.leaves for y in numbers_in(leaf, what)]
    return numbers, spec if spec is None or not any(shapes) else Shaped(spec, shapes)


def numbers_in(leaf: Any, what: str) -> list[float]:
    """The numbers of an array, or a lone number, as Python's."""
    if is_array(leaf) and leaf.ndim:
        if leaf.dtype.kind not in EXACT and leaf.dtype.name not in EXACT:
            raise Unfit(
                f"{what} holds an array of {leaf.dtype}, whose arithmetic is not that of floats: "
                "pass x.astype(float), or x.tolist()"
            )
        found: list[float] = leaf.ravel().tolist()
        return found
    if type(leaf) in NUMBERS:
        return [leaf]
    if is_value(leaf) or not is_real(leaf):
        raise Unfit(
            f"{what} is not made of numbers alone: expected numbers, also in lists, tuples, dicts, "
            f"dataclasses and arrays, got {described(leaf)}; put a number in its place"
        )
    return [float(leaf)]


def form_of(x: Any, what: str) -> Form:
    return numbers_of(x, what)[1]


class Watched:
    """Samples that somebody may change in place."""

    def __init__(self, given: Columns, what: str) -> None:
        self.samples, self.what = [*given.samples], what
        plain = is_plain(given.form)
        self.seen: Callable[[Any], Any] = (lambda x: x) if plain else contents
        self.copies = [*map(copied if plain else contents, self.samples)]

    def check(self, places: Sequence[int] | None = None) -> None:
        """Raise Unfit if one of the samples at these places, or of all, was changed."""
        # a number is found again by identity: that costs next to nothing
        now, before = (
            [*map(x.__getitem__, places)] if places is not None else x
            for x in (self.samples, self.copies)
        )
        if [*map(self.seen, now)] != before:
            changed = (i for i, x in enumerate(self.copies) if self.seen(self.samples[i]) != x)
            raise Unfit(f"{self.what} {next(changed)} was changed while the network was trained")


def is_plain(form: Form) -> bool:
    """Tell whether samples of this form are equal where all their numbers are."""
    if isinstance(form, Shaped):
        return False
    kinds = () if form is None else form.kinds()
    return not any(hasattr(kind, "__dataclass_fields__") for kind in kinds)


def copied(x: Any) -> Any:
    """A sample with containers of its own, of the very same numbers."""
    taken = Taken()
    spec = taken.spec(x)
    return x if spec is None else spec.built(taken.leaves)


def contents(x: Any) -> tuple[list[Any], Spec | None]:
    """The numbers of a sample, those of an array as a list, and how its containers are built."""
    taken = Taken()
    spec = taken.spec(x)
    return [leaf.tolist() if is_array(leaf) else leaf for leaf in taken.leaves], spec


def sample_of(form: Form, row: Any) -> Any:
    """Return the sample whose numbers these are."""
    return row if form is None else form.built(row.tolist())


def built(form: Form, numbers: Iterator[Any]) -> Any:
    """Return a sample of this form, made of the next of the numbers."""
    return next(numbers) if form is None else form.built(numbers)
