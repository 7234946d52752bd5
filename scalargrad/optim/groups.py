"""Parameter groups: Values that move together, their options, and the numbers kept of them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import Any

from ..messages import described
from ..options import BELOW_ONE, NOT_NEGATIVE, POSITIVE, within
from ..scalars import is_value, real
from ..updates import Job, Rule

RANGES = {
    "lr": POSITIVE,
    "momentum": BELOW_ONE,
    "beta1": BELOW_ONE,
    "beta2": BELOW_ONE,
    "decay": BELOW_ONE,
    "eps": POSITIVE,
    "weight_decay": NOT_NEGATIVE,
}
"""Options whose range is known; others are any floats."""


def checked_option(name: str, x: Any) -> float:
    """Return an option as a float. Raises ValueError if it is out of range."""
    if isinstance(x, bool):
        raise TypeError(f"{name} must be a number, got {x!r}")
    if name in RANGES:
        within(name, x, RANGES[name])
    try:
        return real(x)
    except TypeError:
        raise TypeError(f"{name} must be a number, got {described(x)}") from None


def one_parameter(place: int, x: Any) -> Any:
    if not is_value(x):
        raise TypeError(f"expected Values, got {described(x)} as parameter {place}")
    if x.op is not None:
        raise ValueError(
            f"parameter {place} was computed, by {x.op.name}: a step moves leaves, which nothing "
            "computes anew; take .detach() of it"
        )
    return x


def parameters_of(source: Any) -> tuple[Any, ...]:
    """Return the parameters of a Module, or those in an iterable, as a tuple of leaves.

    Raises TypeError unless they are Values, ValueError if there is none, if one was computed or
    comes twice.
    """
    found = source.parameters() if hasattr(source, "parameters") else source
    if is_value(found) or not isinstance(found, Iterable) or isinstance(found, str):
        call = ": call it, parameters()" if callable(source) else ""
        raise TypeError(f"expected a model or a list of parameters, got {described(source)}{call}")
    parameters = tuple(one_parameter(i, x) for i, x in enumerate(found))
    if not parameters:
        raise ValueError("there is no parameter to train: the list is empty")
    refuse_twins(parameters)
    return parameters


def refuse_twins(parameters: Iterable[Any]) -> None:
    """Raise ValueError if a parameter comes twice: it would be moved twice in a step."""
    first: dict[int, int] = {}
    for i, parameter in enumerate(parameters):
        if first.setdefault(id(parameter), i) != i:
            raise ValueError(
                f"parameter {i} is parameter {first[id(parameter)]} again: each is moved once"
            )


class Group:
    """Parameters that share their options, which are read and set as in a dict: group["lr"].

    `memory` is laid out as updates.Job says. Setting an option raises KeyError for an unknown
    name, ValueError for a number out of its range.
    """

    def __init__(self, parameters: tuple[Any, ...], rule: Rule, options: Mapping[str, Any]) -> None:
        self.parameters = parameters
        self.rule = rule
        self.options = {name: checked_option(name, x) for name, x in options.items()}
        self.memory = array("d", bytes(8 * (1 + len(rule.state) * len(parameters))))

    def __getitem__(self, name: str) -> float:
        return self.options[name]

    def __setitem__(self, name: str, x: Any) -> None:
        if name not in self.options:
            raise KeyError(f"{name!r} is no option: there are {', '.join(self.options)}")
        self.options[name] = checked_option(name, x)

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={x!r}" for name, x in self.options.items())
        return f"Group({len(self.parameters)} parameters, {options})"

    @property
    def steps(self) -> int:
        """How many steps were made."""
        return int(self.memory[0])

    def job(self, settings: tuple[float, ...]) -> Job:
        return Job(self.rule, self.parameters, self.memory, settings)

    # ------ its state, as plain data
    def state_dict(self) -> dict[str, Any]:
        n = len(self.parameters)
        states = enumerate(self.rule.state)
        kept = {name: self.memory[1 + k * n : 1 + (k + 1) * n].tolist() for k, name in states}
        return {"steps": self.steps, "options": dict(self.options), "state": kept}

    def restored(self, saved: Any, what: str) -> tuple[dict[str, float], array[float]]:
        """Return options and memory as `state_dict` gave them. Raises ValueError, naming `what`,
        unless they fit this group."""
        refuse_unless(isinstance(saved, Mapping), what, "a dict", saved)
        names = {"steps", "options", "state"}
        refuse_unless(set(saved) == names, what, f"the entries {sorted(names)}", sorted(saved))
        steps, options, state = saved["steps"], saved["options"], saved["state"]
        whole = type(steps) in (int, float) and 0 <= steps < 2**53 and steps == int(steps)
        refuse_unless(whole, f"{what}: steps", "a whole number from 0 up", steps)
        same_names(options, self.options, f"{what}: options")
        same_names(state, self.rule.state, f"{what}: state")
        memory = array("d", [steps])
        for name in self.rule.state:
            numbers = state[name]
            right = isinstance(numbers, list) and len(numbers) == len(self.parameters)
            right = right and all(type(x) is float for x in numbers)
            expected = f"a list of {len(self.parameters)} floats"
            refuse_unless(right, f"{what}: {name}", expected, numbers)
            memory.extend(numbers)
        return {name: saved_option(name, options[name], what) for name in self.options}, memory


def refuse_unless(right: bool, what: str, expected: str, came: Any) -> None:
    if not right:
        raise ValueError(f"{what}: expected {expected}, got {described(came)}")


def same_names(saved: Any, names: Iterable[str], what: str) -> None:
    right = isinstance(saved, Mapping) and set(saved) == set(names)
    refuse_unless(right, what, f"the entries {list(names)}", saved)


def saved_option(name: str, x: Any, what: str) -> float:
    refuse_unless(type(x) in (int, float), f"{what}: {name}", "a number", x)
    return checked_option(name, x)
