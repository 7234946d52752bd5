"""Loops stay loops in functions that take derivatives themselves: a gradient that is compiled, a
step of training, a penalty on a slope, a Hessian, a product. Each in the same number of
instructions however long the loop is, and equal to eager."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import numpy as np
import pytest

import scalargrad as sg
from scalargrad import modes
from scalargrad.compiler import pipeline
from scalargrad.compiler.loops.items import Constant, NodeAt, expand
from scalargrad.compiler.machine.runner import NATIVE
from scalargrad.compiler.nests import choice
from scalargrad.compiler.nests.program import Derived
from scalargrad.compiler.passes import record, waiting
from scalargrad.compiler.trace import chosen, in_python
from scalargrad.compiler.trace.vocabulary import accumulate, products
from tests.support.random_loops import in_bits
from tests.support.random_recurrences import recurrence

in_c = pytest.mark.skipif(not NATIVE, reason="the machine that runs loops is in C")
Form = Callable[[Callable[..., Any]], Callable[..., Any]]

FORMS: dict[str, Form] = {
    "gradient": lambda f: sg.grad(f),
    "value and gradient": lambda f: sg.value_and_grad(f),
    "gradients in two": lambda f: sg.value_and_grad(f, (0, 1)),
    "gradient of a copy": lambda f: lambda p, xs, ys: sg.grad(f)(list(p), xs, ys),
    "step": lambda f: lambda p, xs, ys: stepped(p, sg.grad(f)(p, xs, ys)),
    "two gradients": lambda f: lambda p, xs, ys: [sg.grad(f)(p, xs, ys), sg.grad(f, 1)(p, xs, ys)],
    "penalty": lambda f: lambda p, xs, ys: f(p, xs, ys) + norm(sg.grad(f)(p, xs, ys)),
    "slope of a penalty": lambda f: sg.grad(lambda p, xs, ys: norm(sg.grad(f)(p, xs, ys))),
    "Hessian": lambda f: sg.hessian(f),
    "along a tangent": lambda f: (
        lambda p, xs, ys: sg.jvp(lambda q: f(q, xs, ys), (p,), ([1.0] * len(p),))
    ),
    "Hessian along a tangent": lambda f: (
        lambda p, xs, ys: sg.hvp(lambda q: f(q, xs, ys), (p,), ([1.0] * len(p),))
    ),
}
EDGES = (0.0, -0.0, math.inf, -math.inf, math.nan, 1e308, -1e300)


def stepped(xs: Sequence[Any], slopes: Sequence[Any]) -> list[Any]:
    return [x - 0.1 * slope for x, slope in zip(xs, slopes)]


def norm(xs: Sequence[Any]) -> Any:
    return sum(x * x for x in xs)


def leaves(x: Any) -> list[Any]:
    return [z for y in x for z in leaves(y)] if isinstance(x, (list, tuple)) else [x]


def normed(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: norm(leaves(f(*args)))


def flat(x: Any) -> list[float]:
    return [z for y in leaves(x) for z in np.ravel(np.asarray(y, float))]


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(flat(found), flat(expected), 1e-8, 1e-9)


# ------ the size of programs


def swing(p: Sequence[Any], xs: Sequence[Any], ys: Sequence[Any]) -> Any:
    """A pendulum, pushed."""
    at, speed = p[1], 0.1
    for x in xs:
        speed = speed - 0.01 * p[0] * sg.sin(at) + 0.001 * x
        at = at + 0.01 * speed
    return at * at + ys[0] * speed


def items_of(form: Form, steps: int) -> int:
    """The loops and calls of the program of so many steps."""
    found: list[Any] = []
    looped = pipeline.looped

    def noted(run: Any) -> Any:
        nest = looped(run)
        found.append(nest)
        return nest

    data = [0.1 * k for k in range(steps)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "looped", noted)
        sg.compile(form(swing))([9.81, 0.4], data, [0.5])
    (nest,) = found
    assert isinstance(nest, Derived), nest
    return len(nest.asked.items)


@in_c
@pytest.mark.parametrize(
    "form", [name for name in FORMS if name not in ("gradients in two", "two gradients")]
)
def test_a_program_is_as_long_as_its_loops(form: str) -> None:
    assert items_of(FORMS[form], 900) == items_of(FORMS[form], 1800)


LONG = """
import resource
import scalargrad as sg

def end(length, angle):
    speed = 0.0
    for _ in range(100_000):
        speed = speed - 0.001 * sg.sin(angle) / length
        angle = angle + 0.001 * speed
    return angle

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

