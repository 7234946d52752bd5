"""The leaves of an exported function's arguments: how each kind is read, and how its gradient is
handed back. Numbers may be those of NumPy or of JAX, whose module is `np`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ...scalars import is_value
from ...transforms.containers import exact
from ...transforms.trees import MODEL, is_array, is_model
from ..inputs.parts import Part


class Leaf(NamedTuple):
    """`numbers(np, part, x)` are as many as the part had; `gradient(np, part, x, derivatives)`
    puts the derivatives in them into the form of `x`."""

    numbers: Callable[[Any, Part, Any], list[Any]]
    gradient: Callable[[Any, Part, Any, Sequence[Any]], Any]


def plain(x: Any) -> Any:
    return x.data if is_value(x) else x


def is_static(part: Part) -> bool:
    return kind_of(part) not in LEAVES


def kind_of(part: Part) -> Any:
    return part.key[0] if isinstance(part.key, tuple) else part.key


def check_static(part: Part, x: Any) -> None:
    """Raise ValueError if a constant is another than the one in the program."""
    constant = part.given([])
    if x is not constant and (part.watched is not None or not alike(x, constant)):
        raise ValueError(
            f"{constant!r} is a constant of the exported function, got {type(x).__name__}: export "
            "it again for another one, and name it in static_argnums for jax.jit"
        )


def alike(x: Any, constant: Any) -> bool:
    if not is_array(constant):
        return not is_array(x) and exact(x) == exact(constant)
    import numpy

    return is_array(x) and x.dtype == constant.dtype and numpy.array_equal(x, constant)


# ------ a number
def number(np: Any, part: Part, x: Any) -> list[Any]:
    if getattr(x, "shape", ()) != ():
        raise ValueError(
            f"expected a number, as when it was exported, got an array of shape {x.shape}: "
            "export it with an array, or use jax.vmap"
        )
    return [plain(x)]


def only(np: Any, part: Part, x: Any, derivatives: Sequence[Any]) -> Any:
    return derivatives[0]


# ------ an array of numbers that are the same in all lanes
def entries(np: Any, part: Part, x: Any) -> list[Any]:
    assert isinstance(part.key, tuple)
    _, shape, *_ = part.key
    if getattr(x, "shape", None) != shape:
        raise ValueError(f"expected an array of shape {shape}, got {described(x)}")
    flat = x.reshape(-1)
    return [plain(flat[k]) for k in range(len(part.numbers))]


def array(np: Any, part: Part, x: Any, derivatives: Sequence[Any]) -> Any:
    if not derivatives:
        return np.zeros(x.shape)
    stacked = np.stack(derivatives, axis=-1)
    return stacked.reshape(*stacked.shape[:-1], *x.shape)


# ------ a model, or a list of its parameters
def parameters(np: Any, part: Part, x: Any) -> list[Any]:
    if is_model(x):
        return [plain(p) for _, p in x.named_parameters()]
    if not hasattr(x, "__len__") or len(x) != len(part.numbers):
        raise ValueError(
            f"expected a model or a list of its {len(part.numbers)} parameters, got {described(x)}"
        )
    return [plain(x[k]) for k in range(len(part.numbers))]


def like_model(np: Any, part: Part, x: Any, derivatives: Sequence[Any]) -> Any:
    if is_model(x):
        return MODEL.rebuilt(x, derivatives)
    return np.stack(derivatives) if hasattr(x, "shape") else type(x)(derivatives)


# ------ an array with a lane for each element
def lanes(np: Any, part: Part, x: Any) -> list[Any]:
    return [np.asarray(x)]


def summed(np: Any, part: Part, x: Any, derivatives: Sequence[Any]) -> Any:
    """The derivative; its sum over what `x` was broadcast along."""
    (derivative,) = derivatives
    shape = np.asarray(x).shape
    new = derivative.ndim - len(shape)
    one = [new + k for k, n in enumerate(shape) if n == 1 and derivative.shape[new + k] != 1]
    axes = (*range(new), *one)
    return derivative.sum(axis=axes).reshape(shape) if axes else derivative


# ------ an array with a lane for each row
def columns(np: Any, part: Part, x: Any) -> list[Any]:
    assert isinstance(part.key, tuple)
    _, shape = part.key
    rows = np.asarray(x)
    if rows.shape[1:] != shape or rows.ndim == 0:
        each = f"rows of shape {shape}" if shape else "an array with a number for each sample"
        raise ValueError(f"expected {each}, got {described(x)}")
    flat = rows.reshape(rows.shape[0], -1)
    return [flat[:, k] for k in range(len(part.numbers))]


def rows(np: Any, part: Part, x: Any, derivatives: Sequence[Any]) -> Any:
    return np.stack(derivatives, axis=-1).reshape(np.asarray(x).shape)


def described(x: Any) -> str:
    name = type(x).__name__
    return f"{name} of shape {x.shape}" if hasattr(x, "shape") else f"{name} {x!r:.60}"


LEAVES: dict[Any, Leaf] = {
    "number": Leaf(number, only),
    "Value": Leaf(number, only),
    "array": Leaf(entries, array),
    "model": Leaf(parameters, like_model),
    "lanes": Leaf(lanes, summed),
    "samples": Leaf(columns, rows),
}
"""By the first part of a Part's key."""
ALONE = LEAVES | {"lanes": LEAVES["lanes"]._replace(gradient=only)}
"""The same where each lane has a derivative of its own, and none is summed."""
