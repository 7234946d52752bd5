"""What steps call besides `gate`: each gives all that can be told apart of a call."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import scalargrad as sg

__all__ = ["kept", "numbers", "printed", "pulled", "shown", "through", "unlinked", "values_in"]


def needed(text: str) -> list[str]:
    """The source of what a text calls of this module, with what that calls in turn."""
    own = (parts_of, values_in, numbers, through, kept, pulled, unlinked, printed, shown)
    wanted = [f for f in own if re.search(rf"\b{f.__name__}\(", text)]
    while more := {f for f in own for g in wanted if f.__name__ in g.__code__.co_names} - {*wanted}:
        wanted += more
    sources = [inspect.getsource(f) for f in own if f in wanted]
    return [*(["from collections.abc import Iterator, Sequence"] if sources else []), *sources]


def parts_of(x: Any) -> Any:
    if isinstance(x, dict):
        return x.values()
    if isinstance(x, np.ndarray):
        return x.ravel().tolist() if x.dtype == object else ()
    if isinstance(x, (list, tuple, set)):
        return x
    if hasattr(x, "parameters"):
        return x.parameters()
    return vars(x).values() if dataclasses.is_dataclass(x) and not isinstance(x, type) else ()


def values_in(x: Any) -> Iterator[Any]:
    """The Values in a container, an array, a dataclass or a model, in order."""
    if type(x) is sg.Value:
        yield x
    else:
        for part in parts_of(x):
            yield from values_in(part)


def through(f: Any, args: Any, named: Any, held: Sequence[Any] = ()) -> tuple[Any, list[float]]:
    """What f returns, and the gradients that backward() leaves in arguments and `held`."""
    result = f(*args, **named)
    leaves = [*values_in((args, named)), *values_in(list(held))]
    for v in leaves:
        v.zero_grad()
    roots = [(k + 1.0) * v for k, v in enumerate(values_in(result))]
    if roots:
        sum(roots).backward()
    return result, [v.grad for v in leaves]


def kept(found: tuple[Any, list[float]], held: Sequence[Any]) -> tuple[Any, list[float]]:
    """What `through` gave on Values, as it gives it on floats: gradients in `held` alone."""
    result, gradients = found
    own = len([*values_in(list(held))])
    return numbers(result), gradients[len(gradients) - own :]


def pulled(f: Any, primals: Any, cotangent: Any) -> Any:
    """The value and what vjp makes of the cotangent."""
    value, pullback = sg.vjp(f, *primals)
    return value, pullback(cotangent)


def unlinked(f: Any, *args: Any, **named: Any) -> Any:
    with sg.no_grad():
        return f(*args, **named)


def printed(f: Any, *args: Any, **named: Any) -> tuple[Any, str]:
    """The result, and what the call wrote."""
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        result = f(*args, **named)
    return result, written.getvalue()


def shown(x: Any) -> str:
    """The text of something: of state that a program keeps, whose Tracers would show."""
    return repr(x)


def numbers(x: Any) -> Any:
    """The same with a float in place of each Value."""
    if type(x) is sg.Value:
        return x.data
    if isinstance(x, dict):
        return {key: numbers(part) for key, part in x.items()}
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(numbers, x))
    if isinstance(x, (list, tuple)):
        return type(x)(map(numbers, x))
    if isinstance(x, np.ndarray) and x.dtype == object:
        return np.array([numbers(y) for y in x.ravel()]).reshape(x.shape)
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return dataclasses.replace(x, **{k: numbers(y) for k, y in vars(x).items()})
    return x
