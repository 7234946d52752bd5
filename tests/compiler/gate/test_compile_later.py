"""Gradients among Values, whose own derivatives are computed when somebody asks for them."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, nn
from scalargrad.compiler import compile
from scalargrad.compiler.gate.meaning import Meaning
from scalargrad.transforms.trees import flatten

np = pytest.importorskip("numpy")
FACTOR = 1.5
closed = [Value(0.3), Value(-0.7)]
X = np.linspace(-1.0, 1.0, 12).reshape(4, 3)


def product(xs: Any) -> Any:
    return sg.sum([sg.tanh(x * y) * FACTOR for x, y in zip(xs, [*xs[1:], xs[0]])])


def of_dict(d: Any) -> Any:
    return product([*d["a"], d["b"]])


def beside(xs: Any, k: int, scale: float) -> Any:
    return product([*xs, *closed]) * scale**k


def branching(xs: Any) -> Any:
    return product(xs) if xs[0] > 0.0 else product([x * x for x in xs])


def looping(xs: Any) -> Any:
    x = xs[0]
    for _ in range(30):
        x = sg.sin(x * xs[1]) + xs[2]
    return x


def of_sample(w: Any, x: Any) -> Any:
    return sg.sin(sg.dot(w, [*x])) * closed[0]


def of_model(model: Any, x: Any) -> Any:
    return model(x)


def values(n: int = 3) -> list[Value]:
    return [Value(0.2 * k + 0.1) for k in range(n)]


def computed(model: Any) -> Any:
    return model.with_parameters([p * 1.25 for p in model.parameters()])


Case = tuple[Callable[..., Any], dict[str, Any], Callable[[], tuple[Any, ...]]]
CASES: dict[str, Case] = {
    "a list": (product, {}, lambda: (values(),)),
    "a list of two": (product, {}, lambda: (values(2),)),
    "one Value twice": (product, {}, lambda: ([*values(2)] * 2,)),
    "computed Values": (product, {}, lambda: ([sg.exp(v) for v in values()],)),
    "some numbers": (product, {}, lambda: ([0.5, *values(), 2, True],)),
    "a dict": (of_dict, {}, lambda: ({"a": values(2), "b": Value(0.4)},)),
    "an array of Values": (product, {}, lambda: (np.array(values(), dtype=object),)),
    "numbers beside Values": (beside, {}, lambda: (values(), 2, 0.5)),
    "floats, over Values": (beside, {}, lambda: ([0.1, 0.2], 3, 0.5)),
    "a branch": (branching, {}, lambda: (values(),)),
    "another branch": (branching, {}, lambda: ([-v for v in values()],)),
    "a loop": (looping, {}, lambda: (values(),)),
    "a sum over lanes": (of_sample, {"batch": "x", "reduce": "sum"}, lambda: (values(), X)),
    "a mean over lanes": (of_sample, {"batch": "x", "reduce": "mean"}, lambda: (values(), X)),
    "in each lane": (of_sample, {"batch": "x"}, lambda: (values(), X)),
    "a model of computed Values": (of_model, {}, lambda: (computed(nn.MLP(2, [2, 1])), [0.5, 2.0])),
}
TRANSFORMS = (sg.grad, sg.value_and_grad, sg.jacobian, sg.hessian)


def entries(x: Any) -> list[Any]:
    return flatten(x, "the result")[0]


def leaves(args: Any) -> list[Any]:
    found = [x for x in entries(list(args)) if isinstance(x, Value)] + closed
    return list(
        dict.fromkeys(p for x in found for p in (x.parents or (x,)) if isinstance(p, Value))
    )


def weighed(results: list[Any], order: int) -> Any:
    terms = [sg.sin(x) * (k + 1.0) for k, x in enumerate(results)]
    return sg.sum([Value(0.0), *terms]) ** order


def gradients(gate: Any, args: Any, order: int) -> list[float]:
    """The gradient of a function of what the gate returns."""
    random.seed(0)
    xs = leaves(args)
    for x in xs:
        x.grad = 0.0
    for _ in range(3):
        root = weighed(entries(gate(*args)), order)
    if order == 1:
        root.backward()
        return [x.grad for x in xs]
    first = sg.gradients(root, xs)
    return [x.data for x in (*first, *sg.gradients(weighed(first, 1), xs))]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("case", CASES)
def test_derivatives_that_come_later_are_those_that_come_at_once(
    case: str, transform: Any, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    f, options, made = CASES[case]
    random.seed(1)
    args = made()
    later = gradients(transform(compile(f, **options)), args, order)
    monkeypatch.setattr(Meaning, "asked", Meaning.wanted)
    at_once = gradients(transform(compile(f, **options)), args, order)
    assert later == at_once
    if "batch" not in options and "model" not in case:
        assert later == pytest.approx(gradients(transform(f), args, order), rel=1e-9, abs=1e-12)


def test_nothing_is_computed_before_somebody_asks() -> None:
    gate = sg.value_and_grad(compile(product))
    xs = values()
    for _ in range(3):
        value, slopes = gate(xs)
    assert gate._programs.count == 1
    assert all(type(x) is Value for x in slopes)
    sg.sum(slopes)
    assert gate._programs.count == 1
    slopes[0].backward()
    assert gate._programs.count == 2
    value.backward()
    assert gate._programs.count == 2


ASKED: dict[str, Callable[[Any], Any]] = {
    "parents": lambda x: x.parents,
    "partials": lambda x: x.partials,
    "operands": lambda x: x.operands,
    "_prev": lambda x: sorted(y.data for y in x._prev),
    "op": lambda x: x.op.name,
    "_op": lambda x: x._op,
    "copy": lambda x: (copy.copy(x).parents, copy.copy(x).partials),
    "deepcopy": lambda x: copy.deepcopy(x).partials,
    "backward": lambda x: (x.backward(), [y.grad for y in x.parents])[1],
    "gradients": lambda x: [y.data for y in sg.gradients(x, list(x.parents))],
    "adjoints": lambda x: x._adjoints(x.parents),
    "jvp": lambda x: sg.jvp(lambda y: y * x, (2.0,), (1.0,)),
    "drawing": lambda x: sg.draw(x).dot,
}


@pytest.mark.parametrize("asked", ASKED)
def test_whoever_asks_gets_the_whole_node(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer() -> Any:
        xs = values()
        found = ASKED[asked](sg.grad(compile(product))(xs)[1])
        return str(found) if asked == "drawing" else found

    later = answer()
    monkeypatch.setattr(Meaning, "asked", Meaning.wanted)
    assert str(later) == str(answer())


def test_zero_grad_reaches_what_lies_below() -> None:
    xs = values()
    slopes = sg.grad(compile(product))(xs)
    xs[0].grad = 3.0
    (slopes[0] * 2.0).zero_grad()
    assert not xs[0].has_grad


@pytest.mark.parametrize("calls", [1, 3])
@pytest.mark.parametrize("options", [{}, {"batch": "x", "reduce": "mean"}])
def test_derivatives_belong_to_the_point_of_the_call(calls: int, options: Any) -> None:
    def found(change: bool) -> list[float]:
        xs, beside = values(), Value(0.4)
        rows = X.copy() if options else [0.5, 0.25, 2.0]
        gate = sg.grad(compile(lambda w, x: sg.sin(sg.dot(w, [*x]) * beside) * w[0], **options))
        for _ in range(calls):
            root = sg.sum([s * s for s in gate(xs, rows)])
        given = [*xs, beside]
        if change:
            for x in given:
                x.data = 9.0
            rows[0] = rows[1]
            xs[0] = Value(3.0)
        root.backward()
        return [x.grad for x in given]

    assert found(True) == found(False)


def test_what_the_function_uses_may_not_change_before() -> None:
    global FACTOR
    gate, xs = sg.grad(compile(product)), values()
    try:
        for _ in range(3):
            slopes = gate(xs)
        FACTOR = 2.5
        with pytest.raises(RuntimeError, match="changed since the call"):
            slopes[0].backward()
        assert not any(x.has_grad for x in xs)
    finally:
        FACTOR = 1.5
    slopes[0].backward()
    assert all(x.has_grad for x in xs)


def test_derivatives_of_what_is_drawn_come_at_once() -> None:
    dropout = nn.Dropout(0.5)

    def f(xs: Any) -> Any:
        return product(dropout(xs))

    gate, xs = sg.grad(compile(f)), values()
    random.seed(3)
    slopes = gate(xs)
    random.seed(3)
    expected = sg.grad(f)(xs)
    assert [s.data for s in slopes] == [s.data for s in expected]
    assert slopes[1].partials == pytest.approx(
        tuple(
            sg.hessian(product)([x.data for x in xs])[1]
            * np.array(slopes[1].data / sg.grad(product)([x.data for x in xs])[1])
        )
    )


@pytest.mark.filterwarnings("ignore:.*traced anew")
def test_what_prints_prints_once_a_call(capsys: Any) -> None:
    def f(xs: Any) -> Any:
        print("called")
        return product(xs)

    gate, xs = sg.grad(compile(f)), values()
    for _ in range(3):
        slopes = gate(xs)
        slopes[0].backward()
        assert capsys.readouterr().out == "called\n"


@pytest.mark.parametrize("around", [sg.no_grad, nullcontext])
def test_a_mode_around_the_question_changes_nothing(around: Any) -> None:
    xs = values()
    slopes = sg.grad(compile(product))(xs)
    expected = sg.grad(compile(product))(xs)[2].partials
    with around():
        assert slopes[2].partials == expected


def test_steps_above_each_other_are_asked_one_after_the_other() -> None:
    step = sg.grad(compile(lambda x: sg.sin(x) * 1.5))
    x = start = Value(0.3)
    for _ in range(400):
        x = step(x)
    x.backward()
    slope, y = 1.0, 0.3
    for _ in range(400):
        slope *= -1.5 * np.sin(y)
        y = 1.5 * np.cos(y)
    assert start.grad == pytest.approx(slope)
    x = Value(0.3)
    for _ in range(30_000):
        x = step(x)
    del x
