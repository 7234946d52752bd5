"""File formats for a model's numbers: JSON, and safetensors, the exchange format.

Each format turns bytes into Content and back. A file may hold anything: one that is not whole and
well-formed raises ValueError.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from math import inf, isfinite, isinf, nan, prod
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

NOT_FINITE = {"NaN": nan, "Infinity": inf, "-Infinity": -inf}
"""JSON has no such numbers: they stand as strings."""


class Content(NamedTuple):
    """A model's numbers by name, and an optimizer's state (dicts, lists, strings and numbers) or
    None."""

    model: dict[str, float]
    optimizer: Any = None

    def checksum(self) -> str:
        text = json.dumps(plain(self._asdict()), sort_keys=True, allow_nan=False)
        return f"{zlib.crc32(text.encode()):08x}"


class Format(NamedTuple):
    write: Callable[[Content], bytes]
    read: Callable[[bytes], Content]


def of(path: str | PathLike[str]) -> Format:
    """Return the format that a file's name asks for."""
    return SAFETENSORS if Path(path).suffix.lower() == ".safetensors" else JSON


def verified(content: Content, checksum: Any) -> Content:
    if checksum is not None and checksum != content.checksum():
        raise ValueError(
            "it was damaged, or edited: the checksum is not that of its content (without the "
            "checksum it is loaded as it is)"
        )
    return content


def unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return a dict of the pairs. Raises ValueError if a name comes twice."""
    found: dict[str, Any] = {}
    for name, x in pairs:
        if name in found:
            raise ValueError(f"the name {name!r:.60} comes twice")
        found[name] = x
    return found


# ------ JSON


def plain(x: Any) -> Any:
    """Return data as strict JSON can hold it."""
    if isinstance(x, dict):
        return {name: plain(part) for name, part in x.items()}
    if isinstance(x, list):
        return [plain(part) for part in x]
    if isinstance(x, (int, float)):
        # an integer too: it is read back as a float, which the checksum is taken of
        return float(x) if isfinite(x) else special(x)
    return x


def special(x: float) -> str:
    return "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"


def restored(x: Any) -> Any:
    """Undo `plain`."""
    if isinstance(x, dict):
        return {name: restored(part) for name, part in x.items()}
    if isinstance(x, list):
        return [restored(part) for part in x]
    return NOT_FINITE.get(x, x) if isinstance(x, str) else x


def number(text: str) -> float:
    x = float(text)
    if isinf(x):
        raise ValueError(f"{text:.60} is beyond the floats")
    return x


def no_number(text: str) -> float:
    raise ValueError(f'{text} is not JSON: expected "{text}", as a string')


def parse(text: str) -> Any:
    """Return what strict JSON says, numbers as floats. Raises ValueError for anything else,
    RecursionError if it is nested too deeply."""
    hooks: Any = {"parse_float": number, "parse_int": number, "parse_constant": no_number}
    return json.loads(text, object_pairs_hook=unique, **hooks)


def write_json(content: Content) -> bytes:
    parts = plain({"checksum": content.checksum(), **content._asdict()})
    present = {name: part for name, part in parts.items() if part is not None}
    return (json.dumps(present, indent=0, allow_nan=False) + "\n").encode()


def read_json(data: bytes) -> Content:
    found = parse(data.decode("utf-8"))
    if not isinstance(found, dict) or not isinstance(found.get("model"), dict):
        raise ValueError('it is not a saved model: expected an object with the entry "model"')
    unknown = found.keys() - {"checksum", "model", "optimizer"}
    if unknown:
        raise ValueError(f"it is not a saved model: unknown entries {sorted(unknown)!r:.60}")
    model = restored(found["model"])
    for name, x in model.items():
        if type(x) is not float:
            raise ValueError(f"it is not a saved model: {name!r:.60} is {x!r:.60}, not a number")
    return verified(Content(model, restored(found.get("optimizer"))), found.get("checksum"))


# ------ safetensors: numbers that differ in the indices at the end of their names make an array


def split(name: str) -> tuple[str, tuple[int, ...]]:
    """Return a name without the indices it ends in, and these: "w.0.3" is ("w", (0, 3))."""
    found = re.fullmatch(r"(.*?)((?:\.(?:0|[1-9][0-9]*))*)", name, re.DOTALL)
    assert found is not None
    return found[1], tuple(map(int, found[2].split(".")[1:]))


def arrays(numbers: dict[str, float]) -> Iterator[tuple[str, tuple[int, ...], list[float]]]:
    """Yield name, shape and numbers of each array; numbers that do not fill one have shape ()."""
    stems: dict[str, dict[tuple[int, ...], float]] = {}
    for name, x in numbers.items():
        stem, index = split(name)
        stems.setdefault(stem, {})[index] = x
    for stem, entries in stems.items():
        shape = tuple(1 + max(axis) for axis in zip(*entries))
        full = prod(shape) == len(entries) and {len(shape)} == {len(index) for index in entries}
        if full:
            yield stem, shape, [entries[index] for index in sorted(entries)]
        else:
            names = (".".join([stem, *map(str, index)]) for index in entries)
            yield from ((name, (), [x]) for name, x in zip(names, entries.values()))


def library() -> tuple[Any, Any]:
    try:
        import numpy
        import safetensors.numpy
    except ImportError as error:
        raise ModuleNotFoundError(
            "safetensors is not installed: pip install safetensors, or save as JSON",
            name="safetensors",
        ) from error
    return numpy, safetensors


def write_safetensors(content: Content) -> bytes:
    numpy, safetensors = library()
    tensors = {
        name: numpy.array(numbers, dtype=float).reshape(shape)
        for name, shape, numbers in arrays(content.model)
    }
    notes = {"checksum": content.checksum()}
    if content.optimizer is not None:
        notes["optimizer"] = json.dumps(plain(content.optimizer), allow_nan=False)
    data: bytes = safetensors.numpy.save(tensors, notes)
    return data


def read_safetensors(data: bytes) -> Content:
    numpy, safetensors = library()
    try:
        tensors = safetensors.deserialize(data)
    except safetensors.SafetensorError as error:
        raise ValueError(f"it is not a safetensors file: {error}") from error
    # the library has checked the header, but for names that come twice
    header = parse(data[8 : 8 + int.from_bytes(data[:8], "little")].decode())
    notes = header.get("__metadata__", {})
    numbers = unique(x for name, tensor in tensors for x in entries(name, tensor, numpy))
    optimizer = restored(parse(notes["optimizer"])) if "optimizer" in notes else None
    return verified(Content(numbers, optimizer), notes.get("checksum"))


FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}


def entries(name: str, tensor: dict[str, Any], numpy: Any) -> Iterator[tuple[str, float]]:
    """The numbers in a tensor, each with its name."""
    if tensor["dtype"] not in FLOATS:
        raise ValueError(
            f"{name!r:.60} is of type {tensor['dtype']}, expected one of {', '.join(FLOATS)}"
        )
    flat = numpy.frombuffer(tensor["data"], FLOATS[tensor["dtype"]]).astype(float).tolist()
    # an empty one may have a shape with huge sides
    indices = product(*map(range, tensor["shape"])) if flat else ()
    for index, x in zip(indices, flat):
        yield ".".join([name, *map(str, index)]), x


JSON = Format(write_json, read_json)
SAFETENSORS = Format(write_safetensors, read_safetensors)
