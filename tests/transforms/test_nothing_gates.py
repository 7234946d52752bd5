"""Nothing is not zero at the border of a compiled function, either.

A random chain of stages is computed plainly, and with a stretch of it compiled. Infinite slopes
stand above the stretch or below it. Whether a 0 that the stretch hands on is a number or nothing
makes a NaN of the derivative or does not, and has to in both alike.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import nn
from scalargrad.compiler import compile
from scalargrad.graph import topological_order
from scalargrad.randomness import bernoulli
from tests.support.compiled import RUNNERS, running
from tests.support.expressions import rounds
from tests.support.ways import FIRST, SECOND

Function = Callable[[Any], Any]

STAGES: list[tuple[str, Function]] = [
    ("relu", sg.relu),
    ("relu(−x)", lambda x: sg.relu(-x)),
    ("relu(x − 1)", lambda x: sg.relu(x - 1.0)),
    ("max(x, 0)", lambda x: sg.maximum(x, 0.0)),
    ("max(x, −x/2)", lambda x: sg.maximum(x, -0.5 * x)),
    ("min(x, 1)", lambda x: sg.minimum(x, 1.0)),
    ("clamp", lambda x: sg.clamp(x, 0.0, 1.0)),
    ("sign", sg.sign),
    ("floor", sg.floor),
    ("where(x > 1, x, 0)", lambda x: sg.where(sg.step(x - 1.0), x, 0.0)),
    ("if x > 1", lambda x: x if x > 1.0 else 0.0 * x),
    ("√", sg.sqrt),
    ("√|x|", lambda x: sg.sqrt(sg.abs(x))),
    ("log", sg.log),
    ("1/x", sg.reciprocal),
    ("x²", lambda x: x * x),
    ("−x²", lambda x: -(x * x)),
    ("x**1.5", lambda x: x**1.5),
    ("x·relu", lambda x: x * sg.relu(x)),
    ("x − 1", lambda x: x - 1.0),
    ("2x", lambda x: 2.0 * x),
    ("sin", sg.sin),
    ("0·x", lambda x: 0.0 * x),
]
POINTS = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.25, 4.0)


def chain(stages: Sequence[tuple[str, Function]]) -> Function:
    def chained(x: Any) -> Any:
        for _, f in stages:
            x = f(x)
        return x

    return chained


class Case:
    """Stages below, within and above what is compiled, and where."""

    def __init__(self, source: random.Random) -> None:
        stages = [source.choice(STAGES) for _ in range(source.randint(2, 5))]
        begin = source.randrange(len(stages))
        end = source.randint(begin + 1, len(stages))
        self.below, self.within, self.above = map(
            chain, (stages[:begin], stages[begin:end], stages[end:])
        )
        self.at = source.choice(POINTS)
        names = [name for name, _ in stages]
        gate = f"[{', '.join(names[begin:end])}]"
        self.name = f"{', '.join([*names[:begin], gate, *names[end:]])} at {self.at}"

    def plain(self, x: Any) -> Any:
        return self.above(self.within(self.below(x)))

    def gated(self) -> Function:
        gate = compile(self.within)
        return lambda x: self.above(gate(self.below(x)))

    def is_hard(self) -> bool:
        """Whether a partial is 0 in the graph and another one is not finite."""
        out = self.plain(sg.Value(self.at))
        partials = [p for node in topological_order(out) for p in node.partials]
        return 0.0 in partials and not all(map(math.isfinite, partials))


def hard_case(source: random.Random) -> Case:
    return next(case for case in iter(lambda: Case(source), None) if case.is_hard())


CASES = [hard_case(random.Random(seed)) for seed in rounds(80)]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
WAYS = FIRST | SECOND


def same(found: float, expected: float) -> bool:
    if math.isnan(found) or math.isnan(expected):
        return math.isnan(found) and math.isnan(expected)
    return bool(found == pytest.approx(expected, rel=1e-9, abs=0.0))


@each_case
def test_derivatives_through_a_gate_are_those_of_the_plain_function(case: Case) -> None:
    gated = case.gated()
    for name, way in WAYS.items():
        # the second time the call takes the short way
        for _ in range(2):
            found, expected = way(gated, case.at), way(case.plain, case.at)
            assert same(getattr(found, "data", found), getattr(expected, "data", expected)), name


@pytest.mark.parametrize("runner", RUNNERS)
def test_derivatives_through_a_gate_are_those_of_the_plain_function_on(runner: str) -> None:
    with running(runner):
        for case in CASES[::4]:
            found, expected = (FIRST["backward"](f, case.at) for f in (case.gated(), case.plain))
            assert same(found, expected), case.name


# ------ several operands and results


def pieces(w: Sequence[Any], x: Any) -> list[Any]:
    """Each weight stands in one place: then a sum of contributions has one that is not nothing."""
    return [
        sg.relu(w[0] * x) + sg.relu(-w[1]),
        sg.where(sg.step(w[2]), w[2], 0.0),
        sg.maximum(w[3], 0.0) * sg.sqrt(w[4]),
        sg.sign(w[5]),
    ]


WEIGHTS = [-1.0, 1.0, -1.0, -2.0, 0.0, 3.0]


class Model(nn.Module):
    def __init__(self) -> None:
        self.w = [sg.Value(w) for w in WEIGHTS]


def slopes(make: Callable[[Any], Any], read: Callable[[Any], list[Any]]) -> Any:
    """The gradients in weights, the results in `make(weights)` being met by infinite slopes."""
    weights = [sg.Value(w) for w in WEIGHTS]
    results = make(read(weights))
    sg.sum([sg.sqrt(y) if y == 0.0 else sg.log(y) for y in results]).backward()
    return [w.grad for w in weights], [w.has_grad for w in weights]


FORMS: dict[str, Callable[[Sequence[Any]], tuple[Any, Callable[[Any], Any]]]] = {
    "list": lambda w: (list(w), lambda given: given),
    "dict": lambda w: (dict(enumerate(w)), lambda given: given),
    "nested": lambda w: ({"a": list(w)}, lambda given: given["a"]),
}


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("form", FORMS)
def test_several_results_of_values_in_containers(form: str, runner: str) -> None:
    def plain(w: Any) -> Any:
        return pieces(w, 1.0)

    def gated(w: Any) -> Any:
        given, read = FORMS[form](w)
        return compile(lambda v: pieces(read(v), 1.0))(given)

    with running(runner):
        assert equal(slopes(gated, list), slopes(plain, list))


@pytest.mark.parametrize("runner", RUNNERS)
def test_closed_over_values(runner: str) -> None:
    def gated(w: Any) -> Any:
        return compile(lambda x: pieces(w, x))(1.0)

    with running(runner):
        assert equal(slopes(gated, list), slopes(lambda w: pieces(w, 1.0), list))


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("is_argument", [True, False])
def test_models(is_argument: bool, runner: str) -> None:
    model, other = Model(), Model()
    with running(runner):
        if is_argument:
            results = compile(lambda m, x: pieces(m.w, x))(model, 1.0)
        else:
            results = compile(lambda x: pieces(model.w, x))(1.0)
        for found in (results, pieces(other.w, 1.0)):
            sg.sum([sg.sqrt(y) if y == 0.0 else sg.log(y) for y in found]).backward()
    assert equal([w.grad for w in model.w], [w.grad for w in other.w])


def equal(found: Any, expected: Any) -> bool:
    return repr(found) == repr(expected)


# ------ lanes


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("reduce", [None, "sum", "mean"])
def test_lanes(reduce: str | None, runner: str) -> None:
    np = pytest.importorskip("numpy")
    xs = np.linspace(0.0, 1.0, 150)

    def f(w: Any, x: Any) -> Any:
        return sg.relu(w[0] - x) + x * sg.relu(w[1])

    def gradients(run: Callable[[Any], Any]) -> list[float]:
        w = [sg.Value(-1.0), sg.Value(-0.5)]
        sg.sum(list(map(sg.sqrt, run(w)))).backward()
        return [x.grad for x in w]

    def plainly(w: Any) -> Any:
        each = [f(w, x) for x in xs.tolist()]
        return each if reduce is None else [getattr(sg, reduce)(each)]

    with running(runner):
        compiled = compile(f, batch="x", reduce=reduce)
        for _ in range(2):
            found = gradients(lambda w: np.atleast_1d(compiled(w, xs)).tolist())
            assert equal(found, gradients(plainly))
            assert found == [0.0, 0.0]


def test_lanes_that_branch() -> None:
    np = pytest.importorskip("numpy")
    v = sg.Value(-1.0)

    def f(w: Any, x: Any) -> Any:
        return sg.relu(w) if x > 0.5 else sg.relu(v)

    w = sg.Value(-1.0)
    for reduce in (None, "sum"):
        ys = np.atleast_1d(compile(f, batch="x", reduce=reduce)(w, np.linspace(0.0, 1.0, 7)))
        sg.sum(list(map(sg.sqrt, ys.tolist()))).backward()
    assert (w.grad, v.grad) == (0.0, 0.0)


# ------ what is kept


def dead_root(gate: Any, x: Any) -> Any:
    return sg.sqrt(gate(x))


def test_a_zero_that_was_computed_stays_a_number() -> None:
    gate = compile(lambda x: -(x * x))
    for f in (lambda x: sg.sqrt(gate(x)), lambda x: gate(sg.sqrt(x))):
        for way in FIRST.values():
            assert math.isnan(way(f, 0.0))


def test_gates_above_gates_and_in_checkpoints_and_copies() -> None:
    gate, root = compile(lambda x: sg.relu(x)), compile(lambda x: sg.sqrt(x))
    functions: list[Function] = [
        lambda x: root(gate(x)),
        lambda x: sg.sqrt(sg.checkpoint(gate, x)),
        lambda x: sg.sqrt(sg.checkpoint(lambda y: 3.0 * gate(y), x)),
        lambda x: gate(sg.sqrt(x + 1.0) - 1.0),
    ]
    for f in functions:
        for way in (*FIRST.values(), *SECOND.values()):
            found = way(f, -1.0)
            assert getattr(found, "data", found) == 0.0


def test_a_deep_copy_tells_nothing_from_zero_too() -> None:
    x = sg.Value(-1.0)
    out = dead_root(compile(lambda x: 3.0 * sg.relu(x)), x)
    copied = copy.deepcopy(out)
    copied.backward()
    leaf = topological_order(copied)[0]
    assert leaf is not x
    assert (leaf.grad, x.has_grad) == (0.0, False)


def test_gradients_add_up_and_those_between_are_set() -> None:
    x = sg.Value(-1.0)
    x.grad = 5.0
    middle = compile(lambda x: 3.0 * sg.relu(x))(x)
    out = sg.sqrt(middle)
    for _ in range(2):
        out.backward(3.0)
        assert (x.grad, middle.grad, out.grad) == (5.0, math.inf, 3.0)


def test_an_infinite_seed_meets_nothing() -> None:
    x, y = sg.Value(-1.0), sg.Value(2.0)
    compile(lambda x, y: sg.relu(x) + sg.relu(y))(x, y).backward(math.inf)
    assert (x.grad, y.grad) == (0.0, math.inf)


def test_what_cannot_be_told_any_more_is_refused_and_changes_no_gradient() -> None:
    x = sg.Value(-1.0)
    middle = compile(lambda x: 3.0 * sg.relu(x))(x)
    out = sg.sqrt(middle)
    x.grad, middle.grad, out.grad = 5.0, 6.0, 7.0
    x.data = 2.0
    for run in (out.backward, lambda: sg.sum([out]).backward(2.0)):
        with pytest.raises(RuntimeError, match=r"changed since.*call backward\(\) before a change"):
            run()
        assert (x.grad, middle.grad, out.grad) == (5.0, 6.0, 7.0)
    x.data = -1.0
    out.backward()
    assert x.grad == 5.0


def test_an_array_changed_in_place_is_refused() -> None:
    np = pytest.importorskip("numpy")
    w, xs = sg.Value(-1.0), np.array([1.0, 2.0])
    total = compile(lambda w, x: 3.0 * sg.relu(w * x), batch="x", reduce="sum")(w, xs)
    xs += 1.0
    assert total.data == 0.0
    xs[:] = -1.0
    with pytest.raises(RuntimeError, match="changed since"):
        sg.sqrt(total).backward()


def test_a_change_is_no_matter_where_no_nan_comes() -> None:
    x = sg.Value(-1.0)
    out = 2.0 * compile(lambda x: 3.0 * sg.relu(x))(x)
    x.data = 2.0
    out.backward()
    assert x.grad == 0.0


def test_random_numbers_within_are_refused() -> None:
    np = pytest.importorskip("numpy")
    gate = compile(lambda w, x: bernoulli(0.5) * sg.relu(w * x), batch="x", reduce="sum")
    w = sg.Value(-1.0)
    total = gate(w, np.linspace(1.0, 2.0, 50))
    with pytest.raises(RuntimeError, match="draws random numbers"):
        sg.sqrt(total).backward()


@pytest.mark.parametrize("mode", [sg.no_grad, sg.detect_anomaly])
def test_within_modes(mode: Any) -> None:
    x = sg.Value(0.0)
    out = compile(lambda y: 3.0 * sg.relu(y))(sg.sqrt(x) - 1.0)
    with mode():
        out.backward()
    assert (x.has_grad, x.grad) == (True, 0.0)


def test_old_gradients_of_nan_ask_for_nothing() -> None:
    """A leaf whose gradient is NaN already tells nothing of what comes now."""
    x = sg.Value(-1.0)
    out = 2.0 * compile(lambda x: 3.0 * sg.relu(x))(x)
    x.grad, x.data = math.nan, 2.0
    out.backward()
    assert math.isnan(x.grad)


def test_nodes_of_one_call_are_decided_by_running_it_once_more() -> None:
    np = pytest.importorskip("numpy")
    gate = compile(lambda w, x: 3.0 * sg.relu(w - x), batch="x")
    w = sg.Value(-1.0)
    ys = gate(w, np.linspace(0.0, 1.0, 400))
    runs = []
    run = gate.run
    gate.run = lambda *args: runs.append(args) or run(*args)
    sg.sum(list(map(sg.sqrt, ys))).backward()
    assert w.grad == 0.0
    assert len(runs) == 2
