"""How a leaf of an argument enters a function: as numbers, lanes, a constant or an object."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import prod
from numbers import Integral
from typing import Any, NamedTuple

from ...messages import described
from ...ops import identity
from ...scalars import are_values, is_real, is_scalar, is_value
from ...transforms.trees import is_array, is_model, of_objects, subscripts

STATIC = (Integral, str, bytes, type(None))
OFTEN_STATIC = {int, str, bool, type(None)}
"""The kinds of most constants: to tell of these by their type takes a third of the time."""


class ArgumentLeaf(NamedTuple):
    """One leaf of an argument: how it enters a function.

    `numbers` are floats or Values. Where they have lanes they are None, and stand in `samples`: in
    its columns, a sample in each row, or as its elements. `seen` makes what the function sees of as
    many Tracers. `names` are those of the numbers within their argument. `watched` is an object
    that the function may read more of than its numbers. `of_numpy` tells of floats that they are
    NumPy's, which raise no ZeroDivisionError. `static` is a constant, or what is equal for equal
    ones, in a tuple: another one is another program.
    """

    key: Hashable
    numbers: list[Any]
    has_lanes: bool
    seen: Callable[[list[Any]], Any]
    names: Callable[[], list[str]] = lambda: [""]
    samples: Any = None
    shape: tuple[int, ...] = ()
    watched: Any = None
    of_numpy: bool = False
    static: tuple[Hashable, ...] = ()

    @property
    def is_array(self) -> bool:
        """Whether it is an array that is a constant, or one of uniform numbers."""
        return isinstance(self.key, tuple) and self.key[0] in ("fixed", "array")


def only(numbers: list[Any]) -> Any:
    return numbers[0]


def static(x: Any) -> ArgumentLeaf:
    return ArgumentLeaf(("static", type(x)), [], False, lambda numbers: x, static=(x,))


NUMBER = "number"


def single(x: Any) -> ArgumentLeaf:
    if type(x) is float:
        return ArgumentLeaf(NUMBER, [x], False, only)
    if is_value(x):
        return ArgumentLeaf("Value", [x], False, only)
    of_numpy = type(x).__module__ == "numpy"
    key = "number of NumPy" if of_numpy else NUMBER
    return ArgumentLeaf(key, [float(x)], False, only, of_numpy=of_numpy)


WITHOUT_NUMBER = ArgumentLeaf(NUMBER, [None], False, only)


def without_numbers(leaf: ArgumentLeaf) -> ArgumentLeaf:
    """The same leaf without its numbers; of single ones, which may be many, always the same."""
    if leaf.key is NUMBER:
        return WITHOUT_NUMBER
    return leaf._replace(numbers=[None] * len(leaf.numbers), samples=None)


def uniform(x: Any) -> ArgumentLeaf:
    """An array whose elements are uniform numbers."""
    elements, shape = x.ravel().tolist(), x.shape
    values = are_values(elements)
    return ArgumentLeaf(
        ("array", shape, tuple(values)),
        [y if own else float(y) for y, own in zip(elements, values)],
        False,
        lambda numbers: of_objects(shape, numbers),
        names=lambda: subscripts(shape),
        of_numpy=x.dtype != object,
    )


def model(x: Any) -> ArgumentLeaf:
    """A model. Derivatives in one with computed Values are a graph: the function sees computed
    numbers there too."""
    parameters: list[Any] = [p if is_value(p) else float(p) for _, p in x.named_parameters()]
    computed = [is_value(p) and p._is_computed for p in parameters]

    def seen(numbers: list[Any]) -> Any:
        return x.with_parameters([identity(n) if own else n for n, own in zip(numbers, computed)])

    return ArgumentLeaf(
        ("model", type(x), tuple(map(is_value, parameters)), tuple(computed)),
        parameters,
        False,
        seen if any(computed) else x.with_parameters,
        lambda: [f".{name}" for name, _ in x.named_parameters()],
        watched=x,
    )


def fixed(x: Any) -> ArgumentLeaf:
    """An array that is a constant: of whole numbers, which may be indices, of truths, of texts. One
    with other content is another program."""
    content = x.copy()
    key, static = ("fixed", x.dtype.str, x.shape), (x.tobytes(),)
    return ArgumentLeaf(key, [], False, lambda numbers: content, static=static)


def opaque(x: Any) -> ArgumentLeaf:
    """An object that is no number: the function gets the very same one."""
    return ArgumentLeaf(("object", type(x)), [], False, lambda numbers: x, watched=x)


def elementwise(x: Any) -> ArgumentLeaf:
    """An array each element of which is a lane."""
    refuse_inexact(x)
    return ArgumentLeaf("lanes", [None], True, only, samples=x, shape=x.shape)


MOST_WHOLE = 2**53
"""Beyond this whole numbers share floats."""


def may_be_inexact(dtype: Any) -> bool:
    """Whether numbers of a dtype may be whole and beyond those that have a float of their own."""
    return dtype.kind in "iu" and dtype.itemsize > 4


def has_inexact(array: Any) -> bool:
    if array.dtype != object:
        if not may_be_inexact(array.dtype) or not array.size:
            return False
        if max(int(array.max()), -int(array.min())) <= MOST_WHOLE:
            return False
    return any(isinstance(x, int) and int(float(x)) != x for x in array.ravel().tolist())


def refuse_inexact(array: Any) -> None:
    if has_inexact(array):
        raise TypeError(
            "compile cannot follow whole numbers that no float is, as 2**53 + 1, in lanes: "
            "call it once for each, or pass what is computed from them"
        )


def refuse_masked(x: Any) -> None:
    if is_array(x) and type(x).__name__ == "MaskedArray":
        raise TypeError(
            f"expected samples without a mask, got {described(x)}: leave out those that are "
            "masked, as in x.compressed(), or fill them, as in x.filled(0.0)"
        )


def of_samples(x: Any) -> ArgumentLeaf:
    """An array with a sample in each row: the first axis are the lanes."""
    array = array_of_samples(x)
    shape = array.shape[1:]
    return ArgumentLeaf(
        ("samples", shape),
        [None] * prod(shape),
        True,
        (lambda numbers: of_objects(shape, numbers)) if shape else only,
        names=lambda: subscripts(shape),
        samples=array.reshape(len(array), prod(shape)),
        shape=shape,
        # a row is an array; where a sample is one number, it is a float of Python's
        of_numpy=bool(shape) and array.dtype != object,
    )


def ragged(x: Any) -> ValueError:
    """The error for samples of several shapes."""
    sizes = [len(row) if hasattr(row, "__len__") else None for row in x]
    at = next((k for k, size in enumerate(sizes) if size != sizes[0]), None)
    cure = "pad them to one length, or call the function once for each"
    if at is None:
        return ValueError(f"expected samples of one shape, got rows that differ within: {cure}")
    first, other = (f"{described(x[k])}" for k in (0, at))
    return ValueError(f"expected samples of one shape, got {first} and {other} (row {at}): {cure}")


def refuse_others(array: Any) -> None:
    """Raise TypeError if an array of objects holds anything but numbers and Values."""
    if array.dtype != object:
        return
    flat = array.ravel().tolist()
    wrong = {kind for kind, x in dict(zip(map(type, flat), flat)).items() if not is_scalar(x)}
    if wrong:
        at, x = next((k, x) for k, x in enumerate(flat) if type(x) in wrong)
        raise TypeError(
            f"expected numbers as samples, got {described(x)} in row {at * len(array) // len(flat)}"
            ": put a number in its place, or leave that sample out"
        )


def array_of_samples(x: Any) -> Any:
    """An array of floats or of objects. Raises TypeError or ValueError where it has no samples."""
    import numpy

    refuse_masked(x)
    try:
        array = numpy.asarray(x)
    except ValueError:
        raise ragged(x) from None
    if array.dtype.kind not in "biufO":
        raise TypeError(
            f"expected numbers as samples, got {described(x)}: name only arrays of numbers in "
            "batch, and call the function once for each other one"
        )
    refuse_others(array)
    refuse_inexact(array)
    if array.dtype != object:
        array = array.astype(float, copy=False)
    if array.ndim == 0:
        raise ValueError(
            f"expected an array with a sample in each row, got the number {x!r}: [{x!r}] is one "
            "sample"
        )
    if not len(array):
        raise ValueError("expected at least one sample, got none")
    return array


def is_plain(x: Any) -> bool:
    """Tell whether an array is one of NumPy's own kind: a masked one means something else."""
    return type(x).__name__ == "ndarray"


