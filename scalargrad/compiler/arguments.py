"""The arguments of a call: which are numbers, which have lanes, and how to hand them to the
function as one sample."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import islice
from math import prod
from typing import Any, NamedTuple

from ..rows import is_number
from ..trees import accessors, is_array, is_model, is_value, take_apart

STATIC = (int, bool, str, bytes, type(None))


class Part(NamedTuple):
    """One leaf of an argument: how it enters a function, and how its gradient is handed back.

    `numbers` are floats or Values; those with lanes stand in the columns of `rows`, a sample in
    each, or are the elements of it. `given` makes what the function sees of as many Tracers,
    `gradient` what the caller gets of as many derivatives. `names` are those of the numbers within
    their argument.
    """

    key: Hashable
    numbers: list[Any]
    lane: bool
    given: Callable[[list[Any]], Any]
    gradient: Callable[[list[Any]], Any]
    kept: Sequence[Any] = ()
    """What the key tells apart by identity."""
    names: Callable[[], list[str]] = lambda: [""]
    rows: Any = None


Place = tuple[int, int]
"""Which of the arrays of a call, and which of its columns."""


class Column:
    """A number that has lanes: where it stands in the arrays of a call."""

    __slots__ = ("place", "rows")

    def __init__(self, rows: Any, place: Place) -> None:
        self.rows = rows
        self.place = place

    def __getitem__(self, lane: int) -> float:
        return float(self.rows[lane, self.place[1]])


def only(parts: list[Any]) -> Any:
    return parts[0]


def filled(shape: tuple[int, ...], entries: Sequence[Any]) -> Any:
    import numpy

    array = numpy.empty(len(entries), dtype=object)
    for i, x in enumerate(entries):
        array[i] = x
    return array.reshape(shape)


def subscripts(shape: tuple[int, ...]) -> list[str]:
    import numpy

    return [f"[{', '.join(map(str, i))}]" if i else "" for i in numpy.ndindex(*shape)]


def static(x: Any) -> Part:
    return Part((type(x), repr(x)), [], False, lambda parts: x, lambda parts: None)


def single(x: Any) -> Part:
    key = "Value" if is_value(x) else "number"
    return Part(key, [x if is_value(x) else float(x)], False, only, only)


def entries_of(x: Any) -> Part:
    """An array whose elements are numbers of their own, the same in all lanes."""
    import numpy

    entries, shape = x.ravel().tolist(), x.shape
    return Part(
        ("array", shape, tuple(map(is_value, entries))),
        [y if is_value(y) else float(y) for y in entries],
        False,
        (lambda parts: filled(shape, parts)) if shape else only,
        lambda parts: numpy.array(parts, float).reshape(shape),
        names=lambda: subscripts(shape),
    )


def model(x: Any) -> Part:
    parameters = [p for _, p in x.named_parameters()]
    return Part(
        ("model", len(parameters), all(map(is_value, parameters))),
        parameters,
        False,
        x.with_parameters,
        x.with_parameters,
        (),
        lambda: [f".{name}" for name, _ in x.named_parameters()],
    )


def elementwise(x: Any) -> Part:
    """An array each element of which is a lane."""
    shape = x.shape
    return Part("lanes", [None], True, only, lambda parts: summed_to(parts[0], shape), rows=x)


def summed_to(x: Any, shape: tuple[int, ...]) -> Any:
    """Return the sums of an array over the axes along which an argument of this shape is spread."""
    axes = tuple(range(x.ndim - len(shape)))
    x = x.sum(axis=axes) if axes else x
    spread = tuple(k for k, (now, own) in enumerate(zip(x.shape, shape)) if own == 1 < now)
    return x.sum(axis=spread, keepdims=True) if spread else x


def samples(x: Any) -> Part:
    """An array with a sample in each row: the first axis are the lanes."""
    import numpy

    array = numpy.asarray(x, dtype=float)
    if array.ndim == 0:
        raise ValueError(f"expected an array with a sample in each row, got the number {x!r}")
    if not len(array):
        raise ValueError("expected at least one sample, got none")
    shape = array.shape[1:]
    return Part(
        ("samples", shape),
        [None] * prod(shape),
        True,
        (lambda parts: filled(shape, parts)) if shape else only,
        (lambda parts: beside_each_other(parts).reshape(-1, *shape)) if shape else only,
        names=lambda: subscripts(shape),
        rows=array.reshape(len(array), prod(shape)),
    )


def beside_each_other(columns: list[Any]) -> Any:
    """Return the array whose columns these are, or one made of them."""
    import numpy

    whole = getattr(columns[0], "base", None)
    is_whole = whole is not None and whole.shape == (len(columns[0]), len(columns))
    if is_whole and all(getattr(x, "base", None) is whole for x in columns):
        return whole
    return numpy.stack(columns, axis=-1)


def part_of(x: Any, by_sample: bool, batched: bool) -> Part:
    """Return how a leaf enters: `by_sample` if it has a lane in each row, `batched` if some
    argument has. Raises TypeError if it is nothing that a program can take."""
    if by_sample:
        return samples(x)
    if is_array(x) and (batched or x.dtype == object or x.ndim == 0):
        return entries_of(x)
    if is_array(x):
        return elementwise(x)
    if type(x) in STATIC:
        return static(x)
    if is_value(x) or is_number(x):
        return single(x)
    if is_model(x):
        return model(x)
    raise TypeError(
        "a compiled function takes numbers, Values, arrays, models and containers of them, "
        f"got {type(x).__name__} {x!r:.60}"
    )


class Arguments:
    """The arguments of one call."""

    def __init__(self, args: Sequence[Any], batch: frozenset[int]) -> None:
        self.batch = batch
        self.batched = bool(batch)
        self.parts: list[Part] = []
        self.specs: list[tuple[int, Any]] = []
        self.models: list[Any] = []
        """What the program depends on besides the numbers."""
        for position, x in enumerate(args):
            by_sample = position in batch
            # rows of numbers in a list are an array, not a container of its own
            leaves, spec = ([x], None) if by_sample and not is_tree(x) else take_apart(x)
            self.parts += [part_of(leaf, by_sample, bool(batch)) for leaf in leaves]
            self.models += filter(is_model, leaves)
            self.specs.append((len(leaves), spec))
        self.shape = self._lanes()
        self.arrays: list[Any] = []
        """What has lanes: arrays of two axes, a lane in each row."""
        self.numbers = [x for part in self.parts for x in self._placed(part)]
        self.lane = [part.lane for part in self.parts for _ in part.numbers]
        self.key: Hashable = (
            tuple((count, str(spec)) for count, spec in self.specs),
            tuple(part.key for part in self.parts),
        )

    def _lanes(self) -> tuple[int, ...] | None:
        """The shape of the lanes; None if nothing has lanes. Raises ValueError where there are
        none, or unlike many."""
        axes = 1 if self.batched else None
        shapes = {part.rows.shape[:axes] for part in self.parts if part.lane}
        if not shapes:
            return None
        if len(shapes) > 1 and self.batched:
            raise ValueError(f"expected one number of samples, got {sorted(n for (n,) in shapes)}")
        import numpy

        shape: tuple[int, ...] = numpy.broadcast_shapes(*shapes)
        if 0 in shape:
            raise ValueError("expected at least one sample, got none")
        return shape

    @property
    def lanes(self) -> int | None:
        """How many lanes there are, None if nothing has lanes."""
        return None if self.shape is None else prod(self.shape)

    def pattern(self) -> Arguments:
        """The same without its numbers: what is kept to trace other paths of such calls."""
        same = copy.copy(self)
        same.parts = [
            part._replace(numbers=[None] * len(part.numbers), rows=None) for part in self.parts
        ]
        same.numbers, same.arrays, same.models = [], [], []
        return same

    def _placed(self, part: Part) -> list[Any]:
        if not part.lane:
            return part.numbers
        rows, which = part.rows, len(self.arrays)
        if not self.batched:
            import numpy

            spread = numpy.broadcast_to(rows, self.shape or ())
            rows = spread.astype(float, copy=False).reshape(-1, 1)
        self.arrays.append(rows)
        return [Column(rows, (which, k)) for k in range(len(part.numbers))]

    def given(self, tracers: Sequence[Any]) -> list[Any]:
        """The arguments of one sample, with these in place of their numbers."""
        return self._trees(part.given(x) for part, x in self._split(tracers))

    def gradients(self, derivatives: Sequence[Any]) -> tuple[Any, ...]:
        """One gradient for each argument, in its structure; None where it is static."""
        parts = self._split(derivatives)
        return tuple(self._trees(part.gradient(x) if x else None for part, x in parts))

    def names(self, of: Sequence[str]) -> list[str]:
        """The name of each number, given those of the arguments: model.w[0], x[1]."""
        parts = iter(self.parts)
        found = []
        for name, (count, spec) in zip(of, self.specs):
            paths = [""] if spec is None else [a.codify("") for a in accessors(spec)]
            for path, part in zip(paths, islice(parts, count)):
                found += [name + path + own for own in part.names()[: len(part.numbers)]]
        return found

    def _split(self, entries: Sequence[Any]) -> Iterator[tuple[Part, list[Any]]]:
        rest = iter(entries)
        return ((part, list(islice(rest, len(part.numbers)))) for part in self.parts)

    def _trees(self, leaves: Iterator[Any]) -> list[Any]:
        return [
            next(leaves) if spec is None else spec.unflatten([*islice(leaves, count)])
            for count, spec in self.specs
        ]


def is_tree(x: Any) -> bool:
    """Tell whether a batched argument holds several arrays: a dict, or a list of arrays."""
    return isinstance(x, dict) or (isinstance(x, tuple) and all(map(is_array, x)))
