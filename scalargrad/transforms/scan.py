"""A loop as one call: `scan(body, state, xs)` does what a plain `for` does, step after step.

Here it is that loop. While a function is traced the trace may have a `scan` of its own, which runs
the body once and writes down what all steps do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import repeat
from operator import index
from typing import Any

from .. import modes
from ..engine import Value
from ..messages import counted, described
from ..scalars import is_scalar, is_value, real
from .containers import Spec, Taken
from .functional import function
from .trees import OR_NONE, SCALAR, Structure, filled, flatten, is_array, matching

Body = Callable[[Any, Any], tuple[Any, Any]]


def scan(body: Body, state: Any, xs: Any = None, length: int | None = None) -> tuple[Any, Any]:
    """Return the state after a loop over `xs`, and what its steps gave besides: (state, ys).

    Each step is `state, y = body(state, x)`, from the first element of `xs` to the last. `state` is
    a number or Value, or a structure of these (lists, tuples, dicts, arrays, models), and keeps its
    structure. `xs` is a list, an array or another sequence with an element for each step; or a
    tuple, dict or named tuple of such sequences of one length, and then `x` is one of elements.
    Without `xs` there are `length` steps, and `x` is None. `ys` is the list of all `y`, or a tuple
    of lists where each `y` is a tuple; [] without a step. Numbers in `state` and `xs` are floats:
    an int becomes one.

    In a compiled function the body runs once, whatever the length, and has to do the same in all
    steps: choose with `where`, draw and print outside. The program is that of a loop of which one
    step was traced. Raises TypeError where the body does something else, ValueError where the
    structure of the state changes or lengths differ.
    """
    function(body, "scan")
    begin = State(state)
    steps = Steps(xs, length)
    traced = getattr(modes.state.trace, "scan", None)
    found = traced(modes.state.trace, body, begin, steps) if traced else None
    return found if found is not None else looped(body, begin, steps)


def looped(body: Body, begin: State, steps: Steps) -> tuple[Any, Any]:
    state = begin.tree
    ys: list[Any] = []
    for x in steps.elements():
        found, y = both(body(state, x))
        state = found if is_like(found, begin.tree) else begin.next(found)
        if not ys:
            flatten(y, "the y of a scan", OR_NONE)
        ys.append(y)
    return state, stacked(ys)


def both(out: Any) -> Sequence[Any]:
    if isinstance(out, (tuple, list)) and len(out) == 2:
        return out
    raise TypeError(f"the body of a scan returns a state and a y, got {described(out)}")


# ------ numbers are floats
def as_float(x: Any) -> Any:
    return x if type(x) is float or is_value(x) else real(x)


PLAIN = (float, Value)


def is_like(state: Any, begin: Any) -> bool:
    """Tell whether a state has the structure of the first one, as far as this is told in a
    moment."""
    if type(state) is tuple and type(begin) is tuple and len(state) == len(begin):
        return all([type(x) in PLAIN and type(y) in PLAIN for x, y in zip(state, begin)])
    return type(state) in PLAIN and type(begin) in PLAIN


class State:
    """The state that a scan begins with: its numbers, and the structure that it keeps."""

    def __init__(self, state: Any) -> None:
        entries, self.structure = flatten(state, "the state", OR_NONE)
        self.entries = list(map(as_float, entries))
        self.tree = self.structure.rebuilt(self.entries)

    def numbers(self, state: Any) -> list[Any]:
        """The numbers of a later state."""
        what = "the state that the body of a scan returns"
        found = matching(state, self.structure, what, OR_NONE)
        return list(map(as_float, found))

    def next(self, state: Any) -> Any:
        return self.structure.rebuilt(self.numbers(state))


# ------ what the steps are given
SEQUENCES = {list, deque}
"""The containers that have an element for each step. Others are structures of such."""


def is_sequence(x: Any) -> bool:
    return type(x) in SEQUENCES


def listed(x: Any) -> list[Any]:
    """The elements of a sequence. Raises TypeError if it is none."""
    if is_array(x) and x.ndim:
        return x.tolist() if x.ndim == 1 else list(x)
    kind = type(x)
    is_indexed = hasattr(kind, "__len__") and hasattr(kind, "__getitem__") and not is_array(x)
    if is_indexed and not isinstance(x, (str, bytes, Mapping)) and not is_value(x):
        return list(x)
    raise TypeError(
        "xs of a scan are sequences with an element for each step, or a tuple or dict of such, "
        f"got {described(x)}"
    )


class Column:
    """A sequence with an element for each step: the numbers of each element, in one structure."""

    def __init__(self, sequence: Any) -> None:
        self.listed = listed(sequence)
        self.are_scalars = all(map(is_scalar, self.listed))

    @cached_property
    def structure(self) -> Any:
        """The structure of an element; None where this is one number, or where there is none."""
        if self.are_scalars:
            return None
        return flatten(self.listed[0], "an element of xs")[1]

    @cached_property
    def rows(self) -> list[list[Any]]:
        """The numbers of each element."""
        if self.are_scalars:
            return [[as_float(x)] for x in self.listed]
        what = "every element of xs"
        return [list(map(as_float, matching(x, self.structure, what))) for x in self.listed]

    def elements(self) -> Iterator[Any]:
        if self.structure is None:
            return map(as_float, self.listed)
        return map(self.structure.rebuilt, self.rows)

    @property
    def width(self) -> int:
        """How many numbers an element has."""
        return 1 if self.structure is None else self.structure.size

    def numbers(self) -> list[list[Any]]:
        """For each number of an element a list with that of each step."""
        if self.structure is None:
            return [list(map(as_float, self.listed))]
        return list(map(list, zip(*self.rows)))


class Steps:
    """The `x` of each step of a scan, None if there are no `xs`."""

    def __init__(self, xs: Any, length: int | None) -> None:
        taken = Taken(is_sequence)
        self.spec: Spec | None = taken.spec(xs)
        self.columns = [] if xs is None else list(map(Column, taken.leaves))
        self.has_xs = xs is not None
        lengths = {len(column.listed) for column in self.columns}
        if length is not None:
            lengths.add(index(length))
        self.count = one_length(lengths)

    def elements(self) -> Iterator[Any]:
        if not self.columns:
            return repeat(self.element(()), self.count)
        return map(self.element, zip(*[x.elements() for x in self.columns]))

    def element(self, parts: Sequence[Any]) -> Any:
        if not self.has_xs:
            return None
        return parts[0] if self.spec is None else self.spec.built(parts)

    def rebuilt(self, numbers: Sequence[Any]) -> Any:
        """The element with these numbers."""
        parts, at = [], 0
        for column in self.columns:
            own = numbers[at : at + column.width]
            parts.append(own[0] if column.structure is None else column.structure.rebuilt(own))
            at += column.width
        return self.element(parts)

    def numbers(self) -> list[list[Any]]:
        """For each number of an element a list with that of each step."""
        return [numbers for column in self.columns for numbers in column.numbers()]


def one_length(lengths: set[int]) -> int:
    if not lengths:
        raise TypeError("scan needs xs, or length= with how many steps there are")
    if len(lengths) > 1:
        given = " and ".join(map(str, sorted(lengths)))
        raise ValueError(f"the sequences of xs, and length, must be as long as each other: {given}")
    (count,) = lengths
    if count < 0:
        raise ValueError(f"a scan has no fewer than 0 steps, got {counted(count, 'step')}")
    return count


# ------ what they gave
def stacked(ys: Sequence[Any]) -> Any:
    """Return to the `y` of the steps what `xs` is to `x`. Raises ValueError where their structures
    differ."""
    if not ys:
        return []
    spec = Taken(is_sequence).spec(ys[0])
    if spec is None:
        return column(ys)
    try:
        return spec.built(map(column, zip(*map(spec.leaves, ys))))
    except ValueError as error:
        raise ValueError(
            f"every y of a scan must have the structure of the first: {error}"
        ) from None


def of_columns(structure: Structure, columns: Sequence[list[Any]], count: int) -> Any:
    """The same of `y` with this structure, where each number of it has a list with that of every
    step."""
    kinds = structure.spec.kinds() if structure.spec else set()
    if any(leaf.kind is not SCALAR and leaf.size for leaf in structure.leaves):
        kinds = {list}
    if not kinds.isdisjoint(SEQUENCES):
        rows = zip(*columns) if columns else [()] * count
        return stacked(list(map(structure.rebuilt, rows)))
    rest = iter(columns)
    return structure.tree([next(rest) if leaf.size else leaf.original for leaf in structure.leaves])


def column(parts: Sequence[Any]) -> Any:
    """The parts of all steps, one after the other: arrays of one shape as one array."""
    if parts[0] is None:
        return None
    if is_array(parts[0]):
        shapes = {getattr(x, "shape", None) for x in parts}
        if len(shapes) > 1:
            raise ValueError(f"arrays of the shapes {', '.join(map(str, shapes))}")
        entries = [entry for x in parts for entry in x.ravel().tolist()]
        return filled((len(parts), *parts[0].shape), entries)
    return list(parts)
