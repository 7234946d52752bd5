"""A model's numbers outside of it: in a dict by name, and on disk, bit for bit.

Loading is data only: nothing in a file is ever run. The model itself is made by its constructor,
and stays as it was if the numbers to be loaded do not fit it. The numbers are in parameters and
buffers: "layers.0.neurons.3.b", "norm.running_mean.2". Module's methods state_dict and
load_state_dict are the functions here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, MutableSequence
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

from ..messages import counted
from ..scalars import is_value, real
from ..updates import set_data
from .formats import Content, unique
from .formats import of as format_of
from .inputs import data_of


class Model(Protocol):
    """A model with numbers to be saved, as a Module is."""

    def named_parameters(self) -> Iterable[tuple[str, Any]]: ...
    def named_buffers(self) -> Iterable[tuple[str, MutableSequence[float]]]: ...


class Stateful(Protocol):
    """An object with a state to be saved, as an optimizer is: plain data."""

    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


# ------ as a dict


def numbers(model: Model) -> Iterator[tuple[str, float]]:
    for name, parameter in model.named_parameters():
        yield name, float(data_of(parameter))
    for name, buffer in model.named_buffers():
        yield from ((f"{name}.{i}", float(x)) for i, x in enumerate(buffer))


def state_dict(model: Model) -> dict[str, float]:
    """Return the parameters and buffers of `model` by name. Raises ValueError if two of them
    have the same name, as the keys 1 and "1" of a dict do."""
    return unique(numbers(model))


def load_state_dict(model: Model, state: Mapping[str, Any]) -> None:
    """Set the parameters and buffers of `model` to what `state_dict` returned.

    Changes nothing and raises ValueError unless there is a number for each of the model's, and
    no others; TypeError if one is no number, or if the model's parameters are no Values.
    """
    assign(model, checked(model, state, "the state"))


def checked(model: Model, state: Mapping[str, Any], what: object) -> dict[str, float]:
    """Return `state` with all numbers as floats, fit for `model`."""
    expected = state_dict(model)
    if not isinstance(state, Mapping):
        raise TypeError(f"a state is a dict of names and numbers, got {type(state).__name__}")
    missing = [name for name in expected if name not in state]
    unknown = [name for name in state if name not in expected]
    if missing or unknown:
        lacks = [f"it lacks {named(missing)} of this one"] if missing else []
        brings = [f"it has {named(unknown)} that this one has not"] if unknown else []
        raise ValueError(f"{what} is that of another model: {' and '.join(lacks + brings)}")
    for name, parameter in model.named_parameters():
        if not is_value(parameter):
            raise TypeError(
                f"{name} is a plain number: load into a model of Values, then with_parameters"
            )
    return {name: real(state[name]) for name in expected}


def named(parameters: list[str]) -> str:
    """How many parameters, with the names of the first: "2 parameters (w.0, w.1)"."""
    shown = f"{', '.join(parameters[:3])[:120]}{', …' if len(parameters) > 3 else ''}"
    return f"{counted(len(parameters), 'parameter')} ({shown})"


def assign(model: Model, state: Mapping[str, float]) -> None:
    parameters = dict(model.named_parameters())
    set_data(parameters.values(), [state[name] for name in parameters])
    for name, buffer in model.named_buffers():
        buffer[:] = [state[f"{name}.{i}"] for i in range(len(buffer))]


# ------ on disk


def save(model: Model, path: str | PathLike[str], optimizer: Stateful | None = None) -> None:
    """Write the parameters and buffers of `model`, and the state of `optimizer`, to a file: in
    the safetensors format if the name ends in .safetensors, else JSON.

    The file is replaced when the new one is complete. JSON keeps every number bit for bit, but
    for the payload of a NaN.
    """
    content = Content(state_dict(model), optimizer and optimizer.state_dict())
    replace(Path(path), format_of(path).write(content))


def load(model: Model, path: str | PathLike[str], optimizer: Stateful | None = None) -> None:
    """Set the parameters and buffers of `model`, and the state of `optimizer`, to what `save`
    wrote. A file without a checksum, as written by hand or by other programs, is taken as it is.

    Changes nothing and raises ValueError unless the file is whole, with a number for each of the
    model's and no others, and holds the state of such an optimizer if one is given.
    """
    try:
        content = format_of(path).read(Path(path).read_bytes())
        state = checked(model, content.model, "the file")
        if optimizer is not None:
            if content.optimizer is None:
                raise ValueError("there is no optimizer's state in it")
            optimizer.load_state_dict(content.optimizer)
    except RecursionError:
        raise ValueError(f"{path} cannot be loaded: it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{path} cannot be loaded: {error}") from error
    assign(model, state)


def replace(path: Path, data: bytes) -> None:
    """Write a file so that at any moment the old one or the new one is there. Raises OSError with
    the name of that file, not of the unfinished one beside it."""
    try:
        write_aside(path, path.with_name(f"{path.name}.{os.getpid()}.unfinished"), data)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def write_aside(path: Path, unfinished: Path, data: bytes) -> None:
    try:
        unfinished.write_bytes(data)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