sg.compile(sg.value_and_grad(lambda x: x))(1.0)
before = most()
sg.compile(sg.value_and_grad(end, (0, 1)))(1.0, 0.4)
print(most() - before)
"""


@in_c
@pytest.mark.skipif(sys.platform != "linux", reason="the most memory is told in other units")
def test_memory_of_a_compiled_gradient_is_that_of_its_tape() -> None:
    """Two numbers a step; the nodes of all steps took half a gigabyte."""
    found = subprocess.run([sys.executable, "-c", LONG], capture_output=True, text=True, check=True)
    assert float(found.stdout) < 20.0


# ------ the same numbers


@pytest.fixture
def always_loops(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Short loops stay loops too, and those that are quicker written out. Yields what became of
    each function: whether it has loops."""
    found: list[bool] = []
    looped = pipeline.looped

    def noted(run: Any) -> Any:
        nest = looped(run)
        found.append(isinstance(nest, Derived))
        return nest

    monkeypatch.setattr(pipeline, "looped", noted)
    monkeypatch.setattr(waiting, "MANY", 64)
    monkeypatch.setattr(record, "FIRST_LOOK", 64)
    monkeypatch.setattr(choice, "LEAST_IN_LOOPS", 0.2)
    forced = property(lambda self: True, lambda self, is_worth_it: None)
    monkeypatch.setattr(Derived, "is_worth_it", forced, raising=False)
    yield found


def arguments(random: Random, parameters: int, has_edges: bool) -> list[list[float]]:
    length = random.choice((7, 20, 33))
    found = [[random.gauss(0.0, 0.6) for _ in range(n)] for n in (parameters, length, length)]
    for xs in found if has_edges else ():
        for k in range(len(xs)):
            xs[k] = random.choice(EDGES) if random.random() < 0.08 else xs[k]
    return found


@pytest.mark.parametrize("has_edges", (False, True))
@pytest.mark.parametrize("form", FORMS)
def test_random_recurrences(form: str, has_edges: bool, always_loops: list[bool]) -> None:
    for seed in range(12):
        made = recurrence(seed)
        args = arguments(Random(seed), made.parameters, has_edges)
        f = FORMS[form](made.f)
        gate = sg.compile(f)
        for _ in range(2):
            close(gate(*args), f(*args))
    if NATIVE:
        assert sum(always_loops) > 6


def on_values(f: Callable[..., Any], args: Sequence[Any]) -> list[float]:
    """What f returns of Values, and its gradient in them."""
    p = list(map(sg.Value, args[0]))
    found = f(p, *args[1:])
    found.backward()
    return [found.data, *(x.grad for x in p)]


def closed_over(f: Callable[..., Any], args: Sequence[Any]) -> Callable[[float], Any]:
    p = list(map(sg.Value, args[0]))
    return lambda scale: f(p, [scale * x for x in args[1]], args[2])


@pytest.mark.parametrize("has_edges", (False, True))
@pytest.mark.parametrize("form", ("step", "penalty", "Hessian along a tangent"))
def test_derivatives_of_what_takes_derivatives(
    form: str, has_edges: bool, always_loops: list[bool]
) -> None:
    """By a transform, by backward(), and in Values closed over."""
    for seed in range(8):
        made = recurrence(seed)
        args = arguments(Random(seed), made.parameters, has_edges)
        f = FORMS[form](made.f)
        flat_f = normed(f)
        close(sg.value_and_grad(sg.compile(flat_f))(*args), sg.value_and_grad(flat_f)(*args))
        close(on_values(sg.compile(flat_f), args), on_values(flat_f, args))
        inner = closed_over(flat_f, args)
        found, expected = sg.compile(inner)(0.5), inner(0.5)
        assert type(found) is type(expected)
        close(found.data, expected.data)
    if NATIVE:
        assert sum(always_loops) > 8


def test_whole_batches(always_loops: list[bool]) -> None:
    """In lanes, and summed over them."""
    for seed in range(6):
        made = recurrence(seed)
        for form in ("step", "penalty", "Hessian along a tangent"):
            derived = FORMS[form](made.f)
            p, xs, ys = arguments(Random(seed), made.parameters, False)

            def f(scale: Any, p: Any, xs: Any, ys: Any, derived: Any = derived) -> Any:
                return derived(p, [scale * x for x in xs], ys)

            scales = np.array([1.0, 0.5, -0.3])
            each = np.array([flat(f(float(s), p, xs, ys)) for s in scales])
            found = sg.compile(f, batch="scale")(scales, p, xs, ys)
            close(np.ravel(found), np.ravel(each.T if isinstance(found, (list, tuple)) else each))
            summed = sg.compile(f, batch="scale", reduce="sum")(scales, p, xs, ys)
            close(summed, each.sum(axis=0))
    if NATIVE:
        assert sum(always_loops) > 12


