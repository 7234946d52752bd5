"""The leaves of an exported function's arguments: how each kind is read, and how its gradient is
handed back. Numbers may be those of NumPy or of JAX, whose module is `np`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ...scalars import is_value
from ...transforms.containers import exact
from ...transforms.trees import MODEL, is_array, is_model
from ..inputs.lanes import summed_to
from ..inputs.leaves import ArgumentLeaf


class LeafReader(NamedTuple):
    """`numbers(np, leaf, x)` are as many as the leaf had; `gradient(np, leaf, x, derivatives)`
    puts the derivatives in them into the form of `x`."""

    numbers: Callable[[Any, ArgumentLeaf, Any], list[Any]]
    gradient: Callable[[Any, ArgumentLeaf, Any, Sequence[Any]], Any]


def plain(x: Any) -> Any:
    return x.data if is_value(x) else x


def is_static(leaf: ArgumentLeaf) -> bool:
    return kind_of(leaf) not in LEAVES


def kind_of(leaf: ArgumentLeaf) -> Any:
    return leaf.key[0] if isinstance(leaf.key, tuple) else leaf.key


def check_static(leaf: ArgumentLeaf, x: Any) -> None:
    """Raise ValueError if a constant is another than the one in the program."""
    constant = leaf.seen([])
    if x is not constant and (leaf.watched is not None or not alike(x, constant)):
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
def number(np: Any, leaf: ArgumentLeaf, x: Any) -> list[Any]:
    if getattr(x, "shape", ()) != ():
        raise ValueError(
            f"expected a number, as when it was exported, got an array of shape {x.shape}: "
            "export it with an array, or use jax.vmap"
        )
    return [plain(x)]


def only(np: Any, leaf: ArgumentLeaf, x: Any, derivatives: Sequence[Any]) -> Any:
    return derivatives[0]


# ------ an array of uniform numbers
def entries(np: Any, leaf: ArgumentLeaf, x: Any) -> list[Any]:
    assert isinstance(leaf.key, tuple)
    _, shape, *_ = leaf.key
    if getattr(x, "shape", None) != shape:
        raise ValueError(f"expected an array of shape {shape}, got {described(x)}")
    flat = x.reshape(-1)
    return [plain(flat[k]) for k in range(len(leaf.numbers))]


def array(np: Any, leaf: ArgumentLeaf, x: Any, derivatives: Sequence[Any]) -> Any:
    if not derivatives:
        return np.zeros(x.shape)
    stacked = np.stack(derivatives, axis=-1)
    return stacked.reshape(*stacked.shape[:-1], *x.shape)


# ------ a model, or a list of its parameters
def parameters(np: Any, leaf: ArgumentLeaf, x: Any) -> list[Any]:
    if is_model(x):
        return [plain(p) for _, p in x.named_parameters()]
    if not hasattr(x, "__len__") or len(x) != len(leaf.numbers):
        raise ValueError(
            f"expected a model or a list of its {len(leaf.numbers)} parameters, got {described(x)}"
        )
    return [plain(x[k]) for k in range(len(leaf.numbers))]


def like_model(np: Any, leaf: ArgumentLeaf, x: Any, derivatives: Sequence[Any]) -> Any:
    if is_model(x):
        return MODEL.rebuilt(x, derivatives)
    return np.stack(derivatives) if hasattr(x, "shape") else type(x)(derivatives)


# ------ an array with a lane for each element
def lanes(np: Any, leaf: ArgumentLeaf, x: Any) -> list[Any]:
    return [np.asarray(x)]


def summed(np: Any, leaf: ArgumentLeaf, x: Any, derivatives: Sequence[Any]) -> Any:
    """The derivative in `x`, summed over the axes along which `x` was broadcast."""
    return summed_to(derivatives[0], np.asarray(x).shape)


# ------ an array with a lane for each row
def columns(np: Any, leaf: ArgumentLeaf, x: Any) -> list[Any]:
    assert isinstance(leaf.key, tuple)
    _, shape = leaf.key
    rows = np.asarray(x)
    if rows.shape[1:] != shape or rows.ndim == 0:
        each = f"rows of shape {shape}" if shape else "an array with a number for each sample"
        raise ValueError(f"expected {each}, got {described(x)}")
    flat = rows.reshape(rows.shape[0], -1)
    return [flat[:, k] for k in range(len(leaf.numbers))]


def rows(np: Any, leaf: ArgumentLeaf, x: Any, derivatives: Sequence[Any]) -> Any:
    return np.stack(derivatives, axis=-1).reshape(np.asarray(x).shape)


def described(x: Any) -> str:
    name = type(x).__name__
    return f"{name} of shape {x.shape}" if hasattr(x, "shape") else f"{name} {x!r:.60}"


LEAVES: dict[Any, LeafReader] = {
    "number": LeafReader(number, only),
    "Value": LeafReader(number, only),
    "array": LeafReader(entries, array),
    "model": LeafReader(parameters, like_model),
    "lanes": LeafReader(lanes, summed),
    "samples": LeafReader(columns, rows),
}
"""The leaves of exported functions, by the first part of an ArgumentLeaf's key."""
ALONE = LEAVES | {"lanes": LEAVES["lanes"]._replace(gradient=only)}
"""The same where each lane has a derivative of its own, and none is summed."""
