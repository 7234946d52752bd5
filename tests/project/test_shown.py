"""What Python's own tools show of the package: `help`, `dir`, `repr`, on both engines alike."""

from __future__ import annotations

import importlib
import inspect
import pydoc
import re
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import losses, nn, optim, train
from scalargrad.engine import functions
from scalargrad.nn.activations import TableActivation
from scalargrad.optim import schedules
from scalargrad.rows import BUILT_IN
from scalargrad.train import EarlyStopping, History, Run

PARTS = ("losses", "nn", "optim", "plots", "train")
MODULES = ["", *PARTS, "nn.initializers", "optim.schedules", "data", "diagnose"]
MADE_OF = {"e", "inf", "pi", "engine"}
"""Public names of the package that are plain numbers and texts."""


def module(name: str) -> Any:
    return importlib.import_module(f"scalargrad.{name}".rstrip("."))


# ------ help
@pytest.mark.parametrize("name", functions)
def test_help_of_a_function_has_its_call_and_says_what_it_computes(name: str) -> None:
    row, function = BUILT_IN[name], functions[name]
    text = pydoc.render_doc(function, renderer=pydoc.plaintext)
    assert row.signature() in text
    assert len(row.__doc__.partition(": ")[2]) > 2
    assert "of your own" not in text
    assert "__call__" not in text  # of a thing without a docstring pydoc shows the class


@pytest.mark.parametrize("name", functions)
def test_signature_of_a_function_is_how_it_is_called(name: str) -> None:
    assert f"{name}{inspect.signature(functions[name])}" == BUILT_IN[name].signature()


def test_signature_of_an_operator_of_ones_own_has_the_names_of_its_partial() -> None:
    area = sg.operator("area", lambda a, b: a * b, lambda out, a, b: b, lambda out, a, b: a)
    total = sg.operator("total", lambda *xs: sum(xs), all_partials=lambda out, *xs: [1.0] * len(xs))
    assert (str(inspect.signature(area)), str(inspect.signature(total))) == (
        "(a, b)",
        "(*operands)",
    )
    assert "name" in inspect.signature(sg.Operator).parameters


# ------ dir
@pytest.mark.parametrize("name", MODULES)
def test_dir_shows_public_names_alone(name: str) -> None:
    shown = dir(module(name))
    assert shown == sorted(set(shown))
    for each in shown:
        found = getattr(module(name), each)
        home = found.__name__ if inspect.ismodule(found) else getattr(found, "__module__", "")
        is_alias = each in ("Schedule", "Initializer", "Sample")
        assert each in MADE_OF or is_alias or str(home).startswith("scalargrad"), each
        assert not inspect.ismodule(found) or f"{name}.{each}".strip(".") in MODULES


def test_dir_shows_what_people_look_for() -> None:
    assert {"Linear", "MLP", "Tanh", "save", "initializers"} <= {*dir(nn)}
    assert {"SGD", "AdamW", "clip_grad_norm", "schedules"} <= {*dir(optim)}
    assert dir(losses) == losses.__all__
    assert {"fit", "EarlyStopping"} <= {*dir(train)}


# ------ repr
def cube(x: Any) -> Any:
    return x * x * x


def model() -> Any:
    return nn.Linear(2, 1)


