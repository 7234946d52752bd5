"""The pure engine against the well-known class of forty lines, on a small transformer of scalars.

The class is what one writes for a lesson: a node in four slots, its operands and local gradients in
tuples, differences and quotients put together from sums, products and powers, and a backward pass
that recurs to sort the graph. The script is run anew for each, with the same numbers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

from scalargrad.value import Value as PureValue

from .timing import Figure, gc_disabled, minima

SCRIPT = """
def linear(x, w):
    return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]

def softmax(logits):
    largest = max(x.data for x in logits)
    exps = [(x - largest).exp() for x in logits]
    total = sum(exps)
    return [e / total for e in exps]

def rmsnorm(x):
    scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]

def logits_of(token, place, keys, values):
    x = rmsnorm([a + b for a, b in zip(w["token"][token], w["place"][place])])
    before, x = x, rmsnorm(x)
    query = linear(x, w["query"])
    keys.append(linear(x, w["key"]))
    values.append(linear(x, w["value"]))
    mixed = []
    for h in range(0, WIDTH, HEAD):
        part = query[h : h + HEAD]
        scores = [sum(q * k for q, k in zip(part, key[h : h + HEAD])) / HEAD**0.5 for key in keys]
        weights = softmax(scores)
        mixed += [sum(a * v[h + j] for a, v in zip(weights, values)) for j in range(HEAD)]
    x = [a + b for a, b in zip(linear(mixed, w["mix"]), before)]
    before, x = x, rmsnorm(x)
    x = [xi.relu() for xi in linear(x, w["widen"])]
    x = [a + b for a, b in zip(linear(x, w["narrow"]), before)]
    return linear(x, w["unembed"])

def loss_of(tokens):
    keys, values, losses = [], [], []
    for place, (token, target) in enumerate(zip(tokens, tokens[1:])):
        chances = softmax(logits_of(token, place, keys, values))
        losses.append(-chances[target].log())
    return (1 / len(losses)) * sum(losses)

def step():
    loss = loss_of(tokens)
    for p in parameters:
        p.grad = 0
    loss.backward()
    return loss.data, [p.grad for p in parameters]
"""
WIDTH, HEAD, LETTERS = 16, 4, 27
SHAPES = {
    "token": (LETTERS, WIDTH),
    "place": (16, WIDTH),
    **dict.fromkeys(("query", "key", "value", "mix"), (WIDTH, WIDTH)),
    "widen": (4 * WIDTH, WIDTH),
    "narrow": (WIDTH, 4 * WIDTH),
    "unembed": (LETTERS, WIDTH),
}
TOKENS = [0, 5, 13, 13, 1, 0]

Step = Callable[[], tuple[float, list[float]]]


class Value:
    __slots__ = ("_children", "_local_grads", "data", "grad")

    def __init__(self, data: Any, children: Any = (), local_grads: Any = ()) -> None:
        self.data = data
        self.grad: Any = 0
        self._children = children
        self._local_grads = local_grads

    def __add__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, other: Any) -> Value:
        return Value(self.data**other, (self,), (other * self.data ** (other - 1),))

    def log(self) -> Value:
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def exp(self) -> Value:
        return Value(math.exp(self.data), (self,), (math.exp(self.data),))

    def relu(self) -> Value:
        return Value(max(0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self) -> Value:
        return self * -1

    def __radd__(self, other: Any) -> Value:
        return self + other

    def __sub__(self, other: Any) -> Value:
        return self + (-other)

    def __rmul__(self, other: Any) -> Value:
        return self * other

    def __truediv__(self, other: Any) -> Value:
        return self * other**-1

    def backward(self) -> None:
        order: list[Value] = []
        visited = set()

        def visit(v: Value) -> None:
            if v not in visited:
                visited.add(v)
                for child in v._children:
                    visit(child)
                order.append(v)

        visit(self)
        self.grad = 1
        for v in reversed(order):
            for child, local_grad in zip(v._children, v._local_grads):
                child.grad += local_grad * v.grad


def stepper(value: Any) -> Step:
    """A step of the script on this kind of number, compiled anew for it."""
    source = random.Random(42)
    w = {
        name: [[value(source.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in SHAPES.items()
    }
    parameters = [p for matrix in w.values() for row in matrix for p in row]
    names: dict[str, Any] = {"w": w, "parameters": parameters, "tokens": TOKENS}
    names |= {"WIDTH": WIDTH, "HEAD": HEAD}
    exec(compile(SCRIPT, "script", "exec"), names)
    step: Step = names["step"]
    return step


def check(ours: Step, theirs: Step) -> None:
    (loss, gradient), (other, its_gradient) = ours(), theirs()
    pairs = zip([loss, *gradient], [other, *its_gradient])
    assert all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) for a, b in pairs)


def figures(quick: bool) -> Iterator[Figure]:
    """The time of the class over ours, with and without Python's garbage collector."""
    steps = {"pure": stepper(PureValue), "forty lines": stepper(Value)}
    check(*steps.values())
    rounds = 1 if quick else 5
    best = minima(steps, rounds)
    with gc_disabled():
        without = minima(steps, rounds)
    name = "class of forty lines ÷ pure engine"
    ratio = best["forty lines"] / best["pure"]
    yield Figure(f"{name} (gc on)", ratio, at_least=1.0)
    ratio = without["forty lines"] / without["pure"]
    # the class keeps its graphs for want of a collector, and spares itself to free them
    yield Figure(f"{name} (gc off)", ratio, at_least=0.9, aim="≥ 1")
    yield Figure("pure engine: a step of a small transformer", best["pure"] * 1e3, "ms")
