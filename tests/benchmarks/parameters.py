"""What a call costs by the form of its parameters: value and gradient of one function each time.

The perceptron 2-16-16-1 over 100 samples takes its parameters in each form that people write them
in; the transformer of the examples takes 4,192 of them in a dict. Then the cost of a call itself,
that of each number in a structure, and a long list as an argument and closed over.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import scalargrad as sg
from scalargrad import nn
from scalargrad.compiler.machine.runner import NATIVE

from . import transformer
from .peers import present
from .timing import Figure, minima

SIZES = (2, 16, 16, 1)
SAMPLES = 100
MOST, AIM = 2.0, 1.3
"""How many times the fastest form any other may take."""
LONG, BESIDE = 20_000, 100_000
NAMES = ("w1", "b1", "w2", "b2", "w3", "b3")
Work = Callable[[], object]


class Layers(NamedTuple):
    w1: Any
    b1: Any
    w2: Any
    b2: Any
    w3: Any
    b3: Any


@dataclass
class Weights:
    w1: Any
    b1: Any
    w2: Any
    b2: Any
    w3: Any
    b3: Any


def output(parts: Any, x: Any) -> Any:
    """The score of a perceptron whose matrices and biases these are, in order."""
    for k in range(0, len(parts), 2):
        x = [sg.dot(row, x, bias) for row, bias in zip(parts[k], parts[k + 1])]
        x = x if k + 2 == len(parts) else [sg.relu(h) for h in x]
    return x[0]


def hinge(score: Any, y: Any) -> Any:
    return sg.relu(1.0 - y * score)


def of_list(w: Any, x: Any, y: Any) -> Any:
    return hinge(output(w, [*x]), y)


def of_dict(w: Any, x: Any, y: Any) -> Any:
    return hinge(output([w[name] for name in NAMES], [*x]), y)


def of_names(w: Any, x: Any, y: Any) -> Any:
    return hinge(output([getattr(w, name) for name in NAMES], [*x]), y)


def of_arrays(w: Any, x: Any, y: Any) -> Any:
    return of_list([part.tolist() for part in w], x, y)


def of_model(model: Any, x: Any, y: Any) -> Any:
    return hinge(model(x.tolist()), y)


def matrices(number: Callable[[float], Any]) -> list[Any]:
    draw = random.Random(1).uniform
    found: list[Any] = []
    for inputs, outputs in pairwise(SIZES):
        found.append([[number(draw(-1.0, 1.0)) for _ in range(inputs)] for _ in range(outputs)])
        found.append([number(0.0) for _ in range(outputs)])
    return found


def gate(f: Callable[..., Any]) -> Any:
    return sg.compile(f, batch=("x", "y"), reduce="mean")


def perceptrons() -> dict[str, Work]:
    """Value and gradient of the mean loss, the parameters in each form."""
    import numpy

    generator = numpy.random.default_rng(0)
    x = generator.normal(size=(SAMPLES, SIZES[0]))
    y = numpy.sign(generator.normal(size=SAMPLES))
    floats, values = matrices(float), matrices(sg.Value)
    arrays = [numpy.array(part) for part in floats]
    model = nn.MLP(SIZES[0], list(SIZES[1:]))
    closed = gate(lambda x, y: of_list(values, x, y))
    inner, of_gate = gate(of_list), sg.value_and_grad(gate(of_list))
    forms: dict[str, tuple[Any, Any]] = {
        "a dict": (of_dict, dict(zip(NAMES, floats))),
        "a named tuple": (of_names, Layers(*floats)),
        "a dataclass": (of_names, Weights(*floats)),
        "a list of arrays": (of_arrays, arrays),
    }
    by_model = gate(of_model)
    works: dict[str, Work] = {
        "closed over": lambda: closed(x, y).backward(),
        "lists, value_and_grad of a gate": lambda: of_gate(floats, x, y),
        "lists, a gate of value_and_grad": whole(floats, x, y),
        "lists of Values": lambda: inner(values, x, y).backward(),
        "a model": lambda: by_model(model, x, y).backward(),
    }
    for name, (f, w) in forms.items():
        both = sg.value_and_grad(gate(f))
        works[name] = lambda both=both, w=w: both(w, x, y)
    return works


def whole(floats: Any, x: Any, y: Any) -> Work:
    """Compiled after it is differentiated: the loop over the samples is a part of it."""
    both = sg.compile(sg.value_and_grad(of_list), batch=("x", "y"), reduce="mean")
    return lambda: both(floats, x, y)


def of_perceptrons(quick: bool) -> Iterator[Figure]:
    best = minima(perceptrons(), 2 if quick else 20)
    title = f"MLP 2-16-16-1, {SAMPLES} samples"
    name, least = min(best.items(), key=lambda item: item[1])
    yield Figure(f"{title}: {name}, the fastest form", least * 1e6, "µs")
    for form, taken in best.items():
        at_most = MOST if NATIVE else math.inf
        ratio = taken / least
        yield Figure(f"{title}: {form} ÷ fastest", ratio, at_most=at_most, aim=f"≤ {AIM:g}")


# ------ the transformer
def of_transformers(quick: bool) -> Iterator[Figure]:
    """A step on one name: the parameters closed over, and in a dict."""
    name = transformer.COMPILED
    model, script = transformer.loaded(sg.Value)
    matrices = {k: m for k, m in vars(model).items() if isinstance(m, list)}
    closed, kind = sg.compile(lambda: model.loss(name)), script["Transformer"]

    @sg.compile
    def of_dict(w: Any) -> Any:
        given = object.__new__(kind)
        for part, rows in w.items():
            setattr(given, part, rows)
        given.dot = model.dot
        return given.loss(name)

    works = {
        "closed": lambda: closed().backward(),
        "dict": lambda: of_dict(matrices).backward(),
    }
    best = minima(works, 1 if quick else 10)
    title = "transformer step, 4,192 Values"
    yield Figure(f"{title}: closed over", best["closed"] * 1e6, "µs")
    at_most = MOST if NATIVE else math.inf
    yield Figure(
        f"{title}: in a dict ÷ closed over", best["dict"] / best["closed"], at_most=at_most
    )


# ------ a call
def of_calls(quick: bool) -> Iterator[Figure]:
    """The cost of a call, and of each number in a structure."""
    one, many = sg.compile(lambda x: x * x), range(1000)
    numbers, few = [float(k) for k in range(1000)], [1.0, 2.0]
    first = sg.compile(lambda w: w[0] * w[1])
    rows = [numbers[k : k + 10] for k in range(0, 1000, 10)]
    of_rows = sg.compile(lambda w: w[0][0] * w[0][1])

    def calls(f: Any, x: Any) -> Work:
        def work() -> None:
            for _ in many:
                f(x)

        return work

    works = {
        "one": calls(one, 3.0),
        "few": calls(first, few),
        "list": calls(first, numbers),
        "rows": calls(of_rows, rows),
    }
    best = {k: t / len(many) for k, t in minima(works, 2 if quick else 10).items()}
    held = {"at_most": 1.5} if NATIVE else {"aim": "≤ 1.5"}
    yield Figure("compiled: a call on a float", best["one"] * 1e6, "µs", **held)  # type: ignore
    for form in ("list", "rows"):
        each = (best[form] - best["few"]) / len(numbers) * 1e9
        held = {"at_most": 15.0} if NATIVE else {"aim": "≤ 15"}
        name = "in a list" if form == "list" else "in lists of ten"
        yield Figure(f"compiled: each number {name}", each, "ns", **held)  # type: ignore[arg-type]


def of_turns(quick: bool) -> Iterator[Figure]:
    """Calls that take turns in the kind of their numbers, against as many with float64 alone."""
    import numpy

    both = sg.value_and_grad(sg.compile(lambda w, x: sg.square(sg.tanh(sg.dot(w, x)))))
    x = numpy.linspace(0.0, 0.01, 1000)
    doubles, singles = numpy.ones(1000), numpy.ones(1000, "float32")
    works: dict[str, Work] = {
        "alone": lambda: (both(doubles, x), both(doubles, x)),
        "turns": lambda: (both(doubles, x), both(singles, x)),
    }
    best = minima(works, 2 if quick else 10)
    at_most = MOST if NATIVE else math.inf
    title = "1,000 weights, float64 and float32 arrays in turn ÷ float64"
    yield Figure(title, best["turns"] / best["alone"], at_most=at_most, aim=f"≤ {AIM:g}")


def of_numbers(quick: bool) -> Iterator[Figure]:
    """Value and gradient in 1,000 numbers of other kinds in a list, against floats; and in the
    parameters of a model that is an argument."""
    import numpy

    both = sg.value_and_grad(sg.compile(lambda w: sg.square(sg.dot(w, w))))
    floats = [float(k) for k in range(1000)]
    mixed = [[*floats[:k], k, *floats[k + 1 :]] for k in range(0, 1000, 50)]
    model = nn.MLP(32, [31, 1])
    of_models = sg.value_and_grad(sg.compile(lambda model, x: model(x)))
    doubles, values = [numpy.float64(x) for x in floats], [sg.Value(x) for x in floats]
    forms = {
        "float64 of NumPy": [doubles] * 20,
        "an int anywhere": mixed,
        "Values": [values] * 20,
    }

    def calls(given: Any) -> Work:
        return lambda: [both(x) for x in given]

    works = {name: calls(given) for name, given in forms.items()}
    works |= {"plain": calls([floats] * 20), "model": lambda: of_models(model, [0.1] * 32)}
    best = minima(works, 2 if quick else 10)
    at_most = MOST if NATIVE else math.inf
    for name in forms:
        title = f"1,000 weights in a list, {name} ÷ floats"
        # each derivative is a node then, which may be differentiated again
        most = 15.0 * at_most if name == "Values" else at_most
        yield Figure(title, best[name] / best["plain"], at_most=most, aim=f"≤ {AIM:g}")
    each = best["model"] / len(model.parameters()) * 1e9
    yield Figure("gradient as a model, for each parameter", each, "ns", aim="≤ 500")


def of_long_lists(quick: bool) -> Iterator[Figure]:
    source = random.Random(0)
    logits = [source.gauss(0.0, 1.0) for _ in range(LONG)]
    constants = [source.random() for _ in range(BESIDE)]
    eager = sg.grad(sg.logsumexp)
    compiled = sg.value_and_grad(sg.compile(lambda x: sg.logsumexp(x)))
    beside = sg.value_and_grad(
        sg.compile(lambda w: w[0] * sg.dot(constants, constants) + w[1] * constants[7])
    )
    works: dict[str, Work] = {
        "compiled": lambda: compiled(logits),
        "eager": lambda: eager(logits),
        "beside": lambda: beside([1.0, 2.0]),
    }
    best = minima(works, 2 if quick else 10)
    is_whole = NATIVE and sg.engine == "native"
    for name, title, unit, scale, most in (
        ("compiled", f"log-sum-exp of a list of {LONG:,}, compiled", "ms", 1e3, 0.5),
        ("eager", f"log-sum-exp of a list of {LONG:,}, sg.grad", "ms", 1e3, 3.0),
        ("beside", f"a list of two beside a closed-over list of {BESIDE:,}", "µs", 1e6, 150.0),
    ):
        at_most = most if is_whole else math.inf
        yield Figure(title, best[name] * scale, unit, at_most=at_most)


def figures(quick: bool) -> Iterator[Figure]:
    if not present("numpy"):
        return
    yield from of_perceptrons(quick)
    if not quick:
        yield from of_transformers(quick)
    yield from of_calls(quick)
    yield from of_turns(quick)
    yield from of_numbers(quick)
    yield from of_long_lists(quick)
