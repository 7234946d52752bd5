"""The arguments of a call: which are numbers, which have lanes, and how to hand them to the
function as one sample."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from itertools import islice
from math import prod
from operator import is_
from typing import Any

from ...transforms.containers import Spec
from ...transforms.trees import is_array, is_value, take_apart
from .lanes import Batch, leaves_with_rows
from .parts import Part, part_of

Place = tuple[int, int]
"""Which of the arrays of a call, and which of its columns."""


class Column:
    """A number that has lanes: where it stands in the arrays of a call."""

    __slots__ = ("place", "rows")

    def __init__(self, rows: Any, place: Place) -> None:
        self.rows = rows
        self.place = place

    def __getitem__(self, lane: int) -> Any:
        x = self.rows[lane, self.place[1]]
        return x if is_value(x) else float(x)


def contents(x: Any) -> tuple[list[Any], Spec | None]:
    """What stands in a list, a dict, an array and what they hold, as it is now."""
    leaves, spec = take_apart(x)
    parts = (x.flat if is_array(x) and x.dtype == object else [x] for x in leaves)
    return [y for part in parts for y in part], spec


def differ(before: tuple[list[Any], Spec | None], after: tuple[list[Any], Spec | None]) -> bool:
    (xs, spec), (ys, other) = before, after
    return spec != other or len(xs) != len(ys) or not all(map(is_, xs, ys))


class Arguments:
    """The arguments of one call, those by place before those by name.

    `varied` are the places of those in which a derivative is taken.
    """

    is_careful = False
    """Whether the call is to tell what does not flow from what is zero."""

    def __init__(
        self,
        args: Sequence[Any],
        named: Mapping[str, Any],
        batch: Batch,
        varied: Collection[int] = (),
    ) -> None:
        self.batch, self.varied = batch, varied
        named = batch.completed(args, named)
        self.batched = bool(batch.names)
        self.names_given = tuple(named)
        self.parts: list[Part] = []
        self.specs: list[tuple[int, Spec | None]] = []
        rows = batch.rows(len(args), named)
        for place, (x, by_sample) in enumerate(zip((*args, *named.values()), rows)):
            leaves, spec = leaves_with_rows(x) if by_sample else take_apart(x)
            self.parts += [
                part_of(leaf, by_sample, batch.elements, place in varied) for leaf in leaves
            ]
            self.specs.append((len(leaves), spec))
        self.shape = self._lanes()
        self.arrays: list[Any] = []
        """What has lanes: arrays of two axes, a lane in each row."""
        self.numbers = [x for part in self.parts for x in self._placed(part)]
        self.lane = [part.lane for part in self.parts for _ in part.numbers]
        self.values = tuple([k for k, x in enumerate(self.numbers) if is_value(x)])
        """The places of the Values among the numbers."""
        self.key: Hashable = (
            self.names_given,
            tuple([spec for _, spec in self.specs]),
            tuple([part.key for part in self.parts]),
            self.shape is not None,
        )

    def like(self, given: Sequence[Any]) -> Arguments:
        """Other arguments, given in the same way."""
        count = len(given) - len(self.names_given)
        named = dict(zip(self.names_given, given[count:]))
        return Arguments(given[:count], named, self.batch, self.varied)

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

    @property
    def has_values_in_lanes(self) -> bool:
        """Whether lanes hold Values, of which no program can make lanes."""
        return any(rows.dtype == object for rows in self.arrays)

    def watched(self) -> list[Any]:
        """What the function may read more of than its numbers: objects, and types with names."""
        kinds = (kind for _, spec in self.specs if spec is not None for kind in spec.kinds())
        own = [kind for kind in kinds if kind.__module__ not in ("builtins", "collections")]
        return [*(part.watched for part in self.parts if part.watched is not None), *own]

    def pattern(self) -> Arguments:
        """The same without its numbers: what is kept to trace other paths of such calls."""
        same = copy.copy(self)
        same.parts = [
            part._replace(numbers=[None] * len(part.numbers), rows=None) for part in self.parts
        ]
        same.numbers, same.arrays = [], []
        return same

    def _placed(self, part: Part) -> list[Any]:
        if not part.lane:
            return part.numbers
        rows, which = part.rows, len(self.arrays)
        if not self.batched:
            import numpy

            rows = numpy.broadcast_to(rows, self.shape or ())
            rows = (rows if rows.dtype == object else rows.astype(float, copy=False)).reshape(-1, 1)
        self.arrays.append(rows)
        return [Column(rows, (which, k)) for k in range(len(part.numbers))]

    def applied(self, f: Callable[..., Any], numbers: Sequence[Any]) -> Any:
        """Return what `f` makes of one sample, with these in place of its numbers."""
        given = self._trees(part.given(x) for part, x in self._split(numbers))
        before = [contents(x) for x in given]
        count = len(given) - len(self.names_given)
        out = f(*given[:count], **dict(zip(self.names_given, given[count:])))
        # these are not the caller's own: there nothing would change
        if any(map(differ, before, map(contents, given))):
            raise TypeError(
                "compile cannot follow a change of an argument, as by xs.append(…) or xs[0] = …: "
                "the caller's own would not change; return the new one instead"
            )
        return out

    def sample(self, f: Callable[..., Any], numbers: Sequence[Any], lane: int) -> Any:
        """Return what `f` makes of one lane; `numbers` are floats, Values, and Columns."""
        return self.applied(f, [x[lane] if type(x) is Column else x for x in numbers])

    def spread(self, position: int) -> tuple[int, ...]:
        """The axes of the lanes along which this number is the same, because its argument was
        broadcast."""
        part = self._part(position)
        if self.batched or self.shape is None or not part.lane:
            return ()
        shape = (*[1] * (len(self.shape) - len(part.shape)), *part.shape)
        return tuple(k for k, n in enumerate(shape) if n == 1 < self.shape[k])

    def shape_of(self, position: int) -> tuple[int, ...]:
        """The shape of the array that this number's lanes stand in."""
        part = self._part(position)
        return part.shape if part.key == "lanes" else self.shape or ()

    def _part(self, position: int) -> Part:
        owners = (part for part in self.parts for _ in part.numbers)
        return next(islice(owners, position, None))

    def names(self, of: Sequence[str]) -> list[str]:
        """The name of each number, given those of the arguments: model.w[0], x[1]."""
        parts = iter(self.parts)
        found = []
        for name, (count, spec) in zip(of, self.specs):
            paths = [name] if spec is None else spec.paths(name)
            for path, part in zip(paths, islice(parts, count)):
                found += [path + own for own in part.names()[: len(part.numbers)]]
        return found

    def _split(self, entries: Sequence[Any]) -> Iterator[tuple[Part, list[Any]]]:
        rest = iter(entries)
        return ((part, list(islice(rest, len(part.numbers)))) for part in self.parts)

    def _trees(self, leaves: Iterator[Any]) -> list[Any]:
        return [
            next(leaves) if spec is None else spec.built(islice(leaves, count))
            for count, spec in self.specs
        ]
