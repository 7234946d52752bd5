"""What people get wrong first, over the public functions: each is refused in plain words, which say
what was expected, what came, and the cure where there is one."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import losses, nn, optim, train
from scalargrad.optim import schedules

np = pytest.importorskip("numpy")
X, Y = [[1.0, 2.0], [2.0, 3.0]], [1.0, 0.0]
v = sg.Value(2.0)


def sq(x: Any) -> Any:
    return x * x


def model() -> Any:
    return nn.MLP(2, [3, 1])


def sgd(**options: Any) -> Any:
    return optim.SGD(model(), **{"lr": 0.1, **options})


def fit(*given: Any, **options: Any) -> Any:
    net = model()
    full = (net, losses.squared_error, (X, Y), optim.SGD(net, 0.1), 1)
    return train.fit(*given, *full[len(given) :], progress=False, **options)


LIST = r"a list is no vector: np\.array"
WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "a text beside a Value": (lambda: v + "a", "expected a number or a Value, got str 'a'"),
    "None beside a Value": (lambda: v * None, "expected a number or a Value, got NoneType"),
    "a list beside a Value": (lambda: v * [1], "got list .1.: call it for each"),
    "float of a Value": (lambda: float(v), r"use v\.data"),
    "data that is a text": (lambda: setattr(v, "data", "x"), "data of a Value is one number, got"),
    "grad None": (lambda: setattr(v, "grad", None), "got NoneType None; 0.0 stands for none"),
    "a Value of a list": (lambda: sg.Value([1]), "one number, got list"),
    "a Value of nothing": (lambda: sg.Value(), r"expected Value\(data\)"),
    "a function of a list": (lambda: sg.sin([1.0]), "call it for each of them"),
    "a function of an array": (lambda: sg.sin(np.ones(2)), "call NumPy's function of that name"),
    "two operands for one": (lambda: sg.sin(1, 2), r"expected sin\(x\), got sin\(1, 2\)"),
    "a maximum of two": (lambda: sg.max(1.0, 2.0), r"in one list, max\(\[…\]\)"),
    "a mean of nothing": (lambda: sg.mean([]), "at least one operand, got an empty list"),
    "other names of options": (lambda: sg.clamp(v, min=0), r"expected clamp\(x, low, high\)"),
    "a gradient of a number": (lambda: sg.grad(3.0), "grad needs a function, got float 3.0"),
    "the point as argnums": (lambda: sg.grad(sq, 2.0), r"got float 2\.0; .* second call"),
    "no argument": (lambda: sg.grad(sq)(), "the call has 0 positional arguments: pass by position"),
    "argnums beyond": (lambda: sg.grad(sq, 1)(2.0), "argnums is 1, .* 1 positional argument: pass"),
    "a gradient at a text": (lambda: sg.grad(sq)("a"), "expected numbers, .* got str 'a'"),
    "two results": (lambda: sg.grad(lambda x: [x, x])(2.0), "there are jacobian, vjp and jvp"),
    "no result": (lambda: sg.grad(lambda x: None)(2.0), "must return one Value .* got NoneType"),
    "a list as a vector": (lambda: sg.grad(sq)([1.0, 2.0]), LIST),
    "a list as a vector, compiled": (lambda: sg.compile(sq)([1.0, 2.0]), LIST),
    "a list as a vector, both": (lambda: sg.grad(sg.compile(sq))([1.0, 2.0]), LIST),
    "a matrix product of lists": (lambda: sg.grad(lambda x: x @ x)([1.0]), LIST),
    "one primal": (lambda: sg.jvp(sq, 1.0, 1.0), "primals must be a tuple, .* got float 1.0"),
    "one leaf": (lambda: sg.gradients(v * v, v), r"write \[leaf\]"),
    "compile of a number": (lambda: sg.compile(5), "compile needs a function, got int 5"),
    "another batch": (lambda: sg.compile(sq, batch="z"), r"\['x'\], got 'z'"),
    "another reduce": (
        lambda: sg.compile(sq, batch="x", reduce="max"),
        "'sum' or 'mean', got 'max'",
    ),
    "no lanes to add up": (lambda: sg.compile(sq, reduce="sum"), "name the arguments"),
    "a check of a result": (
        lambda: sg.check_gradient(sq(v), 2.0),
        "f must be a function, .* got Value",
    ),
    "a check of a number": (
        lambda: sg.check_gradient(3, 2.0),
        "f must be a function, .* got int 3",
    ),
    "a checkpoint of a result": (
        lambda: sg.checkpoint(3.0, 1.0),
        "f must be a function, .* got float",
    ),
    "an explanation of a number": (lambda: sg.explain(3.0), "explain needs a Value, or a function"),
    "a picture of a number": (lambda: sg.draw(3.0), "draw needs a Value"),
    "a function, flat": (lambda: sg.flat(sq), r"flat\(f\(Value\(2\.0\)\)\)"),
    "a pick from a number": (lambda: sg.pick(3, 0), "pick needs a list and an index, got int 3"),
    "a seed in words": (lambda: sg.seed("a"), "a seed is a whole number, got str 'a'"),
    "no_grad of a function": (lambda: sg.no_grad(sq), r"write `with no_grad\(\):`"),
    "a pick from nothing": (lambda: sg.pick([], 0), "at least one item, got none"),
    "an operator without a name": (lambda: sg.operator(3, sq, sq), "needs a name, got int 3"),
    "an initializer by name": (
        lambda: nn.Linear(2, 2, initializer="xavier"),
        "initializer must be a function .* got str 'xavier'",
    ),
    "an initializer not called": (
        lambda: nn.Embedding(2, 2, nn.initializers.normal),
        r"makes one: normal\(…\)",
    ),
    "an initializer as bias": (
        lambda: nn.Linear(2, 2, nn.initializers.zeros),
        "bias must be True or False, got function",
    ),
    "a unit's initializer": (
        lambda: nn.Sparse(2, [[0]], nn.initializers.uniform),
        r"makes one: uniform\(…\)",
    ),
    "a number as wiring": (lambda: nn.Sparse(2, 3), "heard must be a list .* got int 3"),
    "one row of wiring": (
        lambda: nn.Sparse(2, [0, 1]),
        "each of heard must be a list .* got int 0",
    ),
    "a number as mask": (lambda: nn.masked(3), "mask must be a list .* got int 3"),
    "a number as names": (lambda: nn.Wired(3, {}, []), "inputs must be a list .* got int 3"),
    "too many to choose": (lambda: nn.random_choice(2, 3, 5), "from 0 to nin, which is 2, got 5"),
    "a number as sequence": (
        lambda: nn.SelfAttention(2)(3.0),
        "sequence must be a list .* got float",
    ),
    "no optimizer of a kind": (lambda: optim.Optimizer(model()), "names no update rule"),
    "a rule of a number": (lambda: optim.Rule(3), "a Python function, got int 3"),
    "restore in words": (lambda: train.EarlyStopping(restore="a"), "True or False, got str 'a'"),
    "a layer of texts": (lambda: nn.Linear("2", 3), "nin must be a whole number .* got '2'"),
    "an MLP of a number": (lambda: nn.MLP(2, 3), r"got int 3: MLP\(2, \[3\]\)"),
    "too many inputs": (lambda: model()([1.0, 2.0, 3.0]), "expected 2 inputs, got 3"),
    "a text as inputs": (lambda: model()("ab"), "expected a list of numbers or Values, got str"),
    "a dict as inputs": (lambda: nn.Linear(1, 1)({"a": 1.0}), "got dict"),
    "an activation of a text": (lambda: nn.ReLU()("a"), "expected a list .* got str 'a'"),
    "an activation by name": (lambda: nn.Activation("relu"), "needs a function .* got str 'relu'"),
    "layers in a list": (lambda: nn.Sequential([nn.Tanh()]), r"unpack it with \*"),
    "a class as a layer": (lambda: nn.Sequential(nn.Tanh), r"call it, Tanh\(…\)"),
    "a rate in words": (lambda: sgd(lr="a"), "lr must be a positive number, got str 'a'"),
    "no rate": (lambda: sgd(lr=0), "lr must be a positive number, got 0"),
    "parameters not called": (
        lambda: optim.SGD(model().parameters, 0.1),
        r"call it, parameters\(\)",
    ),
    "numbers as parameters": (lambda: optim.SGD([1.0], 0.1), "expected Values, got float 1.0"),
    "one beta": (lambda: optim.Adam(model(), betas=0.9), r"two numbers, as in .* got float 0\.9"),
    "a schedule of a number": (lambda: sgd(schedule=3), "schedule must be a function .* got int 3"),
    "a schedule not called": (lambda: sgd(schedule=schedules.cosine), r"makes one: cosine\(…\)"),
    "one step": (lambda: schedules.step(3), r"the steps in a list, as in step\(\[30, 60\]\)"),
    "a product of numbers": (lambda: schedules.product(3), "must be a schedule, .* got int 3"),
    "a sequence of numbers": (lambda: schedules.sequence(3), r"is \(steps, schedule\), got int 3"),
    "epochs of a number": (lambda: schedules.by_epoch(3, 4), "must be a schedule, .* got int 4"),
    "a label beyond": (lambda: losses.cross_entropy([1.0, 2.0], 5), "a label 0 to 1, got 5"),
    "a one-hot label": (lambda: losses.cross_entropy([1.0, 2.0], [0, 1]), "which is 1"),
    "labels of many": (lambda: losses.cross_entropy([[1.0, 2.0]], [0]), "scalargrad.mean of their"),
    "no outputs": (lambda: losses.cross_entropy([], 0), "an output for each class, got none"),
    "no parameters": (lambda: losses.l2(3.0), "a list of parameters, got float 3.0"),
    "delta in words": (lambda: losses.huber(1.0, 2.0, "a"), "delta must be .* got str 'a'"),
    "targets apart": (lambda: fit(model(), losses.squared_error, X, Y), r"\(inputs, targets\)"),
    "a loss by name": (lambda: fit(model(), "mse"), "loss must be a function .* got str 'mse'"),
    "a metric by name": (lambda: fit(metrics=["accuracy"]), "metrics must be a dict .* got list"),
    "a number as model": (lambda: fit(3), "model must be a Module or a function, got int 3"),
    "a scheduling class": (lambda: fit(schedule=schedules.cosine), r"makes one: cosine\(…\)"),
    "a class as callback": (lambda: fit(callbacks=[train.EarlyStopping]), "call it, EarlyStopping"),
    "targets as threshold": (
        lambda: train.accuracy(model(), X, Y),
        r"threshold must be a number, got list .*\(inputs, targets\)",
    ),
    "accuracy of a number": (lambda: train.accuracy(3, (X, Y)), "model must be .* got int 3"),
    "a measure by name": (
        lambda: train.evaluate(model(), "mse", (X, Y)),
        "measure must be .* got str",
    ),
    "data of numbers": (lambda: train.predict(model(), 3), "expected a list of inputs, got int 3"),
    "no patience": (lambda: train.EarlyStopping(0), "patience must be a whole number .* got 0"),
    "a curve of a number": (lambda: sg.plots.loss_curves(3), r"such as history\.losses, got int 3"),
    "a border of a number": (
        lambda: sg.plots.decision_boundary(3, (X, Y)),
        "model must be .* got int",
    ),
    "confusion of a model": (lambda: sg.plots.confusion(3), "matrix must be rows .* got int 3"),
    "gradients of a number": (
        lambda: sg.plots.gradient_histograms(3),
        "expected a Module, got int",
    ),
    "activations of a number": (lambda: sg.plots.activation_histograms(3, X), "expected a Module"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_refused_in_plain_words(name: str) -> None:
    call, expected = WRONG[name]
    with pytest.raises((TypeError, ValueError, IndexError), match=expected) as caught:
        call()
    text = str(caught.value)
    text = re.sub(r"<function \w+ at 0x\w+>", "", text)
    assert not re.search(r"object (is not|has no|cannot)|__\w+__|0x[0-9a-f]{6}", text)
    # from this test to the error: no long way through the library's own calls
    assert len(list(traceback.extract_tb(caught.value.__traceback__))) <= 11


def test_a_hint_on_lists_stands_where_a_list_is_at_fault_alone() -> None:
    with pytest.raises(TypeError) as caught:
        sg.grad(lambda xs: xs[0] * None)([1.0])
    assert "vector" not in str(caught.value)
