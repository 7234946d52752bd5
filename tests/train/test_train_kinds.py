"""Samples and labels of every kind that graphs take are trained by programs too."""

from __future__ import annotations

import random
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalargrad as sg
from scalargrad import losses, many, nn, optim
from scalargrad.data import samples
from scalargrad.train import evaluate, fit, predict
from scalargrad.transforms.containers import taken_apart

np = pytest.importorskip("numpy")

Pair = namedtuple("Pair", "first second")
Number = Callable[[float], Any]


@dataclass
class Point:
    x: Any
    y: Any


@dataclass(eq=False)
class Named:
    part: Any


NUMBERS: dict[str, Number] = {
    "float": float,
    "int": lambda x: round(3 * x),
    "bool": lambda x: x > 0,
    "float32": np.float32,
    "float64": np.float64,
    "int64": lambda x: np.int64(round(3 * x)),
    "uint8": lambda x: np.uint8(abs(round(3 * x))),
    "bool_": lambda x: np.bool_(x > 0),
    "array": lambda x: np.array([x, 2 * x]),
    "array32": lambda x: np.array([[x], [2 * x]], np.float32),
    "integers": lambda x: np.array([round(3 * x)]),
}
SCALARS = [name for name in NUMBERS if not name.startswith(("arr", "integers"))]


def numbers_of(sample: Any) -> list[Any]:
    leaves, _ = taken_apart(sample)
    return [
        x for leaf in leaves for x in (leaf.ravel() if isinstance(leaf, np.ndarray) else [leaf])
    ]


def containers(part: Any) -> Any:
    """Ways to build a container of parts; a part is built of numbers that are drawn."""
    twice = st.tuples(part, part)
    return st.one_of(
        st.lists(part, min_size=1, max_size=3).map(lambda p: lambda: [make() for make in p]),
        twice.map(lambda p: lambda: (p[0](), p[1]())),
        twice.map(lambda p: lambda: Pair(p[0](), p[1]())),
        twice.map(lambda p: lambda: {"b": p[0](), "a": p[1]()}),
        twice.map(lambda p: lambda: OrderedDict(u=p[0](), v=p[1]())),
        twice.map(lambda p: lambda: Point(p[0](), p[1]())),
        part.map(lambda p: lambda: Named(p())),
    )


def lone(names: list[str]) -> Any:
    return st.sampled_from(names).map(lambda name: lambda: NUMBERS[name](random.gauss(0.0, 1.0)))


BUILDERS = st.recursive(lone([*NUMBERS]), containers, max_leaves=6)


def trained(data: Any, compile: bool, weights: int) -> Any:
    parameters = [sg.Value(0.1 * i - 0.2) for i in range(weights)]

    def model(sample: Any) -> Any:
        return sg.tanh(sg.sum([w * x for w, x in zip(parameters, numbers_of(sample))]))

    def loss(output: Any, target: Any) -> Any:
        return sg.sum([losses.squared_error(output, y) for y in numbers_of(target)])

    mover = optim.SGD(parameters, 0.05)
    callbacks = [lambda run: None]
    return fit(model, loss, data, mover, 2, 4, compile=compile, progress=False, callbacks=callbacks)