MAKERS: dict[str, Callable[[], Any]] = {
    "Value": lambda: sg.Value(2.0),
    "Operator": lambda: BUILT_IN["sin"],
    "no_grad": sg.no_grad,
    "detect_anomaly": sg.detect_anomaly,
    "AnomalyError": lambda: sg.AnomalyError("a"),
    "GradientError": lambda: sg.GradientError("a"),
    "Activation": lambda: nn.Activation(cube),
    "BatchNorm": lambda: nn.BatchNorm(2),
    "Block": lambda: nn.Block(2),
    "Buffer": lambda: nn.Buffer([1.0]),
    "Dropout": nn.Dropout,
    "Embedding": lambda: nn.Embedding(3, 2),
    "Layer": lambda: nn.Layer(2, 2),
    "LayerNorm": lambda: nn.LayerNorm(2),
    "Linear": model,
    "MLP": lambda: nn.MLP(2, [2, 1]),
    "Maxout": lambda: nn.Maxout(2, 1),
    "Module": nn.Module,
    "Neuron": lambda: nn.Neuron(2),
    "Perceptron": lambda: nn.Perceptron(2),
    "RMSNorm": lambda: nn.RMSNorm(2),
    "Residual": lambda: nn.Residual(model()),
    "SelfAttention": lambda: nn.SelfAttention(2),
    "Sequential": lambda: nn.Sequential(model(), nn.Tanh()),
    "Sparse": lambda: nn.Sparse(2, [[0], [1]]),
    "Wired": lambda: nn.Wired(["a"], {"b": ["a"]}, ["b"]),
    "Optimizer": lambda: optim.SGD(model(), lr=0.1),
    "Group": lambda: optim.SGD(model(), lr=0.1).groups[0],
    "Rule": lambda: optim.SGD.rule,
    "EarlyStopping": EarlyStopping,
    "History": History,
    "Run": lambda: Run(model(), optim.SGD(model(), lr=0.1), 3),
    "Diagnosis": lambda: module("diagnose").diagnose(model(), [([1.0, 2.0], 1.0)]),
    "LayerDiagnosis": lambda: module("diagnose").diagnose(nn.Tanh(), [([1.0], 1.0)]),
}
OTHERS: dict[str, Callable[[], Any]] = {
    "problem": lambda: sg.problem(cube, None, 2.0),
    "compile": lambda: sg.compile(cube),
    "compile, derived": lambda: sg.grad(sg.compile(cube)),
    "program": lambda: sg.compile(cube).program(2.0),
    "profile": lambda: sg.compile(cube).profile(2.0),
    "export": lambda: sg.compile(cube).to_python(2.0),
    "sparse": lambda: sg.sparse_jacobian(cube),
    "explain": lambda: sg.explain(cube, 2.0),
    "draw": lambda: sg.draw(cube(sg.Value(2.0))),
    "flat": lambda: sg.flat(cube(sg.Value(2.0))),
    "check": lambda: sg.check_gradient(cube, 2.0),
    "look_ahead": lambda: optim.Nesterov(model(), lr=0.1).look_ahead(),
    "a scheduled optimizer": lambda: optim.Adam(model(), schedule=schedules.cosine(9)),
    "schedules": lambda: [
        *(schedules.constant(), schedules.step([3]), schedules.cosine(9), schedules.linear(9)),
        *(schedules.inverse_sqrt(), schedules.warmup(3), schedules.product(schedules.warmup(3))),
        schedules.sequence((3, schedules.constant())),
        schedules.by_epoch(4, schedules.constant()),
    ],
    "initializers": lambda: [f() for f in (nn.initializers.uniform, nn.initializers.normal)],
}


def classes() -> dict[str, Any]:
    """Every public class that stands in no other test: with its name, what makes one of it."""
    found = {each: getattr(module(name), each) for name in MODULES for each in dir(module(name))}
    return {name: x for name, x in found.items() if inspect.isclass(x)}


def maker_of(name: str, kind: Any) -> Callable[[], Any]:
    if issubclass(kind, TableActivation):
        return kind  # type: ignore[no-any-return]
    if issubclass(kind, optim.Optimizer) and name not in MAKERS:
        return lambda: kind(model(), lr=0.1)
    return MAKERS[name]


@pytest.mark.parametrize(("name", "kind"), classes().items())
def test_every_public_class_prints_for_people(name: str, kind: Any) -> None:
    assert_is_for_people(maker_of(name, kind)())


@pytest.mark.parametrize("name", OTHERS)
def test_what_public_functions_return_prints_for_people(name: str) -> None:
    assert_is_for_people(OTHERS[name]())


def assert_is_for_people(x: Any) -> None:
    assert not re.search(r" at 0x|<locals>", re.sub(r"<function \w+ at 0x\w+>", "", repr(x)))


def test_a_schedule_prints_as_it_was_made() -> None:
    made = schedules.product(schedules.warmup(3), schedules.cosine(100, last=0.1))
    assert repr(made) == "product(warmup(3), cosine(100, last=0.1))"
    assert inspect.signature(schedules.cosine).parameters.keys() == {"steps", "last"}


def test_a_problem_prints_its_size() -> None:
    found = sg.problem(lambda v: v[0] * v[1], lambda v: [v[0] + v[1]], [1.0, 2.0])
    assert repr(found) == "<problem: minimize <lambda>, 2 unknowns, 1 constraint>"
