"""The ways to a first and to a second derivative of a function of one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import scalargrad as sg

Function = Callable[[Any], Any]


def derivative(f: Function, order: int) -> Function:
    for _ in range(order):
        f = sg.grad(f)
    return f


def by_backward(f: Function, at: float) -> float:
    x = sg.Value(at)
    f(x).backward()
    return x.grad  # type: ignore[no-any-return]


def by_gradients(f: Function, at: float) -> float:
    x = sg.Value(at)
    return sg.gradients(f(x), [x])[0].data  # type: ignore[no-any-return]


FIRST: dict[str, Callable[[Function, float], float]] = {
    "backward": by_backward,
    "gradients": by_gradients,
    "grad": lambda f, at: sg.grad(f)(at),
    "jvp": lambda f, at: sg.jvp(f, (at,), (1.0,))[1],
    "vjp": lambda f, at: sg.vjp(f, at)[1](1.0)[0],
    "jacobian": lambda f, at: sg.jacobian(f)(at),
}
SECOND: dict[str, Callable[[Function, float], float]] = {
    "grad of grad": lambda f, at: derivative(f, 2)(at),
    "hessian": lambda f, at: sg.hessian(f)(at),
    "hvp": lambda f, at: sg.hvp(f, (at,), (1.0,))[0],
    "backward of gradients": lambda f, at: by_backward(sg.grad(f), at),
    "jvp of jvp": lambda f, at: sg.jvp(lambda x: sg.jvp(f, (x,), (1.0,))[1], (at,), (1.0,))[1],
    "grad of jvp": lambda f, at: sg.grad(lambda x: sg.jvp(f, (x,), (1.0,))[1])(at),
}
