"""The moons step: one gradient of the SVM loss of an MLP 2-16-16-1 over 100 points.

The source is written in micrograd's style, with + and ×, and is compiled anew for everyone who
runs it, so that the interpreter specialises each copy to that one's numbers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import scalargrad as sg
from scalargrad.value import Value as PureValue

from .peers import present
from .timing import Figure, gc_disabled, minima

SOURCE = """
class Neuron:
    def __init__(self, nin, nonlin=True):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return relu(act) if self.nonlin else act

    def parameters(self):
        return self.w + [self.b]

class Layer:
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x):
        out = [n(x) for n in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self):
        return [p for n in self.neurons for p in n.parameters()]

class MLP:
    def __init__(self, nin, nouts):
        sz = [nin] + nouts
        last = len(nouts) - 1
        self.layers = [Layer(sz[i], sz[i+1], nonlin=i != last) for i in range(len(nouts))]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]

model = MLP(2, [16, 16, 1])
parameters = model.parameters()

def loss():
    inputs = [list(map(Value, xrow)) for xrow in X]
    scores = list(map(model, inputs))
    losses = [relu(1 + -yi * scorei) for yi, scorei in zip(y, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum((p * p for p in parameters))
    return data_loss + reg_loss
"""

POINTS = 100

Step = Callable[[], tuple[float, float]]
"""One gradient; returns the loss and the sum of the gradient, to see that all agree."""


def compiled(value: Any, relu: Any, points: int) -> dict[str, Any]:
    """Return the names of the source, run with this kind of number on points always the same."""
    source = random.Random(1337)
    t = [math.pi * i / points for i in range(points)]
    rows = [[math.cos(a) + (i % 2), math.sin(a) * (1 - 2 * (i % 2))] for i, a in enumerate(t)]
    labels = [1 if i % 2 else -1 for i in range(points)]
    names = {"Value": value, "relu": relu, "random": source, "X": rows, "y": labels}
    exec(compile(SOURCE, "moons", "exec"), names)
    return names


def on_floats(points: int) -> Step:
    names = compiled(float, lambda x: x if x > 0.0 else 0.0, points)
    loss = names["loss"]
    return lambda: (loss(), math.nan)


def with_backward(value: Any, points: int) -> Step:
    """The step of micrograd and of whoever has its methods."""
    names = compiled(value, value.relu, points)
    loss, parameters = names["loss"], names["parameters"]

    def step() -> tuple[float, float]:
        total = loss()
        for p in parameters:
            p.grad = 0
        total.backward()
        return total.data, sum(p.grad for p in parameters)

    return step


def on_xad(points: int) -> Step:
    from xad.adj_1st import Real, Tape

    names = compiled(Real, lambda x: x if x > 0.0 else Real(0.0), points)
    loss, parameters, tape = names["loss"], names["parameters"], Tape()

    def step() -> tuple[float, float]:
        tape.activate()
        tape.registerInputs(parameters)
        tape.newRecording()
        total = loss()
        tape.registerOutput(total)
        total.derivative = 1.0
        tape.computeAdjoints()
        result = total.value, sum(p.derivative for p in parameters)
        tape.deactivate()
        return result

    return step


def on_torch(points: int) -> Step:
    import torch

    torch.set_num_threads(1)

    def value(x: float) -> Any:
        return torch.tensor(x, dtype=torch.float64)

    names = compiled(value, torch.relu, points)
    loss, parameters = names["loss"], names["parameters"]
    for p in parameters:
        p.requires_grad_()

    def step() -> tuple[float, float]:
        total = loss()
        for p in parameters:
            p.grad = None
        total.backward()
        return total.item(), sum(p.grad.item() for p in parameters)

    return step


def on_autograd(points: int) -> Step:
    import autograd

    names = compiled(float, lambda x: x if x > 0.0 else 0.0 * x, points)
    loss, numbers = names["loss"], names["parameters"]
    neurons = [n for layer in names["model"].layers for n in layer.neurons]

    def loss_of(new: Any) -> Any:
        names["parameters"] = rest = [new[i] for i in range(len(numbers))]
        for neuron in neurons:
            count = len(neuron.w)
            neuron.w, neuron.b, rest = rest[:count], rest[count], rest[count + 1 :]
        return loss()

    value_and_grad = autograd.value_and_grad(loss_of)

    def step() -> tuple[float, float]:
        total, gradient = value_and_grad(numbers)
        return float(total), float(sum(gradient))

    # `float` would refuse the traced numbers that later calls are made of
    names["Value"] = lambda x: x
    return step


def on_micrograd(points: int) -> Step:
    from micrograd.engine import Value as MicrogradValue

    return with_backward(MicrogradValue, points)


PEERS = {"micrograd": on_micrograd, "xad": on_xad, "torch": on_torch, "autograd": on_autograd}
SLOW = ("torch", "autograd")


def contestants(quick: bool) -> Iterator[tuple[str, Step]]:
    yield "floats", on_floats(POINTS)
    yield "scalargrad", with_backward(sg.Value, POINTS)
    yield "pure", with_backward(PureValue, POINTS)
    for name, build in PEERS.items():
        if present(name) and not (quick and name in SLOW):
            yield name, build(POINTS)


def check(steps: dict[str, Step]) -> None:
    """Raise AssertionError unless all compute the same loss and the same gradient."""
    loss, gradient = steps["scalargrad"]()
    for name, step in steps.items():
        other, its_gradient = step()
        same = math.isclose(loss, other, rel_tol=1e-9)
        alike = its_gradient != its_gradient or math.isclose(gradient, its_gradient, rel_tol=1e-6)
        assert same and alike, f"{name} computes {other}, {its_gradient}: not {loss}, {gradient}"


def figures(quick: bool) -> Iterator[Figure]:
    """Ratios of the step: ours to plain floats, and of each peer to ours."""
    steps = dict(contestants(quick))
    check(steps)
    best = minima(steps, rounds=1 if quick else 6)
    native = sg.engine == "native"
    ours = best["scalargrad"]
    yield Figure("moons: ours ÷ floats forward", ours / best["floats"], at_most=native_only(1.8))
    targets = {"micrograd": 120.0 if native else 8.0, "xad": 14.0 if native else -math.inf}
    for name in [name for name in steps if name in PEERS]:
        target = targets.get(name, -math.inf)
        yield Figure(f"moons: {name} ÷ ours (gc on)", best[name] / ours, at_least=target)
    if "micrograd" in steps:
        if native:
            ratio = best["micrograd"] / best["pure"]
            yield Figure("moons: micrograd ÷ pure engine (gc on)", ratio, at_least=8.0)
        yield without_gc(steps, rounds=1 if quick else 4)
    yield Figure("moons: ours, a step", ours * 1e3, "ms")


def without_gc(steps: dict[str, Step], rounds: int) -> Figure:
    pair = {name: steps[name] for name in ("scalargrad", "micrograd")}
    with gc_disabled():
        best = minima(pair, rounds)
    ratio = best["micrograd"] / best["scalargrad"]
    at_least = 25.0 if sg.engine == "native" else -math.inf
    return Figure("moons: micrograd ÷ ours (gc off)", ratio, at_least=at_least)


def native_only(target: float) -> float:
    return target if sg.engine == "native" else math.inf