@pytest.mark.parametrize("reduce", (None, "sum", "mean"))
@pytest.mark.parametrize("argnums", ((0,), (1,), (0, 1)))
def test_gradients_over_lanes_are_results_like_others(argnums: Any, reduce: Any) -> None:
    """Of a compiled gradient each sample has one, also in numbers with lanes; what is reduced is
    reduced. The gradient of a compiled sum has one for each sample."""

    def f(p: Any, at: Any) -> Any:
        speed: Any = 0.1
        for _ in range(700):
            speed = speed - 0.001 * p * sg.sin(at)
            at = at + 0.001 * speed
        return at * at

    lanes = np.linspace(0.1, 0.9, 5)
    slopes = [sg.grad(f, argnums)(9.81, float(at)) for at in lanes]
    total = {None: np.array, "sum": np.sum, "mean": np.mean}[reduce]
    expected = [total([slope[k] for slope in slopes]) for k in range(len(argnums))]
    gate = sg.compile(sg.grad(f, argnums), batch="at", reduce=reduce)
    for _ in range(2):
        found = gate(9.81, lanes)
        assert [np.shape(x) for x in found] == [np.shape(x) for x in expected]
        close(found, expected)
    if reduce:
        of_sum = sg.grad(sg.compile(f, batch="at", reduce=reduce), argnums)(9.81, lanes)
        assert [np.shape(x) for x in of_sum] == [(() if k == 0 else (5,)) for k in argnums]


def swung(at: Any, steps: int) -> Any:
    for _ in range(steps):
        at = at - 0.01 * sg.sin(at)
    return at


def held(at: Any, steps: int) -> Any:
    for _ in range(steps):
        at = at - 0.01 * sg.sin(at) * sg.stop_gradient(at)
    return at


OF_A_NUMBER: dict[str, Callable[[Any], Any]] = {
    "gradient": lambda at: sg.grad(swung)(at, 300),
    "value and gradient": lambda at: norm(sg.value_and_grad(swung)(at, 300)),
    "Hessian": lambda at: sg.hessian(swung)(at, 300),
    "along a tangent": lambda at: sg.jvp(lambda x: swung(x, 300), (at,), (1.0,))[1],
    "stopped gradient": lambda at: held(at, 300),
}


@pytest.mark.parametrize("reduce", ("sum", "mean"))
@pytest.mark.parametrize("form", OF_A_NUMBER)
def test_a_sum_over_lanes_has_a_derivative_in_each(
    form: str, reduce: str, always_loops: list[bool]
) -> None:
    f, lanes = OF_A_NUMBER[form], np.array([0.45, 0.3, -0.18])
    share = 1.0 if reduce == "sum" else 1.0 / 3.0
    expected = [share * sg.grad(f)(at) for at in lanes.tolist()]
    for _ in range(2):
        found = sg.grad(sg.compile(f, batch="at", reduce=reduce))(lanes)
        assert np.shape(found) == (3,)
        close(found, expected)


# ------ what differentiates within, and has Values or a model besides


def test_a_gradient_that_is_called_on_values_is_a_graph() -> None:
    gate, p = sg.compile(sg.grad(swing)), [sg.Value(9.81), sg.Value(0.4)]
    xs = [0.1] * 900
    found, expected = gate(p, xs, [0.5]), sg.grad(swing)(p, xs, [0.5])
    assert [type(x) for x in found] == [type(x) for x in expected] == [sg.Value, sg.Value]
    grads = []
    for slopes in (found, expected):
        for x in p:
            x.zero_grad()
        norm(slopes).backward()
        grads.append([x.grad for x in p])
    close(*grads)
    close([x.data for x in found], [x.data for x in expected])


def test_values_closed_over() -> None:
    weight = sg.Value(9.81)

    def f(at: Any) -> Any:
        return swing([weight, at], [0.1] * 900, [0.5])

    for form in (sg.grad(f), lambda at: at - 0.1 * sg.grad(f)(at)):
        found, expected = sg.compile(form)(0.4), form(0.4)
        assert type(found) is type(expected)
        close(float(found), float(expected))