@given(BUILDERS, BUILDERS, st.integers(0, 999))
@settings(max_examples=60)
def test_samples_of_every_form_train_by_a_program(x: Any, y: Any, seed: int) -> None:
    sg.seed(seed)
    data = [(x(), y()) for _ in range(9)]
    found = []
    for compile in (True, False):
        sg.seed(seed)
        found.append(trained(data, compile, 12))
    assert [history.engine for history in found] == ["compiled", "eager"]
    assert found[0].losses == pytest.approx(found[1].losses, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("kind", [float, np.float32, np.float64, int, np.int64, bool, np.bool_])
@pytest.mark.parametrize("shape", ["lists", "arrays", "tuples"])
def test_classes_of_every_kind_of_number_train_by_a_program(kind: Any, shape: str) -> None:
    sg.seed(2)
    rows = [[kind(round(random.gauss(0.0, 2.0))) for _ in range(3)] for _ in range(10)]
    labels = [[int, np.int64, bool, np.bool_][i % 4](i % 2) for i in range(10)]
    as_given = {"lists": list, "arrays": np.array, "tuples": tuple}[shape]
    data = [(as_given(row), label) for row, label in zip(rows, labels)]
    found = []
    for compile in (True, False):
        sg.seed(3)
        net = nn.MLP(3, [4, 2])
        named: Any = {"compile": compile, "progress": False}
        history = fit(net, losses.cross_entropy, data, optim.Adam(net), 2, 4, **named)
        found.append(history)
    assert [history.engine for history in found] == ["compiled", "eager"]
    assert found[0].losses == pytest.approx(found[1].losses, rel=1e-12)


@given(BUILDERS)
@settings(max_examples=20)
def test_samples_of_every_form_are_evaluated_by_a_program(build: Any) -> None:
    data = [(build(), 1.0) for _ in range(5)]
    model = lambda sample: sg.tanh(sg.sum(numbers_of(sample)) * sg.Value(0.1))  # noqa: E731
    by_graphs = evaluate(model, losses.squared_error, data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(many, "SAMPLES", 1)
        patch.setattr(many, "WORK", 1)
        by_program = evaluate(model, losses.squared_error, data)
        assert any(runner.function is model for runner in many._runners)
    assert by_program == pytest.approx(by_graphs, rel=1e-12)


def test_an_array_of_truths_is_predicted_by_its_columns() -> None:
    net = nn.Linear(3, 2)
    truths = np.array([[True, False, True], [False, False, True]])
    assert predict(net, truths).tolist() == predict(net, truths.astype(float)).tolist()


def test_numbers_of_numpy_in_samples_become_those_of_python_once() -> None:
    x, y = samples([({"a": [np.float32(0.5), np.uint8(3)]}, np.bool_(True))])[0]
    assert [*map(type, x["a"]), type(y)] == [float, int, bool]
    own = [1.0, 2.0]
    assert samples([(own, 1)])[0][0] is own


@pytest.mark.parametrize("kind", [np.uint8, np.int32, bool])
def test_an_array_beside_others_whose_own_arithmetic_wraps_is_left_to_graphs(kind: Any) -> None:
    data = [((np.array([i, 1], kind), 0.5), 1.0) for i in range(9)]
    with pytest.raises(ValueError, match=r"input 0 holds an array of .*pass x\.astype\(float\)"):
        trained(data, True, 12)


@pytest.mark.parametrize("wrong", [None, "cat", sg.Value(1.0), 1j])
def test_what_is_no_number_is_named_with_its_place_and_a_cure(wrong: Any) -> None:
    data = [([1.0, 2.0], 1.0), ([1.0, wrong], 1.0)]
    with pytest.raises(ValueError, match=r"input 1 is not made of numbers alone: expected .* got"):
        trained(data, True, 12)


@pytest.mark.parametrize("change", ["list", "dataclass", "array"])
def test_samples_of_every_form_are_watched(change: str) -> None:
    made = {"list": lambda: [0.5], "dataclass": lambda: Named(0.5), "array": lambda: [np.ones(1)]}
    found = []
    for compile in (None, False):
        data = [(made[change](), 1.0) for _ in range(6)]
        weight = sg.Value(0.5)

        def shift(run: Any, x: Any = data[0][0]) -> None:
            if change == "dataclass":
                x.part = 2.0
            elif change == "list":
                x[0] = 2.0
            else:
                x[0][:] = 2.0

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("scalargrad.train.choice.SAMPLES", 1)
            patch.setattr("scalargrad.train.choice.WORK", 1)
            history = fit(
                lambda x, w=weight: w * numbers_of(x)[0],
                losses.squared_error,
                data,
                optim.SGD([weight], 0.05),
                2,
                3,
                compile=compile,
                progress=False,
                shuffle=False,
                on_update=[shift],
            )
        found.append(history)
    assert "was changed" in found[0].reason
    assert found[0].losses == pytest.approx(found[1].losses, rel=1e-12)