def holds_numbers(x: Any, whole: bool) -> bool:
    """Tell whether an array holds numbers that a program reads. Whole numbers may be indices,
    and are read only if `whole` asks for them."""
    if not is_plain(x):
        return False
    if x.dtype == object:
        return all(map(is_scalar, x.ravel().tolist()))
    return x.dtype.kind == "f" or (whole and x.dtype.kind in "iub")


def is_static(x: Any) -> bool:
    """Tell whether `x` is a constant: what may be an index, a choice, a name."""
    # another class may bring attributes, which are watched then
    is_plain_type = type(x).__module__ in ("builtins", "numpy")
    return is_plain_type and (isinstance(x, STATIC) or type(x).__name__ in ("bool", "bool_"))


def is_double(x: Any) -> bool:
    """Tell whether a number is a float of Python's or of NumPy's. A Fraction, a float32 and the
    like compute otherwise: such a number is a constant, unless a derivative is taken in it."""
    return type(x) is float or (type(x).__module__, type(x).__name__) == ("numpy", "float64")


def leaf_of(x: Any, by_sample: bool, elements: bool, varied: bool) -> ArgumentLeaf:
    """Return how a leaf enters: `by_sample` if it has a lane in each row, by its `elements` if it
    has one for each; as a number, whatever its type, if a derivative is taken in it."""
    if by_sample and type(x) not in (str, bytes, type(None)):
        return of_samples(x)
    if type(x) in OFTEN_STATIC and not varied:
        return static(x)
    if type(x) is float or is_value(x):
        return single(x)
    if elements:
        refuse_masked(x)
    if is_array(x) and holds_numbers(x, elements or varied):
        if elements and not x.ndim:
            return single(x.item())
        return elementwise(x) if elements else uniform(x)
    if is_array(x):
        return fixed(x) if is_plain(x) and x.dtype != object else opaque(x)
    if is_static(x) and not (varied and is_real(x)):
        return static(x)
    if is_real(x) and (varied or is_double(x)):
        return single(x)
    return model(x) if is_model(x) else opaque(x)