def test_a_model_is_differentiated_by_itself() -> None:
    sg.seed(0)
    model = sg.nn.MLP(2, [4, 1])
    xs = [[0.1 * k, 0.3] for k in range(120)]

    def loss(model: Any, xs: Any) -> Any:
        return sum(sg.square(model(x)) for x in xs)

    found, expected = (g(model, xs) for g in (sg.compile(sg.grad(loss)), sg.grad(loss)))
    assert type(found) is type(expected) is sg.nn.MLP
    close(list(map(float, found.parameters())), list(map(float, expected.parameters())))


def test_what_is_no_gradient_by_itself_does_not_wait() -> None:
    """A gradient that another function wraps, or takes in what is no argument by itself."""
    import functools

    f = sg.value_and_grad(swing)
    args = ([9.81, 0.4], [0.1] * 900, [0.5])
    wrapped = functools.wraps(f)(lambda *args: f(*args)[1])
    partial = functools.partial(f, ys=[0.5])
    close(sg.compile(wrapped)(*args), f(*args)[1])
    close(sg.compile(partial)(*args[:2]), f(*args))

    class Pair(list):  # type: ignore[type-arg]
        """A container whose first entry is computed."""

        def __getitem__(self, k: Any) -> Any:
            return sg.grad(sg.square)(super().__getitem__(k))

    assert sg.compile(lambda p: Pair(p)[0])([2.0]) == 4.0


# ------ the twins


class Traced:
    """A function that was traced by a recorder of this kind, kept as nodes."""

    def __init__(self, kind: Any, f: Callable[..., Any], args: Sequence[Sequence[float]]) -> None:
        trace = self.trace = kind()
        with modes.tracing(trace):
            inputs = [[trace.input(x) for x in xs] for xs in args]
            trace.given = sum(map(len, args))
            results = f(*inputs)
            results = list(results) if isinstance(results, (list, tuple)) else [results]
            results = [y for x in results for y in (x if isinstance(x, list) else [x])]
            self.numbers = [trace.numbers[trace.index(x)] for x in results]
            self.rolled = trace.rolled_nodes(results)
        self.items = self.rolled and (in_bits(self.rolled.recorded.items), self.rolled.results)

    def again(self, args: Sequence[Sequence[float]]) -> list[float]:
        """The results, computed event by event."""
        inputs, done = [x for xs in args for x in xs], []

        def number(x: Any) -> float:
            if isinstance(x, Constant):
                return x.number
            return float((done if isinstance(x, NodeAt) else inputs)[x.base])

        for event in expand(self.rolled.recorded.items):
            done.append(event.operator.forward(*map(number, event.references)))
        return list(map(number, self.rolled.results))


@pytest.mark.parametrize("form", ("step", "penalty", "two gradients", "along a tangent"))
def test_the_loops_of_finished_traces(form: str) -> None:
    """They stand for the numbers of the trace, and are item for item those of the twin."""
    found = 0
    for seed in range(8):
        made = recurrence(seed)
        args = arguments(Random(seed), made.parameters, False)
        kinds = dict.fromkeys((in_python.Trace, chosen.Trace))
        first, *others = [Traced(kind, FORMS[form](made.f), args) for kind in kinds]
        assert all(one.items == first.items for one in others), made.text
        if first.rolled is not None:
            found += 1
            names = {event.operator for event in expand(first.rolled.recorded.items)}
            assert names.isdisjoint((accumulate, products))
            close(first.again(args), first.numbers)
    assert found >= 4


def refusing(kind: Any, f: Callable[..., Any]) -> Any:
    trace = kind()
    with modes.tracing(trace):
        x = trace.input(0.3)
        trace.given = 1
        return trace.rolled_nodes([f(x)])


@pytest.mark.parametrize("kind", dict.fromkeys((in_python.Trace, chosen.Trace)))
def test_what_has_no_loops(kind: Any) -> None:
    own = sg.operator("own", lambda x: x * x, lambda out, x: 2.0 * x)

    def repeated(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def called(x: Any) -> Any:
            for _ in range(50):
                x = f(x)
            return x

        return called

    assert refusing(kind, repeated(sg.sin)) is not None
    assert refusing(kind, repeated(own)) is None
    assert refusing(kind, repeated(lambda x: x * 0.5 if x > 0.0 else sg.sin(x))) is None
    assert refusing(kind, lambda x: sg.sin(x) * sg.cos(x)) is None
