"""A model's parameters on disk: JSON, names and numbers, bit for bit.

Loading is data only: nothing in a file is ever run. The model itself is made by its constructor.
"""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

from .module import Module


def save(model: Module, path: str | PathLike[str]) -> None:
    """Write the parameters of `model` to the JSON file `path`, {name: number}."""
    numbers = {name: getattr(p, "data", p) for name, p in model.named_parameters()}
    Path(path).write_text(json.dumps(numbers, indent=0) + "\n", encoding="utf-8")


def load(model: Module, path: str | PathLike[str]) -> None:
    """Set the parameters of `model` to what `save` wrote.

    Changes nothing and raises ValueError unless the file holds a number for every parameter of
    the model, and no others.
    """
    numbers = json.loads(Path(path).read_text(encoding="utf-8"), parse_int=float)
    parameters = dict(model.named_parameters())
    check(numbers, parameters, path)
    for name, parameter in parameters.items():
        parameter.data = numbers[name]


def check(numbers: Any, parameters: dict[str, Any], path: str | PathLike[str]) -> None:
    if not isinstance(numbers, dict) or not all(type(x) is float for x in numbers.values()):
        raise ValueError(f"{path} is not a saved model: expected an object of names and numbers")
    missing = [name for name in parameters if name not in numbers]
    unknown = [name for name in numbers if name not in parameters]
    if missing or unknown:
        raise ValueError(
            f"{path} was saved from another model: {len(missing)} parameters of this one are "
            f"missing {missing[:3]}, {len(unknown)} are unknown to it {unknown[:3]}"
        )
