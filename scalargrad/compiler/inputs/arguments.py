"""The arguments of a call: which are numbers, which have lanes, and how to hand them to the
function as one sample."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from itertools import chain, compress, islice
from math import prod
from operator import is_
from types import MappingProxyType
from typing import Any

from ...messages import AS_LANES, AS_VECTORS, add_cure_for_arrays, add_cure_for_lists
from ...scalars import are_values, is_value
from ...transforms.containers import Spec, taken_apart
from ...transforms.trees import is_array, is_model, take_apart
from .lanes import Batch, leaves_by_sample
from .leaves import ArgumentLeaf, leaf_of, opaque, without_numbers
from .sharing import ALONE, Entwined, Sharing, firsts_of, objects_in, with_parameters

NO_OBJECTS: Mapping[int, Any] = MappingProxyType({})
Address = tuple[int, int]
"""Which of the arrays of a call, and which of its columns."""


class Column:
    """A number that every lane has its own of: its address, and the `array` of the call that it
    stands in."""

    __slots__ = ("address", "array")

    def __init__(self, array: Any, address: Address) -> None:
        self.array = array
        self.address = address

    def __getitem__(self, lane: int) -> Any:
        x = self.array[lane, self.address[1]]
        return x if is_value(x) else float(x)


def contents(x: Any) -> tuple[list[Any], Spec | None]:
    """The contents of a list, a dict or an array, and of the containers in it, as they are now."""
    leaves, spec = take_apart(x)
    held = (x.flat if is_array(x) and x.dtype == object else [x] for x in leaves)
    return [y for own in held for y in own], spec


def differ(before: tuple[list[Any], Spec | None], after: tuple[list[Any], Spec | None]) -> bool:
    (xs, spec), (ys, other) = before, after
    return spec != other or len(xs) != len(ys) or not all(map(is_, xs, ys))


class Arguments:
    """The arguments of one call, those by place before those by name.

    Of each its *leaves* are known, and of these their *numbers*: floats, Values, and Columns of
    the `arrays`. A *position* is that of a number among all of a call. `varied` are the arguments
    in which a derivative is taken.
    """

    is_careful = False
    """Whether the call is to tell what does not flow from what is zero."""
    probe: Any = None
    """Checks the Jacobian that is called, which may be left to another program."""
    sharing: Sharing | None = None
    """Which objects stand in several places; None if none does."""
    tells_apart: bool | None = None
    """Whether every object counts that may be met twice, or those alone that are equal to
    themselves alone; None if none does."""

    def __init__(
        self,
        args: Sequence[Any],
        named: Mapping[str, Any],
        batch: Batch,
        varied: Collection[int] = (),
        known: Mapping[int, Any] = NO_OBJECTS,
    ) -> None:
        """`known` are objects, by their identity, that the function uses without being given them:
        it gets the very same ones."""
        self.batch, self.varied, self.known = batch, varied, known
        named = batch.completed(args, named)
        self.batched = bool(batch.names)
        self.names_given = tuple(named)
        self.leaves: list[ArgumentLeaf] = []
        self.specs: list[tuple[int, Spec | None]] = []
        self.given = (*args, *named.values())
        self.by_samples = batch.by_sample(len(args), named)
        for k, (x, by_sample) in enumerate(zip(self.given, self.by_samples)):
            leaves, spec = leaves_by_sample(x) if by_sample else self._taken_apart(x, k)
            self.leaves += [self._leaf(y, k, by_sample) for y in leaves]
            self.specs.append((len(leaves), spec))
        self.shape = self._lanes()
        self.arrays: list[Any] = []
        """The arrays with lanes: each has two axes, the lanes first."""
        self.numbers = [x for leaf in self.leaves for x in self._placed(leaf)]
        self.own = [leaf.has_lanes for leaf in self.leaves for _ in leaf.numbers]
        """Of each number: whether every lane has its own."""
        self.of_numpy = [leaf.of_numpy for leaf in self.leaves for _ in leaf.numbers]
        """Of each number: whether it is a float of NumPy's."""
        self.values = tuple(compress(range(len(self.numbers)), are_values(self.numbers)))
        """The positions of the Values."""
        self.form: Hashable = (
            self.names_given,
            tuple([spec for _, spec in self.specs]),
            tuple([leaf.key for leaf in self.leaves]),
            self.shape is not None,
        )
        """A key that calls share whose arguments are alike but for numbers and constants."""
        self.statics = tuple([x for leaf in self.leaves for x in leaf.static])
        """The constants."""

    @property
    def key(self) -> Hashable:
        """A key that calls share that run the same programs."""
        return self.form, self.statics

    def _taken_apart(self, x: Any, k: int) -> tuple[list[Any], Spec | None]:
        if not self.known or k in self.varied:
            return take_apart(x)
        return taken_apart(x, lambda y: is_model(y) or id(y) in self.known)

    def _leaf(self, x: Any, k: int, by_sample: bool) -> ArgumentLeaf:
        if id(x) in self.known and not by_sample and k not in self.varied:
            return opaque(x)
        return leaf_of(x, by_sample, self.batch.elements, k in self.varied)

    # ------ objects in several places
    def objects(self, args: Sequence[Any], every: bool, varied: bool = True) -> list[Any]:
        """The objects that count in arguments like these, in order; of the others but the `varied`
        ones, if these do not."""
        found: list[Any] = []
        for k, (x, (_, spec), by_sample) in enumerate(zip(args, self.specs, self.by_samples)):
            if not by_sample and (varied or k not in self.varied):
                found += objects_in(x, spec, every)
        return found if self.shape is None else [ALONE if is_array(x) else x for x in found]

    def tell_apart(self, every: bool, met: Callable[[Any], bool]) -> None:
        """Note which objects stand in several places. Raises Entwined if the function `met` some
        by itself, besides those that are known."""
        objects = self.objects(self.given, every)
        if all(x is ALONE for x in objects):
            return
        self.tells_apart = every
        firsts = firsts_of(objects)
        if firsts:
            self.sharing = Sharing(every, firsts)
            self.form = self.form, self.sharing
        own = {*map(id, self.keys())}
        objects = [x for x in self.objects(self.given, every, varied=False) if x is not ALONE]
        found = [x for x in objects if id(x) in own or met(x)] + with_parameters(objects)
        entwined = [x for x in found if id(x) not in self.known]
        if entwined:
            raise Entwined(entwined)

    def keys(self) -> Iterator[Any]:
        """The keys of dicts among the arguments: these are the caller's own."""
        return chain.from_iterable(spec.all_keys() for _, spec in self.specs if spec is not None)

    def like(self, given: Sequence[Any]) -> Arguments:
        """Other arguments, with the same names."""
        count = len(given) - len(self.names_given)
        named = dict(zip(self.names_given, given[count:]))
        return Arguments(given[:count], named, self.batch, self.varied)

    def _lanes(self) -> tuple[int, ...] | None:
        """The shape of the lanes; None if nothing has lanes. Raises ValueError where there are
        none, or unlike many."""
        axes = 1 if self.batched else None
        shapes = {leaf.samples.shape[:axes] for leaf in self.leaves if leaf.has_lanes}
        if not shapes:
            self.batch.refuse_lists(self.given)
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
        return any(array.dtype == object for array in self.arrays)

    @property
    def late(self) -> int:
        """How many numbers, the first of all, come anew at each of several runs of one call."""
        if not self.batch.first_is_late or self.shape is not None:
            return 0
        return sum(len(leaf.numbers) for leaf in self.leaves[: self.specs[0][0]])

    @property
    def positions_varied(self) -> tuple[int, ...]:
        """The positions of the numbers that a derivative is taken in."""
        leaves, at = iter(self.leaves), 0
        found: list[int] = []
        for k, (count, _) in enumerate(self.specs):
            size = sum(len(leaf.numbers) for leaf in islice(leaves, count))
            found += range(at, at + size) if k in self.varied else ()
            at += size
        return tuple(found)

    def are_values(self) -> bool:
        """Whether every number is a Value, or is made one because a derivative is taken in it."""
        leaves = iter(self.leaves)
        return all(
            k in self.varied or all(map(is_value, leaf.numbers))
            for k, (count, _) in enumerate(self.specs)
            for leaf in islice(leaves, count)
        )

    def watched(self) -> list[Any]:
        """Objects, and types with names, of which the function may read more than numbers."""
        kinds = (kind for _, spec in self.specs if spec is not None for kind in spec.kinds())
        own = [kind for kind in kinds if kind.__module__ not in ("builtins", "collections")]
        return [*(leaf.watched for leaf in self.leaves if leaf.watched is not None), *own]

    def without_numbers(self) -> Arguments:
        """The same without its numbers: what is kept to trace other paths of such calls."""
        same = copy.copy(self)
        same.leaves = list(map(without_numbers, self.leaves))
        same.numbers, same.arrays, same.given = [], [], ()
        return same

    def _placed(self, leaf: ArgumentLeaf) -> list[Any]:
        if not leaf.has_lanes:
            return leaf.numbers
        array, which = leaf.samples, len(self.arrays)
        if not self.batched:
            import numpy

            array = numpy.broadcast_to(array, self.shape or ())
            array = array if array.dtype == object else array.astype(float, copy=False)
            array = array.reshape(-1, 1)
        self.arrays.append(array)
        return [Column(array, (which, k)) for k in range(len(leaf.numbers))]

    def applied(self, f: Callable[..., Any], numbers: Sequence[Any]) -> Any:
        """Return what `f` makes of one sample, with these in place of its numbers."""
        given = self._trees(leaf.seen(x) for leaf, x in self._split(numbers))
        before = [contents(x) for x in given]
        count = len(given) - len(self.names_given)
        try:
            out = f(*given[:count], **dict(zip(self.names_given, given[count:])))
        except TypeError as error:
            add_cure_for_arrays(error)
            if any(spec is not None for _, spec in self.specs):
                add_cure_for_lists(error, AS_LANES if self.batch.elements else AS_VECTORS)
            raise
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

    def shape_of(self, position: int) -> tuple[int, ...]:
        """The shape of the array that this number's lanes stand in."""
        owners = (leaf for leaf in self.leaves for _ in leaf.numbers)
        leaf = next(islice(owners, position, None))
        return leaf.shape if leaf.key == "lanes" else self.shape or ()

    def shape_beside(self, positions: Collection[int]) -> tuple[int, ...]:
        """The shape of a derivative in these numbers together; that of the lanes for none."""
        import numpy

        if not positions:
            return self.shape or ()
        return numpy.broadcast_shapes(*map(self.shape_of, positions))

    def names(self, of: Sequence[str]) -> list[str]:
        """The name of each number, given those of the arguments: model.w[0], x[1]."""
        leaves = iter(self.leaves)
        found = []
        for name, (count, spec) in zip(of, self.specs):
            paths = [name] if spec is None else spec.paths(name)
            for path, leaf in zip(paths, islice(leaves, count)):
                found += [path + own for own in leaf.names()[: len(leaf.numbers)]]
        return found

    def constants(self, of: Sequence[str]) -> list[str]:
        """The text of each constant, by the names of the arguments: tokens[0] = 3. Of an array only
        its name is told."""
        leaves = iter(self.leaves)
        found = []
        for name, (count, spec) in zip(of, self.specs):
            paths = [name] if spec is None else spec.paths(name)
            for path, leaf in zip(paths, islice(leaves, count)):
                found += [path if leaf.is_array else f"{path} = {x!r:.30}" for x in leaf.static]
        return found

    def _split(self, numbers: Sequence[Any]) -> Iterator[tuple[ArgumentLeaf, list[Any]]]:
        rest = iter(numbers)
        return ((leaf, list(islice(rest, len(leaf.numbers)))) for leaf in self.leaves)

    def _trees(self, leaves: Iterator[Any]) -> list[Any]:
        if self.sharing is not None:
            return self._shared_trees(self.sharing, leaves)
        return [
            next(leaves) if spec is None else spec.built(islice(leaves, count))
            for count, spec in self.specs
        ]

    def _shared_trees(self, sharing: Sharing, leaves: Iterator[Any]) -> list[Any]:
        """The same where objects stand in several places: samples do not, and are left out."""
        made: list[Any] = []
        found = []
        for (count, spec), by_sample in zip(self.specs, self.by_samples):
            if by_sample:
                found.append(next(leaves) if spec is None else spec.built(islice(leaves, count)))
            else:
                found.append(sharing.built(spec, leaves, made))
        return found
