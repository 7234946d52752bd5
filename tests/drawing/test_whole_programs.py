"""Models that use all of the library inside: `draw` and `explain` run them as they are."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg

doubled = sg.compile(lambda t: 2.0 * sg.sin(t))


def without_graph(h: Any) -> Any:
    with sg.no_grad():
        factor = 2.0 * h
    assert not factor.parents
    return factor * h


def checked(h: Any) -> Any:
    with sg.detect_anomaly():
        return h * h


def changed(h: Any) -> Any:
    constant = sg.Value(1.0)
    constant.data = 2.0
    return constant * h


def walked_back(h: Any) -> Any:
    square = h * h
    square.backward()
    return square


INNER: dict[str, Callable[[Any], Any]] = {
    "grad": lambda h: sg.grad(sg.tanh)(h),
    "grad of grad": lambda h: sg.grad(sg.grad(sg.tanh))(h),
    "hessian": lambda h: sg.hessian(lambda t: t[0] * sg.tanh(t[1]))([h, h])[0][1],
    "jvp": lambda h: sg.jvp(sg.tanh, (h,), (1.0,))[1],
    "gradients": lambda h: sg.gradients(h * h, [h])[0],
    "dropout": lambda h: sg.nn.Dropout(0.5)([h, h])[0],
    "copies": lambda h: copy.copy(h) * copy.deepcopy(h),
    "root": lambda h: sg.root(lambda y, a: y * y - a, 1.0, h * h + 1.0),
    "fixed point": lambda h: sg.fixed_point(lambda y, a: 0.5 * sg.cos(y) + a, 0.1, h),
    "argmin": lambda h: sg.argmin(lambda y, a: (y - a) * (y - a), 0.1, h),
    "scan": lambda h: sg.scan(lambda s, z: (sg.tanh(s * z), s), h, [h, 0.2])[0],
    "compiled": lambda h: doubled(h) * h,
    "grad of compiled": lambda h: sg.grad(doubled)(h) * h,
    "no_grad": without_graph,
    "detect_anomaly": checked,
    "detach": lambda h: h.detach() * h,
    "a branch": lambda h: h if h > 0.0 else -h,
    "a changed Value": changed,
    "backward": walked_back,
}


class Model(sg.nn.Module):
    def __init__(self, inner: Callable[[Any], Any]) -> None:
        self.layer = sg.nn.Linear(1, 1)
        self.inner = inner

    def __call__(self, x: Any) -> Any:
        (h,) = self.layer([x])
        return self.inner(h)


def test_the_layer_gives_one() -> None:
    assert isinstance(Model(lambda h: h)(0.3), sg.Value)


@pytest.mark.parametrize("show", [sg.draw, sg.explain])
@pytest.mark.parametrize("name", INNER)
def test_models_are_shown_as_they_run(show: Callable[..., Any], name: str) -> None:
    assert show(Model(INNER[name]), 0.3) is not None


@pytest.mark.parametrize("show", [sg.draw, sg.explain])
@pytest.mark.parametrize("name", INNER)
def test_functions_are_shown_as_they_run(show: Callable[..., Any], name: str) -> None:
    assert show(INNER[name], 0.3) is not None
